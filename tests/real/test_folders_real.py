"""A real Dovecot whose Sieve script files the message into a folder of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labcheck import causes, check, facts, reported
from mailproof.lab.real.server import RealLab
from mailproof.model.retrieval import Retrieved

pytestmark = pytest.mark.real

FILTER = 'require ["fileinto", "mailbox"];\nif header :contains "Subject" "proof" { fileinto :create "%s"; }\n'
JUNK = "namespace inbox {\n  inbox = yes\n  mailbox Junk {\n    special_use = \\Junk\n    auto = create\n  }\n}\n"
SIEVE = "plugin {\n  sieve_before = @directory@/filter.sieve\n}\n"


@pytest.mark.parametrize(("folder", "use", "dovecot"), [("Junk", "\\junk", JUNK), ("Lists.proofs", "", "")])
def test_the_folder_is_named(real_lab_with: Callable[..., RealLab], folder: str, use: str, dovecot: str) -> None:
    lab = real_lab_with(dovecot=dovecot + SIEVE, files={"filter.sieve": FILTER % folder})
    record = check(lab, "submissions", "imaps", "pop3s", deliver=True, timeout=10.0)
    assert causes(record) == ["filtered-into-folder"]
    found = [seen for seen in facts(record, Retrieved) if seen.found]
    assert [(seen.mailbox, seen.special_use) for seen in found] == [(folder, use)]
    assert any("X-Mailproof-Token" in line for line in found[0].headers)
    assert "message-delivered" in {item.name for item in reported(record).passed}
