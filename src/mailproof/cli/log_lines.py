"""The lines of the logs that were named, or of the one that is found; what cannot be read is a complaint."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mailproof.cli.reading import opening, standard_input
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.model.log import LogLine


def named(files: tuple[str, ...], rotated: bool) -> tuple[str, ...]:
    """The files of one log in the order of time, each once; `rotated`: with those that they were rotated to."""
    from mailproof.run.log.rotated import oldest_first, with_rotated

    return tuple(oldest_first(each for file in files for each in (with_rotated(file) if rotated else (file,))))


def lines(terminal: Terminal, files: tuple[str, ...], rotated: bool) -> Iterator[LogLine | bytes]:
    """Of all the files, those of one log in the order of time. Raises Complaint for one that cannot be read."""
    from mailproof.host.here import Here
    from mailproof.run.log.files import day_of, journal, lines_of, usual_logs
    from mailproof.run.log.packed import pieces

    today = datetime.now().date()
    if not files:
        usual = usual_logs(Here())
        if not usual:
            found = lines_of(journal(), today)
            if (first := next(found, None)) is None:
                raise Complaint(terminal.say("cli.no-log"))
            yield first
            yield from found
            return
        files = tuple(usual)
    for name in named(files, rotated):
        with reading(terminal, name) as file:
            yield from lines_of(pieces(file), today if name == "-" else day_of(Path(name)))


@contextmanager
def reading(terminal: Terminal, name: str) -> Iterator[io.BufferedIOBase]:
    """What is in a file, a pipe or (`-`) standard input, unpacked. Raises Complaint, also while it is read."""
    from mailproof.run.log.packed import DAMAGED, opened, unpacked

    with ExitStack() as stack:
        try:
            if name == "-":
                file = stack.enter_context(unpacked(cast("io.BufferedIOBase", standard_input(terminal))))
            else:
                file = stack.enter_context(opened(Path(name), partial(opening, terminal=terminal)))
        except (*DAMAGED, ValueError) as error:
            raise unreadable(terminal, name, error) from None
        try:
            yield file
        except DAMAGED as error:
            raise unreadable(terminal, name, error) from None


def unreadable(terminal: Terminal, name: str, error: BaseException | None) -> Complaint:
    """For what was raised where a file was opened or read."""
    from mailproof.run.log.packed import NoZstdError

    if isinstance(error, NoZstdError):
        return Complaint(terminal.say("cli.no-zstd", file=name))
    return Complaint(terminal.say("cli.unreadable", file=name, why=getattr(error, "strerror", None) or str(error)))
