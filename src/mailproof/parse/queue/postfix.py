"""The queue as postqueue(1) prints it with `-j`: an object for each message, a line each (Postfix 3.1 and later)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mailproof.model.escape import printable
from mailproof.model.followed import Waiting

COMMAND = "postqueue -j"


class _Recipient(msgspec.Struct):
    address: str = ""
    delay_reason: str = ""


class _Message(msgspec.Struct):
    queue_name: str = ""
    queue_id: str = ""
    recipients: list[_Recipient] = []


_DECODER = msgspec.json.Decoder(_Message)


def waiting_in(printed: str, queue_id: str) -> Iterator[Waiting]:
    """The recipients for whom a message still waits. A line that is no such object is left out."""
    for line in printed.splitlines():
        if queue_id not in line:
            continue
        try:
            message = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue
        if message.queue_id == queue_id:
            for each in message.recipients:
                yield Waiting(
                    printable(message.queue_name), printable(each.address), printable(each.delay_reason), COMMAND
                )
