"""The clock of another machine beside ours."""

from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record

from mailproof.checks.machine.clock_agrees import check
from mailproof.model.finding import Finding
from mailproof.model.machine import Clock, MachineSeen, Way
from mailproof.model.policy import Policy


def seen(clock: Clock | None, way: Way | None) -> MachineSeen:
    return MachineSeen(("192.0.2.25",), (), "", way=way, clock=clock)


@pytest.mark.parametrize(
    ("clock", "way", "said"),
    [
        (Clock(0.3, 0), Way(), ["+clock-agrees"]),
        (Clock(-60.4, 0), Way(), ["+clock-agrees"]),
        (Clock(61.0, 0), Way(), ["clock-differs"]),
        (Clock(-61.0, 0), Way(), ["clock-differs"]),
        # The answer took four seconds: it can be a minute.
        (Clock(62.0, 0, 2.5), Way(), ["+clock-agrees"]),
        # A zone is no difference, and the clock of the machine itself is its own.
        (Clock(0.3, 9 * 3600), Way(), ["+clock-agrees"]),
        (Clock(0.0, 0, 0.0), None, []),
        (None, Way(), []),
    ],
)
def test_a_clock_is_held_beside_ours(clock: Clock | None, way: Way | None, said: list[str]) -> None:
    assert answers(check, record(attempt(seen(clock, way), job="machine"))) == said


def test_both_times_are_told() -> None:
    (found,) = check(record(attempt(seen(Clock(-210.2, 0), Way()), job="machine")), Policy("test", {}))
    assert isinstance(found, Finding)
    assert found.params == {"seconds": 210, "server": "2025-12-31 23:56:29 UTC", "here": "2026-01-01 00:00:00 UTC"}


@pytest.mark.parametrize("ahead", [-1e300, 1e300, -63e9, 250e9])
def test_a_clock_that_is_none_is_told(ahead: float) -> None:
    assert answers(check, record(attempt(seen(Clock(ahead, 0), Way()), job="machine"))) == ["clock-differs"]
