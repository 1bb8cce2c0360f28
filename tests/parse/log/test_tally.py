"""Counts of a log: the quick way and the ordinary one are one truth."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tallies import KNOWN, LINES, WARM, WISHES, Q, Since, every_way, generated, tally_of, told

from mailproof.parse.log.tally import count
from mailproof.parse.log.tally.count import By, LogCounter


@pytest.mark.parametrize("wish", WISHES, ids=" ".join)
def test_a_generated_log(wish: tuple[str, ...]) -> None:
    log = generated(*wish)
    lines = log.splitlines(keepends=True)
    blocks = [b"".join(lines[at : at + 400]) for at in range(0, len(lines), 400)]
    summary = every_way(*blocks)
    assert summary.lines == len(lines)
    assert summary.unknown == summary.unread == 0
    assert summary.totals.received > 300 and summary.totals.deferrals and summary.totals.bounced
    assert summary.delays is not None and summary.tls and summary.postscreen and summary.greylisting
    if "--tls-field" in wish:
        assert [level.name for level in summary.tls_levels] == ["may"]
    assert (
        {"smtpd", "submission"} <= {service.name for service in summary.services} <= {"smtpd", "submission", "pickup"}
    )


@pytest.mark.parametrize("by", [By.PATTERN, By.COMPILED])
@pytest.mark.parametrize("instance", [b"postfix", b"postfix-out"], ids=bytes.decode)
@pytest.mark.parametrize("wish", WISHES, ids=" ".join)
def test_most_lines_go_the_quick_way(
    wish: tuple[str, ...], instance: bytes, by: By, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = 0
    ordinary = LogCounter._one

    def counted(self: LogCounter, raw: bytes, place: int | None = None, *, instead: str = "") -> None:
        nonlocal slow
        slow += 1
        ordinary(self, raw, place, instead=instead)

    monkeypatch.setattr(LogCounter, "_one", counted)
    log = generated(*wish).replace(b" postfix/", b" %s/" % instance)
    tally_of(log[: len(log) // 2], log[len(log) // 2 :], by=by)
    assert slow < log.count(b"\n") * 0.1


@given(LINES, LINES)
@settings(max_examples=300, deadline=None)
def test_any_lines(one: list[str], two: list[str]) -> None:
    blocks = [KNOWN, WARM, "\n".join(one).encode(), "\n".join(two).encode()]
    every_way(*filter(None, blocks))


@cache
def of_each_form() -> list[str]:
    """A made line of each form: of two that differ in numbers, names and what is in brackets alone, there is one."""
    lines = b"".join(generated(*wish) for wish in WISHES).decode().splitlines()
    return list({re.sub(r"<[^>]*>|\[[^]]*\]|[\w.-]*\d[\w.-]*", "", line): line for line in lines}.values())


PIECES_OF_ONE = ("", *" ,;:.<>()[]=/-@_aZ07é\t\x1b", ", ", ": ")
EDITS = st.lists(
    st.tuples(st.integers(15, 300), st.integers(0, 9), st.sampled_from(PIECES_OF_ONE)), min_size=1, max_size=3
)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_edited_lines(data: st.DataObject) -> None:
    """What is left out, put in or written over in a usual line makes it another one, to all ways or to none."""
    lines = []
    for line in data.draw(st.lists(st.sampled_from(of_each_form()), min_size=1, max_size=6)):
        for at, away, instead in data.draw(EDITS):
            at %= len(line)
            line = f"{line[:at]}{instead}{line[at + away :]}"
        lines.append(line)
    block = "\n".join(lines).encode()
    every_way(KNOWN + WARM, block, block)


@given(st.lists(st.binary(max_size=80), max_size=10))
@settings(max_examples=100, deadline=None)
def test_any_bytes(lines: list[bytes]) -> None:
    for head in (b"", b"Nov 20 10:00:00 mx postfix/smtpd[7]: "):
        block = b"".join(head + line + b"\n" for line in lines)
        every_way(*filter(None, (KNOWN, block)))


@pytest.mark.parametrize("some", [0, 1 << 17], ids=["at once", "line by line"])
@pytest.mark.parametrize("much", [0, 1 << 17], ids=["a pattern for each hour", "one for all"])
@pytest.mark.parametrize("stamp", ["Nov 20 {}:00:00", "2026-11-20T{}:00:00+09:00"])
def test_hours_that_take_turns(stamp: str, much: int, some: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As clocks of two hosts do, and lines of another form between them."""
    monkeypatch.setattr(count, "_MUCH", much)
    monkeypatch.setattr(count, "_SOME", some)
    hours = (10, 11, 10, 11, 11, 12, 12, 10, 10, 10)
    lines = [
        f"{stamp.format(hour)} mx postfix/smtpd[1]: {n:08X}: client=a[192.0.2.9]" for n, hour in enumerate(hours)
    ]
    for more in ([], ["", "no such form"], [f"{stamp.format(11)} a line of no program"]):
        summary = every_way("\n".join([*lines[:4], *more, *lines[4:]]).encode())
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
        every_way(KNOWN, WARM, line.encode())


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
        "/submission/smtpd[1]: 4F1C2A3B5E: client=, sasl_method=PLAIN, sasl_username=a",
        "/dovecot[1]: imap-login: Login: user=<a>, method=PLAIN, rip=192.0.2.9, lip=x, mpid=1, TLS, session=<s>",
        f"/opendkim[1]: {Q}: DKIM verification successful",
        "/mx2/postgrey[1]: action=pass, reason=client whitelist, client_name=a, client_address=192.0.2.9",
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
        f"/postscreen[1]: {Q}: DISCONNECT [192.0.2.9]:5",
        f"/pickup[1]: {Q}: uid=0 from=<root>",
        f"/pickup[1]: {Q}: uid=0 from=<root> orig_id=4F1C2A3B5F",
        f"/pickup[1]: {Q}: uid=12345678901 from=<root>",
        f"/qmgr[1]: {Q}: from=<a@b.example>, size=123456789012345678, nrcpt=1 (queue active)",
        f"/smtp[1]: {Q}: to=<b@c>, relay=h, delay=123456789, delays=1/2/3/4, dsn=2.0.0, status=sent (ok)",
        f"/smtp[1]: {Q}: to=<b@c>, relay=h, delay=.5, delays=1./2/3/4, dsn=2.0.0, status=sent (ok)",
        f"/smtp[1]: {Q}: to=<b@c>, relay=h, delay=1.1.1, delays=1/2/3/4, dsn=2.0.0, status=sent (ok)",
        f"/smtp[1]: {Q}: to=<b@c>, relay=h, delay=0.1234567, delays=1/2/3/4, dsn=2.0.0, status=sent (ok)",
        "/smt/[1]: connect from a.example[192.0.2.9]",
        "/anvil[1]: statistics: max connection rate 2/60s for (smtp:192.0.2.9) at Nov 20 10:00:00",
        "/anvil[1]: statistics: max cache size 1 at Nov 20 10:00:00",
        "/anvil[1]: statistics: max connection rate 2/60x9 for (smtp:192.0.2.9) at Nov 20 10:00:00",
    ],
)
def test_a_form_of_a_frequent_line(line: str) -> None:
    """Where the message is known, and before it."""
    every_way(KNOWN, f"{HEAD}{line}\n".encode(), WARM, f"{HEAD}{line}\n{HEAD}{line}".encode())


