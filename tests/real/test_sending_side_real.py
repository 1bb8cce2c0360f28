"""A real Postfix that refuses a client without a name: what DNS has of it stands beside the refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from insidecheck import checked
from labcheck import ALICE, BOB
from mailproof.lab.real.server import RealLab
from nameserver import Zone, name_server

pytestmark = pytest.mark.real
ZONE: Zone = {
    ("example.test.", "TXT"): ['"v=spf1 ip4:203.0.113.0/29 mx " "-all"'],
    ("example.test.", "MX"): ["10 mail.example.test."],
    ("mail.example.test.", "A"): ["203.0.113.25"],
    ("_dmarc.example.test.", "TXT"): ['"v=DMARC1; p=quarantine"'],
    ("7.113.0.203.in-addr.arpa.", "PTR"): ["client.example.net."],
    ("client.example.net.", "A"): ["203.0.113.8"],
}


def check(lab: RealLab, resolver: tuple[str, int], *more: str) -> dict[str, Any]:
    return checked(
        lab,
        *(lab.urls["smtp"], "--source", "127.0.0.200", "--xclient", "ADDR=203.0.113.7"),
        *("--xclient", "NAME=[UNAVAILABLE]", "--from", ALICE, "--mailbox", BOB),
        *("--resolver", f"{resolver[0]}:{resolver[1]}", *more),
    )


def test_the_name_of_the_address_and_the_records_as_dns_has_them(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(main={"smtpd_recipient_restrictions": "reject_unknown_client_hostname"}, wait_for=("smtp",))
    with name_server(ZONE) as resolver:
        told = check(lab, resolver)
    (found,) = [each for each in told["findings"] if each["name"] == "client-name-missing"]
    assert [f"{piece['where']}: {piece['text']}" for piece in found["evidence"] if piece["kind"] == "dns"] == [
        "PTR 7.113.0.203.in-addr.arpa: client.example.net (iprev=fail policy.iprev=203.0.113.7)",
        "TXT example.test: v=spf1 ip4:203.0.113.0/29 mx -all "
        "(spf=pass smtp.mailfrom=example.test client-ip=203.0.113.7 mechanism=ip4:203.0.113.0/29)",
        "TXT _dmarc.example.test: v=DMARC1; p=quarantine "
        "(dmarc=pass header.from=example.test policy.dmarc=quarantine aligned: spf=yes dkim=none)",
    ]


def test_a_sound_server_makes_us_ask_nothing(real_lab: RealLab) -> None:
    asked: list[str] = []
    with name_server(ZONE, asked=asked) as resolver:
        told = check(real_lab, resolver)
    assert told["endpoints"]
    assert asked == []
