"""Counts of a log: the quick way and the ordinary one are one truth, and so are a log and its parts."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from growth import seconds
from mailproof.model.log_summary import LogSummary
from mailproof.parse.log.tally import count, span, tables
from mailproof.parse.log.tally.count import LogCounter, Tally
from mailproof.parse.log.tally.reasons import domain_of_client, reason_of
from mailproof.parse.log.tally.summary import summary_of

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 21)


class Since:
    """A period that ends and begins at given times of the log's own clock."""

    def __init__(self, since: str, until: str) -> None:
        self.since, self.until = since, until

    def place(self, moment: str) -> int:
        return -1 if moment < self.since else 1 if moment >= self.until else 0


def tally_of(*blocks: bytes, quick: bool, first: bool = True, period: Since | None = None) -> Tally:
    tally = Tally(first=first)
    counter = LogCounter(tally, TODAY, period, quick=quick)
    for block in blocks:
        counter.count(block)
    return tally


def told(tally: Tally) -> LogSummary:
    return msgspec.structs.replace(summary_of(tally.tables, 0), samples=())


def both(*blocks: bytes, period: Since | None = None) -> LogSummary:
    quick = told(tally_of(*blocks, quick=True, period=period))
    assert quick == told(tally_of(*blocks, quick=False, period=period))
    return quick


@cache
def generated(*wish: str) -> bytes:
    command = (sys.executable, str(ROOT / "tools" / "make_mail_log.py"), *wish)
    return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout


WISHES = (
    ("--megabytes", "1", "--seed", "7"),
    ("--megabytes", "0.6", "--stamp", "rfc3339"),
    ("--megabytes", "0.6", "--days", "3", "--tls-field", "--seed", "2"),
)


@pytest.mark.parametrize("wish", WISHES, ids=" ".join)
def test_a_generated_log(wish: tuple[str, ...]) -> None:
    log = generated(*wish)
    lines = log.splitlines(keepends=True)
    blocks = [b"".join(lines[at : at + 400]) for at in range(0, len(lines), 400)]
    summary = both(*blocks)
    assert summary.lines == len(lines)
    assert summary.unknown == summary.unread == 0
    assert summary.totals.received > 300 and summary.totals.deferrals and summary.totals.bounced
    assert summary.delays is not None and summary.tls and summary.postscreen and summary.greylisting
    if "--tls-field" in wish:
        assert [level.name for level in summary.tls_levels] == ["may"]
    assert (
        {"smtpd", "submission"} <= {service.name for service in summary.services} <= {"smtpd", "submission", "pickup"}
    )


