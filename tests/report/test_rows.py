"""Tables with a text behind each row: columns stand under each other, in cells, at every width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mailproof.model.sent import RecipientResult, SendReport
from mailproof.report.layout import records, rows_with_text, wrap
from mailproof.report.sent import render_sent
from records import record_of

REPLY = "550 5.1.1 <nobody@example.test>: Recipient address rejected: User unknown in virtual mailbox table"
ROWS = [("bob@example.test", "accepted"), ("nobody@example.test", "refused"), ("件名@example.test", "受付")]


def column(line: str, text: str) -> int:
    """The cell at which the text begins."""
    return cell_len(line[: line.index(text)])


def test_texts_begin_in_one_column_and_go_on_in_it() -> None:
    blocks = rows_with_text(ROWS, [REPLY, REPLY, REPLY], 100)
    assert {column(block[0], "550") for block in blocks} == {33}
    assert all(line.startswith(" " * 33) and line[33] != " " for block in blocks for line in block[1:])


@given(st.integers(20, 60))
def test_a_table_that_is_too_wide_is_told_row_by_row(width: int) -> None:
    table = [("", "接続", "longest"), *((name, "0.01 s", state) for name, state in ROWS)]
    shown = records(table, width)
    assert all(cell_len(line) <= width for line in shown)
    assert shown.count("  接続: 0.01 s") == (len(ROWS) if width < 37 else 0)  # as wide as the table is
    assert "".join("".join(shown).split()).count("0.01s") == len(ROWS)


def test_without_room_the_texts_stand_below() -> None:
    for block in rows_with_text(ROWS, [REPLY, REPLY, REPLY], 60):
        assert "550" not in block[0] and block[1].startswith("      550 5.1.1 <nobody")


@given(
    st.lists(
        st.tuples(st.text("aあ@.", max_size=30), st.sampled_from(["yes", "いいえ"]), st.text("bい ", max_size=80))
    ),
    st.integers(20, 120),
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, str]], width: int) -> None:
    blocks = rows_with_text([(a, b) for a, b, _ in rows], [text for *_, text in rows], width)
    assert len(blocks) == len(rows)
    assert all(cell_len(line) <= width for block in blocks for line in block)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_recipients_of_a_message_line_up(lang: str) -> None:
    from mailproof.catalog.profiles import load_profile
    from mailproof.diagnose.judge import judge
    from mailproof.report.build import build

    record = record_of()
    recipients = (
        RecipientResult("bob@example.test", True, "250 2.0.0 Ok"),
        RecipientResult("nobody@example.test", False, REPLY),
    )
    report = build(record, judge(record, load_profile()), load_profile())
    told = SendReport(
        ok=False,
        exit_code=42,
        cause=None,
        report=report,
        stage="data",
        endpoint="smtp://mx.test",
        address="",
        sender="a@x.test",
        recipients=recipients,
        size=1,
        seconds=0.1,
        reply=REPLY,
        queue_id="",
    )
    shown = render_sent(told, lang, False, 100).splitlines()
    first = next(line for line in shown if "250 2.0.0" in line)
    second = next(line for line in shown if line.startswith("  nobody@"))
    assert column(first, "250") == column(second, "550")


@pytest.mark.parametrize(
    "text", ["これだけを表示: trouble(異常)、login(ログイン)", "sent(250 Ok)[キュー内 0 秒、送信 0.7 秒]"]
)
@pytest.mark.parametrize("width", range(12, 50))
def test_no_line_ends_with_an_opening_bracket_or_begins_with_a_closing_one(text: str, width: int) -> None:
    lines = [line.strip() for line in wrap(text, width)]
    assert not [line for line in lines if line.endswith(("(", "["))]
    assert not [line for line in lines if line.startswith((")", "]", "、"))]
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
