"""Each of the messages that administrators ask about has its name, cause and way out."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from mailproof.catalog.log_messages import log_messages
from mailproof.run.log.explain import LogExplainer
from mailproof.run.log.files import lines_of

TABLE: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("messages.toml").read_text("utf-8"))


@pytest.mark.parametrize(("name", "line"), TABLE.values(), ids=TABLE)
def test_a_message_has_its_name(name: str, line: str) -> None:
    explainer = LogExplainer()
    explainer.take(lines_of([line.encode()], date(2026, 1, 18)))
    result = explainer.result()
    assert [(cause.name, cause.count) for cause in result.causes] == [(name, 1)]
    assert (result.unknown, result.unread) == (0, 0)


def test_the_table_has_all_of_them() -> None:
    numbers = {re.sub(r"[a-z]$", "", number) for number in TABLE}
    gathered = {"P": 34, "R": 32, "S": 8, "D": 28, "V": 30, "O": 26}
    assert numbers == {f"{kind}{number:02}" for kind, last in gathered.items() for number in range(1, last + 1)}
    assert {name for name, _ in TABLE.values()} <= {row.name for row in log_messages()}
