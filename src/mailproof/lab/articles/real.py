"""The articles' servers on the real Postfix and Dovecot, with the relays and the greylist that stand beside them."""

from __future__ import annotations

import smtplib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from mailproof.lab.articles import town
from mailproof.lab.articles.greylist import Greylist
from mailproof.lab.articles.lessons import Place
from mailproof.lab.articles.relays import Relays
from mailproof.lab.embedded.thread import in_thread
from mailproof.lab.real.dovecot import MECHANISMS
from mailproof.lab.real.postfix import Service
from mailproof.lab.real.server import DOVECOT_SCHEMES, POSTFIX_SCHEMES, RealLab
from mailproof.model.endpoint import Scheme
from mailproof.net.interface import Server
from mailproof.net.sockets import SocketNet

# Of one step of handing mail in, seconds; it takes milliseconds.
_PATIENCE = 30.0
_REWRITING = tuple(name for name in town.REWRITE if name != "smtp")


class Beside:
    """The relays and the greylist that stand beside the real servers."""

    def __init__(self, net: SocketNet, directory: str, base: int | None, delay: float) -> None:
        self._net = net
        self._delay = delay
        self._port = 0 if base is None else base + town.PORTS["greylist"]
        self._policy: Server | None = None
        self.relays = Relays(net, directory, "127.0.0.1", base, datetime.now(UTC))

    def start(self) -> int:
        """The port of the greylist. Raises OSError for one that is taken."""
        self.relays.start()
        try:
            self._policy = self._net.listen(Greylist(self._net, self._delay).serve, "127.0.0.1", self._port)
        except OSError as error:
            self.stop()
            raise OSError(error.errno, error.strerror, f"127.0.0.1:{self._port}") from None
        return self._policy.port

    def stop(self) -> None:
        if self._policy is not None:
            self._policy.close()
        self.relays.stop()


@contextmanager
def real_town(base: int | None = None, delay: float = town.GREYLIST_DELAY) -> Iterator[tuple[RealLab, Relays]]:
    """Started, with its mail in place; ended, with everything beside it, when the block is left.

    `base` is added to the usual ports; None for free ones. `delay` is the greylist's, in seconds. Raises what
    `RealLab.start` does.
    """
    net = SocketNet()
    with tempfile.TemporaryDirectory(prefix="mailproof-relays-") as directory:
        beside = Beside(net, directory, base, delay)
        with (
            in_thread(net, beside.start, beside.stop) as policy,
            _real_lab(beside.relays.places, policy, base) as lab,
        ):
            _deliver(lab)
            yield lab, beside.relays


def place_of(lab: RealLab, relays: Relays) -> Place:
    return Place(
        lab.ports,
        str(lab.ca_file),
        str(lab.mail_log),
        {account.user: str(lab.mailbox(account.user)) for account in town.ACCOUNTS},
        relays.maildirs,
    )


def _real_lab(places: Mapping[str, tuple[str, int]], policy: int, base: int | None) -> RealLab:
    schemes = (*POSTFIX_SCHEMES, *DOVECOT_SCHEMES)
    usual = {name: Scheme(name).default_port for name in schemes}
    ports = {} if base is None else {name: base + port for name, port in {**usual, **town.PORTS}.items()}
    table = "texthash:@directory@/postfix/etc/"
    place = {name: f"[{host}]:{port}" for name, (host, port) in places.items()}
    return RealLab(
        accounts={account.user: account.password for account in town.ACCOUNTS},
        ports=ports,
        extra_ports=_REWRITING,
        wait_for=(*schemes, "lmtp", *_REWRITING),
        also_named=("localhost", "127.0.0.1"),
        main={
            "smtpd_banner": "$myhostname ESMTP unknown",
            "message_size_limit": str(town.MESSAGE_LIMIT),
            "mynetworks": ", ".join(f"{address}/32" for address in town.NETWORKS),
            "smtpd_sasl_auth_enable": "yes",
            "broken_sasl_auth_clients": "yes",
            "smtpd_tls_auth_only": "no",
            "smtpd_recipient_restrictions": "permit_mynetworks, permit_sasl_authenticated, "
            f"reject_unauth_destination, check_policy_service inet:127.0.0.1:{policy}",
            "sender_canonical_maps": f"{table}sender_canonical",
            "local_header_rewrite_clients": town.REWRITE["smtp"],
            "sender_dependent_default_transport_maps": f"{table}sender_dependent_transport",
            "sender_dependent_relayhost_maps": f"{table}sender_dependent_relayhost",
            "default_transport": "smtp",
            "relayhost": place[town.ELSEWHERE],
        },
        master=_master,
        files={
            "postfix/etc/sender_canonical": _table(town.CANONICAL),
            "postfix/etc/sender_dependent_transport": _table(
                {sender: f"smtp:{place[relay]}" for sender, relay in town.TRANSPORTS.items()}
            ),
            "postfix/etc/sender_dependent_relayhost": _table(
                {sender: place[relay] for sender, relay in town.RELAYHOSTS.items()}
            ),
        },
        dovecot_replace={
            f"auth_mechanisms = {MECHANISMS}": f"auth_mechanisms = {' '.join(town.MECHANISMS).lower()}",
            "disable_plaintext_auth = yes": "disable_plaintext_auth = no",
            # One maillog for both, in the form of syslog.
            "log_path = @directory@/log/dovecot.log": "log_path = @directory@/log/mail.log",
            'log_timestamp = "%b %d %H:%M:%S "': 'log_timestamp = "%b %d %H:%M:%S mail dovecot: "',
        },
    )


def _table(pairs: Mapping[str, str]) -> str:
    return "".join(f"{key} {value}\n" for key, value in pairs.items())


def _master(lines: list[Service]) -> list[Service]:
    """Submission for the network without a login, VRFY there, and two more ports that rewrite headers of others."""
    changed = [
        line.with_options({"smtpd_client_restrictions": None, "disable_vrfy_command": "no"})
        if line.key in ("submission", "submissions")
        else line
        for line in lines
    ]
    more = [
        Service(
            f"127.0.0.1:@port:{name}@",
            "inet",
            "smtpd",
            "n",
            # No greylist there, so that an outsider's mail is seen at once.
            options=(("local_header_rewrite_clients", town.REWRITE[name]), ("smtpd_recipient_restrictions", "")),
            key=name,
        )
        for name in _REWRITING
    ]
    return [*changed, *more]


def _deliver(lab: RealLab) -> None:
    """The mail that lies there from the start."""
    with smtplib.SMTP("127.0.0.1", lab.ports["smtp"], timeout=_PATIENCE) as client:
        for number, message in enumerate(town.MAIL, start=1):
            client.sendmail("someone@example.net", [f"sample@{town.DOMAIN}"], message)
            # One after the other: what is under way at the same time may arrive in any order.
            lab.wait_until(partial(_has, lab, number), "mail of sample")


def _has(lab: RealLab, number: int) -> bool:
    return len(lab.messages("sample")) >= number
