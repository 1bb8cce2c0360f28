"""Messages that Postfix did not take as they were: restrictions, header_checks, milters, a proxy before the queue."""

from __future__ import annotations

import re

from mailproof.model.log import Accepted, Fact, Refused

ACTION = re.compile(
    r"(?:(milter-header|milter|proxy)-)?(reject_warning|reject|hold|discard|filter|redirect|warn|info|bcc|delay|"
    r"hangup|abort|warning|permit|prepend|replace|strip|quarantine|accept|add|change|delete|insert): "
)
_ENVELOPE = re.compile(
    r"(?:from=<([^>]*)>,? ?)?(?:to=<([^>]*)>,? ?)?(?:proto=([^\s,:]+),? ?)?(?:helo=<([^>]*)>)?(?:: (.*))?"
)
_USER = re.compile(r" sasl_username=<?([^\s,>]*)")
_CHILD = re.compile(r"queued as ([0-9A-Za-z]{6,20})\b")
_CONTENT = ("header ", "body ", "mime ", "nested ")


def refused(queue_id: str, by: str, action: str, text: str) -> Refused | None:
    """`RCPT from HOST[IP]: REPLY; from=<…> to=<…> …`, or `header LINE from HOST[IP]; from=<…> … helo=<…>: REPLY`."""
    of_content = text.startswith(_CONTENT)
    head, sender, recipient, protocol, helo, last, user = _parts(text, of_content)
    at = head.rfind(" from ") if of_content else head.find(" from ")
    if at < 0 and of_content:
        # smtp_header_checks: there is no client.
        stage, _, content = head.partition(" ")
        return Refused(queue_id, action, stage, "", last, sender, recipient, by=by, content=content)
    if at < 0:
        return None
    stage, content, (client, _, reply) = head[:at], "", head[at + 6 :].partition(": ")
    if of_content:
        stage, _, content = stage.partition(" ")
        reply = last
    parts = (queue_id, action, stage, client, reply, sender, recipient)
    return Refused(*parts, by=by, content=content, protocol=protocol, helo=helo, user=user)


def proxied(text: str) -> Fact | None:
    """`proxy-accept: STAGE: REPLY; from=<…> …`."""
    action, stage, rest = (*text.split(": ", 2), "", "")[:3]
    if action not in ("proxy-accept", "proxy-reject") or not stage:
        return None
    reply, sender, recipient, protocol, helo, _, user = _parts(rest, of_content=False)
    if action == "proxy-reject":
        parts = ("", "reject", stage, "", reply, sender, recipient)
        return Refused(*parts, by="proxy", protocol=protocol, helo=helo, user=user)
    child = _CHILD.search(reply)
    return Accepted(stage, reply, sender, recipient, child[1] if child else "", protocol, helo)


def _parts(text: str, of_content: bool) -> tuple[str, str, str, str, str, str, str]:
    """What stands before the envelope, and the envelope's sender, recipient, protocol, HELO, last text and login."""
    # A line of the message comes before its own envelope, and anybody can write `; from=<` into one.
    at = text.rfind("; from=<") if of_content else text.find("; from=<")
    if at < 0:
        # Of a VRFY, and of a connection that got no further.
        found_to, found_proto = text.find("; to=<"), text.find("; proto=")
        at = found_to if found_to >= 0 else found_proto
    if at < 0:
        return text, "", "", "", "", "", ""
    found = _ENVELOPE.match(text, at + 2)
    login = _USER.search(text, at)
    sender, recipient, protocol, helo, last = (each or "" for each in found.groups()) if found else ("",) * 5
    return text[:at], sender, recipient, protocol, helo, last, login[1] if login else ""
