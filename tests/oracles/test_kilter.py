"""The same packets by kilter.protocol (MPL-2.0), which has both directions too.

Unknown commands are not among them: it composes them without the NUL that Postfix (milter8.c) and libmilter have.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from mailproof.model.milter import (
    AddHeader,
    AddRecipient,
    ChangeHeader,
    ChangeSender,
    DeleteRecipient,
    Final,
    InsertHeader,
    Negotiated,
    Progress,
    Quarantine,
    ReplaceBody,
    Verdict,
)
from mailproof.wire.milter.answers import compose_answer, read_answer
from mailproof.wire.milter.commands import (
    LETTERS,
    Abort,
    BodyChunk,
    Connect,
    DataBegins,
    EndOfHeaders,
    EndOfMessage,
    HeaderField,
    Helo,
    Macros,
    MailFrom,
    Offer,
    Quit,
    RcptTo,
    compose_command,
    read_command,
)
from mailproof.wire.milter.packets import Packet, PacketReader

kilter = pytest.importorskip("kilter.protocol", reason="an oracle: pip install kilter.protocol")
messages = pytest.importorskip("kilter.protocol.messages")
buffers = pytest.importorskip("kilter.protocol.buffer")

PAIRS = [
    (Offer(6, 0x1FF, 0x1FFFFF), lambda: kilter.Negotiate(6, 0x1FF, 0x1FFFFF)),
    (
        Macros(b"M", (("i", "Q1"), ("{mail_addr}", "a@b"))),
        lambda: kilter.Macro(ord("M"), {"i": "Q1", "{mail_addr}": "a@b"}),
    ),
    (Connect("mx", "4", 25, "192.0.2.1"), lambda: kilter.Connect("mx", IPv4Address("192.0.2.1"), 25)),
    (Connect("mx", "6", 25, "2001:db8::1"), lambda: kilter.Connect("mx", IPv6Address("2001:db8::1"), 25)),
    (Helo("mx"), lambda: kilter.Helo("mx")),
    (MailFrom("<a@b>", ("SIZE=1",)), lambda: kilter.EnvelopeFrom(b"<a@b>", [b"SIZE=1"])),
    (RcptTo("<a@b>"), lambda: kilter.EnvelopeRecipient(b"<a@b>", [])),
    (DataBegins(), lambda: kilter.Data()),
    (HeaderField("Subject", "hello\n there"), lambda: kilter.Header("Subject", b"hello\n there")),
    (EndOfHeaders(), lambda: kilter.EndOfHeaders()),
    (BodyChunk(b"Hi\r\n"), lambda: kilter.Body(b"Hi\r\n")),
    (EndOfMessage(b"x"), lambda: kilter.EndOfMessage(b"x")),
    (Abort(), lambda: kilter.Abort()),
    (Quit(), lambda: kilter.Close()),
    (Final(Verdict.CONTINUE), lambda: kilter.Continue()),
    (Final(Verdict.ACCEPT), lambda: kilter.Accept()),
    (Final(Verdict.REJECT), lambda: kilter.Reject()),
    (Final(Verdict.TEMPFAIL), lambda: kilter.TemporaryFailure()),
    (Final(Verdict.DISCARD), lambda: kilter.Discard()),
    (Final(Verdict.SKIP), lambda: kilter.Skip()),
    (Progress(), lambda: kilter.Progress()),
    (Negotiated(6, 0x11, 0x702), lambda: kilter.Negotiate(6, 0x11, 0x702)),
    (AddHeader("X-A", "1"), lambda: kilter.AddHeader("X-A", b"1")),
    (InsertHeader(3, "X-A", "1"), lambda: kilter.InsertHeader(3, "X-A", b"1")),
    (ChangeHeader(2, "X-A", "1"), lambda: kilter.ChangeHeader(2, "X-A", b"1")),
    (AddRecipient("<a@b>"), lambda: kilter.AddRecipient("<a@b>")),
    (DeleteRecipient("<a@b>"), lambda: kilter.RemoveRecipient("<a@b>")),
    (ChangeSender("<a@b>", "SIZE=1"), lambda: kilter.ChangeSender("<a@b>", "SIZE=1")),
    (ReplaceBody(b"new\r\n"), lambda: kilter.ReplaceBody(b"new\r\n")),
    (Quarantine("why"), lambda: kilter.Quarantine("why")),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda x: type(x).__name__)
def test_the_same_bytes_both_ways(ours, theirs):
    is_command = type(ours) in LETTERS
    mine = compose_command(ours) if is_command else compose_answer(ours)
    buffer = buffers.SimpleBuffer(4096)
    theirs().pack(buffer)
    packed = buffer[:].tobytes()
    assert mine == packed
    reader = PacketReader()
    reader.feed(packed)
    packet = reader.next_event()
    assert isinstance(packet, Packet)
    assert (read_command(packet) if is_command else read_answer(packet)) == ours
