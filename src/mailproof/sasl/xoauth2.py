"""XOAUTH2: Google's forerunner of OAUTHBEARER, which Microsoft speaks too.

https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from mailproof.sasl.credentials import Circumstances, Credentials, octets
from mailproof.sasl.mechanism import Broken, Fault, Respond, SecretKind, Step
from mailproof.sasl.oauth import answer_refusal, sendable, serve_token
from mailproof.sasl.server import Accounts, Challenge, Outcome, Reason, Rejected, Service

MESSAGE = re.compile(rb"user=([^\x01\0]+)\x01auth=bearer +([!-~]+)\x01\x01\Z", re.IGNORECASE)


class Xoauth2(msgspec.Struct, frozen=True):
    """One message; a refusal comes as JSON in a challenge, is answered by an empty response, and then fails."""

    name: str = "XOAUTH2"
    client_first: bool = True
    secret_kind: SecretKind = SecretKind.TOKEN
    mutual: bool = False

    def respond(self, credentials: Credentials, circumstances: Circumstances, challenges: Sequence[bytes]) -> Step:
        if len(challenges) > 1:
            return Broken(Fault.UNEXPECTED)
        if not credentials.user or not sendable(credentials.user, credentials.token):
            return Broken(Fault.UNPREPARABLE)
        if not challenges:
            token = octets(credentials.token)
            return Respond(b"user=" + octets(credentials.user) + b"\1auth=Bearer " + token + b"\1\1")
        return answer_refusal(challenges[0], credentials.token, b"")

    def serve(self, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
        if not responses:
            return Challenge(b"")
        match = MESSAGE.match(responses[0])
        if match is None or len(responses) > 2:
            return Rejected(Reason.MALFORMED)
        try:
            user = match[1].decode("utf-8")
        except UnicodeDecodeError:
            return Rejected(Reason.MALFORMED)
        return serve_token(accounts, user, match[2].decode("ascii"), responses, status="400", dummy=b"")
