"""A single thing is told as one."""

from __future__ import annotations

from datetime import date

import pytest

from mailproof.catalog.words import words
from mailproof.report.log_summary import span
from mailproof.run.log.summary import summary_of_lines


@pytest.mark.parametrize(("lines", "said"), [(1, "1 line, 0 of a mail server"), (2, "2 lines, 0 of them")])
def test_lines_of_a_log(lines: int, said: str) -> None:
    summary = summary_of_lines([b"nothing of mail\n" * lines], date(2026, 11, 29), None, 0)
    assert span(summary, words("en")).startswith(said)


@pytest.mark.parametrize("key", ["log.gaps", "log.harmless", "greylist.hidden", "greylist.hidden-before"])
def test_one_has_no_plural(key: str) -> None:
    one, two = (words("en").counted(key, n) for n in (1, 2))
    assert one.startswith("1 ")
    assert two.startswith("2 ")
    assert one.split()[1:] != two.split()[1:]


def test_one_line_that_follows_is_one() -> None:
    one, two = (words("en").counted("log.followed", n) for n in (1, 2))
    assert (" 1 more line of" in one, " 2 more lines of" in two) == (True, True)


@pytest.mark.parametrize("key", ["milter.amiss-at-work", "milter.amiss-changes", "ese.step-bad-pages"])
def test_one_has_no_plural_where_the_number_comes_with_the_others(key: str) -> None:
    one, two = (words("en").of(key, {"n": n, "size": "9"}) for n in ("1", "2"))
    assert one != two.replace("2", "1")
    assert words("ja").of(key, {"n": "1", "size": "9"})
