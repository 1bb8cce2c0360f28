"""docs/articles.toml: each line of the articles has its row; each row has a command that parses and a real test."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from article_lines import articles, lines_to_answer
from documentation import ROOT, complaint, lines_of

from mailproof.catalog.words import words
from mailproof.checks import all_checks, kinds
from mailproof.cli.overview import COMMANDS

sys.path.insert(0, str(ROOT / "tools"))

import articles_table

DATA = articles_table.read()
ROWS = [(number, row) for number, article in enumerate(DATA["article"], 1) for row in article["row"]]
# What is quoted is to be found again, not to be read here.
_LONGEST_QUOTE = 80

beside = pytest.mark.skipif(not articles(), reason="the articles are not beside the project")


def place(number: int, row: dict[str, Any]) -> str:
    return f"article {number}, line {row['lines']}"


@beside
@pytest.mark.parametrize("number", range(1, 6))
def test_every_command_line_and_every_error_has_its_row(number: int) -> None:
    given = [line for n, row in ROWS if n == number for line in articles_table.lines_of(row)]
    found = lines_to_answer(articles()[number])
    assert {line: text for line, text in found.items() if line not in given} == {}
    assert sorted(line for line in given if line not in found) == []


@beside
def test_a_row_quotes_its_lines() -> None:
    for number, row in ROWS:
        quotes = articles_table.words_of(row)
        assert len(quotes) == len(articles_table.lines_of(row)), place(number, row)
        for line, quote in zip(articles_table.lines_of(row), quotes, strict=True):
            text = articles()[number][line - 1]
            pattern = ".*".join(map(re.escape, quote.split("…")))
            assert re.search(pattern, text), f"article {number}, line {line}: {quote!r} is not in {text!r}"


def test_no_line_has_two_rows() -> None:
    given = Counter((number, line) for number, row in ROWS for line in articles_table.lines_of(row))
    assert [line for line, times in given.items() if times > 1] == []


@pytest.mark.parametrize(
    ("number", "row"), ROWS, ids=lambda value: value["lines"] if isinstance(value, dict) else value
)
def test_a_row_is_whole(number: int, row: dict[str, Any]) -> None:
    """Either a command of ours that parses, with its test, or the command that is not there yet."""
    assert row.keys() <= {"lines", "words", "ours", "en", "ja", "test", "later"}
    assert all(0 < len(quote) <= _LONGEST_QUOTE for quote in articles_table.words_of(row))
    if "later" in row:
        assert not {"ours", "test"} & row.keys()
        assert row["later"] in DATA["later"]
    else:
        assert row["en"] and row["ja"] and row["test"]
        (line,) = lines_of(row["ours"], place(number, row))
        assert complaint(line.words) == ""
    assert ("en" in row) == ("ja" in row)


def test_no_row_waits_for_a_command_that_is_there() -> None:
    """Who adds the command fills its rows: `ours`, `en`, `ja`, `test` instead of `later`, then `make docs`."""
    waiting = [
        place(number, row) + f" waits for {row['later']}" for number, row in ROWS if row.get("later") in COMMANDS
    ]
    assert waiting == []
    assert DATA.get("later", {}).keys() == {row["later"] for _, row in ROWS if "later" in row}


def test_both_languages_name_the_same_findings() -> None:
    names = {*kinds(), *(check.name for check in all_checks()), *(key.partition(".")[2] for key in _flaws())}
    for number, row in ROWS:
        english, japanese = (
            {name for name in re.findall(r"`([a-z][a-z-]+)`", row.get(lang, "")) if "-" in name}
            for lang in ("en", "ja")
        )
        assert english == japanese, place(number, row)
        assert english <= names, place(number, row)


def _flaws() -> list[str]:
    """What `token read` finds, by its name in the JSON."""
    return [
        key.replace("flaw-title-", "").replace("difference-title-", "")
        for key in words("en").keys()  # noqa: SIM118 - Words is no mapping
        if key.startswith(("token.flaw-title-", "token.difference-title-"))
    ]


def test_every_test_that_is_named_exists() -> None:
    named = sorted({test for _, row in ROWS for _, test in articles_table.tests_of(row)})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *named]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_a_line_is_found_by_the_rule() -> None:
    article = [
        ("A heading", False),
        ("$ openssl s_client -connect a:25", True),
        ("openssl s_client で確認する", False),
        ("EHLO a", True),
        ("EHLO は挨拶である", False),
        ("334 VXNlcm5hbWU6", False),
        ("dXNlcg==", True),
        ("354 go on", False),
        ("Subject: x", True),
        (".", True),
        ("> a quoted mail", False),
        ("550 5.1.1 no such user", True),
        ("250 2.1.5 Ok", False),
        ("Jan  8 20:26:20 mx postfix/master[469]: terminating on signal 15", True),
        ("MD5 (1) = aa", False),
        ("MD5 (2) = bb", True),
        ("MD5 (3) = bb", False),
        ("relay_transport = smtp:[a]", True),
        ("220 a ESMTP ← what I looked for", True),
    ]
    found = lines_to_answer([text for text, _ in article])
    assert [(text, number in found) for number, (text, _) in enumerate(article, 1)] == article
