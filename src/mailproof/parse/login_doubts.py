"""What a bare refusal of a login can stand for: servers do not say it, but the way it was tried rules things out."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.model.authentication import LoginTried
from mailproof.parse.providers import lacks_at_provider

# They work only where the server keeps the password in clear or in the mechanism's own form (Dovecot manual:
# password schemes).
WITH_TOKEN = ("XOAUTH2", "OAUTHBEARER")
"""Mechanisms that know no password."""

_PROVING = ("CRAM-MD5", "DIGEST-MD5", "SCRAM-", "APOP")


def doubts(tried: LoginTried, host: str, others: Sequence[LoginTried] = ()) -> tuple[str, ...]:
    """Names of findings, the likeliest first. `others` are the other logins of the same account there.

    What those rule out is left out: a name that was refused in its other form as well, a mechanism beside which
    another was refused too.
    """
    refused = [other for other in others if other.sent and not other.accepted]
    names = {other.user for other in refused if other.user != tried.user}
    mechanisms = {other.mechanism for other in refused if other.user == tried.user} - {tried.mechanism}
    if tried.mechanism in WITH_TOKEN:
        return ("token-expired", "token-of-another", "token-not-for-mail", "user-unknown", "user-disabled")
    proving = tried.mechanism.startswith(_PROVING)
    found = [
        lacks_at_provider(host),
        "password-wrong",
        "" if names else "user-name-has-domain" if "@" in tried.user else "user-name-lacks-domain",
        "password-store-incompatible" if proving and not mechanisms else "",
        "user-unknown",
        "user-disabled",
    ]
    return tuple(dict.fromkeys(filter(None, found)))
