"""What a pasted text is, by its own marks."""

from __future__ import annotations

from datetime import date

from mailproof.model.explained import Pasted
from mailproof.parse.bounce.entities import entity
from mailproof.parse.bounce.reader import read as read_bounce
from mailproof.parse.ese.eseutil import is_of_eseutil
from mailproof.parse.ese.mount_error import mount_error
from mailproof.parse.log.envelope import LineReader
from mailproof.parse.log.facts import is_mail
from mailproof.parse.pasted.openssl import MARK as OPENSSL

# What is looked at to tell.
_LOOKED_AT = 1 << 20
_LINES = 60
# What eseutil prints says so in its first lines.
_OF_ESEUTIL = 1 << 18
# One of these alone may be anything; two of them are the header of a message.
_OF_MESSAGES = frozenset(
    [
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "mime-version",
        "content-type",
        "authentication-results",
        "delivered-to",
        "dkim-signature",
        "x-original-to",
        "received-spf",
        "arc-seal",
        "reply-to",
    ]
)


def kind_of(data: bytes) -> Pasted:
    """Of a text that was pasted whole; of a long one, its beginning will do."""
    data = data[:_LOOKED_AT]
    if _is_log(data):
        return Pasted.LOG
    text = data.decode("utf-8", "replace")
    if mount_error(text) is not None or is_of_eseutil(text[:_OF_ESEUTIL]):
        return Pasted.DATABASE
    root = entity(data)
    is_message = len(_OF_MESSAGES & {name for name, _ in root.fields}) >= 2
    if read_bounce(data) is not None:
        return Pasted.BOUNCE
    if is_message:
        return Pasted.MESSAGE
    if OPENSSL.search(text):
        return Pasted.SESSION
    return Pasted.REPLY if text.strip() else Pasted.UNKNOWN


def _is_log(data: bytes) -> bool:
    """At least half of the first lines are a mail server's."""
    read = LineReader(date(2000, 12, 31)).read
    lines = [line for line in data[: 1 << 17].splitlines() if line.strip()][:_LINES]
    mail = sum(1 for raw in lines if (line := read(raw)) is not None and is_mail(line))
    return bool(lines) and mail * 2 >= len(lines)
