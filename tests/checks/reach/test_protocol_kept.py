"""Deviations of protocol: each has its name, and none is told twice nor of what is no mail protocol at all."""

from __future__ import annotations

import msgspec
import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.checks.reach import protocol_kept
from mailproof.model.attempt import Step, Trouble
from mailproof.model.capabilities import Capabilities, Stage
from mailproof.model.connection import Greeting, Interrupted
from mailproof.model.finding import Finding, Passed
from mailproof.model.record import Attempt
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.transcript import Deviation, DeviationKind
from records import attempt_of, record_of, reply_of

LINES = ("* connected to 192.0.2.25", "S: 220 mx.test ESMTP", "C: EHLO me", "S: 250 mx.test", "C: QUIT", "S: 221 Bye")
GREETED = Greeting(0.1, reply_of("220 mx.test ESMTP", 1), turns=(1,))


def seen(*noted: tuple[DeviationKind, int], url: str = "smtp://mx.test", lines=LINES, facts=(GREETED,)) -> Attempt:
    made = attempt_of(*facts, endpoint=url, lines=lines)
    deviations = tuple(Deviation(kind, 0, turn=turn) for kind, turn in noted)
    return msgspec.structs.replace(made, transcript=msgspec.structs.replace(made.transcript, deviations=deviations))


def said(*attempts: Attempt) -> list[Finding | Passed]:
    return list(protocol_kept.check(record_of(*attempts), load_profile()))


@pytest.mark.parametrize("kind", [kind for kind in DeviationKind if kind is not DeviationKind.LEGACY_AUTH])
def test_every_deviation_has_its_finding_and_shows_its_turn(kind: DeviationKind) -> None:
    [finding] = said(seen((kind, 3)))
    assert isinstance(finding, Finding)
    assert finding.name in {declared.name for declared in protocol_kept.KINDS}
    assert [piece.text for piece in finding.evidence] == ["S: 250 mx.test"]


def test_every_finding_has_its_deviation() -> None:
    assert set(protocol_kept._NAMES.values()) == {kind.name for kind in protocol_kept.KINDS}


def test_legacy_auth_is_told_elsewhere() -> None:
    [passed] = said(seen((DeviationKind.LEGACY_AUTH, 3)))
    assert isinstance(passed, Passed) and passed.name == "protocol-kept"


def test_one_fault_at_one_endpoint_is_told_once_with_a_few_examples() -> None:
    noted = [(DeviationKind.BARE_LF, turn) for turn in (1, 1, 3, 5)]
    [finding] = said(seen(*noted), seen(*noted))
    assert [piece.where for piece in finding.evidence] == [f"transcript 1, turn {turn}" for turn in (2, 4, 6)]


def test_the_same_fault_at_two_endpoints_is_told_of_both() -> None:
    both = said(seen((DeviationKind.BARE_LF, 1)), seen((DeviationKind.BARE_LF, 1), url="submission://mx.test"))
    assert [finding.endpoint for finding in both] == ["smtp://mx.test", "submission://mx.test"]


@pytest.mark.parametrize(
    "fact",
    [
        Greeting(0.1, Reply(ReplyClass.INVALID, "", "SSH-2.0", turn=1), Trouble.NOT_THE_PROTOCOL, (1,)),
        Capabilities(Stage.CLEAR, "EHLO", Reply(ReplyClass.INVALID, "", "what?", turn=1), turns=(1,)),
        Interrupted(Step.EHLO, Trouble.TOO_MUCH, "EHLO", turns=(2,)),
    ],
)
def test_what_is_no_mail_protocol_has_other_names(fact: Greeting | Capabilities | Interrupted) -> None:
    noted = ((DeviationKind.NOT_A_REPLY, 1), (DeviationKind.CONTROL_BYTE, 3))
    assert not [answer for answer in said(seen(*noted, facts=(fact,))) if isinstance(answer, Finding)]


def test_what_came_before_is_told_all_the_same() -> None:
    strange = Capabilities(Stage.CLEAR, "EHLO", Reply(ReplyClass.INVALID, "", "what?", turn=3), turns=(3,))
    noted = ((DeviationKind.BARE_LF, 1), (DeviationKind.NOT_A_REPLY, 3))
    assert [answer.name for answer in said(seen(*noted, facts=(GREETED, strange)))] == ["bare-lf"]


def test_an_answer_to_a_proxy_header_is_not_unasked() -> None:
    lines = ("* connected to 192.0.2.25", "C: PROXY TCP4 192.0.2.1 192.0.2.25 4000 25", "S: 220 mx", "S: 500 what?")
    [passed] = said(seen((DeviationKind.UNEXPECTED_REPLY, 3), lines=lines))
    assert isinstance(passed, Passed)


def test_a_record_of_before_the_turns_were_kept_is_still_judged() -> None:
    made = seen()
    old = msgspec.structs.replace(made.transcript, deviations=(Deviation(DeviationKind.BARE_LF, 4),))
    assert not [a for a in said(msgspec.structs.replace(made, transcript=old)) if isinstance(a, Finding)]
