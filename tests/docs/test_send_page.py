"""The page of `send` names every spelling of swaks that the command takes, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailproof.cli.swaks_spellings import ALONE, INSTEAD, LOGINS, PASSED_OVER, WITH_VALUE

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", ["send.md", "send.ja.md"])
def test_every_spelling_stands_in_the_table(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    rows = "\n".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    told = set(re.findall(r"-{1,2}([A-Za-z0-9][A-Za-z0-9-]*)", rows))
    others = {"ap", "s", "p", "ah", "tlsp", "ahp", "xclient", "attach", "attach-type", "attach-name", "h-NAME"}
    of_its_source_alone = {"xclient-after"}
    assert {*WITH_VALUE, *ALONE, *LOGINS, *PASSED_OVER, *INSTEAD, *others} - of_its_source_alone <= told
