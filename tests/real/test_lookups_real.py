"""A real Postfix whose resolver is dead, fails, or is slow to be found: in the machine, and in the chroot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from insidecheck import checked, postfix_of
from mailproof.lab.real.server import RealLab
from nameservers import OwnResolver, dead, failing, name_server, sound

pytestmark = pytest.mark.real
QUICK = "options timeout:2 attempts:1\n"
LOOKS_UP = {"smtpd_peername_lookup": "yes"}
CHECKED = {**LOOKS_UP, "smtpd_sender_restrictions": "reject_unknown_sender_domain", "smtp_host_lookup": "dns"}


def report(lab: RealLab, *options: str) -> dict[str, Any]:
    return checked(lab, lab.urls["smtp"], "--here", *postfix_of(lab), "--timeout", "20s", *options)


def names(told: dict[str, Any], what: str) -> list[str]:
    return [each["name"] for each in told[what]]


@pytest.mark.parametrize("answering", [dead, failing])
def test_a_sender_is_refused_because_the_resolver_does_not_answer(
    resolver: OwnResolver, real_lab_with: Callable[..., RealLab], answering: Any
) -> None:
    with name_server(answering) as server, resolver.saying(f"nameserver {server}\n{QUICK}"):
        told = report(real_lab_with(main=CHECKED), "--from", "x@other.test", "--mailbox", "alice@example.test")
    assert names(told, "causes") == ["resolver-down"]
    (cause,) = told["causes"]
    assert cause["params"]["servers"] == [server]
    assert "sender-domain-unknown" in names(told, "findings")


def test_a_greeting_is_late_because_the_resolver_does_not_answer(
    resolver: OwnResolver, real_lab_with: Callable[..., RealLab]
) -> None:
    with name_server(dead) as server, resolver.saying(f"nameserver {server}\n{QUICK}"):
        told = report(real_lab_with(main=LOOKS_UP), "--source", "127.0.0.77")
    assert names(told, "causes") == ["resolver-down"]
    assert {"greeting-slow", "client-name-lookup-slow"} <= set(names(told, "findings"))


def test_a_first_name_server_that_is_dead_makes_it_late(
    resolver: OwnResolver, real_lab_with: Callable[..., RealLab]
) -> None:
    with (
        name_server(dead) as first,
        name_server(sound) as second,
        resolver.saying(f"nameserver {first}\nnameserver {second}\n{QUICK}"),
    ):
        told = report(real_lab_with(main=LOOKS_UP), "--source", "127.0.0.77")
    assert names(told, "causes") == ["nameserver-dead"]
    assert told["causes"][0]["params"] == {"server": first, "seconds": 2, "answering": [second]}
    assert {"greeting-slow", "client-name-lookup-slow"} <= set(names(told, "findings"))


def test_one_reverse_zone_that_nobody_serves_is_told_from_the_resolver(
    resolver: OwnResolver, real_lab_with: Callable[..., RealLab]
) -> None:
    def no_reverse(query: Any) -> Any:
        return None if query.question[0].rdtype.name == "PTR" else sound(query)

    with name_server(no_reverse) as server, resolver.saying(f"nameserver {server}\n{QUICK}"):
        told = report(real_lab_with(main=LOOKS_UP), "--source", "127.0.0.77")
    assert names(told, "causes") == ["client-name-lookup-slow"]
    assert "greeting-slow" in names(told, "findings")


def test_a_sound_resolver_is_no_finding(resolver: OwnResolver, real_lab_with: Callable[..., RealLab]) -> None:
    told = report(real_lab_with(main=CHECKED), "--source", "127.0.0.77")
    assert told["causes"] == []
    assert {"resolver-answers", "client-name-found"} <= set(names(told, "passed"))
