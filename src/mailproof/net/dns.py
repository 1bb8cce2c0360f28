"""Questions to DNS over our own sockets, so that they can be interrupted; dnspython makes and reads the messages.

The hosts file is read first, as the system's resolver does (nsswitch.conf `files dns`).
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.net.loop import READ, WRITE

if TYPE_CHECKING:
    from dns.message import Message
    from dns.name import Name


class Waiting(Protocol):
    """What is needed of a driver."""

    def now(self) -> float: ...
    async def descriptor(self, descriptor: int, mask: int, deadline: float) -> bool: ...


HOSTS = Path("/etc/hosts")
NO_HOSTS = Path("/dev/null")
RESOLV_CONF = Path("/etc/resolv.conf")

# resolv.conf(5): timeout 5, attempts 2. A mail administrator waits less for more answers.
_TRY_SECONDS = 3.0
_TRIES = 2

# BIND and Unbound follow no more aliases than eleven (max-query-restarts; MAX_RESTART_COUNT): a longer chain, or a
# circle, is not followed here either.
_MOST_ALIASES = 11


class Configuration(msgspec.Struct, frozen=True):
    """Whom this machine asks (resolv.conf(5))."""

    servers: tuple[tuple[str, int], ...]
    """Addresses and ports."""
    search: tuple[str, ...] = ()
    """Domains in which a name of one label is looked for, in this order."""


def configuration(path: Path = RESOLV_CONF) -> Configuration | None:
    """None where the file is missing, names no server, or cannot be understood."""
    import dns.exception
    import dns.name
    import dns.resolver

    try:
        read = dns.resolver.Resolver(str(path))
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    # Without a search list the domain of the host's own name is one, as in the system's resolver.
    domains = read.search or ([read.domain] if read.domain != dns.name.root else [])
    search = tuple(domain.to_text(omit_final_dot=True) for domain in domains if domain != dns.name.root)
    return Configuration(tuple((str(server), 53) for server in read.nameservers), search)


async def resolve(
    loop: Waiting,
    name: str,
    rtype: str,
    deadline: float,
    *,
    hosts: Path = HOSTS,
    resolv_conf: Path = RESOLV_CONF,
    asking: Configuration | None = None,
) -> DnsAnswer:
    """Answers in presentation form; MX as `10 mx.example.com`, SRV as `0 1 587 mail.example.com`. Never raises.

    A name of one label, without a dot at its end, is looked for in the search domains first (resolv.conf(5): ndots);
    the name in the answer is then the one that was found. `asking` takes the place of what `resolv_conf` says.
    """
    if rtype in ("A", "AAAA") and (found := _from_hosts(hosts, name, rtype)):
        return DnsAnswer(name, rtype, DnsStatus.OK, found, "hosts")
    asking = asking or configuration(resolv_conf)
    if asking is None:
        return DnsAnswer(name, rtype, DnsStatus.NO_RESOLVER)
    if "." in name:
        return await _look_up(loop, asking.servers, name, rtype, deadline)
    exists: DnsAnswer | None = None
    for candidate in (*(f"{name}.{domain}" for domain in asking.search), name):
        answer = await _look_up(loop, asking.servers, candidate, rtype, deadline)
        if answer.status is DnsStatus.OK:
            return answer
        if answer.status is DnsStatus.NO_DATA:
            exists = exists or answer
        elif answer.status is not DnsStatus.NO_SUCH_NAME:
            return msgspec.structs.replace(answer, name=name)
    return exists or DnsAnswer(name, rtype, DnsStatus.NO_SUCH_NAME)


async def ask(loop: Waiting, server: tuple[str, int], name: str, rtype: str, deadline: float) -> DnsAnswer:
    """What this one server says of exactly this name; no hosts file, no search domain. Never raises.

    A question that gets no answer is asked once more. REFUSED and the like are SERVER_FAILURE, as SERVFAIL is.
    """
    return await _look_up(loop, (server,), name, rtype, deadline)


async def _look_up(
    loop: Waiting, servers: Sequence[tuple[str, int]], name: str, rtype: str, deadline: float
) -> DnsAnswer:
    """Exactly this name, at one server after the other."""
    import dns.exception
    import dns.message
    import dns.rcode

    try:
        query = dns.message.make_query(to_ascii(name), rtype, use_edns=0)
    except (dns.exception.DNSException, UnicodeError, ValueError):
        return DnsAnswer(name, rtype, DnsStatus.NO_SUCH_NAME)
    status = DnsStatus.TIMEOUT
    for attempt in range(_TRIES):
        for server in servers:
            until = min(deadline, loop.now() + _TRY_SECONDS * (attempt + 1))
            answer = await _ask(loop, server, query, until)
            if answer is None:
                continue
            if answer.rcode() == dns.rcode.NXDOMAIN:
                return DnsAnswer(name, rtype, DnsStatus.NO_SUCH_NAME)
            if answer.rcode() != dns.rcode.NOERROR:
                status = DnsStatus.SERVER_FAILURE
                continue
            texts = texts_of(answer, query.question[0].name, rtype)
            return DnsAnswer(name, rtype, DnsStatus.OK if texts else DnsStatus.NO_DATA, texts)
        if loop.now() >= deadline:
            break
    return DnsAnswer(name, rtype, status)


def read_message(wire: bytes) -> Message | None:
    """None for bytes that are no message of DNS (RFC 1035 section 4). Never raises."""
    import dns.exception
    import dns.message

    try:
        read = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return None
    return read if isinstance(read, dns.message.Message) else None


def texts_of(answer: Message, name: Name, rtype: str) -> tuple[str, ...]:
    """The records of one type that a name has, through its aliases, in presentation form.

    What else stands in the message is not what was asked for: records of another name are not believed.
    """
    owner = name
    for _ in range(_MOST_ALIASES + 1):
        found: dict[str, None] = {}
        alias: Name | None = None
        for rrset in answer.answer:
            if rrset.name != owner:
                continue
            kind = rrset.rdtype.name
            if kind == rtype:
                found.update((data.to_text().rstrip("."), None) for data in rrset)
            elif kind == "CNAME":
                alias = next(iter(rrset)).target
        if found or alias is None:
            return tuple(found)
        owner = alias
    return ()


def to_ascii(name: str) -> str:
    """A name in A-labels (RFC 5890). Raises UnicodeError for one that has none."""
    if name.isascii():
        return name
    import idna

    return idna.encode(name, uts46=True).decode("ascii")


def _from_hosts(hosts: Path, name: str, rtype: str) -> tuple[str, ...]:
    try:
        text = hosts.read_text("utf-8", "replace")
    except OSError:
        return ()
    wanted = name.rstrip(".").lower()
    found: dict[str, None] = {}
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if wanted in (word.lower() for word in words[1:]) and (":" in words[0]) == (rtype == "AAAA"):
            found[words[0]] = None
    return tuple(found)


async def _ask(loop: Waiting, server: tuple[str, int], query: Message, deadline: float) -> Message | None:
    """The answer of one server, over TCP where it did not fit; None if there was none in time."""
    answer = await _over(loop, server, query, deadline, socket.SOCK_DGRAM)
    if answer is not None and answer.flags & 0x0200:  # TC, RFC 1035 section 4.1.1
        answer = await _over(loop, server, query, deadline, socket.SOCK_STREAM)
    return answer


async def _over(
    loop: Waiting, server: tuple[str, int], query: Message, deadline: float, kind: socket.SocketKind
) -> Message | None:
    stream = kind == socket.SOCK_STREAM
    wire = query.to_wire()
    with socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, kind) as question:
        question.setblocking(False)
        try:
            question.connect_ex(server)
            if stream and not await loop.descriptor(question.fileno(), WRITE, deadline):
                return None
            question.send((len(wire).to_bytes(2, "big") if stream else b"") + wire)
            received = b""
            # Whoever sends what answers nothing, again and again, is not listened to for longer.
            while await loop.descriptor(question.fileno(), READ, deadline) and loop.now() <= deadline:
                data = question.recv(65535)
                received += data
                if stream and not data:
                    return None
                if stream and len(received) < 2 + int.from_bytes(received[:2], "big"):
                    continue
                answer = read_message(received[2:] if stream else received)
                if answer is not None and query.is_response(answer):
                    return answer
                received = b""  # somebody else's answer: go on waiting for ours
        except OSError:
            return None
    return None
