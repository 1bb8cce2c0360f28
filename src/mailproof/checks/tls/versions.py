"""Does the server speak the versions of TLS that clients have, and none that are broken?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mailproof.checks.survey import died_inside_tls, place, surveyed, url
from mailproof.model.attempt import Trouble
from mailproof.model.endpoint import Endpoint
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.tls import TlsHandshake, TlsVersion, TlsVersionTried

NAME = "tls-versions"
NEEDS = (TlsHandshake, TlsVersionTried)
KINDS = (
    FindingKind(
        "tls-version-obsolete",
        Layer.TLS,
        params=("versions", "use"),
        explains=(Explains("tls-handshake-failed"),),
        references=("RFC 8996", "RFC 8997", "RFC 9325 section 3.1.1", "postconf(5) smtpd_tls_mandatory_protocols"),
    ),
    FindingKind(
        "tls-version-too-new-only",
        Layer.TLS,
        explains=(Explains("tls-handshake-failed"),),
        references=("RFC 9325 section 3.1.1", "postconf(5) smtpd_tls_protocols", "Dovecot ssl_min_protocol"),
    ),
)

# RFC 8996 and before it RFC 7568, RFC 6176.
_OBSOLETE = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")
_OLD_LIMITS = (TlsVersion.TLS1_0, TlsVersion.TLS1_1)
# RFC 8446 section 6.2: what a server says that has no such version, or nothing to go with it. An internal_error and
# the like say that something broke.
_REFUSALS = frozenset({"protocol_version", "handshake_failure", "insufficient_security", "inappropriate_fallback"})
# OpenSSL 3 at security level 1 or above has no signature for TLS 1.1 (SHA-1) and calls that an internal error.
_REFUSALS_OF_OLD = _REFUSALS | {"internal_error"}

_Seen = Sighting[TlsHandshake] | Sighting[TlsVersionTried]


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    made: dict[Endpoint | None, list[Sighting[TlsHandshake]]] = defaultdict(list)
    for handshake in surveyed(record, TlsHandshake):
        if handshake.fact.trouble is None and handshake.evidence():
            made[handshake.attempt.endpoint].append(handshake)
    tried: dict[Endpoint | None, list[Sighting[TlsVersionTried]]] = defaultdict(list)
    for limited in record.seen(TlsVersionTried):
        if limited.evidence():
            tried[limited.attempt.endpoint].append(limited)
    # Where TLS breaks after every handshake, a refusal can be about anything: the client's certificate, mostly.
    died = died_inside_tls(record)
    for endpoint in dict.fromkeys([*made, *tried]):
        if endpoint in died:
            yield Untold(NAME, "tls-died", endpoint.url if endpoint else None)
        else:
            yield from _judge(made[endpoint], tried[endpoint])


def _judge(made: list[Sighting[TlsHandshake]], tried: list[Sighting[TlsVersionTried]]) -> Iterable[Answer]:
    spoken: list[tuple[str, _Seen]] = [(s.fact.version, s) for s in made]
    spoken += [(s.fact.accepted, s) for s in tried if s.fact.accepted]
    obsolete = {version: sighting for version, sighting in spoken if version in _OBSOLETE}
    if obsolete:
        evidence = tuple(piece for sighting in obsolete.values() for piece in sighting.evidence())
        where = place(next(iter(obsolete.values())))
        # Beside newer versions an old one is a matter of taste (an old cipher hides more than clear text does);
        # alone it locks out every client of today. Profiles weigh the two by `use`.
        use = "demanded" if all(version in _OBSOLETE for version, _ in spoken) else "accepted"
        params: dict[str, Param] = {"versions": tuple(sorted(obsolete)), "use": use}
        yield Finding("tls-version-obsolete", evidence, **where, params=params)
    locked_out = [s for s in tried if s.fact.maximum is TlsVersion.TLS1_2 and _refused(s)]
    newest_only = bool(made) and all(s.fact.version == TlsVersion.TLS1_3 for s in made)
    if locked_out and newest_only:
        yield Finding("tls-version-too-new-only", locked_out[0].evidence(), **place(locked_out[0]))
    old = [s for s in tried if s.fact.maximum in _OLD_LIMITS and _refused(s)]
    unheard = [s for s in tried if not s.fact.accepted and not _refused(s)]
    if obsolete or (locked_out and newest_only):
        return
    if old:
        yield Passed(NAME, old[0].evidence(), url(old[0]))
    elif unheard:
        newest = str(unheard[-1].fact.maximum)
        yield Untold(NAME, "version-not-answered", url(unheard[-1]), params={"version": newest})


def _refused(sighting: Sighting[TlsVersionTried]) -> bool:
    """An alert that says so; a hang-up, or a network that was silent this time, proves nothing."""
    refusals = _REFUSALS_OF_OLD if sighting.fact.maximum in _OLD_LIMITS else _REFUSALS
    return sighting.fact.trouble is Trouble.TLS_FAILED and sighting.fact.alert in refusals
