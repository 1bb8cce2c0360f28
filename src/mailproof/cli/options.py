"""The options shared by the commands that connect, and what they amount to."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mailproof.cli.command import Option, converted, one_of
from mailproof.cli.credentials import user_options
from mailproof.cli.proxy import proxy_of, proxy_options
from mailproof.cli.reading import opened
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.cli.xclient import attributes
from mailproof.model.proxy import Proxy
from mailproof.model.record import Asked
from mailproof.model.tls import TlsPolicy, TlsSettings, TlsVersion
from mailproof.net.route import address_towards
from mailproof.run.targets import is_host_name

if TYPE_CHECKING:
    from mailproof.net.dns import Configuration
    from mailproof.net.sockets import SocketNet
    from mailproof.probes.terms import Terms
    from mailproof.run.endpoints import Wanted

_UNITS = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?\Z", re.ASCII)
# A day: what waits longer is no limit, and the deadline must stay a number that select(2) takes.
_LONGEST = 86400.0

_VERSIONS = {"1.0": TlsVersion.TLS1_0, "1.1": TlsVersion.TLS1_1, "1.2": TlsVersion.TLS1_2, "1.3": TlsVersion.TLS1_3}
# A name in EHLO is put on the wire as it is: no space, no control character.
_HELLO_NAME = re.compile(r"[!-~]{1,255}\Z")
_DNS = 53
# TEST-NET-1 (RFC 5737): the route there is the one to everywhere.
_OUTSIDE = "192.0.2.1"


def duration(text: str, terminal: Terminal) -> float:
    """Seconds: `30s`, `2m`, `500ms`, `1h`, or a plain number of seconds. Raises ValueError with a sentence."""
    match = _DURATION.match(text.strip())
    seconds = float(match[1]) * _UNITS[match[2] or ""] if match else 0.0
    if not 0 < seconds <= _LONGEST:
        raise ValueError(terminal.say("cli.no-duration", value=text))
    return seconds


class Connecting(msgspec.Struct, frozen=True, kw_only=True):
    """How to connect, as it was asked for; a command that lacks an option has what is said where nobody asks."""

    name: str | None = None
    tls: str = "auto"
    ca_file: str | None = None
    no_verify: bool = False
    tls_min: str | None = None
    tls_max: str | None = None
    ciphers: str | None = None
    cert: str | None = None
    key: str | None = None
    mechanism: str | None = None
    all_mechanisms: bool = False
    timeout: float = 30.0
    ipv4: bool = False
    ipv6: bool = False
    ehlo: str | None = None
    source: str | None = None
    xclient: tuple[str, ...] = ()
    proxy_protocol: str | None = None
    proxy: Proxy | None = None
    resolver: str | None = None

    @property
    def asking(self) -> tuple[str, int] | None:
        """The name server to ask, None for this machine's own."""
        return None if self.resolver is None else _place(self.resolver)

    @property
    def only(self) -> str:
        """The one record type of `-4` or `-6`; empty where neither or both were given."""
        return "" if self.ipv4 == self.ipv6 else "A" if self.ipv4 else "AAAA"

    @property
    def families(self) -> tuple[str, ...]:
        """Record types to ask DNS for: what was wanted, and what the source address can reach."""
        wanted = (self.only,) if self.only else ("A", "AAAA")
        if self.source is None or self.proxy is not None:  # then it has to reach the proxy only
            return wanted
        return tuple(family for family in wanted if (family == "AAAA") == (":" in self.source))

    @property
    def proxied(self) -> tuple[int, str]:
        """Version of the PROXY header to send, 0 for none, and the client address in it, empty for our own."""
        version, _, source = (self.proxy_protocol or "").partition(",")
        return (int(version[1:]) if version else 0), source

    @property
    def policy(self) -> TlsPolicy:
        return TlsPolicy(self.tls)

    @property
    def settings(self) -> TlsSettings:
        return TlsSettings(
            ca_file=self.ca_file,
            minimum=_VERSIONS[self.tls_min or "1.0"],
            maximum=_VERSIONS[self.tls_max or "1.3"],
            ciphers=self.ciphers,
            certificate=self.cert,
            key=self.key,
        )


def connection_options(terminal: Terminal, *, without: Collection[str] = ()) -> list[click.Parameter]:
    """For `connecting`, and those of `credentials`; but for those that a command has no use for."""
    versions = one_of(tuple(_VERSIONS), terminal)
    seconds = converted(lambda text: duration(text, terminal))
    options = [
        *user_options(terminal),
        Option("--mechanism", metavar="MECHANISM", section="login"),
        Option("--all-mechanisms", is_flag=True, section="login"),
        Option("--name", metavar="HOST", section="connection"),
        Option("--tls", default="auto", section="connection", **one_of(tuple(TlsPolicy), terminal)),
        Option("--ca-file", metavar="PEM", section="connection"),
        Option("--no-verify", is_flag=True, section="connection"),
        Option("--tls-min", section="connection", **versions),
        Option("--tls-max", section="connection", **versions),
        Option("--ciphers", metavar="LIST", section="connection"),
        Option("--cert", metavar="PEM", section="connection"),
        Option("--key", metavar="PEM", section="connection"),
        Option("--timeout", metavar="TIME", default="30s", section="connection", callback=seconds),
        Option("-4", "ipv4", is_flag=True, section="connection"),
        Option("-6", "ipv6", is_flag=True, section="connection"),
        Option("--ehlo", metavar="NAME", section="connection"),
        Option("--source", metavar="ADDRESS", section="connection"),
        Option("--resolver", metavar="ADDRESS[:PORT]", section="connection"),
        *proxy_options(),
        Option("--proxy-protocol", metavar="v1|v2[,ADDRESS]", section="connection"),
        Option("--xclient", metavar="ATTR=VALUE", multiple=True, section="connection"),
    ]
    return [option for option in options if option.name not in without]


