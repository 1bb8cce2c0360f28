"""The people of the lab. Their passwords are no secrets: the lab prints them for whoever learns on it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from mailproof.model.failure import UsageError
from mailproof.model.transcript import SECRET
from mailproof.sasl.server import Token

DOMAIN = "example.test"

# Letters and digits that nobody takes for one another, for passwords that are typed.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 12
# RFC 5321 section 4.5.3.1: 64 octets before the @, 255 behind it, 256 of a path.
_LONGEST = 254


class Account(msgspec.Struct, frozen=True):
    user: str
    """The login, exactly: an address, as with Dovecot's `auth_username_format = %Lu`, or a bare name, as of the users
    of a system; the other one is then unknown."""
    password: str
    token: str = ""
    """OAuth 2.0 access token; empty for none."""

    def __repr__(self) -> str:
        return f"Account({self.user!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("user", self.user), ("password", SECRET)]

    def address(self, domain: str) -> str:
        """Where its mail is sent to, in lower case."""
        return (self.user if "@" in self.user else f"{self.user}@{domain}").lower()


ACCOUNTS = tuple(Account(f"{name}@{DOMAIN}", f"{name}pw", f"{name}token") for name in ("alice", "bob", "carol"))


def made_accounts(names: Iterable[str]) -> tuple[Account, ...]:
    """Accounts with these logins and passwords made up. Raises UsageError for a name that can be none."""
    return all_different(_named(name, "") for name in names)


def given_accounts(pairs: Iterable[tuple[str, str]]) -> tuple[Account, ...]:
    """Accounts with these logins and passwords.

    Raises UsageError for one that can be none; its number is said and not its name, which may be a password that
    stands in the wrong place.
    """
    accounts = []
    for number, (name, password) in enumerate(pairs, start=1):
        try:
            accounts.append(_named(name, password))
        except UsageError:
            raise UsageError("account-number", number=str(number)) from None
    return all_different(accounts)


def _named(name: str, password: str) -> Account:
    local, at, domain = name.partition("@")
    if ":" in name:
        raise UsageError("account-password")
    wrong = not name.isprintable() or any(char in name for char in ' /"<>\\') or len(name.encode()) > _LONGEST
    if wrong or not local or "@" in domain or bool(at) is not bool(domain) or ".." in name or name.startswith("."):
        raise UsageError("account-name", name=name)
    return Account(name, password or _made_up(), _made_up() + _made_up())


def _made_up() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def all_different(accounts: Iterable[Account]) -> tuple[Account, ...]:
    """Raises UsageError for a login that is there twice."""
    known: dict[str, Account] = {}
    for account in accounts:
        if account.user.lower() in known:
            raise UsageError("account-twice", name=account.user)
        known[account.user.lower()] = account
    return tuple(known.values())


class Directory:
    """Implements `sasl.server.Accounts`; names are found in any case."""

    def __init__(self, accounts: Iterable[Account], *, tokens_expired: bool = False) -> None:
        self._accounts = {account.user.lower(): account for account in accounts}
        self._tokens_expired = tokens_expired

    def __contains__(self, user: str) -> bool:
        return user.lower() in self._accounts

    def password(self, user: str) -> str | None:
        account = self._accounts.get(user.lower())
        return account.password if account else None

    def tokens(self, user: str) -> Sequence[Token]:
        account = self._accounts.get(user.lower())
        return (Token(account.token, self._tokens_expired),) if account and account.token else ()
