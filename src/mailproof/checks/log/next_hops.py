"""What does not take the connection: a server elsewhere, the content filter, or the agent that delivers?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailproof.checks.log.causes import cause_named
from mailproof.checks.log.quoting import quoted, whose
from mailproof.checks.postfix.configured import configurations
from mailproof.model.finding import Answer, Finding
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.server_log import LogSaid

NAME = "next-hops-answer"
NEEDS = (LogSaid,)
KINDS = (cause_named("content-filter-down"), cause_named("delivery-agent-down"))

_REFUSED = re.compile(r"connect to (?P<host>[^\s\[]{1,255})\[(?P<address>[^\]\s]{1,60})\]:(?P<port>\d{1,5}): ")
# `smtp:[127.0.0.1]:10024`, `scan:localhost:10025`, `lmtp:inet:host:24`; a port can be left out.
_NEXT_HOP = re.compile(r"[^:]{1,80}:(?:inet:)?\[?(?P<host>[^\]\s:]{1,255})\]?(?::(?P<port>\d{1,5}))?")
# Who speaks LMTP hands on to a mailbox.
_AGENT = re.compile(r"\S*/lmtp: ")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(LogSaid):
        match meant(record, sighting):
            case "content-filter-down":
                yield Finding("content-filter-down", quoted(sighting), **whose(sighting))
            case "delivery-agent-down":
                yield Finding("delivery-agent-down", quoted(sighting), **whose(sighting))


def meant(record: Record, sighting: Sighting[LogSaid]) -> str:
    """`content-filter-down` or `delivery-agent-down`, where a next hop that refuses is one of them; else empty."""
    if sighting.fact.name != "next-hop-refused":
        return ""
    texts = [line.text for line in sighting.fact.lines]
    filters = set(_filters(record))
    for text in texts:
        found = _REFUSED.search(text)
        if found and {(found["host"], found["port"]), (found["address"], found["port"])} & filters:
            return "content-filter-down"
    return "delivery-agent-down" if texts and all(_AGENT.match(text) for text in texts) else ""


def _filters(record: Record) -> Iterable[tuple[str, str]]:
    """Host and port of each content_filter that is set."""
    for configured in configurations(record):
        for _, main in configured.settings("content_filter"):
            found = _NEXT_HOP.fullmatch(main.value("content_filter").text)
            if found:
                yield found["host"], found["port"] or "25"