def telling_options(terminal: Terminal) -> list[click.Parameter]:
    """Of the commands by hand: how the result is told, and where its record is kept (`by_hand.tell`)."""
    return [
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
        Option("-v", "--verbose", is_flag=True, words="transcript"),
        Option("--record", metavar="FILE"),
        Option("--mask", is_flag=True),
    ]


def connecting(given: Mapping[str, Any], terminal: Terminal) -> Connecting:
    """The values of `connection_options`. Raises Complaint for what cannot be used, before anything is dialled."""
    values = {name: given[name] for name in Connecting.__struct_fields__ if name in given}
    values |= {"proxy": proxy_of(given, terminal), "xclient": attributes(given.get("xclient", ()), terminal)}
    wish = Connecting(**values)
    for file in (wish.ca_file, wish.cert, wish.key):
        if file is not None:
            with opened(file, terminal) as there:
                there.read(1)
    if given.get("mask") and given.get("keep_bodies"):
        raise Complaint(terminal.say("cli.mask-bodies"))
    if wish.key is not None and wish.cert is None:
        raise Complaint(terminal.say("cli.key-without-cert"))
    if list(_VERSIONS).index(wish.tls_min or "1.0") > list(_VERSIONS).index(wish.tls_max or "1.3"):
        raise Complaint(terminal.say("cli.tls-range"))
    if wish.source is not None and not _is_address(wish.source):
        raise Complaint(terminal.say("cli.no-address", option="--source", value=wish.source))
    if wish.resolver is not None and wish.asking is None:
        raise Complaint(terminal.say("cli.no-resolver", value=wish.resolver))
    if wish.proxy_protocol is not None:
        version, comma, address = wish.proxy_protocol.partition(",")
        if version not in ("v1", "v2") or bool(comma) != _is_address(address):
            raise Complaint(terminal.say("cli.no-proxy-protocol", value=wish.proxy_protocol))
    if wish.source is not None and not wish.families:
        raise Complaint(terminal.say("cli.source-family", value=wish.source))
    if wish.name is not None and not (_is_address(wish.name) or is_host_name(wish.name)):
        raise Complaint(terminal.say("cli.no-host-name", option="--name", value=wish.name))
    if wish.ehlo is not None and not _HELLO_NAME.match(wish.ehlo):
        raise Complaint(terminal.say("cli.no-hello-name", value=wish.ehlo))
    return wish


def network(how: Connecting, key_log: str = "") -> SocketNet:
    """The network, as this run sees it: with the name server that it was told to ask.

    Raises UsageError now, not in the middle of a run, for what OpenSSL cannot read.
    """
    from mailproof.net.sockets import SocketNet

    net = SocketNet(name_server(how), key_log)
    if how.settings != TlsSettings():  # what everybody has is made when the first connection wants it
        net.contexts.client(how.settings)
    return net


def name_server(how: Connecting) -> Configuration | None:
    """What a driver is told to ask; None for what the machine asks."""
    if how.asking is None:
        return None
    from mailproof.net.dns import Configuration

    return Configuration((how.asking,))


def asked_of(how: Connecting, **more: Any) -> Asked:
    """What the record keeps of it; `more` is what else was asked for."""
    return Asked(
        mechanism=(how.mechanism or "").upper(),
        all_mechanisms=how.all_mechanisms,
        tls=how.policy,
        verify=not how.no_verify,
        xclient=how.xclient,
        proxy_protocol=how.proxied[0],
        proxied_source=how.proxied[1],
        proxy=how.proxy.url if how.proxy else "",
        timeout=how.timeout,
        **more,
    )


def wanted_of(how: Connecting) -> Wanted:
    """Which of the addresses are wanted, and under which name."""
    from mailproof.run.endpoints import Wanted

    return Wanted(name=how.name or "", families=how.families, timeout=how.timeout, only=how.only)


def terms_of(how: Connecting, **more: Any) -> Terms:
    """What every conversation of the run keeps to; `more` is what else there is to keep to."""
    from mailproof.probes.terms import Terms

    return Terms(
        timeout=how.timeout,
        ehlo=how.ehlo or hello_name(),
        source=how.source or "",
        tls=how.policy,
        verify=not how.no_verify,
        settings=how.settings,
        xclient=how.xclient,
        proxy_protocol=how.proxied[0],
        proxied_source=how.proxied[1],
        proxy=how.proxy,
        **more,
    )


def hello_name() -> str:
    """Ours for EHLO: the name of this machine if it has a domain, else its address (RFC 5321 section 4.1.4)."""
    name = socket.gethostname()
    if "." in name.strip(".") and _HELLO_NAME.match(name):
        return name
    return f"[{address_towards(_OUTSIDE) or '127.0.0.1'}]"


def with_domain(name: str, ask: Callable[[], str]) -> str:
    """The name of a machine with its domain: as it is, else as `ask` (the resolver) has it; empty for none."""
    whole = name if "." in name.strip(".") else ask()
    return whole if "." in whole.strip(".") and is_host_name(whole) and not whole.startswith("localhost") else ""


def _place(text: str) -> tuple[str, int] | None:
    """Address and port of a name server: `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`; None if it is none."""
    if _is_address(text):
        return text, _DNS
    host, colon, port = text.rpartition(":")
    if not (colon and port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
        host, port = text, str(_DNS)
    bracketed = host.startswith("[") and host.endswith("]")
    address = host[1:-1] if bracketed else host
    return (address, int(port)) if _is_address(address) and bracketed == (":" in address) else None


def _is_address(text: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):
        return False
    return True
