"""Who may send what to whom: smtpd_relay_restrictions and smtpd_recipient_restrictions, and what faults add."""

from __future__ import annotations

from collections.abc import Callable

from mailproof.lab.embedded.behaviour import Client, Refusal, Stage, Whom
from mailproof.lab.embedded.occasion import Occasion
from mailproof.lab.embedded.site import Desk, Site

_RELAY_DENIED = Refusal(Stage.RCPT, 554, "5.7.1", "<{recipient}>: Relay access denied")
_UNKNOWN = Refusal(
    Stage.RCPT, 550, "5.1.1", "<{recipient}>: Recipient address rejected: User unknown in virtual mailbox table"
)
_FULL = Refusal(
    Stage.RCPT, 552, "5.2.2", "<{recipient}>: Recipient address rejected: Quota exceeded (mailbox for user is full)"
)


class Restrictions:
    """Of one session; `client` is the address it comes from."""

    def __init__(self, site: Site, desk: Desk, client: str, strikes: Callable[[Occasion], bool]) -> None:
        self._site = site
        self._scheme = desk.scheme
        self._behaviour = desk.behaviour
        self._client = client
        self._strikes = strikes
        self._trusted = site.hub.trusts(client)

    def refusal(self, stage: Stage, sender: str, recipient: str, user: str) -> Refusal | None:
        """What stands against it; None for nothing. `user` is empty without a login, `recipient` at MAIL."""
        for refusal in self._behaviour.refusals:
            about = refusal.stage is stage and self._is_meant(refusal, sender, recipient, user)
            if about and self._strikes(refusal.occasion):
                return refusal
        return self._sound(recipient, stranger=not user and not self._trusted) if stage is Stage.RCPT else None

    def _is_meant(self, refusal: Refusal, sender: str, recipient: str, user: str) -> bool:
        if refusal.whom is not Whom.ANY and self._site.is_own(recipient) is not (refusal.whom is Whom.OWN):
            return False
        stranger = not user and not self._trusted
        match refusal.client:
            case Client.ANY:
                return True
            case Client.USER:
                return bool(user)
            case Client.STRANGER:
                return stranger
            case Client.NEW:
                return stranger and self._site.is_first_visit(self._client, self._scheme)
            case Client.NEW_TRIPLET:
                return stranger and self._site.is_greylisted(self._client, sender, recipient)

    def _sound(self, recipient: str, *, stranger: bool) -> Refusal | None:
        """The rules of a server that is as it should be."""
        own, caught = self._site.is_own(recipient), self._site.catches_all
        if stranger and not self._behaviour.relays and (self._behaviour.login_needed or not (own or caught)):
            return _RELAY_DENIED
        if not own:
            return None
        mailbox = self._site.mailboxes.get(recipient.lower())
        if mailbox is None:
            return None if self._behaviour.knows_everybody or caught else _UNKNOWN
        return None if mailbox.has_room() else _FULL
