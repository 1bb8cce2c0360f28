"""Waiting for a message by IDLE, and what servers make of it (RFC 2177)."""

from __future__ import annotations

import pytest
from labrun import BOB, HOST, NOW, PROOF, plan

from dialogues import judged, play
from mailproof.catalog.pages import load
from mailproof.lab.embedded.behaviour import Idle
from mailproof.lab.embedded.server import in_memory
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.attempt import Job
from mailproof.model.connection import Interrupted
from mailproof.model.record import Record
from mailproof.model.retrieval import Idled, IdleOutcome, Retrieved
from mailproof.run.check.examine import examine
from mailproof.script.authority import Authority

SOUND = load("idle-silent").dialogues("sound")[0]
TOLD = """S: + idling
* wait 2
S: * 1 EXISTS
C: DONE
S: a5 OK done
"""
assert TOLD in SOUND


def played(authority: Authority, ca_file: str, idle: str, **also: str) -> Record:
    """The page's sound example, with another course of IDLE; the tags behind it move on as told."""
    text = SOUND.replace(TOLD, idle)
    for old, new in also.items():
        text = text.replace(old, new)
    return play(text, authority, ca_file)


def idled(record: Record) -> list[tuple[IdleOutcome, bool]]:
    return [(s.fact.outcome, s.fact.found) for s in record.seen(Idled)]


@pytest.mark.parametrize(
    ("idle", "outcome"),
    [
        (TOLD, IdleOutcome.TOLD),
        ("S: * 1 EXISTS\nS: + idling\nC: DONE\nS: a5 OK done\n", IdleOutcome.TOLD),
        (
            "S: +\nS: * OK still here\nS: * 0 RECENT\n* wait 9\nS: * 1 EXISTS\nC: DONE\nS: a5 OK done\n",
            IdleOutcome.TOLD,
        ),
        ("S: + idling\nC: DONE\nS: * 1 EXISTS\nS: a5 OK done\n", IdleOutcome.LATE),
    ],
)
def test_what_idle_can_come_to(idle: str, outcome: IdleOutcome, authority: Authority, ca_file: str) -> None:
    record = played(authority, ca_file, idle)
    assert idled(record) == [(outcome, True)]
    named = {item.name for item in judged(record).findings}
    assert ("idle-silent" in named) is (outcome is IdleOutcome.LATE)
    assert ("new-mail-told" in {item.name for item in judged(record).passed}) is (outcome is IdleOutcome.TOLD)


@pytest.mark.parametrize("answer", ["a5 NO not now", "a5 BAD what?"])
def test_where_idle_is_refused_the_mailbox_is_looked_at_again_and_again(
    answer: str, authority: Authority, ca_file: str
) -> None:
    again = "C: a6 NOOP\nS: a6 OK\n".replace("a6", "a7")
    text = SOUND.replace(TOLD, f"S: {answer}\n")
    text = text.replace(
        "S: * SEARCH 1\nS: a6 OK done\n",
        f"S: * SEARCH\nS: a6 OK done\n{again}C: a8 SEARCH ~\nS: * SEARCH 1\nS: a8 OK\n",
    )
    head, _, tail = text.rpartition("C: a7 FETCH")
    tail = tail.replace("a9 ", "a11 ").replace("a8 ", "a10 ").replace("a7 ", "a9 ")
    record = play(f"{head}C: a9 FETCH{tail}", authority, ca_file)
    assert idled(record) == [(IdleOutcome.REFUSED, False)]
    assert [s.fact.found for s in record.seen(Retrieved)] == [True]
    [why] = [item for item in judged(record).untold if item.name == "new-mail-told"]
    assert (why.why, why.params) == ("idle-refused", {"reply": answer.removeprefix("a5 ")})


@pytest.mark.parametrize(
    ("idle", "seen"),
    [
        ("S: + idling\nS: * BYE going down\n* eof\n", "going down"),
        ("S: + idling\n* wait 3\n* eof\n", ""),
        ("S: + idling\n* reset\n", ""),
    ],
)
def test_a_server_that_goes_while_we_listen(idle: str, seen: str, authority: Authority, ca_file: str) -> None:
    head, _, _ = SOUND.partition(TOLD)
    record = play(head + idle, authority, ca_file)
    [broken] = [s.fact for s in record.seen(Interrupted)]
    assert broken.waiting_for == "IDLE"
    assert seen in (broken.reply.line if broken.reply else "")


def test_an_idle_that_ends_by_itself(authority: Authority, ca_file: str) -> None:
    """Some say OK at once: then DONE is a command they do not know, and must not be said."""
    idle = "S: + idling\n* wait 1\nS: a5 OK finished\n"
    record = played(authority, ca_file, idle)
    assert idled(record) == [(IdleOutcome.ENDED, True)]


def late(authority: Authority, ca_file: str, idle: Idle, seconds: float) -> Record:
    """The embedded lab delivers after so many seconds."""
    changes = {"idle": idle, "delivery_seconds": seconds}
    settings = LabSettings(changes={"submission": changes, "imap": changes})
    net, _ = in_memory(settings, authority, NOW)
    wanted = plan(ca_file, f"submission://{HOST}", f"imap://{HOST}", login=BOB, message=PROOF)
    return net.run(examine(net, wanted, NOW))


@pytest.mark.parametrize(
    ("idle", "seconds", "outcomes"),
    [
        (Idle.TELLS, 3.5, [IdleOutcome.TOLD]),
        (Idle.TELLS, 13.5, [IdleOutcome.SILENT, IdleOutcome.TOLD]),
        (Idle.SILENT, 3.5, [IdleOutcome.SILENT]),
        (Idle.REFUSED, 3.5, [IdleOutcome.REFUSED]),
        (Idle.NOT_OFFERED, 3.5, []),
    ],
)
def test_the_lab_delivers_late(idle, seconds, outcomes, authority: Authority, ca_file: str) -> None:
    record = late(authority, ca_file, idle, seconds)
    assert [outcome for outcome, _ in idled(record)] == outcomes
    [found] = [s.fact for s in record.seen(Retrieved) if s.url.startswith("imap")]
    assert found.found and seconds <= found.seconds < seconds + 10
    said = [t.text for a in record.attempts if a.job is Job.FETCH and a.transcript for t in a.transcript.turns]
    assert ("DONE\\r\\n" in said) is (bool(outcomes) and outcomes != [IdleOutcome.REFUSED])
