"""Bounces that somebody made to hurt: any bytes are read, in time and memory that do not grow beyond their size."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from growth import seconds
from mailproof.model.escape import printable
from mailproof.model.explained import Explanation
from mailproof.parse.bounce.entities import LONGEST, entity, walk
from mailproof.parse.bounce.reader import FORMATS, read
from mailproof.parse.pasted.kind import kind_of
from mailproof.run.explaining.texts import explain_text

HERE = Path(__file__).parent
SAMPLES = sorted(HERE.glob("*/*.eml"))
MEGABYTE = 1 << 20
# The slowest takes a fifth of this here, and twice as much data would take twice as long.
_SECONDS = 5.0


def _nested(depth: int) -> bytes:
    heads = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return b"From: MAILER-DAEMON@a.example\nSubject: Undelivered\n" + heads


FLOODS = {
    "parts nested": _nested(20_000),
    "one boundary for all": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 200_000,
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 30_000,
    "fields": b"From: MAILER-DAEMON@a.example\n" + b"X-A: b\n" * 140_000,
    "one field": b"Subject: Undelivered\nX-A: " + b"a" * MEGABYTE,
    "folded": b"Subject: Undelivered\nX-A: b\n" + b" a\n" * 300_000,
    "addresses": b"This is the mail system at host a.example.\n\n" + b"<bob@example.com>: 550 no\n\n" * 40_000,
    "at signs": b"From: MAILER-DAEMON@a.example\nSubject: Undelivered\n\n550 5.1.1 " + b"a@" * 500_000,
    "no at signs": b"From: MAILER-DAEMON@a.example\nSubject: Undelivered\n\n550 5.1.1 " + b"a" * MEGABYTE,
    "dashes": b"   ----- The following addresses had permanent fatal errors -----\n" + b"-" * MEGABYTE,
    "recipients": b"Reporting-MTA: dns; a\n\n" + b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n" * 20_000,
    "one diagnosis": b"Final-Recipient: rfc822; a@b.example\nDiagnostic-Code: smtp; 550 " + b"5.1.1 550 " * 100_000,
    "replies": b"550 5.1.1 no\n" * 80_000,
    "a reply that does not end": b"550-5.1.1 no\n" * 80_000,
    "numbers": b"550 " * 250_000,
    "tags": b"From: MAILER-DAEMON@a.example\nContent-Type: text/html\n\n" + b"<a <b " * 170_000,
    "commands": b"RCPT TO:<a@b.example>\n" * 45_000,
    "verify errors": b"CONNECTED(00000003)\n" + b"verify error:num=20:" + b"a" * MEGABYTE,
    "comments": b"From: a@b.example\nReceived: " + b"(" * 500_000 + b"\nSubject: a\nDate: b\n\n",
    "quoted": b">" * MEGABYTE,
    "japanese": "に配信できませんでした。アドレスが".encode() * 20_000,
    **{f"words of {each.name}": b"" for each in FORMATS},
}
for _format in FORMATS:
    _rows = [path for path in SAMPLES if (made := read(path.read_bytes())) and made.format == _format.name]
    FLOODS[f"words of {_format.name}"] = (_rows[0].read_bytes() + b"\n") * (MEGABYTE // _rows[0].stat().st_size)


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_read_in_time_and_memory(name: str) -> None:
    data = FLOODS[name]
    taken = seconds(lambda: explain_text(data), enough=_SECONDS)
    tracemalloc.start()
    told = explain_text(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < _SECONDS, f"{taken:.1f} s"
    assert peak < 60 * MEGABYTE, f"{peak / MEGABYTE:.0f} MiB"
    assert len(told.causes) <= 20
    _is_safe(told)


def _is_safe(told: Explanation) -> None:
    for cause in told.causes:
        for text in (cause.text, cause.recipient, cause.server, cause.status):
            assert printable(text) == text
    for text in (told.reporter, told.sender, told.subject, told.message_id, told.date, *told.unread):
        assert printable(text) == text


def test_what_is_nested_is_cut_off_at_a_depth() -> None:
    parts = list(walk(entity(_nested(5000)), into_messages=True))
    assert 8 <= len(parts) <= 64
    assert len(entity(b"a" * (LONGEST * 2)).body) == LONGEST


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_piece_of_a_bounce_is_read(data: st.DataObject) -> None:
    """Cut anywhere, with bytes changed, with one put into another."""
    first, second = (data.draw(st.sampled_from(SAMPLES)).read_bytes() for _ in range(2))
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(first))] * 2)))
    at = data.draw(st.integers(0, len(second)))
    mixed = second[:at] + first[begin:end] + data.draw(st.binary(max_size=20)) + second[at:]
    for made in (first[begin:end], mixed):
        _is_safe(explain_text(made))
        kind_of(made)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    _is_safe(explain_text(data))


@pytest.mark.parametrize("path", SAMPLES[:: max(1, len(SAMPLES) // 12)], ids=lambda path: path.stem)
def test_line_ends_do_not_matter(path: Path) -> None:
    data = path.read_bytes()
    assert explain_text(data.replace(b"\n", b"\r\n")).causes == explain_text(data).causes
