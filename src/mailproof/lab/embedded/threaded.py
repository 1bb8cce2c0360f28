"""The embedded lab on loopback sockets, in a thread of its own: for programs and tests that are not ours."""

from __future__ import annotations

import email
import email.policy
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage

from mailproof.lab.embedded.accounts import Account
from mailproof.lab.embedded.mailboxes import Mailbox
from mailproof.lab.embedded.server import EmbeddedLab
from mailproof.lab.embedded.settings import LabSettings
from mailproof.lab.embedded.thread import in_thread
from mailproof.model.endpoint import Scheme
from mailproof.net.sockets import SocketNet
from mailproof.script.authority import Authority

# How often a waiting test looks whether its message is there.
_LOOK = 0.01


class LabServer:
    """A mail server that runs: where it is, who lives there, and what arrived."""

    def __init__(self, lab: EmbeddedLab) -> None:
        self._lab = lab

    @property
    def urls(self) -> dict[str, str]:
        """By scheme: `smtp`, `submission`, `submissions`, `lmtp`, `pop3`, `pop3s`, `imap`, `imaps`, `sieve`."""
        return {str(scheme): url for scheme, url in self._lab.urls.items()}

    def address(self, scheme: str) -> tuple[str, int]:
        """Host and port, as smtplib and others take them. Raises ValueError for a scheme there is not."""
        return self._lab.endpoints[Scheme(scheme)]

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Each with its `user`, `password` and `token`."""
        return self._lab.accounts

    @property
    def root_pem(self) -> bytes:
        """The certificate that a client must trust."""
        return self._lab.root_pem

    def tls(self) -> ssl.SSLContext:
        """A context that trusts this server, and nobody else."""
        return ssl.create_default_context(cadata=self.root_pem.decode("ascii"))

    def received(self, user: str) -> list[EmailMessage]:
        """What lies in the mailbox of an account, named by login or address, the oldest first.

        With `catch_all` the rest lies in `catch-all@example.test`. Raises KeyError for one there is not.
        """
        messages = tuple(self._mailbox(user).messages)
        return [email.message_from_bytes(message.data, policy=email.policy.default) for message in messages]

    def wait_for(self, user: str, number: int = 1, timeout: float = 10.0) -> list[EmailMessage]:
        """The same, once there are at least `number`. Raises TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while len(self._mailbox(user).messages) < number:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{user} has {len(self.received(user))} messages, not {number}, after {timeout} s")
            time.sleep(_LOOK)
        return self.received(user)

    def _mailbox(self, user: str) -> Mailbox:
        known = self._lab.mailboxes.get(user.lower())
        return self._lab.site.mailbox_of(user.lower()) if known is None else known

    def log(self) -> list[str]:
        """The lines of its mail log."""
        return list(self._lab.log.lines)


@contextmanager
def serving(settings: LabSettings, authority: Authority) -> Iterator[LabServer]:
    """A lab that is ended, with every connection, when the block is left.

    Raises UsageError for a fault that cannot be had, OSError for an address or a port that cannot.
    """
    net = SocketNet()
    lab = EmbeddedLab(net, settings, authority, datetime.now(UTC))
    with in_thread(net, lab.start, lab.stop):
        yield LabServer(lab)
