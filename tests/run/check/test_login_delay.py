"""A POP3 server that wants its logins apart (RFC 2449): too soon is no wrong password, and is waited for."""

from __future__ import annotations

import pytest
from labrun import BOB, HOST, NOW, PROOF, plan

from dialogues import judged
from mailproof.lab.embedded.server import in_memory
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.attempt import Job
from mailproof.model.authentication import LoginTried
from mailproof.model.record import Record
from mailproof.model.retrieval import Retrieved
from mailproof.run.check.examine import examine
from mailproof.script.authority import Authority


def checked(authority: Authority, ca_file: str, delay: int, *schemes: str, deliver: bool = False) -> Record:
    settings = LabSettings(changes={scheme: {"login_delay": delay} for scheme in ("pop3", "pop3s")})
    net, _ = in_memory(settings, authority, NOW)
    urls = [f"{scheme}://{HOST}" for scheme in schemes]
    return net.run(examine(net, plan(ca_file, *urls, login=BOB, message=PROOF if deliver else None), NOW))


def logins(record: Record, job: Job) -> list[tuple[str, bool]]:
    tried = [s.fact for s in record.seen(LoginTried) if s.attempt.job is job and s.url.startswith("pop3")]
    return [(fact.reply.enhanced if fact.reply else "", fact.accepted) for fact in tried]


def test_the_second_port_comes_too_soon_and_nothing_is_wrong(authority: Authority, ca_file: str) -> None:
    record = checked(authority, ca_file, 60, "pop3", "pop3s", "imaps")
    assert logins(record, Job.LOGIN) == [("", True), ("LOGIN-DELAY", False)]
    judgement = judged(record)
    assert judgement.causes == ()
    assert [item.asked for item in judgement.untold if item.why == "login-delay"] == [False]
    # Nor does it keep anybody from IMAP.
    assert any(s.fact.accepted for s in record.seen(LoginTried) if s.url.startswith("imaps"))


@pytest.mark.parametrize(("delay", "found"), [(10, True), (120, False)])
def test_a_message_is_looked_for_when_the_time_has_come(
    delay: int, found: bool, authority: Authority, ca_file: str
) -> None:
    record = checked(authority, ca_file, delay, "submission", "pop3s", deliver=True)
    assert [s.fact.found for s in record.seen(Retrieved)] == ([True] if found else [])
    assert logins(record, Job.FETCH) == ([("", True)] if found else [])
    assert "auth-rejected" not in {item.name for item in judged(record).findings}
