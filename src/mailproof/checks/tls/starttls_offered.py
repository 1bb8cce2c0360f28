"""Can a clear-text session be upgraded?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailproof.checks.survey import alongside, place, surveyed, url
from mailproof.model.capabilities import Capabilities, Stage
from mailproof.model.endpoint import Protocol
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass
from mailproof.model.tls import StartTls

NAME = "starttls-offered"
NEEDS = (Capabilities, StartTls)
_HIDDEN = (Explains("auth-not-offered"), Explains("auth-mechanism-missing"), Explains("plaintext-login-refused"))
KINDS = (
    FindingKind(
        "starttls-not-offered",
        Layer.TLS,
        params=("command",),
        gathered=("command",),
        explains=_HIDDEN,
        references=("RFC 3207 section 4", "RFC 2595", "RFC 8314 section 3.3", "postconf(5) smtpd_tls_security_level"),
    ),
    FindingKind(
        "starttls-stripped",
        Layer.TLS,
        params=("command", "instead"),
        explains=(Explains("starttls-not-offered"), *_HIDDEN),
        references=("RFC 3207 section 6", "RFC 7435 section 1"),
    ),
)

# Cisco's SMTP fixup (`inspect esmtp`) overwrites what it does not let through with X, at the same length,
# at times with another last letter: `250-XXXXXXXX`, `250-XXXXXXXA`.
_OVERWRITTEN = re.compile(r"X{3,}[A-Z]?\Z")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in surveyed(record, StartTls):
        endpoint = sighting.attempt.endpoint
        if endpoint is not None and endpoint.scheme.protocol is Protocol.LMTP:
            continue  # LMTP stays inside the server or its private network (RFC 2033 section 5)
        clear = [c for c in alongside(sighting, record, Capabilities) if c.fact.stage is Stage.CLEAR]
        evidence = clear[-1].evidence(clear[-1].fact.reply.turn) if clear else sighting.evidence()
        if not evidence:
            continue
        if sighting.fact.offered:
            yield Passed(NAME, evidence, url(sighting))
            continue
        if refused := _refused_to_say(clear):
            # RFC 2449 lets a POP3 server do without CAPA; one of IMAP must answer (RFC 9051 section 6.1.1).
            imap = endpoint is not None and endpoint.scheme.protocol is Protocol.IMAP
            yield Untold(NAME, "capabilities-refused", url(sighting), asked=imap, params={"reply": refused})
            continue
        command = sighting.fact.command
        if instead := _overwritten(clear, command):
            params: dict[str, Param] = {"command": command, "instead": instead}
            yield Finding("starttls-stripped", evidence, **place(sighting), params=params)
        else:
            yield Finding("starttls-not-offered", evidence, **place(sighting), params={"command": command})


def _refused_to_say(clear: list[Sighting[Capabilities]]) -> str:
    """The refusal of CAPA or CAPABILITY; empty where the server told. Who knows HELO only has no STARTTLS."""
    if not clear or clear[-1].fact.verb not in ("CAPA", "CAPABILITY"):
        return ""
    reply = clear[-1].fact.reply
    return reply.line if reply.kind is not ReplyClass.POSITIVE else ""


def _overwritten(clear: list[Sighting[Capabilities]], command: str) -> str:
    """What stands where the offer of `command` stood; empty if nothing does."""
    names = (capability.name for sighting in clear for capability in sighting.fact.offered)
    return next((name for name in names if _OVERWRITTEN.match(name) and len(name) == len(command)), "")
