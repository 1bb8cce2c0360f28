"""Is an offer of STARTTLS kept?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, surveyed, url
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.reply import ReplyClass
from mailproof.model.tls import StartTls

NAME = "starttls-accepted"
NEEDS = (StartTls,)
KINDS = (
    FindingKind(
        "starttls-refused",
        Layer.TLS,
        params=("command", "reply"),
        explains=(
            Explains("auth-not-offered"),
            Explains("auth-mechanism-missing"),
            Explains("plaintext-login-refused"),
            Explains("closed-unexpectedly"),
        ),
        references=("RFC 3207 section 4", "RFC 2595 section 4", "postconf(5) smtpd_tls_chain_files", "tlsmgr(8)"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in surveyed(record, StartTls):
        fact = sighting.fact
        if not fact.offered or fact.reply is None or not (evidence := sighting.evidence(fact.reply.turn)):
            continue
        if fact.reply.kind is ReplyClass.POSITIVE:
            yield Passed(NAME, evidence, url(sighting))
        else:
            params = {"command": fact.command, "reply": fact.reply.line}
            yield Finding("starttls-refused", evidence, **place(sighting), params={**params})
