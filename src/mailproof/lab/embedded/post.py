"""The post office behind SMTP: queue ids, headers of the way, delivery into mailboxes."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import msgspec

from mailproof.lab.embedded.forward import Handed, Parcel
from mailproof.lab.embedded.headers import header_values
from mailproof.lab.embedded.log import MailLog
from mailproof.lab.embedded.mailboxes import Mailbox
from mailproof.lab.embedded.settings import LabSettings

# Messages that wait for somewhere else: the lab sends nothing out. Only who and why is kept of them.
_MOST_WAITING = 1000

# Postfix's alphabet of long queue ids (enable_long_queue_ids): no vowels, so that no words come out.
_LETTERS = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"

# RFC 5322 section 2.2: a field name and a colon, or the empty line that ends a header without fields.
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|\r?\n")


class Envelope(msgspec.Struct, frozen=True):
    sender: str
    recipients: tuple[str, ...]
    client: str
    """Address of the client."""
    helo: str
    protocol: str
    """`ESMTP`, `ESMTPS`, `ESMTPSA`, `LMTP` (RFC 3848)."""
    user: str = ""
    """Who is logged in."""
    method: str = ""
    """SASL mechanism."""


class Waiting(msgspec.Struct, frozen=True):
    queue_id: str
    sender: str
    recipient: str
    why: str


class PostOffice:
    def __init__(
        self,
        settings: LabSettings,
        mailboxes: Mapping[str, Mailbox],
        log: MailLog,
        clock: Callable[[], datetime],
        forward: Callable[[Parcel, Callable[[tuple[Handed, ...]], None]], None],
    ) -> None:
        self._hostname = settings.hostname
        self._hub = settings.hub
        self._catcher = settings.catcher if settings.catch_all else ""
        """Address of the mailbox that takes what is nobody's; empty for none."""
        self._mailboxes = mailboxes
        self._log = log
        self._clock = clock
        self._forward = forward
        self._handed_in = 0
        self.queue: deque[Waiting] = deque(maxlen=_MOST_WAITING)
        """What was accepted and not delivered."""

    def accept(self, envelope: Envelope, data: bytes, smtpd: str) -> tuple[str, bytes]:
        """Queue id and text of a message just received; `smtpd` is the process, for the log.

        Mail of users gets the Message-ID and Date it lacks (RFC 6409 section 8). Text without any header gets the
        empty line that makes it a body, as cleanup(8) does for who types a mail by hand.
        """
        self._handed_in += 1
        queue_id = self._queue_id()
        if not _HEADER.match(data):
            data = b"\r\n" + data
        if envelope.user:
            data = self._completed(queue_id, data)
        login = f", sasl_method={envelope.method}, sasl_username={envelope.user}" if envelope.user else ""
        self._log.write(smtpd, f"{queue_id}: client=unknown[{envelope.client}]{login}")
        self._log.write("postfix/cleanup[901]", f"{queue_id}: message-id={_message_id(data)}")
        self._log.write(
            "postfix/qmgr[902]",
            f"{queue_id}: from=<{envelope.sender}>, size={len(data)}, nrcpt={len(envelope.recipients)} "
            "(queue active)",
        )
        return queue_id, data

    def deliver(self, queue_id: str, envelope: Envelope, data: bytes, *, at_all: bool, folder: str = "") -> None:
        """Into the mailboxes of our own, or this folder of theirs.

        What goes elsewhere is handed on, if there is a next hop for its sender; else it stays in the queue, and
        everything does unless `at_all`.
        """
        hop = self._hub.next_hop(envelope.sender)
        outside: list[str] = []
        for original in envelope.recipients:
            recipient = original if original.lower() in self._mailboxes else self._catcher or original
            mailbox = self._mailboxes.get(recipient.lower())
            if mailbox is None and hop is not None and at_all:
                outside.append(recipient)
            elif mailbox is None:
                self._defer(queue_id, envelope, recipient, "smtp", "4.4.1", "the lab sends nothing outside")
            elif not at_all:
                why = "connect to mail.example.test[private/dovecot-lmtp]: Connection refused"
                self._defer(queue_id, envelope, recipient, "lmtp", "4.4.1", why)
            elif not mailbox.has_room(len(data)):
                why = f"host {self._hostname}[private/dovecot-lmtp] said: 452 4.2.2 <{recipient}> Quota exceeded"
                self._defer(queue_id, envelope, recipient, "lmtp", "4.2.2", why)
            else:
                head = self._headers(queue_id, envelope, recipient, original)
                filed = mailbox.folder(folder) if folder else mailbox
                uid = filed.add(head + data, self._clock()).uid
                self._log.write(
                    "postfix/lmtp[903]",
                    f"{queue_id}: to=<{recipient}>, {f'orig_to=<{original}>, ' if original != recipient else ''}"
                    f"relay={self._hostname}[private/dovecot-lmtp], delay=0.02, "
                    f"delays=0.01/0/0/0.01, dsn=2.0.0, status=sent (250 2.0.0 <{recipient}> {queue_id} Saved)",
                )
                self._log.write(
                    "dovecot",
                    f"lmtp({recipient})<904><{queue_id}>: {'sieve: ' if folder else ''}msgid={_message_id(data)}: "
                    + (f"stored mail into mailbox '{folder}'" if folder else f"saved mail to INBOX (UID {uid})"),
                )
        if hop is not None and outside:
            whole = self._received(queue_id, envelope) + data
            parcel = Parcel(queue_id, envelope.sender, tuple(outside), whole, hop)
            self._forward(parcel, partial(self._handed_on, envelope, parcel))
        else:
            self._done_with(queue_id)

    def _handed_on(self, envelope: Envelope, parcel: Parcel, handed: tuple[Handed, ...]) -> None:
        host, port = parcel.hop
        for each in handed:
            if each.status == "deferred":
                self._defer(parcel.queue_id, envelope, each.recipient, "smtp", each.dsn, each.words)
                continue
            self._log.write(
                "postfix/smtp[905]",
                f"{parcel.queue_id}: to=<{each.recipient}>, relay={host}[{host}]:{port}, delay=0.02, "
                f"delays=0.01/0/0.01/0, dsn={each.dsn}, status={each.status} ({each.words})",
            )
        self._done_with(parcel.queue_id)

    def _done_with(self, queue_id: str) -> None:
        if not any(waiting.queue_id == queue_id for waiting in self.queue):
            self._log.write("postfix/qmgr[902]", f"{queue_id}: removed")

    def _completed(self, queue_id: str, data: bytes) -> bytes:
        now, added = self._clock(), b""
        if not header_values(data, b"Message-ID"):
            added += f"Message-Id: <{now:%Y%m%d%H%M%S}.{queue_id}@{self._hostname}>\r\n".encode()
        if not header_values(data, b"Date"):
            added += f"Date: {now:%a, %d %b %Y %H:%M:%S %z}\r\n".encode()
        return added + data

    def _defer(self, queue_id: str, envelope: Envelope, recipient: str, agent: str, dsn: str, why: str) -> None:
        self.queue.append(Waiting(queue_id, envelope.sender, recipient, why))
        self._log.write(
            f"postfix/{agent}[903]",
            f"{queue_id}: to=<{recipient}>, relay=none, delay=0.02, delays=0.01/0/0.01/0, dsn={dsn}, "
            f"status=deferred ({why})",
        )

    def _headers(self, queue_id: str, envelope: Envelope, recipient: str, original: str) -> bytes:
        """Return-Path and Delivered-To as Dovecot's LMTP writes them, Received as smtpd does (RFC 5321 4.4).

        X-Original-To, as Postfix writes it, where the mail was for somebody else.
        """
        lines = (
            f"Return-Path: <{envelope.sender}>",
            *([f"X-Original-To: {original}"] if original != recipient else []),
            f"Delivered-To: {recipient}",
        )
        head = "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")
        return head + self._received(queue_id, envelope, recipient)

    def _received(self, queue_id: str, envelope: Envelope, recipient: str = "") -> bytes:
        """`recipient` is for a mailbox alone: who else got a message is nobody's business."""
        end = f"{self._clock():%a, %d %b %Y %H:%M:%S %z}"
        lines = (
            f"Received: from {envelope.helo or 'unknown'} (unknown [{envelope.client}])",
            f"\tby {self._hostname} (Postfix) with {envelope.protocol} id {queue_id}"
            + (f"\r\n\tfor <{recipient}>; {end}" if recipient else f"; {end}"),
        )
        return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")

    def _queue_id(self) -> str:
        number, digits = self._clock().microsecond + self._handed_in * 1_000_000, ""
        while number:
            number, digit = divmod(number, len(_LETTERS))
            digits = _LETTERS[digit] + digits
        return "4" + digits.rjust(9, "B")


def _message_id(data: bytes) -> str:
    return (header_values(data, b"Message-ID") or [b"<>"])[0].decode("ascii", "replace")
