"""A login that was tried."""

from __future__ import annotations

from mailproof.model.attempt import Trouble
from mailproof.model.observed import Observation
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.tls import Protection


class LoginTried(Observation, frozen=True):
    """One attempt to log in with the credentials of this run."""

    mechanism: str
    """SASL name, or `USER`, `APOP`, `LOGIN` for the commands of POP3 and IMAP (then `command` is true)."""
    reply: Reply | None
    """The last one; None if the server hung up or never answered."""
    protection: Protection
    user: str = ""
    sent: bool = True
    """A secret, or a proof of it, went out: whatever came of it, fail2ban has counted it."""
    command: bool = False
    initial_response: bool = False
    trouble: Trouble | None = None
    error: str = ""
    """What the mechanism itself objected to: a wrong server signature, a challenge that does not parse; or the
    decoded error challenge of XOAUTH2 and OAUTHBEARER."""
    against: str = ""
    """What of that is against the mechanism itself, in words; empty where the server keeps to it."""
    turns: tuple[int, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.reply is not None and self.reply.kind is ReplyClass.POSITIVE and not self.error
