"""Which domains a list has, by its files and comments: as trivial-rewrite(8) has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rewriteservice import needs_postfix, resolved

from mailproof.emulate.postfix.lists import Membership, member
from mailproof.emulate.postfix.maps import Tables

FILE = "one.test two.test # three.test\n# four.test\n  five.test,six.test #seven.test\n!eight.test eight.test\n"


@needs_postfix
@pytest.mark.real
@pytest.mark.parametrize("value", ["{file}", "nine.test # {file}", "!nine.test {file}"])
def test_a_comment_in_a_list_ends_its_line(value: str, tmp_path: Path) -> None:
    file = tmp_path / "domains"
    file.write_text(FILE)
    value = value.format(file=file)
    (tmp_path / "main.cf").write_text(
        f"compatibility_level = 3.6\nmyhostname = h.d.test\nmydestination = {value}\n"
        "queue_directory = /var/spool/postfix\n"
    )
    os.utime(tmp_path / "main.cf", (1e9, 1e9))
    tables = Tables(lambda path: Path(path).read_bytes(), "hash")
    for name in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"):
        found = member(f"{name}.test", value, tables, parents=False)
        ours = isinstance(found, Membership) and found.inside
        assert ours == (resolved(tmp_path, "", f"u@{name}.test")[0] == "local"), name
