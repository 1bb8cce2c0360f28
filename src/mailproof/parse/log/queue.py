"""Lines that begin with a queue id: smtpd, pickup, cleanup, qmgr, bounce (postfix 2.3 to 3.11)."""

from __future__ import annotations

import re

from mailproof.model.log import Arrived, Fact, Identified, Notified, Queued, Refused, Removed, Routine
from mailproof.parse.log.delivery import delivered

QUEUE_ID = re.compile(r"(NOQUEUE|[0-9A-F]{6,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}): ")
_ID_ALONE = r"[0-9A-Za-z]{6,20}"
_CLIENT = re.compile(
    r"client=([^\s,]+)(?:, sasl_method=([^,]*))?(?:, sasl_username=([^,]*))?(?:, sasl_sender=[^,]*)?"
)
_QUEUED = re.compile(r"from=<(.*)>, size=(\d{1,18}), nrcpt=(\d{1,9})")
_ACTION = re.compile(
    r"(?:milter-(?:header-)?|proxy-)?(reject_warning|reject|hold|discard|filter|redirect|warn|info|bcc|delay|hangup|abort|warning|"
    r"prepend|replace|strip): "
)
_FROM = re.compile(r"(?:^| )from=<([^>]*)>")
_TO = re.compile(r" to=<([^>]*)>")
_NOTIFIED = re.compile(rf"(?:sender|postmaster) (?:non-delivery|delivery status|delay) notification: ({_ID_ALONE})")
_ROUTINE = (
    *("resent-message-id=", "skipped, still being delivered", "passing <", "enabling PIX workarounds"),
    *("requeued", "placed on hold", "released from hold", "host ", "lost connection ", "timeout after "),
    *(
        "sender notification failed",
        "expired",
        "conversation with ",
        "SASL authentication failed",
        "too many errors after ",
    ),
)


def queue_line(queue_id: str, text: str) -> Fact | None:
    """What follows the id, as a fact; None for what is not known. `NOQUEUE` becomes the empty id."""
    identity = "" if queue_id == "NOQUEUE" else queue_id
    if text.startswith("to="):
        return delivered(identity, text)
    if text.startswith("message-id="):
        return Identified(identity, text[11:])
    if text.startswith("client="):
        return Arrived(identity, *(each or "" for each in found.groups())) if (found := _CLIENT.match(text)) else None
    if text.startswith("uid="):
        return Arrived(identity)
    if text.startswith("from=<"):
        if found := _QUEUED.match(text):
            return Queued(identity, found[1], int(found[2]), int(found[3]))
        return Routine() if ", status=" in text else None
    if text.startswith("removed"):
        return Removed(identity)
    if found := _NOTIFIED.match(text):
        return Notified(identity, found[1])
    if found := _ACTION.match(text):
        return _refused(identity, found[1], text[found.end() :])
    return Routine() if text.startswith(_ROUTINE) else None


def _refused(queue_id: str, action: str, text: str) -> Refused | None:
    """`RCPT from HOST[IP]: REPLY; from=<…> to=<…> …`, or `header LINE from HOST[IP]; from=<…> … helo=<…>: REPLY`."""
    head, _, envelope = text.partition("; from=<")
    envelope = f" from=<{envelope}" if envelope else ""
    of_content = text.startswith(("header ", "body ", "mime ", "nested "))
    at = head.rfind(" from ") if of_content else head.find(" from ")
    if at < 0:
        return None
    stage, (client, _, reply) = head[:at], head[at + 6 :].partition(": ")
    if of_content:
        stage, reply = stage.split(" ", 1)[0], envelope.partition("helo=<")[2].partition(">: ")[2]
    sender, recipient = _FROM.search(envelope), _TO.search(envelope)
    return Refused(
        *(queue_id, action, stage, client, reply),
        sender=sender[1] if sender else "",
        recipient=recipient[1] if recipient else "",
    )
