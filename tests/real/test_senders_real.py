"""Senders on a real Postfix: as it is out of the box, and with a list of who owns which address."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labcheck import ALICE, BOB, check, facts, reported
from mailproof.lab.real.server import RealLab
from mailproof.model.envelope import SenderClaimed
from mailproof.model.record import Record

pytestmark = pytest.mark.real

# An outside client, as XCLIENT makes one of the address that may use it.
OUTSIDE = {"source": "127.0.0.200", "xclient": ("ADDR=203.0.113.7", "NAME=mx.example.net")}
OWNED = {
    "main": {
        "smtpd_sasl_auth_enable": "yes",  # without it the restriction is ignored
        "smtpd_sender_login_maps": "texthash:@directory@/postfix/etc/owners",
        "smtpd_sender_restrictions": "reject_sender_login_mismatch",
    },
    "files": {"postfix/etc/owners": f"{ALICE} {ALICE}\n{BOB} {BOB}\n"},
}


def told(record: Record) -> set[str]:
    report = reported(record)
    return {item.name for item in report.findings} | {f"+{item.name}" for item in report.passed}


def test_out_of_the_box_both_may(real_lab: RealLab) -> None:
    assert "own-domain-can-be-forged" in told(check(real_lab, "smtp", user="", **OUTSIDE))  # type: ignore[arg-type]
    assert "sender-not-checked" in told(check(real_lab, "submission"))


def test_from_the_machine_itself_it_says_nothing_of_outsiders(real_lab: RealLab) -> None:
    record = check(real_lab, "smtp", user="")
    assert [claimed.accepted for claimed in facts(record, SenderClaimed)] == [True]
    assert told(record).isdisjoint({"own-domain-can-be-forged", "+sender-checked"})


def test_with_a_list_of_owners_neither_may(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(**OWNED, wait_for=("smtp", "submission"))
    for record in (check(lab, "smtp", user="", **OUTSIDE), check(lab, "submission")):  # type: ignore[arg-type]
        [claimed] = facts(record, SenderClaimed)
        assert claimed.rcpt is not None and claimed.rcpt.code == "553"
        assert "+sender-checked" in told(record)
