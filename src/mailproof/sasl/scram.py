"""SCRAM (RFC 5802, RFC 7677) with SHA-1, SHA-256 and SHA-512, and the -PLUS forms bound to TLS."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from mailproof.model.escape import to_text
from mailproof.model.secret import Secrets
from mailproof.sasl.credentials import BINDINGS, Circumstances, Credentials
from mailproof.sasl.mechanism import Broken, Done, Fault, Respond, SecretKind, Step
from mailproof.sasl.saslprep import PrepError, Use, saslprep
from mailproof.sasl.scram_syntax import Keys, ServerFirst, attributes, encode_name, from_base64
from mailproof.sasl.server import Accounts, Outcome, Service

# Fewer make a stolen proof cheap to guess from: RFC 7677 section 4, enforced by the client of Cyrus SASL (#811).
MIN_ITERATIONS = 4096
# More let a hostile server burn our time (RFC 5802 section 9): the default of pgjdbc's and node-postgres's
# scramMaxIterations. Some 0.05 s; mail servers use 4096 to 15000.
MAX_ITERATIONS = 100_000
# Of an `e=` value that is passed on; the longest of RFC 5802 section 7 has 38 characters.
_ERROR_LIMIT = 80


class Scram(msgspec.Struct, frozen=True):
    """One mechanism of the family. The user name and password are prepared with SASLprep."""

    name: str
    """`SCRAM-SHA-256`, `SCRAM-SHA-256-PLUS`."""
    client_first: bool = True
    secret_kind: SecretKind = SecretKind.PASSWORD
    mutual: bool = True

    @property
    def hash(self) -> str:
        """Name for hashlib: `sha256`."""
        return self.name.removeprefix("SCRAM-").removesuffix("-PLUS").replace("-", "").lower()

    @property
    def bound(self) -> bool:
        """A -PLUS form: it fails where the two ends do not see the same TLS connection."""
        return self.name.endswith("-PLUS")

    def respond(self, credentials: Credentials, circumstances: Circumstances, challenges: Sequence[bytes]) -> Step:
        kind = _kind(circumstances)
        if self.bound and kind is None:
            return Broken(Fault.BINDING)
        try:
            # RFC 5802: the name is a query (section 5.1), the password a stored string (section 2.2).
            user = saslprep(credentials.user, Use.QUERY)
            authzid = saslprep(credentials.authzid, Use.QUERY)
            password = saslprep(credentials.password)
        except PrepError:
            return Broken(Fault.UNPREPARABLE)
        if not user:
            return Broken(Fault.UNPREPARABLE)
        header = self._header(circumstances, authzid)
        bare = b"n=" + encode_name(user) + b",r=" + circumstances.nonce.encode()
        if not challenges:
            return Respond(header + bare, secret=False)
        if broken := _objection(challenges[-1], credentials):
            return broken
        first = self._read_first(challenges[0], circumstances)
        if isinstance(first, Broken):
            return first
        if len(challenges) > 2:
            return Broken(Fault.UNEXPECTED)
        binding = header + (circumstances.binding[kind] if self.bound and kind else b"")
        without_proof = b"c=" + base64.b64encode(binding) + b",r=" + first.nonce
        auth_message = b",".join([bare, challenges[0], without_proof])
        keys = Keys.derive(self.hash, password, first.salt, first.iterations)
        if len(challenges) == 1:
            return Respond(without_proof + b",p=" + base64.b64encode(keys.proof(auth_message)))
        return _read_final(challenges[1], keys.server_signature(auth_message))

    def serve(self, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
        from mailproof.sasl.scram_server import serve

        return serve(self.hash, self.bound, accounts, service, responses)

    def _header(self, circumstances: Circumstances, authzid: str) -> bytes:
        kind = _kind(circumstances)
        if self.bound:
            flag = f"p={kind}".encode()
        else:
            # `y`: we could, and saw no -PLUS. A server that did offer it then knows that somebody took it out.
            flag = b"y" if kind is not None and not circumstances.bound_offered else b"n"
        return flag + b"," + (b"a=" + encode_name(authzid) if authzid else b"") + b","

    def _read_first(self, message: bytes, circumstances: Circumstances) -> ServerFirst | Broken:
        pairs = attributes(message)
        first = None if pairs is None else ServerFirst.parse(pairs)
        if first is None:
            return Broken(Fault.MALFORMED)
        ours = circumstances.nonce.encode()
        if not first.nonce.startswith(ours) or first.nonce == ours:
            return Broken(Fault.NONCE)
        if not MIN_ITERATIONS <= first.iterations <= MAX_ITERATIONS:
            return Broken(Fault.ITERATIONS, f"i={first.iterations}")
        return first


def _kind(circumstances: Circumstances) -> str | None:
    """The preferred kind of channel binding that is at hand."""
    return next((kind for kind in BINDINGS if kind in circumstances.binding), None)


def _objection(message: bytes, credentials: Credentials) -> Broken | None:
    """Why no message of the server that begins so can be answered."""
    name, value = (attributes(message) or [(b"", b"")])[0]
    if name == b"e":
        secrets = Secrets((credentials.password, credentials.token))
        return Broken(Fault.SERVER_ERROR, to_text(secrets.mask(value)[:_ERROR_LIMIT]))
    return Broken(Fault.EXTENSION) if name == b"m" else None


def _read_final(message: bytes, expected: bytes) -> Step:
    from hmac import compare_digest

    pairs = attributes(message)
    signature = from_base64(pairs[0][1]) if pairs and pairs[0][0] == b"v" else None
    if signature is None:
        return Broken(Fault.MALFORMED)
    return Done() if compare_digest(signature, expected) else Broken(Fault.SERVER_SIGNATURE)
