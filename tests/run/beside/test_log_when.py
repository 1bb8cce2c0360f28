"""A line is held against the time at which a connection was, by the clock of the machine that wrote it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from mailproof.model.log import LogLine
from mailproof.model.machine import Clock
from mailproof.model.record import Attempt, Record
from mailproof.model.transcript import Transcript, Turn, TurnKind
from mailproof.run.beside.when import When
from records import attempt_of

STARTED = datetime(2026, 11, 29, 10, 0, 0, tzinfo=UTC)
JAPAN = 9 * 3600


def spoke(first: float, last: float) -> Attempt:
    turns = (Turn(TurnKind.RECEIVED, first, "220 mx"), Turn(TurnKind.SENT, last, "QUIT"))
    return msgspec.structs.replace(
        attempt_of(), transcript=Transcript("smtp://mx.test", "192.0.2.25", "survey", turns)
    )


def fits(time: str, clock: Clock | None, *attempts: Attempt) -> list[bool]:
    when = When(Record(STARTED, attempts=attempts), clock)
    return [when.fits(LogLine(time, "mx", "smtpd", "postfix/smtpd", "7", "x"), at) for at in range(len(attempts))]


@pytest.mark.parametrize(
    ("time", "clock", "first", "second"),
    [
        ("2026-11-29T10:00:00", Clock(0.0, 0), True, False),
        ("2026-11-29T10:00:20", Clock(0.0, 0), False, True),
        ("2026-11-29T10:00:10", Clock(0.0, 0), False, False),
        # Their clock is three and a half minutes before ours.
        ("2026-11-29T10:03:30", Clock(210.0, 0), True, False),
        ("2026-11-29T10:03:50", Clock(210.0, 0), False, True),
        ("2026-11-29T09:56:50", Clock(-210.0, 0), False, True),
        # A stamp without a zone is of the server's; with one it says it itself; a chroot writes UTC.
        ("2026-11-29T19:00:20", Clock(0.0, JAPAN), False, True),
        ("2026-11-29T19:00:20.123456+09:00", Clock(0.0, 0), False, True),
        ("2026-11-29T10:00:20", Clock(0.0, JAPAN), False, True),
        # Nobody knows.
        ("", Clock(0.0, 0), True, True),
        ("yesterday", Clock(0.0, 0), True, True),
        ("9999-12-31T23:59:30-14:00", Clock(0.0, 0), False, False),
        ("2026-11-29T10:00:10", None, True, True),
    ],
)
def test_a_line_belongs_to_what_was_then(time: str, clock: Clock | None, first: bool, second: bool) -> None:
    assert fits(time, clock, spoke(0.0, 1.0), spoke(20.0, 21.0)) == [first, second]


def test_an_attempt_without_a_connection_has_no_time() -> None:
    assert fits("2026-11-29T10:00:10", Clock(0.0, 0), msgspec.structs.replace(attempt_of(), transcript=None)) == [
        True
    ]
