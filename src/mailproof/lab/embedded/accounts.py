"""The people of the lab. Their passwords are no secrets: the lab prints them for whoever learns on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from mailproof.model.transcript import SECRET
from mailproof.sasl.server import Token

DOMAIN = "example.test"


class Account(msgspec.Struct, frozen=True):
    user: str
    """The whole address; it is the login too, as with Dovecot's `auth_username_format = %Lu`."""
    password: str
    token: str = ""
    """OAuth 2.0 access token; empty for none."""

    def __repr__(self) -> str:
        return f"Account({self.user!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("user", self.user), ("password", SECRET)]


ACCOUNTS = tuple(Account(f"{name}@{DOMAIN}", f"{name}pw", f"{name}token") for name in ("alice", "bob", "carol"))


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
