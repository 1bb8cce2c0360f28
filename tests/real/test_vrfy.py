"""VRFY on a real Postfix, as it is out of the box and as it should be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labcheck import BOB, check, facts, reported
from mailproof.lab.real.server import RealLab
from mailproof.model.envelope import UserAsked

pytestmark = pytest.mark.real


def test_out_of_the_box_it_tells_who_has_a_mailbox(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(main={"disable_vrfy_command": "no"}, wait_for=("smtp",))
    record = check(lab, urls=[lab.urls["smtp"]], user="", mailbox=BOB)
    assert [asked.reply.code for asked in facts(record, UserAsked)] == ["252", "550", "500", "500"]
    [finding] = [item for item in reported(record).findings if item.name == "vrfy-reveals-users"]
    assert finding.params == {"command": "VRFY"}


def test_switched_off_it_does_not(real_lab: RealLab) -> None:
    record = check(real_lab, urls=[real_lab.urls["smtp"]], user="", mailbox=BOB)
    assert {asked.reply.code for asked in facts(record, UserAsked)} == {"502", "500"}
    assert "users-not-revealed" in {item.name for item in reported(record).passed}
