"""`mailproof explain`: the page of a finding, or what anything that was pasted means.

Exit codes: 0 explained; 2 wrong usage; 3 not known.
"""

from __future__ import annotations

import errno
import io
import os
import re
from datetime import date, datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailproof.cli.command import Command, Option, one_of
from mailproof.cli.masked import masked
from mailproof.cli.reading import is_there, too_long
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.model.explained import Explanation
    from mailproof.model.log import LogExplained

# As many as are still read.
_NEAR = 5
# Gmail takes a message of 25 MB (support.google.com/mail/answer/6584); what comes back is rarely all of it.
_LONGEST = 1 << 25
# What could be the name of a finding, mistyped.
_NAME = re.compile(r"\s*[A-Za-z][A-Za-z_ -]{1,58}(?:[A-Za-z]|-\d+[A-Za-z-]*)\s*")
# A word that is meant to be a file: one that says where it lies, or that ends as the files do which are explained.
_PATH = re.compile(
    r"(?:~?/|\.{1,2}/)[^\n]+|(?=[^\s:/]*/)[^\s:]*[^\s/:]"
    r"|[^\s/]+\.(?:log(?:\.\d{1,4})?|eml|txt|msg|mbox|gz|xz|bz2|zst)"
)
# Linux has names of 255 bytes in a path of 4096 (NAME_MAX, PATH_MAX).
_LONGEST_NAME = 4096


def command(terminal: Terminal) -> Command:
    params: list[click.Parameter] = [
        click.Argument(["words"], nargs=-1, metavar="FINDING|TEXT|FILE|-"),
        Option("--list", "listed", is_flag=True, words="list"),
        Option("--mask", is_flag=True),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
    ]
    return Command("explain", terminal, partial(_explain, terminal), params)


def _explain(terminal: Terminal, words: tuple[str, ...], listed: bool, mask: bool, shape: str) -> int:
    from mailproof.catalog.pages import names

    if listed:
        _list(terminal, shape)
        return 0
    if not "".join(words).strip():
        raise Complaint(terminal.say("cli.what-to-explain"))
    text = " ".join(words)
    name = text.strip().lower().replace("_", "-").replace(" ", "-")
    data = text.encode("utf-8", "surrogateescape")
    # `User unknown` is said by servers, `user-unknown` is a page.
    if name in names() and (" " not in text.strip() or not _says_something(data)):
        return _page(name, terminal, shape)
    if text == "-" or is_there(text):
        return _shown(*_read(text, terminal), terminal, mask, shape)
    if " " not in text.strip() and (sample := _log_sample(name)) is not None:
        data = sample
    elif not _says_something(data):
        if _NAME.fullmatch(text) and " " not in text.strip():
            raise _no_such_page(text, name, terminal)
        if len(text) < _LONGEST_NAME and _PATH.fullmatch(text):
            raise Complaint(terminal.say("cli.unreadable", file=text, why=os.strerror(errno.ENOENT)))
    return _shown(*_explained(io.BytesIO(data), _today(), "", terminal), terminal, mask, shape)


def _log_sample(name: str) -> bytes | None:
    """The line that shows a message of a log, for those that have no page: it is explained as if it was pasted."""
    from mailproof.catalog.log_messages import log_messages

    return next((row.sample.encode() for row in log_messages() if row.name == name), None)


def _page(name: str, terminal: Terminal, shape: str) -> int:
    from mailproof.checks import kinds
    from mailproof.cli.listing import as_json
    from mailproof.report.explain import page_as_data, render_page

    if shape == "json":
        terminal.write(as_json(page_as_data(name, terminal.lang, kinds())))
    else:
        terminal.write(render_page(name, terminal.lang, kinds(), terminal.color, terminal.width))
    return 0


def _read(name: str, terminal: Terminal) -> tuple[Explanation, LogExplained | None]:
    """Of a file, a pipe or (`-`) standard input. Raises Complaint for what cannot be read to its end."""
    from mailproof.cli.log_lines import reading
    from mailproof.run.log.files import day_of

    with reading(terminal, name) as file:
        return _explained(file, _today() if name == "-" else day_of(Path(name)), name, terminal)


def _explained(
    file: io.BufferedIOBase, day: date, name: str, terminal: Terminal
) -> tuple[Explanation, LogExplained | None]:
    """A log may be larger than memory; everything else is read whole."""
    from mailproof.model.explained import Pasted
    from mailproof.parse.pasted.kind import kind_of
    from mailproof.run.explaining.texts import explain_log, explain_text
    from mailproof.run.log.files import lines_of
    from mailproof.run.log.packed import joined, pieces

    data = file.read(_LONGEST + 1)
    if kind_of(data) is Pasted.LOG:
        return explain_log(lines_of(pieces(joined(data, file)), day))
    if len(data) > _LONGEST:
        raise too_long(name, terminal, _LONGEST)
    return explain_text(data), None


def _shown(explanation: Explanation, log: LogExplained | None, terminal: Terminal, mask: bool, shape: str) -> int:
    from mailproof.model.explained import Pasted
    from mailproof.report.explained import explained_text_as_json, is_known, render_explained_text

    explanation, log = masked((explanation, log), mask)
    if shape == "json":
        terminal.write(explained_text_as_json(explanation, log))
    else:
        terminal.write(render_explained_text(explanation, log, terminal.lang, terminal.color, terminal.width))
    sound = explanation.pasted is Pasted.LOG and not explanation.causes
    return 0 if sound or is_known(explanation) else 3


def _today() -> date:
    return datetime.now().date()


def _says_something(data: bytes) -> bool:
    """`Relay access denied` could be a name that was mistyped, and is what a server says."""
    from mailproof.report.explained import is_known
    from mailproof.run.explaining.texts import explain_text

    return is_known(explain_text(data))


def _no_such_page(text: str, name: str, terminal: Terminal) -> Complaint:
    """With what it could have been."""
    from mailproof.catalog.pages import names
    from mailproof.checks import all_checks

    say, known = terminal.say, names()
    of_check = next((check for check in all_checks() if check.name == name), None)
    if of_check is not None:
        findings = tuple(kind.name for kind in of_check.kinds)
        return Complaint(say("cli.no-such-page", name=text) + say("cli.of-check", name=name, names=findings))
    near = dict.fromkeys(get_close_matches(name, known, _NEAR) + [each for each in known if name in each])
    if not near:
        return Complaint(say("cli.no-such-page", name=text) + say("cli.see-help", command="mailproof explain"))
    return Complaint(say("cli.no-such-page", name=text) + say("cli.near-pages", names=tuple(near)[:_NEAR]))


def _list(terminal: Terminal, shape: str) -> None:
    """Every finding with its title."""
    from mailproof.catalog.pages import names
    from mailproof.cli.listing import as_json, listing, titles_of

    titles = titles_of(names(), terminal.lang)
    terminal.write(as_json(titles) if shape == "json" else listing(titles, terminal))
