"""LOGIN: never a standard (draft-murchison-sasl-login), spoken by nearly every server."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.sasl.credentials import Circumstances, Credentials, octets
from mailproof.sasl.mechanism import Broken, Fault, Respond, SecretKind, Step
from mailproof.sasl.server import Accepted, Accounts, Challenge, Outcome, Reason, Rejected, Service, check_password

USERNAME_PROMPT = b"Username:"
PASSWORD_PROMPT = b"Password:"


class Login(msgspec.Struct, frozen=True):
    """User name, then password, each after a prompt whose text does not matter: servers differ in it.

    `Login(client_first=True)` sends the name as the initial response; a server that takes none and still asks
    for the name gets it again, so that the password never goes where a name is logged.
    """

    client_first: bool = False
    name: str = "LOGIN"
    secret_kind: SecretKind = SecretKind.PASSWORD
    mutual: bool = False

    def respond(self, credentials: Credentials, circumstances: Circumstances, challenges: Sequence[bytes]) -> Step:
        if not credentials.user:
            return Broken(Fault.UNPREPARABLE)
        answers: list[Respond] = [Respond(None)]
        user = Respond(octets(credentials.user), secret=False)
        if self.client_first:
            answers = [user]
        if not self.client_first or (challenges and _asks_for_name(challenges[0])):
            answers.append(user)
        answers.append(Respond(octets(credentials.password)))
        return answers[len(challenges)] if len(challenges) < len(answers) else Broken(Fault.UNEXPECTED)

    def serve(self, accounts: Accounts, service: Service, responses: Sequence[bytes]) -> Outcome:
        if len(responses) > 2:
            return Rejected(Reason.MALFORMED)
        if not responses:
            return Challenge(USERNAME_PROMPT)
        try:
            user = responses[0].decode("utf-8")
        except UnicodeDecodeError:
            return Rejected(Reason.MALFORMED)
        if len(responses) == 1:
            return Challenge(PASSWORD_PROMPT) if user else Rejected(Reason.MALFORMED)
        reason = check_password(accounts, user, responses[1])
        return Rejected(reason, user) if reason else Accepted(user)


def _asks_for_name(prompt: bytes) -> bool:
    return prompt.strip().lower().startswith(b"user")
