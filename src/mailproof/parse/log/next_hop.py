"""What smtp(8) and lmtp(8) say of the next server before they give up on it: with the queue id of the message."""

from __future__ import annotations

import re

from mailproof.model.log import Fact
from mailproof.model.log_connection import Answered, Hid

_HOST = r"[^\s\[]*\[[^\]]*\](?::\d{1,5})?"
_SAID = re.compile(rf"host ({_HOST}) (said|refused to talk to me): (.*)")
_STAGE = re.compile(r" \(in reply to ([^()]{1,60}) command\)\)?\Z")
_WHILE = re.compile(
    rf"(lost connection) with ({_HOST}) while (.*)|conversation with ({_HOST}) (timed out) while (.*)"
)
_LOGIN = re.compile(
    rf"SASL (?:\S+ )?authentication failed; (?:server ({_HOST}) said|cannot authenticate to server ({_HOST})): (.*)"
)
_PIX = re.compile(rf"enabling PIX (?:workarounds: ([a-z_ ]*)|(\S+) workaround) for ({_HOST})")


def answered(queue_id: str, text: str) -> Fact | None:
    if found := _SAID.match(text):
        reply, stage = found[3], ""
        if found[2] == "said" and (at := _STAGE.search(reply[-90:])):
            stage = at[1]
            reply = reply[: len(reply) - len(at[0])]
        return Answered(queue_id, found[1], reply, stage, found[2])
    if found := _WHILE.match(text):
        return Answered(queue_id, found[2] or found[4], "", found[3] or found[6] or "", found[1] or found[5])
    if found := _LOGIN.match(text):
        return Answered(queue_id, found[1] or found[2], found[3], "AUTH", "SASL authentication failed")
    if found := _PIX.match(text):
        return Hid("PIX workarounds", found[1] or found[2], found[3], queue_id)
    return None
