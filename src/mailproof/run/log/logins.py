"""Failed logins, told apart: a user's mistake, an address given where the account is a bare name, guessing."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.model.log import LoginFailed, LogLine
from mailproof.run.log.group import Group
from mailproof.run.log.telling import Meaning

GUESSING = "login-guessing"

# fail2ban bans after five failures; five different names of nobody from one address are no mistyping.
_NAMES = 5
# Of so many clients and names the failures are kept apart; in a flood those that come later are counted together.
_KEPT = 5000
_KNOWN = 20_000


class FailedLogins:
    """Decides at the end, when it is known who does log in here."""

    def __init__(self) -> None:
        self._failed: dict[tuple[str, str, str], Group] = {}
        self._known: set[str] = set()
        self._bare: dict[str, str] = {}

    def known(self, user: str) -> None:
        """That this name is an account: it has logged in, or has got mail."""
        if user and len(self._known) < _KNOWN:
            self._known.add(user)
            self._bare.setdefault(user.partition("@")[0], user)

    def add(self, fact: LoginFailed, line: LogLine, meaning: Meaning) -> None:
        name, rank, page, params = meaning
        key = (_address(fact.client), fact.user.strip("<>"), name)
        if key not in self._failed and len(self._failed) >= _KEPT:
            key = ("", "", name)
        if (group := self._failed.get(key)) is None:
            group = self._failed[key] = Group(name, rank, page, params, line)
        group.add(line.time)

    def groups(self) -> Iterator[Group]:
        """One for each cause, in no order."""
        strangers: dict[str, set[str]] = {}
        for client, user, _ in self._failed:
            if client and user and user not in self._known and not self._twin(user):
                strangers.setdefault(client, set()).add(user)
        causes: dict[tuple[str, ...], Group] = {}
        for (client, user, name), group in self._failed.items():
            twin = self._twin(user) or (self._bare_account(user) if name == "user-unknown" else "")
            if len(strangers.get(client, ())) >= _NAMES and user not in self._known:
                key: tuple[str, ...] = (GUESSING, client)
                group.params = {"client": client}
            elif twin:
                told = "user-name-has-domain" if "@" in user else "user-name-lacks-domain"
                key = (told, user)
                group.rank, group.page, group.params = 2, told, {"user": user, "account": twin}
            else:
                key = (name, *group.params.values())
            group.name = key[0]
            if key in causes:
                causes[key].join(group)
            else:
                causes[key] = group
        yield from causes.values()

    def _bare_account(self, user: str) -> str:
        """The account behind an address that is none, whatever mail the address has got."""
        bare, at, _ = user.partition("@")
        return bare if at and bare in self._known else ""

    def _twin(self, user: str) -> str:
        """The account that is meant by a name with a domain too many, or too few; empty if the name itself is one."""
        if not user or user in self._known:
            return ""
        bare, at, _ = user.partition("@")
        if at:
            return bare if bare in self._known else ""
        return self._bare.get(user, "")


def _address(client: str) -> str:
    """`192.0.2.9` of `unknown[192.0.2.9]:4711`."""
    return client.rpartition("[")[2].partition("]")[0] if "[" in client else client
