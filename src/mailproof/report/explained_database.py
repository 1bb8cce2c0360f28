"""What comes behind the explanation of a database that did not mount: events to read, commands to type."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.catalog.words import Words
from mailproof.model.escape import printable
from mailproof.model.explained import Explanation
from mailproof.report.layout import wrap


def database_blocks(explanation: Explanation, say: Words, width: int) -> Iterator[list[str]]:
    """For an error of Mount-Database its next steps; for output of eseutil where it is given to."""
    if not explanation.events:
        yield [*wrap(say("explained.database-plan"), width), *_typed(explanation.commands)]
        return
    yield [
        *wrap(say("explained.mount-events"), width),
        *_typed(explanation.commands[:1]),
        *(line for event in explanation.events for line in wrap(_event(event, say), width, "  ", "       ")),
    ]
    yield [
        *wrap(say("explained.mount-state"), width),
        *_typed(explanation.commands[1:]),
        *wrap(say("explained.mount-caution"), width),
    ]


def _event(event: int, say: Words) -> str:
    return say("explained.mount-event", id=event, meaning=say(f"explained.mount-event-{event}"))


def _typed(commands: tuple[str, ...]) -> list[str]:
    """Not wrapped, for they are copied whole."""
    return [f"    {printable(command)}" for command in commands]
