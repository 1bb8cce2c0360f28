"""DIGEST-MD5 (RFC 2831; historic by RFC 6331, and still offered): qop=auth, one login at a time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.sasl.credentials import Circumstances, Credentials, octets
from mailproof.sasl.digest_syntax import Digest, Directives, key, listed, parse, quote, single
from mailproof.sasl.mechanism import Broken, Done, Fault, Respond, SecretKind, Step
from mailproof.sasl.server import Accepted, Accounts, Challenge, Outcome, Reason, Rejected, Service

# One fresh nonce is what a restarted server needs; a server that finds every nonce stale would go on for ever.
_STALE_LIMIT = 1


class DigestMd5(msgspec.Struct, frozen=True):
    """Realm: the one offered that is the domain of the user name, else the first offered, else none."""

    name: str = "DIGEST-MD5"
    client_first: bool = False
    secret_kind: SecretKind = SecretKind.PASSWORD
    mutual: bool = True

    def respond(self, credentials: Credentials, circumstances: Circumstances, challenges: Sequence[bytes]) -> Step:
        if not challenges:
            return Respond(None)
        expected = b""
        for number, challenge in enumerate(challenges):
            directives = parse(challenge)
            last = number == len(challenges) - 1
            if directives is None:
                return Broken(Fault.MALFORMED)
            if number and "rspauth" in directives:
                return _verified(directives, expected) if last else Broken(Fault.UNEXPECTED)
            stale = single(directives, "stale") or b""
            if number and (stale.lower() != b"true" or number > _STALE_LIMIT):
                return Broken(Fault.UNEXPECTED)
            step, expected = _answer(credentials, circumstances, directives)
            if last or isinstance(step, Broken):
                return step
        return Broken(Fault.UNEXPECTED)

    def serve(self, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
        realm = service.realm or service.host
        if not responses:
            return Challenge(
                b'realm=%s,nonce=%s,qop="auth",charset=utf-8,algorithm=md5-sess'
                % (quote(octets(realm)), quote(service.nonce.encode()))
            )
        directives = parse(responses[0])
        if len(responses) > 1 or directives is None:
            return Rejected(Reason.MALFORMED)
        return _judge(accounts, service, octets(realm), directives)


def _answer(credentials: Credentials, circumstances: Circumstances, challenge: Directives) -> tuple[Step, bytes]:
    """The response to a challenge, and the `rspauth` that must follow."""
    nonce = single(challenge, "nonce")
    if not nonce:
        return Broken(Fault.MALFORMED), b""
    algorithm = single(challenge, "algorithm")
    if algorithm is None or algorithm.lower() != b"md5-sess":
        return Broken(Fault.ALGORITHM), b""
    if b"auth" not in (listed(challenge.get("qop", ())) or [b"auth"]):
        return Broken(Fault.QOP), b""
    wide = (single(challenge, "charset") or b"").lower() == b"utf-8"
    encoding = "utf-8" if wide else "latin-1"
    try:
        user = credentials.user.encode(encoding)
        credentials.password.encode(encoding)
    except UnicodeEncodeError:
        return Broken(Fault.UNPREPARABLE), b""
    if not user:
        return Broken(Fault.UNPREPARABLE), b""
    realm = _choose(challenge.get("realm", []), user)
    digest = Digest(
        key(credentials.user, realm or b"", credentials.password),
        nonce,
        circumstances.nonce.encode(),
        octets(f"{circumstances.service}/{circumstances.host}"),
        octets(credentials.authzid),
    )
    parts = [
        *([b"charset=utf-8"] if wide else []),
        b"username=" + quote(user),
        *([b"realm=" + quote(realm)] if realm is not None else []),
        b"nonce=" + quote(nonce),
        b"nc=" + digest.count,
        b"cnonce=" + quote(digest.cnonce),
        b"digest-uri=" + quote(digest.uri),
        b"response=" + digest.response(),
        b"qop=auth",
        *([b"authzid=" + quote(digest.authzid)] if digest.authzid else []),
    ]
    return Respond(b",".join(parts)), digest.rspauth()


def _choose(offered: list[bytes], user: bytes) -> bytes | None:
    domain = user.rpartition(b"@")[2].lower()
    return next((realm for realm in offered if realm.lower() == domain), offered[0] if offered else None)


def _verified(final: Directives, expected: bytes) -> Step:
    from hmac import compare_digest

    right = compare_digest((single(final, "rspauth") or b"").lower(), expected)
    return Done() if right else Broken(Fault.SERVER_SIGNATURE)


def _judge(accounts: Accounts, service: Service, realm: bytes, response: Directives) -> Outcome:
    from hmac import compare_digest

    name, cnonce, uri = (single(response, directive) for directive in ("username", "cnonce", "digest-uri"))
    if not name or not cnonce or not uri or single(response, "nc") != b"00000001":
        return Rejected(Reason.MALFORMED)
    try:
        user = name.decode("utf-8" if "charset" in response else "latin-1")
    except UnicodeDecodeError:
        return Rejected(Reason.MALFORMED)
    given_realm = single(response, "realm") or b""
    fits = (
        single(response, "nonce") == service.nonce.encode()
        and given_realm in (realm, b"")
        and (single(response, "qop") or b"auth").lower() == b"auth"
        and uri.lower().startswith(octets(service.service) + b"/")
    )
    if not fits:
        return Rejected(Reason.MALFORMED, user)
    password = accounts.password(user)
    if password is None:
        return Rejected(Reason.UNKNOWN_USER, user)
    authzid = single(response, "authzid") or b""
    digest = Digest(key(user, given_realm, password), service.nonce.encode(), cnonce, uri, authzid)
    if not compare_digest(digest.response(), (single(response, "response") or b"").lower()):
        return Rejected(Reason.WRONG_PASSWORD, user)
    if authzid not in (b"", name):
        return Rejected(Reason.NOT_AUTHORIZED, user)
    return Accepted(user, b"rspauth=" + digest.rspauth())
