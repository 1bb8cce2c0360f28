"""The lines of a log on a page tell what the page is about, and those of its sound example tell nothing of it."""

from __future__ import annotations

from datetime import date

import pytest

from mailproof.catalog.pages import load, names
from mailproof.model.log import LoginFailed
from mailproof.parse.log.envelope import LineReader
from mailproof.run.beside.sessions import read_line
from mailproof.run.log.telling import meant, told

WITH_A_LOG = [name for name in names("en") if load(name).logs("triggers")]


def told_by(example: str) -> list[str]:
    read = LineReader(date(2026, 11, 29)).read
    found = []
    for text in example.splitlines():
        if text.startswith("# <- "):
            continue
        line = read(text.encode())
        assert line is not None, text
        each = read_line(line, "x")
        assert each is not None and each.fact is not None, text
        said = told(each.fact)
        if said is not None and not (isinstance(each.fact, LoginFailed) and line.program == "smtpd"):
            found.append(meant(said).name)
    return found


@pytest.mark.parametrize("name", WITH_A_LOG)
def test_the_lines_that_trigger_it_tell_it(name: str) -> None:
    for example in load(name).logs("triggers"):
        assert name in told_by(example)


@pytest.mark.parametrize("name", WITH_A_LOG)
def test_the_lines_that_do_not_tell_nothing_of_it(name: str) -> None:
    for example in load(name).logs("sound"):
        assert name not in told_by(example)
