"""What one lab is to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mailproof.lab.embedded.accounts import ACCOUNTS, DOMAIN, Account
from mailproof.lab.embedded.behaviour import MESSAGE_LIMIT
from mailproof.lab.embedded.hub import Hub
from mailproof.model.endpoint import Scheme

# Postgrey: accepted after 300 seconds.
GREYLIST_DELAY = 300.0

SCHEMES = tuple(Scheme)
"""What the lab serves, each on a port of its own."""


class Limits(msgspec.Struct, frozen=True):
    message: int = MESSAGE_LIMIT
    """Bytes of a message."""
    # Postfix smtpd_recipient_limit, smtpd_client_connection_count_limit.
    recipients: int = 1000
    """Of a message."""
    connections: int = 50
    """Of one client at the same time."""


class ExtraPort(msgspec.Struct, frozen=True):
    """One more endpoint of a scheme that is served already."""

    name: str
    scheme: Scheme
    port: int = 0
    """0 for a free one."""


class LabSettings(msgspec.Struct, frozen=True):
    faults: tuple[str, ...] = ()
    """As `faults.order` describes them: `NAME`, `NAME@SCHEME,…:chance=20%`, `rcpt:451`."""
    seed: int = 0
    """Of what is left to chance in them."""
    accounts: tuple[Account, ...] = ACCOUNTS
    catch_all: bool = False
    """Take mail for every address, here and elsewhere, and keep what is nobody's in the mailbox `catcher`."""
    limits: Limits = Limits()
    domain: str = DOMAIN
    """The domains of the accounts are the server's own too."""
    hostname: str = f"mail.{DOMAIN}"
    maildir: str | None = None
    """Directory in which each account has a Maildir, to look into; mail that lies there already is kept."""
    log_file: str | None = None
    host: str = "127.0.0.1"
    """Address to listen on."""
    ports: Mapping[Scheme, int] = {}
    """A free one where none is named."""
    schemes: tuple[Scheme, ...] = SCHEMES
    extra: tuple[ExtraPort, ...] = ()
    changes: Mapping[str, Mapping[str, Any]] = {}
    """Fields of `Behaviour` in which an endpoint differs from the healthy one, by its scheme or extra name."""
    hub: Hub = Hub()
    greylist_delay: float = GREYLIST_DELAY
    """Seconds after which a triplet is taken, where there is a greylist."""

    @property
    def catcher(self) -> str:
        """An account of its own where everything is caught, with this address and login."""
        return f"catch-all@{self.domain}"
