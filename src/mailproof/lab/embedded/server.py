"""The lab as a whole: what it is made of, where it listens, and how it is started and stopped."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from mailproof.lab.embedded.accounts import made_accounts
from mailproof.lab.embedded.behaviour import Behaviour, Port, healthy
from mailproof.lab.embedded.faults import behaviour_of, parse_faults
from mailproof.lab.embedded.faults.order import Fault
from mailproof.lab.embedded.imap import ImapSession
from mailproof.lab.embedded.log import MailLog
from mailproof.lab.embedded.mailboxes import Mailbox
from mailproof.lab.embedded.pop3 import Pop3Session
from mailproof.lab.embedded.session import Session
from mailproof.lab.embedded.settings import SCHEMES, LabSettings
from mailproof.lab.embedded.sieve import SieveSession
from mailproof.lab.embedded.silent_port import SilentPort
from mailproof.lab.embedded.site import Desk, Site
from mailproof.lab.embedded.smtp import SmtpSession
from mailproof.model import endpoint
from mailproof.model.attempt import Trouble
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.endpoint import Scheme
from mailproof.model.tls import ServerTls
from mailproof.net.interface import Address, Driver, Handler, Server, ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.script.authority import Authority, CertificateKind, Issued

OUTSIDE_ADDRESS = "192.0.2.25"
"""Of the lab in memory: an outside one (RFC 5737), so that an accepted relay is an open one."""

_ALSO_NAMED = ("localhost", "127.0.0.1", "::1")
"""In the certificate besides the host name: a learner dials an address."""

_SESSIONS: dict[endpoint.Protocol, type[Session[Any]]] = {
    endpoint.Protocol.SMTP: SmtpSession,
    endpoint.Protocol.LMTP: SmtpSession,
    endpoint.Protocol.POP3: Pop3Session,
    endpoint.Protocol.IMAP: ImapSession,
    endpoint.Protocol.SIEVE: SieveSession,
}


class _Closing(Protocol):
    def close(self) -> None: ...


class EmbeddedLab:
    """A mail server with its accounts and mailboxes. Raises UsageError for a fault that cannot be had.

    `start` it inside or before `net.run`, as `net` asks for `listen`; what it keeps is gone after `stop`, but for the
    log file and the Maildirs.
    """

    def __init__(self, net: Driver, settings: LabSettings, authority: Authority, now: datetime) -> None:
        self._net = net
        self._settings = settings
        self._authority = authority
        self._now = now
        self._faults = parse_faults(settings.faults)
        self._handlers: dict[tuple[str, int], Handler | Trouble] = {}
        self._issued: dict[CertificateKind, Issued] = {}
        self._open: list[_Closing] = []
        self.endpoints: dict[Scheme, tuple[str, int]] = {}
        """Address and port of each endpoint, once started."""
        self.extra: dict[str, tuple[str, int]] = {}
        """Of the others, by their names."""
        self.accounts = settings.accounts
        """Who lives there, the one who catches everything too."""
        if settings.catch_all:
            self.accounts += made_accounts((settings.catcher,))
        self.mailboxes: dict[str, Mailbox] = {
            # Another account is another mailbox: a UIDVALIDITY of its own, the same in every run.
            address: Mailbox(zlib.crc32(address.encode()), _maildir(settings.maildir, address))
            for address in (account.address(settings.domain) for account in self.accounts)
        }
        """By address, in lower case."""
        log_file = Path(settings.log_file) if settings.log_file is not None else None
        self.log = MailLog(settings.hostname, self._clock, log_file)
        self.site = Site(net, settings, self.accounts, self.mailboxes, self.log, now)

    def _clock(self) -> datetime:
        return self.site.clock()

    @property
    def settings(self) -> LabSettings:
        return self._settings

    @property
    def root_pem(self) -> bytes:
        """What a client must trust."""
        return self._authority.root_pem

    @property
    def urls(self) -> dict[Scheme, str]:
        """As a person types them: by name where the ports are the usual ones, else by address."""
        return {scheme: self._url(scheme, *where) for scheme, where in self.endpoints.items()}

    def _url(self, scheme: Scheme, host: str, port: int) -> str:
        if port == scheme.default_port:
            return f"{scheme}://{self._settings.hostname}"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    def start(self) -> None:
        """Listen at every endpoint. Raises OSError, with the place as its file name, for one that cannot be had."""
        try:
            for scheme in self._settings.schemes:
                self._listen(scheme)
            for extra in self._settings.extra:
                server, handler = self._serve(extra.scheme, extra.name, (), extra.port)
                self._open.append(server)
                where = self.extra[extra.name] = (server.host, server.port)
                self._handlers[where] = handler
        except BaseException:
            self.stop()
            raise

    def _listen(self, scheme: Scheme) -> None:
        host, port = self._settings.host, self._settings.ports.get(scheme, 0)
        faults = [fault for fault in self._faults if scheme in fault.schemes]
        stays = behaviour_of(scheme, faults).port
        if stays is Port.FILTERED and not isinstance(self._net, MemoryNet):
            with _named(host, port):
                silent = SilentPort(host, port)
            self._open.append(silent)
            self.endpoints[scheme] = (silent.host, silent.port)
            return
        server, handler = self._serve(scheme, str(scheme), faults, port)
        where = self.endpoints[scheme] = (server.host, server.port)
        if stays is Port.OPEN:
            self._open.append(server)
            self._handlers[where] = handler
        else:
            server.close()
            self._handlers[where] = Trouble.TIMEOUT if stays is Port.FILTERED else Trouble.REFUSED

    def _serve(self, scheme: Scheme, name: str, faults: Sequence[Fault], port: int) -> tuple[Server, Handler]:
        for number in range(len(faults) + 1):  # no connection is to wait until a certificate has been made
            self._desk(scheme, name, faults[:number])
        session = _SESSIONS[scheme.protocol]

        async def serve(stream: ServerStream) -> None:
            struck = [fault for fault in faults if self.site.fortune.strikes(fault.occasion, scheme)]
            await session(self.site, self._desk(scheme, name, struck), stream).serve()

        with _named(self._settings.host, port):
            return self._net.listen(serve, self._settings.host, port), serve

    def _desk(self, scheme: Scheme, name: str, faults: Iterable[Fault]) -> Desk:
        changes = {"message_limit": self._settings.limits.message, **self._settings.changes.get(name, {})}
        behaviour = behaviour_of(scheme, faults, msgspec.structs.replace(healthy(scheme), **changes))
        return Desk(scheme, behaviour, self._server_tls(behaviour))

    def _server_tls(self, behaviour: Behaviour) -> ServerTls:
        kind = behaviour.certificate
        if kind not in self._issued:  # one certificate for all ports, as a mail server has
            self._issued[kind] = self._authority.issue(kind, self._settings.hostname, self._now, _ALSO_NAMED)
        issued = self._issued[kind]
        return ServerTls(
            issued.chain_pem.decode(),
            issued.key_pem.decode(),
            behaviour.tls_minimum,
            behaviour.tls_maximum,
            behaviour.ciphers,
            self._authority.root_pem.decode() if behaviour.wants_client_certificate else None,
        )

    def switchboard(self, to: Address, purpose: str) -> Handler | Trouble:
        """For a `MemoryNet`: who answers there, or what the attempt meets."""
        return self._handlers.get((to.address, to.port), Trouble.REFUSED)

    def stop(self) -> None:
        """Hang up on everybody and listen no more."""
        self.site.forwarder.stop()
        for server in self._open:
            server.close()
        self._open.clear()


def in_memory(settings: LabSettings, authority: Authority, now: datetime) -> tuple[MemoryNet, EmbeddedLab]:
    """The lab in a world of its own with virtual time: at an outside address and the usual ports, started.

    Its host name and domain resolve.
    """
    known = (
        DnsAnswer(settings.hostname, "A", DnsStatus.OK, (OUTSIDE_ADDRESS,)),
        DnsAnswer(settings.domain, "MX", DnsStatus.OK, (f"10 {settings.hostname}.",)),
    )
    net = MemoryNet(switchboard=lambda to, purpose: lab.switchboard(to, purpose), names=known)
    ports = {scheme: scheme.default_port for scheme in SCHEMES}
    lab = EmbeddedLab(net, msgspec.structs.replace(settings, host=OUTSIDE_ADDRESS, ports=ports), authority, now)
    lab.start()
    return net, lab


def _maildir(root: str | None, address: str) -> Path | None:
    return None if root is None else Path(root) / address


@contextmanager
def _named(host: str, port: int) -> Iterator[None]:
    """An OSError inside says where."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"{host}:{port}" if port else host) from None
