"""Macros of Exim: which are replaced, and in which order; that many, and hostile ones, cost what their size is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import times_as_long
from mailproof.parse.exim.configuration import EximConfiguration
from mailproof.parse.exim.macros import LONGEST_LINE, MOST_WORK, Macros
from mailproof.parse.exim.reader import read_exim

FILE = "/etc/exim4/exim4.conf"
MANY, TIMES = 500, 8
# What is linear takes 8 times as long, and what is not 64 times; a machine that does much else is between them.
MOST = 24


def read(text: str) -> EximConfiguration:
    return read_exim(FILE, lambda path: text.encode() if path == FILE else None)


def name(number: int) -> str:
    """A macro's name in which no other is."""
    letters = "".join(chr(ord("A") + number // 26**place % 26) for place in range(3))
    return f"M{letters}Z"


def lines(count: int, line: str) -> str:
    return "".join(f"{line.replace('#', name(number))}\n" for number in range(count))


SHAPES: Mapping[str, Callable[[int], str]] = {
    "macros": lambda n: lines(n, "# = x"),
    "macros that are used": lambda n: lines(n, "# = x") + lines(n, "smtp_banner = #"),
    "macros that use each other": lambda n: "".join(f"{name(i + 1)} = {name(i)}\n" for i in range(n)),
    "conditions": lambda n: lines(n, ".ifdef #\n.endif\n# = x"),
    "drivers": lambda n: f"begin routers\n{lines(n, '#:')}",
    "settings of a driver": lambda n: f"begin routers\nr:\n{lines(n, '  headers_add = #')}",
    "a line over many": lambda n: f"smtp_banner = {'x' * n * 100}\\\n{lines(n, '#' + chr(92))}",
    "a line that only looks as if it went on": lambda n: "smtp_banner = x" + chr(92) * n + "\n" * n,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_more_of_it_takes_no_longer_than_its_size(shape: str) -> None:
    little, much = SHAPES[shape](MANY), SHAPES[shape](MANY * TIMES)
    assert times_as_long(lambda: read(much), lambda: read(little), enough=MOST) <= MOST


def test_a_line_that_would_be_huge_is_not_made() -> None:
    """A hundred thousand times a hundred thousand letters, out of a file of two hundred thousand."""
    found = read(f"A = {'x' * 100_000}\nsmtp_banner = {'A' * 100_000}\n")
    assert [(each.name, each.text) for each in found.troubles] == [("too-long", "A")]
    assert len(found.value("smtp_banner")) < LONGEST_LINE


def test_the_search_has_an_end() -> None:
    macros = Macros({})
    macros.work = MOST_WORK - 1000
    for number in range(2000):
        macros.define(name(number), "y")
    _, too_long, replaced = macros.replaced(" ".join(map(name, range(2000))), 0)
    assert replaced and too_long


BEGINS = re.compile("[A-Z]|_[A-Z]")
NAMES = ("A", "AB", "B", "BC", "A_B", "_X", "_XY", "C")
texts = st.lists(st.sampled_from([*NAMES, "a", " ", "_", "XY"]), max_size=12).map("".join)


@given(st.dictionaries(st.sampled_from(NAMES), texts, max_size=6), texts)
def test_they_are_replaced_one_after_the_other(values: dict[str, str], text: str) -> None:
    """As Exim does it: each in the order of their definition, wherever it stands by then."""
    macros = Macros({})
    for each, value in values.items():
        macros.define(each, value)
    expected, at = text, 0
    for each, value in values.items():
        while at < len(expected) and not BEGINS.match(expected, at):
            at += 1
        expected = expected[:at] + expected[at:].replace(each, value)
    assert macros.replaced(text, 0)[0] == expected
