"""A greylist.conf is written by anybody: its time grows with its length alone, and what is told of it is bounded."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from growth import times_as_long
from mailproof.emulate.greylist.clauses import Country
from mailproof.emulate.greylist.decide import evaluate
from mailproof.emulate.greylist.lint import diagnose, lint, stopping, without
from mailproof.model.greylist import BinarySeen, GreylistConfig, GreylistMail
from mailproof.parse.greylist.grammar import LONGEST_LINE, MOST_SLIPS, read_greylist
from mailproof.parse.greylist.tokens import LARGEST, MOST_TOKENS
from mailproof.report.greylist import evaluated_as_json, render_evaluated, render_slips, slips_as_json

MAIL = GreylistMail("192.0.2.9", "a@example.org", "bob@example.com", "mx.example", "mx.example", spf="none")
BARE = BinarySeen("mg", (), ("GeoIP", "SPF"))


def line_of(piece: str) -> Callable[[int], str]:
    """A single line, over and over the same."""
    return lambda size: f"racl greylist rcpt a@b {piece * (size // len(piece))}\n"


def lines_of(*pieces: str) -> Callable[[int], str]:
    """Lines, each a number of its own where it has {}."""
    length = sum(map(len, pieces))
    return lambda size: "".join(p.replace("{}", str(n)) for p in pieces for n in range(size // length))


MADE = {
    **{
        f"a line of {piece!r}": line_of(piece)
        for piece in ("a!", "a=", "/a", "{", '"', '"a', '\\"', "a@", "a:", "::")
    },
    **{
        f"words of {piece!r}": line_of(piece)
        for piece in ("a! ", "/ ", "rcpt a@b ", "flushaddr ", '"@ ', "a@ ", "$a ")
    },
    "NUL": lambda size: "\0" * size,
    "lines of NUL": lines_of("\0\n"),
    "a wrong word in each line": lines_of("racl defalt\n"),
    "rules of the oldest form": lines_of("from a@b{}\n"),
    "rules with an expression": lines_of("racl whitelist rcpt /^<a{}@b/\n"),
    "settings": lines_of("extendedregex\n", "racl whitelist rcpt /^<a@b/\n"),
    "lists": lines_of('list "l{}" addr { 10.0.0.1 }\n', 'racl whitelist list "l{}"\n'),
    "a list for many rules": lambda size: (
        'list "l" geoip { ' + '"CN" ' * (size // 10) + "}\n" + 'racl whitelist list "l"\n' * (size // 50)
    ),
    "the same list again": lines_of('list "l" rcpt { a@b }\n'),
    "countries": lines_of('racl whitelist geoip "cn"\n'),
    "what is not told": lines_of("racl whitelist spf self\n"),
}


def all_of_it(text: str) -> GreylistConfig:
    """Everything that `lint`, `doctor` and `eval` make of it, as text and as JSON."""
    config = read_greylist(text.encode())
    found, stops = lint(config, (), 0), stopping(config)
    evaluated = evaluate(without(config, BARE), MAIL, Country(None, None, True))
    told = [
        *(render_slips("x", each, "lint", "en", False, 100) for each in (found, diagnose(config, BARE, ()))),
        slips_as_json("x", found, "", ()),
        render_evaluated(evaluated, MAIL, "x", stops, "en", False, 100),
    ]
    # A line of the file for each of the findings, and for each of as many rules with their clauses.
    assert max(map(len, told)) < 12 * MOST_SLIPS * LONGEST_LINE
    assert json.loads(evaluated_as_json(evaluated, MAIL, stops))["starts"] is not bool(stops.counts)
    return config


@pytest.mark.parametrize("name", MADE)
def test_twice_the_length_takes_twice_the_time(name: str) -> None:
    """Eight times the length: eight times the time, and twenty-four at most; sixty-four is the square."""
    little, much = MADE[name](10_000), MADE[name](80_000)
    assert times_as_long(lambda: all_of_it(much), lambda: all_of_it(little), enough=24) <= 24


def test_what_is_wrong_is_counted_and_the_first_of_it_told() -> None:
    config = read_greylist(b"racl defalt\n" * 1000)
    assert len(config.slips) == MOST_SLIPS and config.more_slips == 1000 - MOST_SLIPS
    found = lint(config, (), 0)
    assert found.counts == {"fail": 1000} and found.more == 900
    assert [slip.line for slip in found.first] == [*range(1, 101)]
    said = render_slips("x", found, "lint", "en", False, 100)
    assert said.startswith("WRONG: 1000 things are wrong in x\n") and said.endswith("And 900 more, not shown.\n")
    assert "ほかに 900 件あります" in render_slips("x", found, "lint", "ja", False, 100)
    mixed = lint(read_greylist(b'racl greylist default\nracl whitelist geoip "cn"\n' + b"racl defalt\n" * 98), (), 0)
    assert mixed.counts == {"fail": 101} and mixed.more == 1


def test_what_is_shown_of_a_line_is_short() -> None:
    found = lint(read_greylist(b"\0" * 1_600_000), (), 0)
    assert max(map(len, (found.first[0].text, *found.first[0].params.values()))) <= LONGEST_LINE
    assert len(render_slips("x", found, "lint", "en", False, 100)) < 20_000


def test_a_file_that_is_larger_than_any_is_not_read_to_its_end() -> None:
    assert read_greylist(b"# x\n" * ((LARGEST >> 2) + 1)).cut == (LARGEST >> 2) + 1
    assert read_greylist(b"# x\n" * (LARGEST >> 2)).cut == 0
    many = read_greylist(b"\n" + b"{ " * (MOST_TOKENS + 1))
    assert many.cut == 2 and not many.slips
    # A list of all networks of the country that has most of them, and it is named.
    networks = " ".join(f"10.{n >> 8 & 255}.{n & 255}.0/24" for n in range(68_279))
    whole = read_greylist(f'list "us" addr {{ {networks} }}\nracl whitelist list "us"\n'.encode())
    assert whole.cut == 0 and len(whole.lists[0].items) == 68_279
