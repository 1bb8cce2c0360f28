"""What the server's own word on a message amounts to, beside what the mailbox shows."""

from __future__ import annotations

import msgspec
import pytest
from mailrecord import POLICY, answers, attempt, record, reply

from mailproof.catalog.profiles import load_profile
from mailproof.checks import Check, all_checks, kinds
from mailproof.checks.log.followed import check
from mailproof.diagnose.judge import judge
from mailproof.model.envelope import Submitted
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Finding
from mailproof.model.followed import EntryUsed, Followed, Waiting
from mailproof.model.log_trace import LogLeg, LogTrace
from mailproof.model.record import Record
from mailproof.model.retrieval import Retrieved
from mailproof.model.server_log import LogQuote

TAKEN = Submitted("a@b.test", "c@d.test", "t", final=reply("250 2.0.0 Ok", 5), queue_id="4C6BF1A2D3")
STORED = {"user": "c@d.test", "folder": "INBOX", "message_id": "<1@x>", "session": ""}
SENT = {"recipient": "c@d.test", "relay": "virtual", "status": "sent"}
EVIDENCE = (Evidence(EvidenceKind.CONFIG, "main.cf:1", "as it is set"),)
LIMITS = {"limit": "virtual_mailbox_limit", "value": 1, "message_size_limit": 2}
ENTRY = EntryUsed("virtual_alias_maps", "c@d.test", "e@d.test", "/etc/postfix/virtual:2", "c@d.test e@d.test")


def seen(
    outcome: str,
    *legs: tuple[str, dict[str, str]],
    found: str | None = None,
    read: bool = True,
    entries: tuple[EntryUsed, ...] = (),
) -> Record:
    told = tuple(LogLeg("", None, "4C6BF1A2D3", kind, params) for kind, params in legs)
    lines = tuple(LogQuote(f"mail.log, line {n}", kind) for n, (kind, _) in enumerate(legs, 1))
    waits = (Waiting("deferred", "c@d.test", "no route", "postqueue -j"),) if outcome == "deferred" else ()
    trace = LogTrace(("4C6BF1A2D3",), outcome, told)
    fact = Followed("c@d.test", trace, lines, waits, entries, (5,))
    search = Retrieved("t", found is not None, 1, 6.0, mailbox=found or "INBOX", turns=(3,))
    fetched = [attempt(search, scheme="imaps", job="fetch")] if read else []
    return record(attempt(TAKEN, fact, job="login"), *fetched)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (seen("deferred", ("deferred", SENT)), ["delivery-deferred"]),
        (seen("held", ("refused", {"action": "hold"})), ["delivery-deferred"]),
        (seen("bounced", ("bounced", SENT)), ["delivery-bounced"]),
        (seen("discarded", ("refused", {"action": "discard"})), ["mail-discarded"]),
        (seen("delivered", ("sent", SENT), read=False), ["+message-goes-through"]),
        (seen("delivered", ("sent", SENT), found="INBOX"), ["+message-goes-through"]),
        (seen("delivered", ("sent", SENT), ("stored", STORED)), []),
        (seen("delivered", ("stored", {**STORED, "folder": "Junk"})), ["filtered-into-folder"]),
        (
            seen("delivered", ("stored", {**STORED, "folder": "Junk"}), found="Junk"),
            ["filtered-into-folder", "+message-goes-through"],
        ),
        (seen("delivered", ("sent", {**SENT, "recipient": "e@d.test"})), ["delivered-elsewhere"]),
        (
            seen("delivered", ("sieved", {"action": "forwarded", "detail": "forwarded to <e@x.test>"})),
            ["delivered-elsewhere"],
        ),
        (seen("open", ("arrived", {})), []),
    ],
)
def test_what_it_amounts_to(seen: Record, said: list[str]) -> None:
    assert answers(check, seen) == said


def evidence(of: Record) -> list[tuple[EvidenceKind, str]]:
    (finding,) = [each for each in check(of, POLICY) if isinstance(each, Finding)]
    return [(piece.kind, piece.where) for piece in finding.evidence]


def test_the_line_that_says_why_and_the_queue_stand_beside_the_answer() -> None:
    shown = evidence(seen("deferred", ("arrived", {}), ("deferred", SENT)))
    assert shown == [
        (EvidenceKind.TURN, "transcript 1, turn 6"),
        (EvidenceKind.LOG, "mail.log, line 2"),
        (EvidenceKind.FILE, "postqueue -j, deferred"),
    ]


def test_the_line_of_the_table_is_the_first_evidence_of_mail_that_went_elsewhere() -> None:
    shown = evidence(seen("delivered", ("sent", {**SENT, "recipient": "e@d.test"}), entries=(ENTRY,)))
    assert shown[0] == (EvidenceKind.CONFIG, "/etc/postfix/virtual:2")


def test_a_search_that_could_not_look_proves_nothing() -> None:
    of = seen("delivered", ("stored", {**STORED, "folder": "Junk"}))
    failed = msgspec.structs.replace(of.attempts[1], observations=())
    assert answers(check, record(of.attempts[0], failed)) == ["+message-goes-through"]


@pytest.mark.parametrize(
    ("outcome", "leg", "cause"),
    [
        ("bounced", "bounced", Finding("recipient-unknown", EVIDENCE, params={"recipient": "c@d.test"})),
        ("deferred", "deferred", Finding("mailbox-limit-below-message-limit", EVIDENCE, params=LIMITS)),
    ],
)
def test_what_kept_it_from_its_mailbox_is_the_cause(outcome: str, leg: str, cause: Finding) -> None:
    checks = [each for each in all_checks() if each.module.endswith("followed")]
    [kind] = [kind for kind in kinds().values() if kind.name == cause.name]
    told = Check("told", (Followed,), (kind,), lambda *_: [cause], "mailproof.checks.told")
    judged = judge(seen(outcome, (leg, SENT)), load_profile(), [*checks, told])
    assert [each.name for each in judged.causes] == [cause.name]
