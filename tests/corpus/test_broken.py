"""The broken servers of the corpus, run live: the first cause that the check names is right, and none is false."""

from __future__ import annotations

from typing import Any

import pytest
from broken_servers import cases, check, running

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.finding import Severity

TELLING = (
    *("base", "net-refused-service-disabled", "tls-cert-expired"),
    *("tls-starttls-not-offered", "sasl-wrong-password", "relay-open-mynetworks"),
)
"""One of each kind, for every run of the tests; the others take minutes."""

pytestmark = pytest.mark.real

ALL = cases("net-", "tls-", "sasl-", "base", "relay-", "dov-")
nothing_to_run = pytest.mark.skipif(not ALL, reason="the corpus of broken servers is not beside the project")


# A server uses ports up to a thousand above its base (base + 25 … base + 995); bases this far apart share none.
FIRST_PORT = 20000
APART = 210


def by_id(chosen: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in chosen]


@nothing_to_run
@pytest.mark.parametrize("case", by_id([case for case in ALL if case["id"] in TELLING]))
def test_a_telling_case_is_named(case: dict[str, Any]) -> None:
    assert_named(case)


@nothing_to_run
@pytest.mark.long
@pytest.mark.parametrize("case", by_id([case for case in ALL if case["id"] not in TELLING]))
def test_every_other_case_is_named(case: dict[str, Any]) -> None:
    assert_named(case)


def assert_named(case: dict[str, Any]) -> None:
    """The first cause is a right one; where the wire cannot show one, nothing is said to fail."""
    base_port = FIRST_PORT + APART * ALL.index(case)
    with running(case, base_port) as directory:
        record = check(case, base_port, directory)
    found = judge(record, load_profile("default")).causes
    if right := case["right"]["wire"]:
        assert found, f"nothing was named; right is {', '.join(right)}"
        assert found[0].name in right
    else:
        assert [cause.name for cause in found if cause.severity is Severity.FAIL] == []