@pytest.mark.parametrize("instance", [b"postfix", b"postfix-out"], ids=bytes.decode)
@pytest.mark.parametrize("wish", WISHES, ids=" ".join)
def test_most_lines_go_the_quick_way(wish: tuple[str, ...], instance: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = 0
    ordinary = LogCounter._one

    def counted(self: LogCounter, raw: bytes, place: int | None = None, *, timed: bool = True) -> None:
        nonlocal slow
        slow += 1
        ordinary(self, raw, place, timed=timed)

    monkeypatch.setattr(LogCounter, "_one", counted)
    log = generated(*wish).replace(b" postfix/", b" %s/" % instance)
    tally_of(log[: len(log) // 2], log[len(log) // 2 :], quick=True)
    assert slow < log.count(b"\n") * 0.1


@pytest.mark.parametrize("wish", WISHES, ids=" ".join)
def test_parts_make_the_whole(wish: tuple[str, ...]) -> None:
    """Cut at any line, counted apart, and put together: by pickle, as between processes."""
    log = generated(*wish)
    whole = told(tally_of(log, quick=True))
    lines = log.splitlines(keepends=True)
    chance = random.Random(3)
    for _ in range(3):
        cuts = sorted(chance.randrange(len(lines)) for _ in range(3))
        parts = [lines[a:b] for a, b in zip([0, *cuts], [*cuts, len(lines)], strict=True)]
        tallies = [tally_of(b"".join(part), quick=True, first=n == 0) for n, part in enumerate(parts) if part]
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
    whole = both(log)
    periods = [Since("", "2026-11-20T09:30"), Since("2026-11-20T09:30", "2026-11-20T15"), Since("2026-11-20T15", "3")]
    parts = [both(log, period=period) for period in periods]
    for name in ("received", "delivered", "deferrals", "bounced", "rejected", "bytes_delivered", "bytes_received"):
        assert sum(getattr(part.totals, name) for part in parts) == getattr(whole.totals, name), name
    assert sum(part.lines for part in parts) == whole.lines
    assert sum(part.totals.sizeless for part in parts) == whole.totals.sizeless


Q = "4F1C2A3B5D"
PIECES = (
    *(
        "postfix/smtpd[7]: ",
        "postfix/submission/smtpd[7]: ",
        "postfix/qmgr[8]: ",
        "postfix/cleanup[9]: ",
        "dovecot: ",
    ),
    *("postfix/smtp[1]: ", "postfix/lmtp[1]: ", "postfix/postscreen[1]: ", "postfix/pickup[1]: ", "opendkim[1]: "),
    *(f"{Q}: ", "4F1C2A3B5E: ", "3nPDKq2Z3bz2nX: ", "NOQUEUE: ", "client=a.example[192.0.2.9]", "client=a b[1]"),
    *(", sasl_method=PLAIN, sasl_username=al", "message-id=<1@a>", "from=<a@b.example>, size=310, nrcpt=2"),
    *(
        " (queue active)",
        "removed",
        "from=<>, size=5, nrcpt=1 (queue active)",
        "uid=0 from=<root>",
        "to=<b@C.example>",
    ),
    *(
        ", relay=h[192.0.2.1]:25",
        ", relay=none",
        ", delay=1.1",
        ", delays=0.1/0/0.4/0.6",
        ", delays=1/2",
        ", tls=may",
    ),
    *(", dsn=2.0.0", ", status=sent (250 ok)", ", status=sent (forwarded as 4F1C2A3B5E)", ", status=deferred (no)"),
    *(
        ", status=bounced (host x[1] said: 550 5.1.1 <a@b>: no)",
        ", orig_to=<x@c>",
        ", conn_use=2",
        ", status=expired",
    ),
    *("connect from a.example[192.0.2.9]", "disconnect from a.example[192.0.2.9] ehlo=1 quit=1", "disconnect from x"),
    *("postfix-out/smtpd[7]: ", "postfix/mx2/qmgr[8]: ", "postfix-a/b/smtp[1]: ", "postfix/postgrey/smtpd[7]: "),
    *(", relay=<h>x", ", orig_to=<>", "NOQUEUE: reject: RCPT from a[192.0.2.9]: 450 no; x; from=<a@b> to=<x@y>"),
    *("lost connection after RCPT from a[192.0.2.9]", "Anonymous TLS connection established from a[192.0.2.9]: "),
    *("TLSv1.3 with cipher X (256/256 bits)", "Trusted TLS connection established to a[192.0.2.9]:25: ", "TLSv1.2"),
    *("reject: RCPT from a[192.0.2.9]: 554 5.7.1 <x@y>: no; from=<a@b> to=<x@y> proto=SMTP helo=<a>", "; from=<a"),
    *("warning: a[192.0.2.9]: SASL LOGIN authentication failed: x", "warning: x", "fatal: y", ", sasl_username=z"),
    *("imap-login: Login: user=<al>, method=PLAIN, rip=192.0.2.9, lip=x, mpid=1, TLS, session=<s>", "lmtp(1): "),
    *(
        "imap(al)<1><s>: ",
        "Disconnected: Logged out in=1 out=2",
        "Connect from local",
        "msgid=<1@a>: saved mail to INBOX",
    ),
    *(
        "postfix/dnsblog[1]: ",
        "postfix-out/tlsproxy[1]: ",
        "opendmarc[1]: ",
        "addr 192.0.2.9 listed by domain z",
        " as 1",
    ),
    *(" pass", "a.example none", "DISCONNECT [192.0.2.9]:1"),
    *("imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<x>, method=PLAIN, rip=192.0.2.9, TLS",),
    *("CONNECT from [192.0.2.9]:1 to [192.0.2.1]:25", "PASS OLD [192.0.2.9]:1", "DNSBL rank 5 for [192.0.2.9]:1"),
    *(
        "DKIM verification successful",
        "s=a d=b SSL ",
        "\x1b[31m",
        "é",
        "\r",
        "<",
        ">",
        ": ",
        ", ",
        "[",
        "]",
        " ",
        "0",
    ),
)
STAMPS = st.sampled_from(
    (
        *(
            "Nov 20 10:00:00 mx ",
            "Nov 20 10:00:01 mx ",
            "Nov 20 11:59:59 mx ",
            "Nov 20 10:00:00 mx2 ",
            "Nov 20 1:00:00 ",
        ),
        *("2026-11-20T10:00:00.123456+09:00 mx ", "2026-11-20T10:00:00+09:00 mx ", "Xyz 20 10:00:00 mx ", "", "<22>"),
        *("Nov 20 10:00:00 <mail.info> ", "Nov 20 10:00:00 +0900 ", "2026-11-20T10:00:00 +0900 "),
        *("Nov 20 10:00:00 ", "Nov 20 99:00:00 mx ", "{", "Nov 20 10:00:00.5 mx "),
    )
)
LINES = st.lists(
    st.tuples(STAMPS, st.lists(st.sampled_from(PIECES), min_size=1, max_size=7)).map(
        lambda parts: parts[0] + "".join(parts[1])
    ),
    max_size=30,
)
# Once known, the lines of every program go the quick way.
KNOWN = "".join(
    f"Nov 20 10:00:00 {host} {tag}connect from a[192.0.2.9]\n" for host in ("mx", "mx2") for tag in PIECES[:10]
).encode()
WARM = f"""Nov 20 10:00:00 mx postfix/smtpd[7]: {Q}: client=a.example[192.0.2.9]
Nov 20 10:00:00 mx postfix/qmgr[8]: {Q}: from=<a@b.example>, size=310, nrcpt=1 (queue active)
Nov 20 10:00:00 mx postfix/smtp[1]: {Q}: to=<b@C.example>, relay=h[192.0.2.1]:25, delay=1.1, delays=0.1/0/0.4/0.6, \
dsn=2.0.0, status=sent (250 ok)
""".encode()


@given(LINES, LINES)
@settings(max_examples=300, deadline=None)
def test_any_lines(one: list[str], two: list[str]) -> None:
    blocks = [KNOWN, WARM, "\n".join(one).encode(), "\n".join(two).encode()]
    both(*filter(None, blocks))


@given(st.lists(st.binary(max_size=80), max_size=10))
@settings(max_examples=100, deadline=None)
def test_any_bytes(lines: list[bytes]) -> None:
    for head in (b"", b"Nov 20 10:00:00 mx postfix/smtpd[7]: "):
        block = b"".join(head + line + b"\n" for line in lines)
        both(*filter(None, (KNOWN, block)))


@given(LINES, st.integers(0, 30))
@settings(max_examples=200, deadline=None)
def test_any_lines_in_two_parts(lines: list[str], cut: int) -> None:
    texts = [f"{line}\n".encode().replace(b"\r", b"") for line in lines]
    before, behind = KNOWN + WARM + b"".join(texts[:cut]), b"".join(texts[cut:])
    whole = told(tally_of(before + behind, quick=True))
    first = tally_of(before, quick=True)
    if behind:
        first.add(tally_of(behind, quick=True, first=False))
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
        tallies = [
            tally_of(part, quick=True, first=n == 0) if part else Tally(first=n == 0) for n, part in enumerate(parts)
        ]
        tallies[0].add(tallies[1])
        totals = told(tallies[0]).totals
        assert (totals.received, totals.delivered, totals.deferred, totals.deferrals) == (1, 1, 1, 2), cut
        assert (totals.bytes_received, totals.bytes_delivered, totals.sizeless) == (310, 310, 0), cut
        assert (totals.senders, totals.recipients) == (1, 1), cut
        assert tallies[0].ledgers["mx"].flight == {}, cut


@pytest.mark.parametrize("much", [0, 1 << 17], ids=["a pattern for each hour", "one for all"])
@pytest.mark.parametrize("stamp", ["Nov 20 {}:00:00", "2026-11-20T{}:00:00+09:00"])
def test_hours_that_take_turns(stamp: str, much: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As clocks of two hosts do, and lines of another form between them."""
    monkeypatch.setattr(count, "_MUCH", much)
    monkeypatch.setattr(count, "_SOME", much)
    hours = (10, 11, 10, 11, 11, 12, 12, 10, 10, 10)
    lines = [
        f"{stamp.format(hour)} mx postfix/smtpd[1]: {n:08X}: client=a[192.0.2.9]" for n, hour in enumerate(hours)
    ]
    for more in ([], ["", "no such form"], [f"{stamp.format(11)} a line of no program"]):
        summary = both("\n".join([*lines[:4], *more, *lines[4:]]).encode())
        assert {hour.name: hour.received for hour in summary.hours} == {"10": 5, "11": 3, "12": 2}


@pytest.mark.parametrize("control", ["\t", "\v", "\x1c", "\x1f", "\x00"])
def test_control_characters_in_the_name_of_a_client(control: str) -> None:
    """What is a space to the one way is one to the other."""
    head, client = "Nov 20 10:00:00 mx postfix/", f"a{control}b[192.0.2.9]"
    tls = "TLSv1.3 with cipher X (256/256 bits)"
    lines = (
        f"{head}smtpd[7]: Anonymous TLS connection established from {client}: {tls}",
        f"{head}smtp[1]: Trusted TLS connection established to {client}:25: {tls}",
        f"{head}smtpd[7]: disconnect from {client} ehlo=1 quit=1",
        f"{head}smtpd[7]: warning: {client}: SASL LOGIN authentication failed: x",
    )
    for line in lines:
        both(KNOWN, WARM, line.encode())


HEAD = "Nov 20 10:00:00 mx postfix"
SENT = "relay=h[192.0.2.1]:25, delay=1.1, delays=0.1/0/0.4/0.6"


@pytest.mark.parametrize(
    "line",
    [
        "-out/smtpd[1]: 4F1C2A3B5E: client=a.example[192.0.2.9]",
        "-out/x/smtpd[1]: 4F1C2A3B5E: client=a.example[192.0.2.9], sasl_method=PLAIN, sasl_username=a",
        "/mx2/qmgr[1]: 4F1C2A3B5E: from=<a@b.example>, size=7, nrcpt=1 (queue active)",
        "/pickup[1]: 4F1C2A3B5E: client=a.example[192.0.2.9]",
        f"/mx2/smtp[1]: {Q}: to=<b@C.example>, orig_to=<x>, {SENT}, tls=may, dsn=2.0.0, status=sent (250 ok)",
        f"/smtp[1]: {Q}: to=<b@C.example>, orig_to=<x>, {SENT}, dsn=2.0.0, status=sent (250 ok)",
        f"/smtp[1]: {Q}: to=<b@C.example>, orig_to=<x, y>, {SENT}, dsn=2.0.0, status=sent (250 ok)",
        f"/smtp[1]: {Q}: to=<b@C.example>, orig_to=<x, {SENT}, dsn=2.0.0, status=sent (250 ok)",
        f"/smtp[1]: {Q}: to=<b@C.example>, {SENT}, tls=may, dsn=2.0.0, status=sent (250 ok)",
        f"/smtp[1]: {Q}: to=<b@C.example>, {SENT}, tls=may, tls=may, dsn=2.0.0, status=sent (250 ok)",
        f"/smtp[1]: {Q}: to=<b@C.example>, {SENT}, dsn=2.0.0, dsn=2.0.0, status=sent (250 ok)",
        f"/smtp[1]: {Q}: to=<b@C.example>, {SENT.replace(', d', ', conn_use=2, d', 1)}, dsn=2.0.0, status=sent (ok)",
        "/submission/smtpd[1]: 4F1C2A3B5E: client=a[192.0.2.9], sasl_method=PLAIN, sasl_username=a,b",
        "/submission/smtpd[1]: 4F1C2A3B5E: client=a,b[192.0.2.9], sasl_method=PLAIN, sasl_username=a",
        "/submission/smtpd[1]: 4F1C2A3B5E: client=a[192.0.2.9], sasl_username=a, sasl_method=PLAIN",
        "/submission/smtpd[1]: 4F1C2A3B5E: client=a[192.0.2.9], sasl_method=PLAIN, sasl_sender=a",
        "/submission/smtpd[1]: 4F1C2A3B5E: client=",
        "/other/smtpd[1]: NOQUEUE: reject: RCPT from a[192.0.2.9]: 554 no",
        "/postgrey/smtpd[1]: connect from a.example[192.0.2.9]",
        "-out/smtpd[1]: connect from a.example[192.0.2.9]",
        "-out/postgrey/smtpd[1]: connect from a.example[192.0.2.9]",
        f"-out/mx2/cleanup[1]: {Q}: message-id=<1@a>",
        "/dnsblog[1]: addr 192.0.2.9 listed by domain zen.example as 127.0.0.4",
        "/dnsblog[1]: addr 192.0.2.9 listed by domain zen.example as ",
        "-out/tlsproxy[1]: CONNECT from [192.0.2.9]:1",
        "/tlsproxy[1]: CONNECT from [192.0.2.9]",
        "/tlsproxy[1]: DISCONNECT [192.0.2.9]:1",
        f"/smtp[1]: {Q}: to=<b@C.example>, {SENT.replace('=h', '=<h>x')}, dsn=2.0.0, status=sent (250 ok)",
        f"/smtp[1]: {Q}: to=<b>, {SENT}, dsn=2.0.0, status=sent (forwarded as 4F1C2A3B5F)",
        f"/smtp[1]: {Q}: to=<b@c>, {SENT}, dsn=2.0.0, status=sent (250 ok) x",
        f"/smtp[1]: 4F1C2A3B5E: to=<b@c@D>, {SENT}, dsn=2.0.0, status=sent (250 ok)",
        "/smtpd[1]: NOQUEUE: reject: RCPT from a[2001:db8::1]: 450 4.7.1 <x>: Greylisted; wait; from=<a> to=<b>",
        "-out/postscreen[1]: NOQUEUE: reject: RCPT from [192.0.2.9]:5: 550 no; from=<a>, to=<b>",
        f"/smtpd[1]: {Q}: reject: RCPT from a[192.0.2.9]: 450 no; from=<a> to=<b>",
    ],
)
def test_a_form_of_a_frequent_line(line: str) -> None:
    """Where the message is known, and before it."""
    both(KNOWN, f"{HEAD}{line}\n".encode(), WARM, f"{HEAD}{line}\n{HEAD}{line}".encode())


@pytest.mark.parametrize(
    "said", ["a.example pass", "a.example none", "key pass", "a.example pass x", "pass", "\t pass"]
)
def test_what_opendmarc_says(said: str) -> None:
    both(KNOWN, f"Nov 20 10:00:00 mx opendmarc[1]: {Q}: {said}".encode())


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
        counter = LogCounter(tally, TODAY)
        counter.foresee(foreseen)
        for line in lines[:-1]:
            counter.count(line)
        assert len(tally.tables.span._waiting) == waiting
        counter.count(lines[-1])
        assert (tally.tables.span.first[11:], tally.tables.span.last[11:]) == ("10:00:00", "12:00:02")


def test_a_queue_id_that_is_used_again() -> None:
    """Short ones are, and pflogsumm then counts the second message to nobody."""
    head = "Nov 20 10:00:00 mx postfix/"
    once = [
        f"{head}smtpd[1]: {Q}: client=a.example[192.0.2.9]",
        f"{head}qmgr[1]: {Q}: from=<a@b.example>, size=310, nrcpt=1 (queue active)",
        f"{head}qmgr[1]: {Q}: removed",
    ]
    summary = both("\n".join(once * 3).encode())
    assert [(each.name, each.messages, each.bytes) for each in summary.senders] == [("a@b.example", 3, 930)]


def test_memory_is_of_the_messages_in_flight() -> None:
    tally = tally_of(generated("--megabytes", "1", "--seed", "7"), quick=True)
    assert len(tally.ledgers["mx1"].flight) < told(tally).totals.received / 10
    assert tally.ledgers["mx1"].loose == {}


def test_addresses_without_end_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LIMIT", 40)
    head = "Nov 20 10:00:00 mx postfix/"
    blocks = []
    for n in range(300):
        sender = "heavy@a.example" if n % 3 == 0 else f"x{n}@d{n % 50}.example"
        qid = f"{n:08X}"
        blocks.append(
            f"{head}smtpd[1]: {qid}: client=a.example[192.0.2.9]\n"
            f"{head}qmgr[1]: {qid}: from=<{sender}>, size=10, nrcpt=1 (queue active)\n"
            f"{head}smtp[1]: {qid}: to=<{sender}>, relay=h{n}[1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, "
            "status=sent (ok)\n"
            f"{head}smtpd[1]: NOQUEUE: reject: RCPT from u[192.0.2.{n}]: 554 no; from=<> to=<>\n".encode()
        )
    summary = both(*blocks)
    assert summary.folded
    assert (summary.totals.bytes_received, summary.totals.delivered, summary.totals.rejected) == (3000, 300, 300)
    assert summary.senders[0].name == "heavy@a.example" and summary.senders[0].messages == 100
    assert len(summary.senders) <= 42 and len(summary.refused_clients) <= 42 and len(summary.recipients) <= 42


def test_hosts_and_kinds_without_end_are_put_together() -> None:
    head, at = "Nov 20 10:00:00 h", "a[192.0.2.9]"
    lines = [
        f"{head}{n} postfix/s{n}/smtpd[1]: {n:08X}: client={at}, sasl_method=M{n}, sasl_username=x\n"
        f"{head}{n} postfix/smtp[1]: Trusted TLS connection established to {at}:25: TLSv1 with "
        f"cipher C{n} (1/1 bits)\n"
        for n in range(2500)
    ]
    tally = tally_of("".join(lines).encode(), quick=True)
    summary = both("".join(lines).encode())
    assert summary.totals.received == sum(each.received for each in summary.services) == 2500
    assert sum(each.connections for each in summary.tls) == sum(each.accepted for each in summary.logins) == 2500
    longest = max(map(len, (tally.ledgers, summary.hosts, summary.services, summary.tls, summary.logins)))
    assert longest <= 1002


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("554 5.7.1 <x@y.example>: Relay access denied", "554 5.7.1 …: Relay access denied"),
        ("host a.example[192.0.2.1] said: 550 5.1.1 <b@c>: no (in reply to RCPT TO command)",
         "550 5.1.1 …: no (in reply to RCPT TO command)"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example; https://z.example/192.0.2.1",
         "554 5.7.1 Service unavailable; Client host … blocked using …"),
        ("connect to a.example[192.0.2.1]:25: Connection timed out", "connect to …: Connection timed out"),
        ("hostname a.example does not resolve to address 192.0.2.1", "hostname … does not resolve to address …"),
    ],
)  # fmt: skip
def test_reasons(text: str, reason: str) -> None:
    assert reason_of(text) == reason


@pytest.mark.parametrize("piece", ["a", "a.", "a-", "<", "[", "a:", "1", "said: ", " said: ", "a1-"])
def test_a_reason_made_to_blow_up_does_not(piece: str) -> None:
    block = f"Nov 20 10:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from {piece * 20_000}".encode()

    def look() -> None:
        assert len(reason_of(piece * 20_000)) <= 120
        both(KNOWN, block)

    assert seconds(look, enough=2) <= 2


@pytest.mark.parametrize(
    ("client", "domain"),
    [
        ("mail.relay.example.com[192.0.2.1]", "example.com"),
        ("mx.example.co.jp[192.0.2.1]", "example.co.jp"),
        ("mail.example.jp[192.0.2.1]", "mail.example.jp"),
        ("unknown[192.0.2.1]", "192.0.2.1"),
        ("unknown[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_the_domain_of_a_client(client: str, domain: str) -> None:
    assert domain_of_client(client) == domain