@pytest.mark.parametrize(
    "text",
    [
        "smtpd[1]: connect from a[192.0.2.9]",
        "smtpd[1]: 4F1C2A3B5E: client=a[192.0.2.9]",
        f"lmtp[1]: {Q}: to=<b@c.example>, {SENT}, dsn=2.0.0, status=sent (250 ok)",
    ],
)
def test_a_program_of_another_server_with_the_same_name(text: str) -> None:
    """OpenSMTPD's smtpd and Cyrus' lmtp are not Postfix's."""
    summary = every_way(WARM, f"Nov 20 10:00:00 mx {text}".encode())
    assert (summary.totals.received, summary.totals.delivered, summary.unknown) == (1, 1, 1)


@pytest.mark.parametrize("period", [None, Since("2026-11-20T09:30", "2026-11-20T10:30")], ids=["whole", "period"])
@pytest.mark.parametrize("outside", ["app[1]", "info app[1]", "+h app", "app"])
@pytest.mark.parametrize("inside", ["09:59:58", "11:00:00", "10:00:00"])
def test_a_line_in_a_line_has_its_own_hour(inside: str, outside: str, period: Since | None) -> None:
    """And those around it have theirs."""
    lines = [
        f"{HEAD}/smtpd[1]: 4F1C2A3B5E: client=a[192.0.2.9]",
        f"Nov 20 10:00:09 mx {outside}: Nov 20 {inside} mx postfix/smtpd[1]: 4F1C2A3B5F: client=a[192.0.2.9]",
        f"{HEAD}/smtpd[1]: 4F1C2A3B6E: client=a[192.0.2.9]",
    ]
    for part in (lines, lines[1:2], lines[:2], lines * 2):
        every_way("\n".join(part).encode(), period=period)


