"""The broken servers of the corpus, run live: the first cause that the check names is right, and none is false."""

from __future__ import annotations

from typing import Any

import pytest
from broken_servers import cases, check, notes, running

TELLING = (
    *("base", "net-refused-service-disabled", "tls-cert-expired"),
    *("tls-starttls-not-offered", "sasl-wrong-password", "relay-open-mynetworks"),
)
"""One of each kind, for every run of the tests; the others take minutes."""
TELLING_INSIDE = (
    *("base", "sasl-wrong-password", "sasl-not-enabled", "sasl-email-given-bare-wanted", "tls-465-no-wrappermode"),
    *("net-filtered-drop", "net-never-accepts", "lmtp-down-deferred", "rcpt-map-not-postmapped"),
)

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("resolver")]

ALL = cases("")
nothing_to_run = pytest.mark.skipif(not ALL, reason="the corpus of broken servers is not beside the project")


def by_id(chosen: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in chosen]


@nothing_to_run
@pytest.mark.parametrize("case", by_id([case for case in ALL if case["id"] in TELLING]))
def test_a_telling_case_is_named(case: dict[str, Any]) -> None:
    assert_named(case, "wire")


@nothing_to_run
@pytest.mark.parametrize("case", by_id([case for case in ALL if case["id"] in TELLING_INSIDE]))
def test_a_telling_case_is_named_with_its_own_evidence(case: dict[str, Any]) -> None:
    assert_named(case, "inside")


@nothing_to_run
@pytest.mark.long
@pytest.mark.parametrize("case", by_id([case for case in ALL if case["id"] not in TELLING]))
def test_every_other_case_is_named(case: dict[str, Any]) -> None:
    assert_named(case, "wire")


@nothing_to_run
@pytest.mark.long
@pytest.mark.parametrize("case", by_id([case for case in ALL if case["id"] not in TELLING_INSIDE]))
def test_every_other_case_is_named_with_its_own_evidence(case: dict[str, Any]) -> None:
    assert_named(case, "inside")


def assert_named(case: dict[str, Any], side: str) -> None:
    """The first cause is a right one; where this evidence cannot show one, nothing is said to fail."""
    with running(case) as server:
        report = check(case, server, inside=side == "inside")
    found = [cause["name"] for cause in report["causes"]]
    named = set(found[:1] or [finding["name"] for finding in report["findings"]])
    note = notes().get(case["id"], {})
    accepts = (note if side == "wire" else note.get("inside", {})).get("accepts")
    right = {*case["right"][side], *(accepts or [])}
    nothing_to_see = not case["right"][side] or accepts == []
    if nothing_to_see and not named & right:
        assert [cause["name"] for cause in report["causes"] if cause["severity"] == "fail"] == []
    else:
        assert named & right, f"named {found}; right is {', '.join(sorted(right))}"
