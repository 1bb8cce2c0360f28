"""docs/parse.md: its example prints what it says, and it names every type with every field."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import mailproof.parse
from mailproof.model.log import Fact
from mailproof.parse import LogEvent, events

LOG = Path(__file__).with_name("refused.log")
DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = pytest.mark.parametrize("page", ["parse.md", "parse.ja.md"])


@PAGES
def test_the_example_prints_what_the_page_says(page: str, tmp_path: Path) -> None:
    text = (DOCS / page).read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len([line for line in example.splitlines() if line]) == 4
    shutil.copy(LOG, tmp_path / "mail.log")
    printed = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert f"\n    {printed}\n" in text
    assert len(LOG.read_text("utf-8").splitlines()) == 12


@PAGES
def test_every_type_is_there_with_every_field(page: str) -> None:
    rows = dict(re.findall(r"^\| ([A-Z]\w+) \| ([\w, ]*) ?\| ", (DOCS / page).read_text("utf-8"), re.MULTILINE))
    fields = {kind.__name__: list(kind.__struct_fields__) for kind in get_args(Fact)}
    assert {name: [each for each in row.strip().split(", ") if each] for name, row in rows.items()} == fields


def test_what_is_promised_is_there() -> None:
    promised = {kind.__name__ for kind in get_args(Fact)}
    promised |= {"Fact", "LogEvent", "LogLine", "delays", "events", "peer", "reply_parts", "tls_features"}
    assert set(mailproof.parse.__all__) == promised
    for name in promised:
        assert getattr(mailproof.parse, name) is not None
    with pytest.raises(AttributeError):
        mailproof.parse.nothing_of_the_kind  # noqa: B018


def test_no_line_is_lost() -> None:
    lines = [*LOG.read_bytes().splitlines(), b"", b"\xff\x00", b"Nov 29 05:00:00 mx postfix/smtpd[1]: something new"]
    found: list[LogEvent] = list(events(lines))
    assert len(found) == 14
    assert [event.is_unknown for event in found[-3:]] == [False, False, True]
    assert [(event.line is None, event.fact) for event in found[-3:]] == [(False, None), (True, None), (False, None)]