def test_the_host_is_not_the_beginning_of_a_line_of_dovecot() -> None:
    every_way(KNOWN, b"Nov 20 10:00:00 mx(a postfix/smtpd[1]: connect from x): Info: foo")


def test_a_folder_with_an_apostrophe() -> None:
    line = "Nov 20 10:00:00 mx dovecot: lmtp(b)<1><s>: msgid=<1@a.example>: saved mail to Bob's mail"
    assert every_way(line.encode()).unknown == 0


def test_sums_have_room_for_delays_without_sense() -> None:
    """So many of eight digits were more than 64 bits hold, in a log of 14 MB."""
    line = f"{HEAD}/smtp[1]: {Q}: to=<b@c.example>, relay=h, delay=99999999, delays=99999999/0/0/0, dsn=2.0.0, "
    block = f"{line}status=sent (ok)\n".encode() * 500
    summary = told(tally_of(WARM, *[block] * 186))
    usual = pytest.approx(99999999, rel=1e-4)
    assert [(each.before_queue, each.longest) for each in summary.slowest] == [(usual, 99999999)]
    assert [each.average_delay for each in summary.recipient_domains] == [usual]


def test_more_reasons_than_are_kept() -> None:
    said = [f"{chr(97 + n % 26) * (n // 26 + 1)}" for n in range(2200)]
    reject = f"{HEAD}/smtpd[1]: NOQUEUE: reject: RCPT from a[192.0.2.9]: 554 5.7.1 no"
    summary = every_way("\n".join(f"{reject} {each}; from=<> to=<>" for each in said).encode())
    assert summary.totals.rejected == sum(each.count for each in summary.rejects) == 2200
    assert len(summary.rejects) == 2001


TOLD = (
    "<",
    ">",
    "[",
    "]",
    " ",
    ".",
    ":",
    "-",
    "@",
    "/",
    "a",
    "b1",
    "7",
    "550 ",
    "550-",
    "5.1.1 ",
    "http",
    " said: ",
    "_",
    "x" * 90,
)


@given(st.lists(st.sampled_from(TOLD), max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_a_reason(text: str) -> None:
    """What differs from one to the next is left out in the same way."""
    line = f"{HEAD}/smtpd[7]: NOQUEUE: reject: RCPT from a[192.0.2.9]: {text}; from=<> to=<>"
    every_way(KNOWN, line.encode(), f"{line}\n{line}".encode())


@pytest.mark.parametrize(
    "said", ["a.example pass", "a.example none", "key pass", "a.example pass x", "pass", "\t pass"]
)
def test_what_opendmarc_says(said: str) -> None:
    every_way(KNOWN, f"Nov 20 10:00:00 mx opendmarc[1]: {Q}: {said}".encode())


def test_a_queue_id_that_is_used_again() -> None:
    """Short ones are, and pflogsumm then counts the second message to nobody."""
    head = "Nov 20 10:00:00 mx postfix/"
    once = [
        f"{head}smtpd[1]: {Q}: client=a.example[192.0.2.9]",
        f"{head}qmgr[1]: {Q}: from=<a@b.example>, size=310, nrcpt=1 (queue active)",
        f"{head}qmgr[1]: {Q}: removed",
    ]
    summary = every_way("\n".join(once * 3).encode())
    assert [(each.name, each.messages, each.bytes) for each in summary.senders] == [("a@b.example", 3, 930)]
