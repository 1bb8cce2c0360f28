"""Lines that begin with a queue id: smtpd, pickup, cleanup, qmgr, bounce (postfix 2.3 to 3.11)."""

from __future__ import annotations

import re

from mailproof.model.log import Arrived, Expired, Fact, Identified, Notified, Queued, Removed, Routine, Trouble
from mailproof.parse.log.connection import dropped
from mailproof.parse.log.delivery import delivered
from mailproof.parse.log.next_hop import answered
from mailproof.parse.log.refusal import ACTION, proxied, refused
from mailproof.parse.log.upkeep import managed

QUEUE_ID = re.compile(r"(NOQUEUE|[0-9A-F]{6,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}): ")
_PAIR = re.compile(r"(?:^|, )([a-z_]+)=([^,]*)")
_UID = re.compile(r"uid=(\d{1,10}) from=<([^>]*)>(?: orig_id=(\w+))?")
_QUEUED = re.compile(r"from=<(.*)>, size=(\d{1,18}), nrcpt=(\d{1,9})")
_EXPIRED = re.compile(r"from=<(.*)>, status=([a-z-]+)")
_NOTIFIED = re.compile(r"(sender|postmaster) (non-delivery|delivery status|delay) notification: ([0-9A-Za-z]{6,20})")
_ROUTINE = ("resent-message-id=", "passing <", "address verify ")
_TELLING = ("Cannot start TLS", "Server certificate not ", "TLS is required", "sender notification failed")


def queue_line(queue_id: str, text: str) -> Fact | None:
    """What follows the id, as a fact; None for what is not known. `NOQUEUE` becomes the empty id."""
    identity = "" if queue_id == "NOQUEUE" else queue_id
    if text.startswith("to="):
        return delivered(identity, text)
    if text.startswith("message-id="):
        return Identified(identity, text[11:])
    if text.startswith("client="):
        return _arrived(identity, text)
    if text.startswith("uid="):
        found = _UID.match(text)
        return Arrived(identity, uid=found[1], sender=found[2], original=found[3] or "") if found else None
    if text.startswith("from=<"):
        if found := _QUEUED.match(text):
            return Queued(identity, found[1], int(found[2]), int(found[3]))
        return Expired(identity, found[1], found[2]) if (found := _EXPIRED.match(text)) else None
    if text.startswith("removed"):
        return Removed(identity)
    if found := _NOTIFIED.match(text):
        return Notified(identity, found[3], found[1], found[2])
    if found := ACTION.match(text):
        if found[1] == "proxy":
            return proxied(text)
        return refused(identity, found[1] or "", found[2], text[found.end() :])
    if fact := answered(identity, text) or dropped(text, identity) or managed(identity, text):
        return fact
    if text.startswith(_TELLING):
        return Trouble("info", text, identity)
    return Routine() if text.startswith(_ROUTINE) else None


def _arrived(queue_id: str, text: str) -> Arrived:
    pairs = dict(_PAIR.findall(text))
    names = {"method": "sasl_method", "user": "sasl_username", "original": "orig_queue_id"}
    return Arrived(queue_id, pairs.get("client", ""), **{field: pairs.get(key, "") for field, key in names.items()})
