"""One port: open or not and who said so; then what answers there, asked in its own manner and left politely."""

from __future__ import annotations

import re

import msgspec

from mailproof.model.attempt import Trouble
from mailproof.model.escape import to_text
from mailproof.model.failure import NetFailure
from mailproof.model.port import TLS_AT_ONCE, USUAL, PortSeen, PortState, Service, Teller, TlsSeen
from mailproof.model.proxy import Proxy, ProxyAsked, ProxyOutcome
from mailproof.model.tls import TlsSettings
from mailproof.net.interface import Net, Stream
from mailproof.parse.service import service_of
from mailproof.probes.terms import Terms

# What one answer may be before it is cut: the longest EHLO is 100 lines (wire.smtp.replies); this is twice that.
_LONGEST = 16 << 10
# As many cells of a greeting as are still read.
_GREETING = 200
# After TLS a server of mail greets within this; one that waits for the client is asked in HTTP's way.
_AFTER_TLS = 2.0
# Postfix postscreen_greet_wait keeps the second line of a greeting back for 6 seconds.
_SECOND_LINE = 8.0

_END = {
    Service.SMTP: rb"(?m)^\d{3}(?: [^\n]*)?\r?\n",
    Service.LMTP: rb"(?m)^\d{3}(?: [^\n]*)?\r?\n",
    Service.POP3: rb"(?m)^\.\r?\n|\A-ERR[^\n]*\n",
    Service.IMAP: rb"(?m)^a (?:OK|NO|BAD)[^\n]*\n",
    Service.SIEVE: rb"(?m)^(?:OK|NO|BYE)\b[^\n]*\n",
    Service.HTTP: rb"\n\r?\n",
}
_ASK = {Service.POP3: b"CAPA\r\n", Service.IMAP: b"a CAPABILITY\r\n"}
_LEAVE = {
    **dict.fromkeys((Service.SMTP, Service.LMTP, Service.POP3, Service.FTP, Service.NNTP), b"QUIT\r\n"),
    Service.IMAP: b"b LOGOUT\r\n",
    Service.SIEVE: b"LOGOUT\r\n",
}
_OFFERED = re.compile(rb"(?mi)^(?:250[ -]STARTTLS|STLS)\b|^\* CAPABILITY\b[^\n]*\bSTARTTLS\b|^\"STARTTLS\"")
_IN_GREETING = re.compile(rb"(?i)\[CAPABILITY [^\]]*\bSTARTTLS\b")


class Place(msgspec.Struct, frozen=True):
    """Where to dial, and the name to present; a `net.interface.Address`."""

    host: str
    address: str
    port: int
    name: str = ""
    """For SNI; the host if empty."""
    path: str | None = None

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


class PortTerms(msgspec.Struct, frozen=True):
    timeout: float = 5.0
    """Seconds for the connection. A SYN is repeated after 1 and 3 seconds (RFC 6298)."""
    patience: float = 5.0
    """Seconds for each thing that an open port should say."""
    ehlo: str = "[127.0.0.1]"
    source: str = ""
    proxy: Proxy | None = None


async def look(net: Net, place: Place, terms: PortTerms) -> PortSeen:
    """State and service of one port. Takes one connection, and up to two more where the first one stays silent."""
    return await _Look(net, place, terms).port()


