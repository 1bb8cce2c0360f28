"""A log in parts, by a cut or by a period: what they come to together is the whole."""

from __future__ import annotations

import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tallies import KNOWN, LINES, TODAY, WARM, WISHES, Q, Since, every_way, generated, tally_of, told

from mailproof.parse.log.tally import span
from mailproof.parse.log.tally.count import By, LogCounter
from mailproof.parse.log.tally.tally import Tally


@pytest.mark.parametrize("wish", WISHES, ids=" ".join)
def test_parts_make_the_whole(wish: tuple[str, ...]) -> None:
    """Cut at any line, counted apart, and put together: by pickle, as between processes."""
    log = generated(*wish)
    whole = told(tally_of(log))
    lines = log.splitlines(keepends=True)
    chance = random.Random(3)
    for _ in range(3):
        cuts = sorted(chance.randrange(len(lines)) for _ in range(3))
        parts = [lines[a:b] for a, b in zip([0, *cuts], [*cuts, len(lines)], strict=True)]
        tallies = [tally_of(b"".join(part), first=n == 0) for n, part in enumerate(parts) if part]
        # The last two first: adding is associative.
        later = tallies[-2]
        later.add(pickle.loads(pickle.dumps(tallies[-1])))
        first = tallies[0]
        for each in (*tallies[1:-2], later):
            first.add(pickle.loads(pickle.dumps(each)))
        assert told(first) == whole


@pytest.mark.parametrize("wish", WISHES, ids=" ".join)
def test_a_period(wish: tuple[str, ...]) -> None:
    log = generated(*wish)
    whole = every_way(log)
    periods = [Since("", "2026-11-20T09:30"), Since("2026-11-20T09:30", "2026-11-20T15"), Since("2026-11-20T15", "3")]
    parts = [every_way(log, period=period) for period in periods]
    for name in ("received", "delivered", "deferrals", "bounced", "rejected", "bytes_delivered", "bytes_received"):
        assert sum(getattr(part.totals, name) for part in parts) == getattr(whole.totals, name), name
    assert sum(part.lines for part in parts) == whole.lines
    assert sum(part.totals.sizeless for part in parts) == whole.totals.sizeless


@given(LINES, st.integers(0, 30))
@settings(max_examples=200, deadline=None)
def test_any_lines_in_two_parts(lines: list[str], cut: int) -> None:
    texts = [f"{line}\n".encode().replace(b"\r", b"") for line in lines]
    before, behind = KNOWN + WARM + b"".join(texts[:cut]), b"".join(texts[cut:])
    whole = told(tally_of(before + behind))
    first = tally_of(before)
    if behind:
        first.add(tally_of(behind, first=False))
    assert told(first) == whole


def test_a_message_that_the_cut_goes_through() -> None:
    """Every line of it on the other side of a cut once."""
    head = "Nov 20 10:00:00 mx postfix/"
    to = "relay=h[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status"
    lines = [
        f"{head}smtpd[1]: {Q}: client=a.example[192.0.2.9]",
        f"{head}cleanup[1]: {Q}: message-id=<1@a>",
        f"{head}qmgr[1]: {Q}: from=<a@b.example>, size=310, nrcpt=1 (queue active)",
        f"{head}smtp[1]: {Q}: to=<b@c.example>, {to}=deferred (no)",
        f"{head}qmgr[1]: {Q}: from=<a@b.example>, size=310, nrcpt=1 (queue active)",
        f"{head}smtp[1]: {Q}: to=<b@c.example>, {to}=deferred (no)",
        f"{head}smtp[1]: {Q}: to=<b@c.example>, {to}=sent (250 ok)",
        f"{head}qmgr[1]: {Q}: removed",
    ]
    for cut in range(len(lines) + 1):
        parts = ["\n".join(part).encode() for part in (lines[:cut], lines[cut:])]
        tallies = [tally_of(part, first=n == 0) if part else Tally(first=n == 0) for n, part in enumerate(parts)]
        tallies[0].add(tallies[1])
        totals = told(tallies[0]).totals
        assert (totals.received, totals.delivered, totals.deferred, totals.deferrals) == (1, 1, 1, 2), cut
        assert (totals.bytes_received, totals.bytes_delivered, totals.sizeless) == (310, 310, 0), cut
        assert (totals.senders, totals.recipients) == (1, 1), cut
        assert tallies[0].ledgers["mx"].flight == {}, cut


def test_a_message_of_the_part_before_that_waits_in_the_period() -> None:
    """In a part that has lines before the period, too."""
    head = (
        "postfix/smtp[1]: 4F1C2A3B5E: to=<b@c.example>, relay=h, delay=1, delays=0/0/0/1, dsn=4.0.0, status=deferred"
    )
    parts = ("Nov 20 09:00:00 mx cron[1]: x", f"Nov 20 09:10:00 mx postfix/x[1]: x\nNov 20 10:10:00 mx {head} (no)")
    for by in By:
        tallies = [
            tally_of(part.encode(), by=by, first=not n, period=Since("2026-11-20T10", "3"))
            for n, part in enumerate(parts)
        ]
        tallies[0].add(tallies[1])
        assert told(tallies[0]).totals.deferred == 1, by


@pytest.mark.parametrize("stamp", ["Nov 20 10{}", "2026-11-20T10{}.5+09:00", "2026-11-20T10{}Z"])
@given(clocks=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_latest_of_one_hour(stamp: str, clocks: list[tuple[int, int]]) -> None:
    """Whatever waits to be looked at, and however often it is."""
    times = [f":{minute:02}:{second:02}" for minute, second in clocks]
    texts = [f"\n{stamp.format(time)} mx postfix/smtpd[7]: connect from a" for time in times]
    hour = stamp.partition("{")[0]
    with pytest.MonkeyPatch.context() as patch:
        for waiting in (1 << 20, 0, 200):
            patch.setattr(span, "_WAITING", waiting)
            whole = span.Span()
            whole.take("2026-11-20T09:00:00")
            for text in texts:
                whole.take_hour("2026-11-20T10", hour, text)
            assert whole.last[13:19] == max(times)
            assert pickle.loads(pickle.dumps(whole)).last == whole.last


def test_text_before_the_hour_of_the_last_line_does_not_wait() -> None:
    lines = [
        f"Nov 20 {hour}:00:0{hour % 10} mx postfix/smtpd[7]: connect from a".encode() for hour in (10, 11, 11, 12)
    ]
    for foreseen, waiting in ((b"", 2), (lines[-1], 0)):
        tally = Tally()
        counter = LogCounter(tally, TODAY, by=By.PATTERN)
        counter.foresee(foreseen)
        for line in lines[:-1]:
            counter.count(line)
        assert len(tally.tables.span._waiting) == waiting
        counter.count(lines[-1])
        assert (tally.tables.span.first[11:], tally.tables.span.last[11:]) == ("10:00:00", "12:00:02")
