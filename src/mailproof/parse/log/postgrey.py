"""postgrey 1: `action=greylist, reason=new, client_name=…` for each recipient."""

from __future__ import annotations

import re

from mailproof.model.log import Fact, LogLine, Routine, Trouble
from mailproof.model.log_filter import Greylisted
from mailproof.model.log_service import ServiceChanged

_ID = re.compile(r"([0-9A-Za-z]{6,20}): (?=action=)")
_PAIR = re.compile(r"(?:^|, )(action|reason|delay|client_name|client_address|sender|recipient)=")
_ROUTINE = (
    *("cleaning ", "rm ", "whitelisted: ", "Process Backgrounded", "Binding to ", "Setting ", "Resolved ", "Group "),
    *("User ", "Bound to", "Using default", "correcting date", "delayed "),
    *("ignoring garbage", "unrecognized request"),
)  # fmt: skip


def postgrey_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    text, queue_id = line.text, ""
    if found := _ID.match(text):
        queue_id, text = found[1], text[found.end() :]
    if text.startswith("action="):
        found_pairs = _PAIR.split(text)
        names, values = found_pairs[1::2], found_pairs[2::2]
        # The first of each: a sender can be written as `, action=pass`, and comes behind what postgrey says itself.
        pairs = dict(reversed(list(zip(names, values, strict=True))))
        return Greylisted(
            pairs["action"],
            pairs.get("reason", ""),
            f"{pairs.get('client_name', '')}[{pairs.get('client_address', '')}]",
            pairs.get("sender", ""),
            pairs.get("recipient", ""),
            pairs.get("delay", ""),
            queue_id,
        )
    if text.startswith(("Couldn't unlink", "Couldn't ")) or "Pid_file already exists" in text:
        return Trouble("error", text)
    if " starting! pid(" in text:
        return ServiceChanged("started")
    if text.startswith(("HUP received", "Exiting!", "Server closing!", "Got SIG")) or " Server closing!" in text:
        return ServiceChanged("reloaded" if text.startswith("HUP") else "stopped")
    for sign, level in (("WARNING: ", "warning"), ("FATAL: ", "fatal")):
        if text.startswith(sign):
            return Trouble(level, text.removeprefix(sign))
    if text.startswith("can't open "):
        return Trouble("warning", text)
    # Net::Server has a stamp of its own: `2026/11/29-06:38:26 CONNECT TCP Peer: …`.
    return Routine() if text.startswith(_ROUTINE) or " CONNECT TCP Peer: " in text else None
