"""Answers for each recipient of LMTP, and chunks that a server does not take after all."""

from __future__ import annotations

import pytest

from dialogues import judged, play
from mailproof.catalog.pages import load
from mailproof.catalog.profiles import load_profile
from mailproof.model.record import Record
from mailproof.report.build import build
from mailproof.run.hand.send_result import send_report
from mailproof.script.authority import Authority

LMTP = load("lmtp-answers-missing").dialogues("sound")[0]
CHUNKS = load("chunking-not-understood").dialogues("sound")[0]
BOB = "S: 250 2.0.0 <bob@mx.test> Saved\n"
ALICE = "S: 250 2.0.0 <alice@mx.test> Saved\n"
QUIT = "C: QUIT\nS: 221 2.0.0 Bye\n"
FULL = "S: 452 4.2.2 <alice@mx.test> Quota exceeded\n"


def told(record: Record) -> tuple[list[bool], int, set[str]]:
    judgement = judged(record)
    report = build(record, judgement, load_profile("default"))
    result = send_report(record, judgement, report, "carol@example.com")
    return [each.taken for each in result.recipients], result.exit_code, {item.name for item in judgement.causes}


@pytest.mark.parametrize(
    ("answers", "taken", "code", "causes"),
    [
        (BOB + ALICE + QUIT, [True, True], 0, set()),
        (FULL + ALICE + QUIT, [False, True], 42, {"mailbox-full"}),
        (BOB + FULL + QUIT, [True, False], 42, {"mailbox-full"}),
        (BOB + "* silence\n", [True, False], 26, {"lmtp-answers-missing"}),
        (BOB + "* eof\n", [True, False], 6, {"lmtp-answers-missing"}),
        ("* eof\n", [False, False], 6, {"closed-unexpectedly"}),
    ],
)
def test_lmtp_answers_for_each(answers, taken, code, causes, authority: Authority, ca_file: str) -> None:
    text = LMTP.replace(BOB + ALICE + QUIT, answers)
    assert (text == LMTP) is (answers == BOB + ALICE + QUIT)
    assert told(play(text, authority, ca_file)) == (taken, code, causes)


@pytest.mark.parametrize(
    ("answer", "causes"),
    [
        ("250 2.0.0 Ok: queued as 4F1B2C3D4E", set()),
        ("500 5.5.2 Error: command not recognized", {"chunking-not-understood"}),
        ("502 5.5.1 Error: command not implemented", {"chunking-not-understood"}),
        ("550 5.7.1 message content rejected", {"content-rejected"}),
    ],
)
def test_a_refusal_of_bdat_is_none_of_the_message(answer, causes, authority: Authority, ca_file: str) -> None:
    text = CHUNKS.replace("250 2.0.0 Ok: queued as 4F1B2C3D4E", answer)
    assert told(play(text, authority, ca_file))[2] == causes
