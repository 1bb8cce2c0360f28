"""Is what answers the program that was expected, and does it let us in?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailproof.checks.survey import is_tls_record, mail_protocol, place, surveyed, url
from mailproof.model.attempt import Trouble
from mailproof.model.connection import Greeting
from mailproof.model.endpoint import Endpoint, Protocol, TlsMode
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.tls import TlsHandshake

NAME = "greeting-in-order"
NEEDS = (Greeting, TlsHandshake)
_CONSEQUENCES = tuple(
    map(
        Explains,
        ("no-reply", "closed-unexpectedly", "reply-not-understood", "starttls-not-offered", "auth-not-offered"),
    )
)
KINDS = (
    FindingKind(
        "unexpected-greeting",
        Layer.REACH,
        params=("speaks", "greeting"),
        explains=_CONSEQUENCES,
        references=("RFC 5321 section 4.2", "RFC 1939 section 4", "RFC 9051 section 7.1"),
    ),
    FindingKind(
        "greeting-refused",
        Layer.REACH,
        params=("reply",),
        explains=(Explains("closed-unexpectedly"),),
        references=("RFC 5321 section 3.1", "RFC 7504", "RFC 9051 section 7.1.5"),
    ),
)

_SHOWN = 60
"""Characters of a foreign greeting; the evidence holds all of it."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in surveyed(record, Greeting):
        fact, endpoint = sighting.fact, sighting.attempt.endpoint
        evidence = sighting.evidence()
        if not evidence:
            continue
        said = fact.reply.line if fact.reply else ""
        foreign = _foreign(fact.reply, endpoint) if fact.reply else ""
        if fact.trouble in (Trouble.NOT_THE_PROTOCOL, Trouble.TOO_MUCH) or foreign:
            if not is_tls_record(said):
                yield Finding("unexpected-greeting", evidence, **place(sighting), params=_params(said, foreign))
        elif fact.reply is not None and fact.trouble is None:
            if fact.reply.kind is ReplyClass.POSITIVE:
                yield Passed(NAME, evidence, url(sighting))
            else:
                yield Finding("greeting-refused", evidence, **place(sighting), params={"reply": said[:_SHOWN]})
    for handshake in surveyed(record, TlsHandshake):
        text, endpoint = handshake.fact.clear_text, handshake.attempt.endpoint
        implicit = endpoint is not None and endpoint.scheme.tls_mode is TlsMode.IMPLICIT
        # A mail program that speaks clear text here is `implicit-tls-missing`.
        if implicit and text and mail_protocol(text) is None and handshake.evidence():
            yield Finding("unexpected-greeting", handshake.evidence(), **place(handshake), params=_params(text, ""))


def _foreign(reply: Reply, endpoint: Endpoint | None) -> str:
    """Protocol that only looks like the one expected: FTP greets with 220 as SMTP does."""
    if endpoint is None or endpoint.scheme.protocol not in (Protocol.SMTP, Protocol.LMTP):
        return ""
    if re.search(r"\bE?SMTP\b", reply.text):
        return ""
    from mailproof.model.port import Service
    from mailproof.parse.service import said_by

    service = said_by(reply.line)
    others = (Service.FTP, Service.LMTP) if endpoint.scheme.protocol is Protocol.SMTP else (Service.FTP,)
    return service.upper() if service in others else ""


def _params(text: str, foreign: str) -> dict[str, Param]:
    first = text.replace("\\r", "\n").replace("\\n", "\n").split("\n", 1)[0]
    from mailproof.model.port import Service
    from mailproof.parse.service import said_by

    service = said_by(text)
    speaks = foreign or ("unknown" if service in (Service.UNKNOWN, Service.SILENT) else service.upper())
    return {"speaks": speaks, "greeting": first[:_SHOWN]}
