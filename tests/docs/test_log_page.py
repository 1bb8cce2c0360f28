"""What docs/log.md shows of `log trace` is what it says of the log beside this test."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mailproof.report.log_trace import render_traces
from mailproof.run.log.files import lines_of
from mailproof.run.log.trace import LogTracer, Wanted

LOG = Path(__file__).with_name("trace.log")
DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(("lang", "page"), [("en", "log.md"), ("ja", "log.ja.md")])
def test_the_story_on_the_page_is_the_one_of_the_log(lang: str, page: str) -> None:
    tracer = LogTracer()
    tracer.take(lines_of(LOG.read_bytes().splitlines(), date(2026, 11, 29)))
    story = render_traces(tracer.traces(Wanted(recipient="bob@example.net")), lang, color=False, width=100)
    assert "".join(f"    {line}\n" for line in story.splitlines()) in (DOCS / page).read_text("utf-8")
    assert len(LOG.read_text("utf-8").splitlines()) == 14
