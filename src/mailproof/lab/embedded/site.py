"""What all sessions of one lab share."""

from __future__ import annotations

import secrets
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from mailproof.lab.embedded.accounts import Account
from mailproof.lab.embedded.behaviour import Behaviour
from mailproof.lab.embedded.forward import Forwarder
from mailproof.lab.embedded.log import MailLog
from mailproof.lab.embedded.mailboxes import Mailbox
from mailproof.lab.embedded.occasion import Fortune
from mailproof.lab.embedded.post import PostOffice
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.endpoint import Scheme
from mailproof.model.tls import ServerTls
from mailproof.net.interface import Driver

# Dovecot auth_failure_delay, and the steps of its anvil penalty.
FAILURE_DELAY = 2.0
_PENALTIES = (2.0, 4.0, 8.0, 15.0)
# Clients and triplets that are remembered.
_MOST_REMEMBERED = 10_000


class Desk(msgspec.Struct, frozen=True):
    """One endpoint of the lab, as its sessions see it."""

    scheme: Scheme
    behaviour: Behaviour
    tls: ServerTls


class Site:
    def __init__(
        self,
        net: Driver,
        settings: LabSettings,
        accounts: Iterable[Account],
        mailboxes: Mapping[str, Mailbox],
        log: MailLog,
        started: datetime,
    ) -> None:
        self.net = net
        self.hostname = settings.hostname
        self.limits = settings.limits
        self.catches_all = settings.catch_all
        self.hub = settings.hub
        self.accounts = tuple(accounts)
        self.mailboxes = mailboxes
        self.log = log
        self.fortune = Fortune(settings.seed)
        self._started = started
        addresses = {account.user.lower(): account.address(settings.domain) for account in self.accounts}
        self._mailboxes_of = {user: mailboxes[address] for user, address in addresses.items()}
        self._domains = {settings.domain, *(address.rpartition("@")[2] for address in addresses.values())}
        self.forwarder = Forwarder(net, settings.hostname)
        self.post = PostOffice(settings, mailboxes, log, self.clock, self.forwarder.send)
        self._greylist_delay = settings.greylist_delay
        self._sessions: Counter[str] = Counter()
        self._failures: OrderedDict[str, int] = OrderedDict()
        self._visits: OrderedDict[str, int] = OrderedDict()
        self._triplets: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self._pop3_logins: dict[str, float] = {}
        """When each account last came in by POP3."""

    def clock(self) -> datetime:
        return self._started + timedelta(seconds=self.net.now())

    def nonce(self) -> str:
        return secrets.token_hex(18)

    def comes_too_soon(self, user: str, delay: float) -> bool:
        """By POP3, less than `delay` seconds after the last time; if not, this counts as a time."""
        now, before = self.net.now(), self._pop3_logins.get(user)
        if before is not None and now - before < delay:
            return True
        self._pop3_logins[user] = now
        return False

    def enter(self, client: str, scheme: Scheme) -> bool:
        """Count a new session; False if this client has too many."""
        self._sessions[client] += 1
        _count(self._visits, f"{scheme} {client}")
        return self._sessions[client] <= self.limits.connections

    def leave(self, client: str) -> None:
        self._sessions[client] -= 1
        if not self._sessions[client]:
            del self._sessions[client]

    def is_first_visit(self, client: str, scheme: Scheme) -> bool:
        return self.visits(client, scheme) <= 1

    def visits(self, client: str, scheme: Scheme) -> int:
        return self._visits.get(f"{scheme} {client}", 0)

    def is_greylisted(self, client: str, sender: str, recipient: str) -> bool:
        """True until this triplet has been seen long enough ago (RFC 6647 section 2.2)."""
        triplet, now = (client, sender.lower(), recipient.lower()), self.net.now()
        first = self._triplets.setdefault(triplet, now)
        _bound(self._triplets)
        return now - first < self._greylist_delay

    def note_failure(self, client: str) -> None:
        _count(self._failures, client)

    def penalty(self, client: str) -> float:
        """Seconds that earlier failures of this client cost."""
        failures = self._failures.get(client, 0)
        return _PENALTIES[min(failures, len(_PENALTIES)) - 1] if failures else 0.0

    def is_own(self, address: str) -> bool:
        return address.rpartition("@")[2].lower() in self._domains

    def mailbox_of(self, user: str) -> Mailbox:
        """Of an account, by its login in lower case."""
        return self._mailboxes_of[user]


def _count(counter: OrderedDict[str, int], key: str) -> None:
    counter[key] = counter.get(key, 0) + 1
    _bound(counter)


def _bound(remembered: OrderedDict[str, int] | OrderedDict[tuple[str, str, str], float]) -> None:
    while len(remembered) > _MOST_REMEMBERED:
        remembered.popitem(last=False)
