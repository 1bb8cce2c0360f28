"""What a server offers to log in with, before TLS and inside it. Shared by the checks of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailproof.checks.survey import alongside, surveyed
from mailproof.model.capabilities import Capabilities, Stage
from mailproof.model.connection import Greeting
from mailproof.model.endpoint import Endpoint, Protocol
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass

PLAIN_TEXT = frozenset({"PLAIN", "LOGIN", "USER", "XOAUTH2", "OAUTHBEARER"})
"""Mechanisms and commands that show the password, or a token that serves as one, to whoever listens."""

_TIMESTAMP = re.compile(r"<[^<>\s]+@[^<>\s]+>")
_WITH_LOGIN = frozenset({Protocol.SMTP, Protocol.POP3, Protocol.IMAP, Protocol.SIEVE})


class Offers(NamedTuple):
    """The capabilities of one conversation with an endpoint where users can log in."""

    endpoint: Endpoint
    clear: Sighting[Capabilities] | None
    tls: Sighting[Capabilities] | None
    apop: bool
    """The POP3 greeting holds the timestamp that APOP needs (RFC 1939 section 7)."""

    def means(self, seen: Sighting[Capabilities] | None) -> tuple[str, ...] | None:
        """SASL mechanisms, and `USER`, `APOP`, `LOGIN` for the commands of POP3 and IMAP.

        None if the server did not say: no such stage, a server without CAPA, or one that refused every greeting.
        """
        if seen is None:
            return None
        fact, protocol = seen.fact, self.endpoint.scheme.protocol
        named = dict.fromkeys(fact.mechanisms)
        if fact.reply.kind is not ReplyClass.POSITIVE:
            return None
        if protocol is Protocol.SMTP:
            return tuple(named)  # HELO offers nothing
        if protocol is Protocol.POP3 and fact.get("USER"):
            named["USER"] = None
        if protocol is Protocol.POP3 and self.apop:
            named["APOP"] = None
        if protocol is Protocol.IMAP and not fact.get("LOGINDISABLED"):
            named["LOGIN"] = None
        return tuple(named)


def offers(record: Record) -> Iterator[Offers]:
    """One per conversation of the survey that came as far as the capabilities."""
    last = None
    for sighting in surveyed(record, Capabilities):
        endpoint = sighting.attempt.endpoint
        if sighting.attempt is last or not sighting.evidence(sighting.fact.reply.turn) or endpoint is None:
            continue
        if endpoint.scheme.protocol not in _WITH_LOGIN:
            continue
        last = sighting.attempt
        stages = {seen.fact.stage: seen for seen in alongside(sighting, record, Capabilities)}
        greetings = (g.fact.reply for g in alongside(sighting, record, Greeting))
        apop = any(reply and _TIMESTAMP.search(reply.text) for reply in greetings)
        yield Offers(endpoint, stages.get(Stage.CLEAR), stages.get(Stage.TLS), apop)
