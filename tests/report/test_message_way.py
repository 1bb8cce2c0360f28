"""The legs of a message that was followed stand in every report for people, and in the JSON."""

from __future__ import annotations

import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.envelope import Submitted
from mailproof.model.followed import EntryUsed, Followed, Waiting
from mailproof.model.log_trace import LogLeg, LogTrace
from mailproof.model.record import Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.report import Report
from mailproof.model.server_log import LogQuote
from mailproof.report.build import build
from mailproof.report.html import render as page
from mailproof.report.json import text_of
from mailproof.report.markdown import render as markdown
from mailproof.report.mask import Mask
from mailproof.report.text import render as text
from records import attempt_of, record_of

REASON = "connect to mx.d.test[192.0.2.9]:25: No route to host"
ENTRY = EntryUsed("virtual_alias_maps", "c@d.test", "e@d.test", "/etc/postfix/virtual:2", "c@d.test  e@d.test")


def record() -> Record:
    said = {"action": "greylist", "reason": "\x1b[31mred of dora@d.test"}
    legs = (
        LogLeg("2026-11-29T05:12:01", 0.0, "4C6BF1A2D3", "identified", {"message_id": "<1@b.test>"}),
        LogLeg("2026-11-29T05:12:02", 1.0, "4C6BF1A2D3", "greylisted", said),
    )
    trace = LogTrace(("4C6BF1A2D3",), "deferred", legs)
    waits = (Waiting("deferred", "e@d.test", REASON, "postqueue -j"),)
    quotes = tuple(LogQuote(f"mail.log, line {n}", "a line") for n in (1, 2))
    final = Reply(ReplyClass.POSITIVE, "250", "2.0.0 Ok", turn=1)
    handed_in = Submitted("a@b.test", "c@d.test", "t", final=final, queue_id="4C6BF1A2D3")
    return record_of(attempt_of(handed_in, Followed("c@d.test", trace, quotes, waits, (ENTRY,), (1,))))


def followed() -> Report:
    policy = load_profile("default")
    return build(record(), judge(record(), policy), policy)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_report_has_the_legs(lang: str) -> None:
    report = followed()
    for shown in (text(report, lang, width=200), markdown(report, lang), page(report, lang)):
        plain = shown.replace("\\", "").replace("\u2060", "")
        for part in ("2026-11-29T05:12:02", "/etc/postfix/virtual:2", "No route to host", "deferred"):
            assert part in plain, part
        assert "\x1b" not in shown


def test_the_json_has_them_too() -> None:
    told = text_of(followed())
    assert '"messages"' in told and '"outcome": "deferred"' in told and REASON in told


def test_a_mask_covers_what_the_server_wrote_into_a_leg_and_into_its_queue() -> None:
    mask = Mask(record())
    for told in (text_of(mask.apply(followed())), text_of(mask.apply(record()))):
        assert "d.test" not in told and "b.test" not in told and "dora" not in told
        assert "No route to host" in told
