"""What Postfix refuses of a configuration: while one such line is in it, nothing goes as the others say."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mailproof.model.postfix import Outcome, Step
from mailproof.parse.postfix.master import UNREAD, MasterFile
from mailproof.parse.postfix.parameters import MainFile
from mailproof.parse.postfix.tables import misspelt

# Postfix warns of these, and goes on: a line that is no continuation, and the first of two with one name.
_GOES_ON = ("begins-with-blank", "overrides")
_LONGEST = 80
_OPENED = ("_maps", "_domains", "mydestination", "mynetworks")


class Refusal(msgspec.Struct, frozen=True):
    """A line, its text (cut), and what is wrong: `no-equals`, `no-name`, `too-few-fields`, `no-such-type`, `unread`,
    `macro-syntax`, `macro-nesting`, `macro-size`.
    """

    file: str
    line: int
    text: str
    problem: str


def refusals(main: MainFile, master: MasterFile) -> Iterator[Refusal]:
    """Lines first, then values whose `$` cannot be expanded, in main.cf and in the options of each service."""
    for file, troubles in (("main.cf", main.troubles), ("master.cf", master.troubles)):
        for each in troubles:
            if each.name not in _GOES_ON:
                yield Refusal(file, each.line, each.text[:_LONGEST], each.name)
    found: dict[tuple[str, int], Refusal] = {}
    seen = [(name, main) for name in main.settings]
    for service in master.services:
        options = main.with_options(service.options, service.line, lines=service.option_lines)
        seen += [(name, options) for name in service.options]
    for name, where in seen:
        trouble, setting = where.value(name).trouble, where.setting(name)
        if trouble:
            text = f"{setting.name} = {setting.value}"[:_LONGEST]
            found.setdefault(
                (setting.file, setting.line), Refusal(setting.file, setting.line, text, f"macro-{trouble}")
            )
    yield from found.values()


def untold_of(main: MainFile, master: MasterFile) -> tuple[Step, ...]:
    """The same as steps: what the rest of the files says cannot be told for sure.

    A table that is not written as Postfix wants it ends every daemon that has to open it.
    """
    unopened = [
        Step("untold-refused", Outcome.UNTOLD, {"text": spec[:_LONGEST]}, setting.file, setting.line)
        for name, setting in main.settings.items()
        if name.endswith(_OPENED)
        for spec, _, _ in misspelt(main.value(name).text)
    ]
    return (
        *unopened,
        *(
            Step("untold-master", Outcome.UNTOLD, {}, each.file)
            if each.problem == UNREAD
            else Step("untold-refused", Outcome.UNTOLD, {"text": each.text}, each.file, each.line)
            for each in refusals(main, master)
        ),
    )
