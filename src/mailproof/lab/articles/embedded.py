"""The articles' servers, embedded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from mailproof.lab.articles import town
from mailproof.lab.articles.greylist import come_back
from mailproof.lab.articles.lessons import Place
from mailproof.lab.articles.relays import Relays
from mailproof.lab.embedded.behaviour import MECHANISMS, Client, Passwords, Refusal, Rewrite, Stage, Whom
from mailproof.lab.embedded.hub import Hub
from mailproof.lab.embedded.post import Envelope
from mailproof.lab.embedded.server import EmbeddedLab
from mailproof.lab.embedded.settings import SCHEMES, ExtraPort, LabSettings, Limits
from mailproof.model.endpoint import Scheme
from mailproof.net.interface import Driver
from mailproof.script.authority import Authority


class EmbeddedTown:
    """A lab that is the articles' servers, with the relays behind it."""

    def __init__(
        self, net: Driver, settings: LabSettings, relays: str, authority: Authority, now: datetime, base: int | None
    ) -> None:
        """Of `settings` counts what the articles leave open: faults, seed, host, maildir, log_file, greylist_delay.

        `relays` is a directory for what the relays catch; `base` is added to the usual ports, None for free ones.
        """
        self._net = net
        self._settings = settings
        self._authority = authority
        self._now = now
        self._base = base
        self._lab: EmbeddedLab | None = None
        self.relays = Relays(net, relays, settings.host, base, now)

    @property
    def lab(self) -> EmbeddedLab:
        """Once started."""
        assert self._lab is not None
        return self._lab

    def start(self) -> None:
        """To be called inside `net.run`. Raises OSError and UsageError as EmbeddedLab and its start do."""
        try:
            self.relays.start()
            self._lab = EmbeddedLab(self._net, self._whole(), self._authority, self._now)
            self._lab.start()
            self._deliver(self._lab)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self._lab is not None:
            self._lab.stop()
        self.relays.stop()

    def place(self, ca_file: str) -> Place:
        """Once started."""
        lab, root = self.lab, Path(self.lab.settings.maildir or "")
        ports = {str(scheme): port for scheme, (_, port) in lab.endpoints.items()}
        return Place(
            {**ports, **{name: port for name, (_, port) in lab.extra.items()}},
            ca_file,
            lab.settings.log_file or "",
            {account.user: str(root / account.address(town.DOMAIN)) for account in town.ACCOUNTS},
            self.relays.maildirs,
        )

    def _whole(self) -> LabSettings:
        base = self._base
        return msgspec.structs.replace(
            self._settings,
            accounts=town.ACCOUNTS,
            domain=town.DOMAIN,
            hostname=town.HOSTNAME,
            limits=Limits(message=town.MESSAGE_LIMIT),
            ports={} if base is None else {scheme: base + scheme.default_port for scheme in SCHEMES},
            extra=tuple(
                ExtraPort(name, Scheme.SMTP, 0 if base is None else base + town.PORTS[name])
                for name in town.REWRITE
                if name != "smtp"
            ),
            changes=_changes(self._settings.greylist_delay),
            hub=self._hub(),
        )

    def _hub(self) -> Hub:
        places = self.relays.places
        hops = {sender: places[relay] for sender, relay in (town.RELAYHOSTS | town.TRANSPORTS).items()}
        return Hub((town.SERVER,), town.NETWORKS, town.CANONICAL, hops, places[town.ELSEWHERE])

    def _deliver(self, lab: EmbeddedLab) -> None:
        """The mail that lies there from the start, unless some lies there from before."""
        recipient = f"sample@{town.DOMAIN}"
        if lab.mailboxes[recipient].messages:
            return
        for message in town.MAIL:
            envelope = Envelope("someone@example.net", (recipient,), town.NEIGHBOUR, "client.example.net", "ESMTP")
            queue_id, data = lab.site.post.accept(envelope, message, "postfix/smtpd[1000]")
            lab.site.post.deliver(queue_id, envelope, data, at_all=True)


def _changes(delay: float) -> Mapping[str, Mapping[str, Any]]:
    """In what the endpoints differ from those of a healthy server of today."""
    greylisted = Refusal(
        Stage.RCPT,
        451,
        "4.7.1",
        f"<{{recipient}}>: Recipient address rejected: {come_back(delay)}",
        Whom.OWN,
        Client.NEW_TRIPLET,
    )
    left_out = tuple(name for name in MECHANISMS if name not in town.MECHANISMS)
    everywhere = {"without_mechanisms": left_out, "hello_needed": False}
    in_clear = {**everywhere, "passwords": Passwords.ALWAYS}
    door = {**in_clear, "greeting_ends": "unknown", "legacy_auth": True}
    submission = {**everywhere, "legacy_auth": True, "login_needed": False, "verifies_users": True}
    return {
        **{name: {**door, "rewrites_headers": Rewrite(value)} for name, value in town.REWRITE.items()},
        "smtp": {**door, "rewrites_headers": Rewrite(town.REWRITE["smtp"]), "refusals": (greylisted,)},
        "submission": submission,
        "submissions": submission,
        "pop3": in_clear,
        "imap": in_clear,
        **dict.fromkeys(("pop3s", "imaps", "sieve"), everywhere),
    }
