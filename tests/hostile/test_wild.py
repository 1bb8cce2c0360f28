"""Each hostile server against the real command: it ends in time, in little memory, and names what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from wild import Hostile
from wildrun import Outcome, Place, run
from wildzoo import FRIENDS, MOST_MEGABYTES, SERVERS, deadline, friend_of

from mailproof.model.escape import printable
from mailproof.model.finding import Severity

Runs = dict[str, Future[Outcome]]

# Most of them only wait: more at once than there are processors.
_AT_ONCE = 6
# A machine that does much else makes any server a late one. What looks wrong is asked again, with so much patience.
_PATIENT = 5


def is_seen_through(outcome: Outcome, server: Hostile) -> bool:
    """The cause is named, nothing that is not there, and it was over when a check is."""
    grave = {item.name for item in outcome.report.causes if item.severity is Severity.FAIL}
    in_time = outcome.record.seconds <= deadline(server)
    return outcome.causes[:1] == server.causes[:1] and grave <= set(server.causes) and in_time


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The checks of all servers that are asked for in this run, begun at once and side by side."""
    place = Place.make(tmp_path_factory.mktemp("wild"))
    wanted: dict[str, Hostile] = {}
    for item in request.session.items:
        server = getattr(item, "callspec", None) and item.callspec.params.get("wild")  # type: ignore[attr-defined]
        if isinstance(server, Hostile):
            wanted |= {each.name: each for each in (friend_of(server), server)}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {name: pool.submit(run, server, place) for name, server in wanted.items()}


@pytest.mark.parametrize("wild", FRIENDS.values(), ids=lambda server: server.name)
def test_the_friendly_server_is_sound(wild: Hostile, runs: Runs) -> None:
    outcome = runs[wild.name].result()
    assert (outcome.causes, outcome.exit_code, str(outcome.report.verdict)) == ((), 0, "pass")


@pytest.mark.parametrize(
    "wild",
    [pytest.param(server, id=server.name, marks=[pytest.mark.long] if server.long else []) for server in SERVERS],
)
def test_a_hostile_server_is_seen_through(wild: Hostile, runs: Runs, tmp_path: Path) -> None:
    outcome, friendly = runs[wild.name].result(), runs[friend_of(wild).name].result()
    if not is_seen_through(outcome, wild):
        wild = msgspec.structs.replace(wild, timeout=_PATIENT * wild.timeout)
        outcome = run(wild, Place.make(tmp_path))
    assert outcome.causes[:1] == wild.causes[:1]
    assert is_seen_through(outcome, wild), outcome.causes
    if wild.verdict:
        assert outcome.report.verdict == wild.verdict
    assert outcome.megabytes < friendly.megabytes + MOST_MEGABYTES
    assert outcome.exit_code in (0, 1, 3)
    assert "Traceback" not in outcome.shown
    assert printable(outcome.shown, keep_newlines=True) == outcome.shown


def test_there_are_forty_of_them() -> None:
    assert len({server.name for server in SERVERS}) == len(SERVERS) >= 40
