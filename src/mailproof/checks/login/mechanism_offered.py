"""Is the mechanism that was asked for offered?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.login.offers import offers
from mailproof.checks.survey import place, url
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities
from mailproof.model.endpoint import Scheme
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.login_refusal import LoginRefusal, login_refusal

NAME = "auth-mechanism-offered"
NEEDS = (Capabilities, LoginTried)
KINDS = (
    FindingKind(
        "auth-mechanism-missing",
        Layer.LOGIN,
        params=("mechanism",),
        references=("RFC 4954 section 4", "RFC 4422 section 3.2", "Dovecot manual: auth_mechanisms"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    named: set[tuple[str | None, str]] = set()
    wanted = record.asked.mechanism.upper()
    for offer in offers(record) if wanted else ():
        seen = offer.tls or offer.clear
        means = offer.means(seen)
        if seen is None or not means or offer.endpoint.scheme is Scheme.SMTP:
            continue
        evidence = seen.evidence(seen.fact.reply.turn)
        if wanted in means:
            yield Passed(NAME, evidence, offer.endpoint.url)
        elif offer.tls is not None or offer.endpoint.scheme.is_retrieval:
            named.add((offer.endpoint.url, wanted))
            yield Finding("auth-mechanism-missing", evidence, **place(seen), params={"mechanism": wanted})
    for tried in record.seen(LoginTried):
        key = (url(tried), tried.fact.mechanism)
        if login_refusal(tried.fact) is LoginRefusal.MECHANISM_UNKNOWN and key not in named and tried.fact.reply:
            evidence = tried.evidence(tried.fact.reply.turn)
            params = {"mechanism": tried.fact.mechanism}
            if evidence:
                yield Finding("auth-mechanism-missing", evidence, **place(tried), params={**params})