class _Look:
    def __init__(self, net: Net, place: Place, terms: PortTerms) -> None:
        self._net = net
        self._place = place
        self._terms = terms
        self._proxy_asked: ProxyAsked | None = None

    async def port(self) -> PortSeen:
        started = self._net.now()
        try:
            stream = await self._dial()
        except NetFailure as failure:
            took = self._net.now() - started
            if self._proxy_asked is not None:
                return _not_open_there(self._place.port, failure, took, self._proxy_asked)
            return _not_open(self._place.port, failure, took)
        seconds = self._net.now() - started
        outer = self._proxy_asked.outer if self._proxy_asked is not None else ""
        try:
            service, tls, greeting = await self._who(stream)
        except NetFailure:  # it hung up, or the next connection was not made: open it is
            service, tls, greeting = Service.SILENT, TlsSeen.UNTOLD, b""
        shown = to_text(greeting.split(b"\n")[0].rstrip(b"\r"))[:_GREETING]
        return PortSeen(
            self._place.port,
            PortState.OPEN,
            Teller.HANDSHAKE if self._proxy_asked is None else Teller.PROXY,
            seconds,
            service=service,
            tls=tls,
            greeting=shown,
            proxied=ProxyOutcome.CONNECTED if self._proxy_asked is not None else None,
            outer=outer,
        )

    async def _dial(self) -> Stream:
        terms, place = self._terms, self._place
        if terms.proxy is None:
            deadline = self._net.now() + terms.timeout
            return await self._net.connect(place, deadline, purpose="ports", source=terms.source)
        from mailproof.probes.tunnel import dig  # few need it

        way = Terms(timeout=terms.timeout, source=terms.source)
        tunnel = await dig(self._net, place, terms.proxy, way, "ports", (), f"{place.address}:{place.port}")
        self._proxy_asked = tunnel.asked
        if tunnel.failure is not None or tunnel.stream is None:
            if tunnel.stream is not None:
                tunnel.stream.close()
            raise tunnel.failure or NetFailure(Trouble.PROXY)
        return tunnel.stream

    async def _who(self, stream: Stream) -> tuple[Service, TlsSeen, bytes]:
        """On this connection first: in the way that belongs to the port, then in the other."""
        if self._place.port in TLS_AT_ONCE:
            found = await self._in_tls(stream)
            if found is not None:
                return found
            stream = await self._dial()
        found = await self._in_clear(stream)
        if found[0] is not Service.SILENT or self._place.port in TLS_AT_ONCE:
            return found
        try:
            return await self._in_tls(await self._dial()) or found
        except NetFailure:
            return found

    async def _in_tls(self, stream: Stream) -> tuple[Service, TlsSeen, bytes] | None:
        """None where TLS is not spoken; what it said in clear text instead, where it did."""
        try:
            name = self._place.name or self._place.host
            made = await stream.start_tls(TlsSettings(check_chain=False), name, self._until(self._terms.patience))
            if made.clear_text:
                return service_of(made.clear_text), TlsSeen.NONE, made.clear_text
            if made.trouble is not None:
                return None
            said = b""
            if USUAL.get(self._place.port) is not Service.HTTP:
                said = await self._heard(stream, b"\n", _AFTER_TLS)
            service = service_of(said)
            if service is Service.SILENT:
                service, said = await self._as_web(stream)
            stream.close(_LEAVE.get(service, b""))
            return service, TlsSeen.AT_ONCE, said
        finally:
            stream.close()

    async def _in_clear(self, stream: Stream) -> tuple[Service, TlsSeen, bytes]:
        try:
            said = b""
            if USUAL.get(self._place.port) is not Service.HTTP:
                said = await self._heard(stream, b"\n", self._terms.patience)
            service = service_of(said)
            if service is Service.SILENT:
                service, said = await self._as_web(stream)
                return service, TlsSeen.NONE if service is Service.HTTP else TlsSeen.UNTOLD, said
            greeting = said
            if service is Service.SMTP:
                service, said = await self._as_smtp(stream, greeting)
            elif service is Service.LMTP:
                said = await self._asked(stream, b"LHLO " + self._terms.ehlo.encode() + b"\r\n", service)
            elif service in _ASK and not _IN_GREETING.search(said):
                said = await self._asked(stream, _ASK[service], service)
            elif service is Service.SIEVE and not re.search(_END[service], said):
                said += await self._heard(stream, _END[service], self._terms.patience)
            stream.close(_LEAVE.get(service, b""))
            offered = _OFFERED.search(said) or _IN_GREETING.search(greeting)
            return service, TlsSeen.UPGRADE if offered else TlsSeen.NONE, greeting
        finally:
            stream.close()

    async def _as_smtp(self, stream: Stream, greeting: bytes) -> tuple[Service, bytes]:
        """EHLO tells SMTP from LMTP and FTP, which greet with the same number."""
        whole = greeting
        if not re.search(_END[Service.SMTP], whole):
            whole += await self._heard(stream, _END[Service.SMTP], _SECOND_LINE)
        if not greeting.startswith(b"220") or not re.search(_END[Service.SMTP], whole):
            return Service.SMTP, b""  # it does not want to be spoken to, or not yet: who does is a spammer to it
        name = self._terms.ehlo.encode()
        said = await self._asked(stream, b"EHLO " + name + b"\r\n", Service.SMTP)
        if said[:3] in (b"500", b"502", b"503"):
            again = await self._asked(stream, b"LHLO " + name + b"\r\n", Service.LMTP)
            if again.startswith(b"250"):
                return Service.LMTP, again
        if said.startswith(b"530") or (said.startswith(b"50") and b"FTP" in greeting.upper()):
            return Service.FTP, said
        return Service.SMTP, said

    async def _as_web(self, stream: Stream) -> tuple[Service, bytes]:
        """A server that waits for its client: HTTP answers, and most others object or hang up."""
        said = await self._asked(stream, b"HEAD / HTTP/1.0\r\n\r\n", Service.HTTP)
        return service_of(said), said

    async def _asked(self, stream: Stream, question: bytes, service: Service) -> bytes:
        try:
            await stream.write(question, self._until(self._terms.patience))
        except NetFailure:
            return b""
        return await self._heard(stream, _END.get(service, rb"\n"), self._terms.patience)

    async def _heard(self, stream: Stream, until: bytes, patience: float) -> bytes:
        """What came until this pattern, the end, or the time that is given; never raises."""
        deadline = self._until(patience)
        said = b""
        try:
            while not re.search(until, said) and len(said) < _LONGEST and (data := await stream.read(deadline)):
                said += data
        except NetFailure:
            pass  # what it said so far is what there is
        return said

    def _until(self, seconds: float) -> float:
        return self._net.now() + seconds


def _not_open(port: int, failure: NetFailure, seconds: float) -> PortSeen:
    if failure.icmp is not None:
        return PortSeen(port, PortState.FILTERED, Teller.ICMP, seconds, failure.icmp)
    if failure.trouble in (Trouble.REFUSED, Trouble.RESET):
        return PortSeen(port, PortState.CLOSED, Teller.RST, seconds)
    if failure.trouble is Trouble.TIMEOUT:
        return PortSeen(port, PortState.FILTERED, Teller.TIMEOUT, seconds)
    if failure.trouble is Trouble.UNREACHABLE:
        return PortSeen(port, PortState.FILTERED, Teller.ICMP, seconds, detail=failure.detail)
    return PortSeen(port, PortState.UNTRIED, Teller.LOCAL, seconds, detail=failure.detail)


def _not_open_there(port: int, failure: NetFailure, seconds: float, asked: ProxyAsked) -> PortSeen:
    """As a proxy tells it. What it does not say of the port (a login, its rules, its own failure) is not tried."""
    state = {
        Trouble.REFUSED: PortState.CLOSED,
        Trouble.RESET: PortState.CLOSED,
        Trouble.TIMEOUT: PortState.FILTERED,
        Trouble.UNREACHABLE: PortState.FILTERED,
    }.get(failure.trouble, PortState.UNTRIED)
    return PortSeen(port, state, Teller.PROXY, seconds, detail=failure.detail, proxied=asked.outcome)
