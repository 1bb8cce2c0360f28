"""The message that `--deliver` hands in and looks for."""

from __future__ import annotations

import re
from datetime import datetime

from mailproof.cli.reading import LONGEST_MESSAGE, read_file
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.probes.fetch import TOKEN_FIELD
from mailproof.probes.wish import Message

_LINE_END = re.compile(rb"\r\n|\r|\n")


def proof_message(sender: str, recipient: str, token: str, now: datetime) -> Message:
    """A small message with the fields that RFC 5322 wants, and the token by which it is found again."""
    from email.utils import format_datetime

    domain = (sender or recipient).rpartition("@")[2]
    lines = (
        f"{TOKEN_FIELD}: {token}",
        f"Date: {format_datetime(now)}",
        f"From: <{sender or recipient}>",
        f"To: <{recipient}>",
        f"Message-ID: <mailproof.{token}@{domain}>",
        "Subject: mailproof: proof of delivery",
        "Auto-Submitted: auto-generated",  # RFC 3834: no vacation notice answers it
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "mailproof sent this message to see whether it arrives. It can be deleted.",
    )
    text = "".join(f"{line}\r\n" for line in lines)
    return Message(recipient, text.encode("utf-8", "surrogateescape"), token)


def message_of(file: str, recipient: str, token: str, terminal: Terminal) -> Message:
    """The user's own message with the token put before its header, its lines ended as RFC 5321 wants them.

    Raises Complaint for a file that cannot be read, is too long or holds nothing.
    """
    data = read_file(file, terminal, LONGEST_MESSAGE)
    if not data.strip():
        raise Complaint(terminal.say("cli.empty-message", file=file))
    data = _LINE_END.sub(b"\r\n", data)
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    return Message(recipient, f"{TOKEN_FIELD}: {token}\r\n".encode() + data, token)
