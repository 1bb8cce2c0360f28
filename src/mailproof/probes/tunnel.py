"""The way through a proxy: dial it, ask it for the endpoint, and hand over the connection it makes."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import msgspec

from mailproof.model.attempt import Trouble
from mailproof.model.escape import printable, to_text
from mailproof.model.failure import NetFailure
from mailproof.model.proxy import Proxy, ProxyAsked, ProxyKind, ProxyOutcome
from mailproof.net.interface import Address, Net, Stream
from mailproof.probes.terms import Terms
from mailproof.wire.proxies.http_connect import ConnectClient
from mailproof.wire.proxies.outcome import Client, Obstacle, Stopped, Through
from mailproof.wire.proxies.socks5 import Socks5Client

# Of an answer of the proxy, in a report: a status line is shorter.
_LONGEST_WORDS = 200
# And of what came instead of one.
_LONGEST_HEARD = 60


class Tunnel(msgspec.Struct, frozen=True):
    """What came of it."""

    asked: ProxyAsked
    stream: Stream | None = None
    """None where the proxy itself was not reached."""
    failure: NetFailure | None = None
    """Why there is no connection to the endpoint: PROXY where that says nothing of the endpoint."""
    size: int = 0
    """Bytes that the proxy said before."""


class _Way(msgspec.Struct, frozen=True):
    """Implements `net.interface.Address`: the proxy is dialled, for the endpoint."""

    address: str
    port: int
    url: str
    path: str | None = None


async def dig(
    net: Net, endpoint: Address, proxy: Proxy, terms: Terms, job: str, secrets: Sequence[str], where: str
) -> Tunnel:
    """Never raises NetFailure: what went wrong is in the result. `where` is the endpoint as reports name it."""
    started = net.now()
    try:
        stream = await _dialled(net, endpoint, proxy, terms, job, secrets)
    except NetFailure as failure:
        words = failure.detail or {Trouble.TIMEOUT: "no answer"}.get(failure.trouble, str(failure.trouble))
        asked = ProxyAsked(proxy.url, ProxyOutcome.NOT_REACHED, words)
        return Tunnel(asked, failure=NetFailure(Trouble.PROXY, words))
    stream.secrets.add(proxy.password.encode("utf-8", "surrogateescape"))  # a proxy may echo it too
    stream.event(f"connected to the proxy {proxy.url}" + (f" from {stream.local}" if stream.local else ""))
    talk = _Talk(stream, started + terms.timeout)
    end = await talk.to_its_end(_client(proxy, endpoint))
    if isinstance(end, Through):
        stream.unread(end.rest)
        from_there = f", from {end.outer}" if end.outer else ""
        event = stream.event(f"connected to {where} through {proxy.url}{from_there}")
        asked = ProxyAsked(proxy.url, ProxyOutcome.CONNECTED, outer=end.outer, turns=(talk.turn, event))
        return Tunnel(asked, stream, size=talk.heard - len(end.rest))
    words = _words(end, stream)
    event = stream.event(f"no connection to {where} through {proxy.url}: {words}")
    asked = ProxyAsked(proxy.url, ProxyOutcome(str(end.obstacle)), words, turns=(talk.turn, event))
    return Tunnel(asked, stream, NetFailure(end.trouble or Trouble.PROXY, words), size=talk.heard)


def _words(end: Stopped, stream: Stream) -> str:
    """Masked before they are cut: half a secret would not be known for one."""
    said = printable(stream.secrets.mask_text(end.words))[:_LONGEST_WORDS]
    if not end.heard:
        return said
    line = stream.secrets.mask(end.heard).split(b"\n", 1)[0].rstrip(b"\r")
    return f"{said}: {to_text(line)[:_LONGEST_HEARD]}"


async def _dialled(
    net: Net, endpoint: Address, proxy: Proxy, terms: Terms, job: str, secrets: Sequence[str]
) -> Stream:
    """The first of its addresses that answers; the failure of the last."""
    failure = NetFailure(Trouble.NOT_FOUND, f"{proxy.host} has no address")
    for address in proxy.addresses or await _looked_up(net, proxy.host, terms):
        way = _Way(address, proxy.port, endpoint.url)
        deadline = net.now() + terms.connect_timeout
        try:
            return await net.connect(way, deadline, purpose=job, secrets=secrets, source=terms.source)
        except NetFailure as met:
            failure = met
    raise failure


async def _looked_up(net: Net, host: str, terms: Terms) -> tuple[str, ...]:
    """Where the run did not look it up for all its connections: the host itself if it is an address."""
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        families = ("A", "AAAA") if not terms.source else ("AAAA",) if ":" in terms.source else ("A",)
        found = [await net.resolve(host, family, net.now() + terms.timeout) for family in families]
        return tuple(address for answer in found for address in answer.answers)


def _client(proxy: Proxy, endpoint: Address) -> Client:
    client = Socks5Client if proxy.kind is ProxyKind.SOCKS5 else ConnectClient
    return client(endpoint.address, endpoint.port, proxy.user, proxy.password)


class _Talk:
    """The conversation with the proxy."""

    def __init__(self, stream: Stream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline
        self.heard = 0
        self.turn = 0
        """The last one in which the proxy, or we to it, said something."""

    async def to_its_end(self, client: Client) -> Through | Stopped:
        say = client.begin()
        try:
            while True:
                await self._stream.write(say.data, self._deadline, secret=say.secret)
                self.turn = self._stream.turn
                answer = None
                while answer is None:
                    data = await self._stream.read(self._deadline)
                    if not data:
                        return Stopped(Obstacle.UNSAID, "the proxy closed the connection")
                    self.heard += len(data)
                    self.turn = self._stream.turn
                    answer = client.receive(data)
                if isinstance(answer, (Through, Stopped)):
                    return answer
                say = answer
        except NetFailure as failure:
            return _lost(failure, client)


def _lost(failure: NetFailure, client: Client) -> Stopped:
    if failure.trouble is not Trouble.TIMEOUT:
        return Stopped(Obstacle.UNSAID, failure.detail or str(failure.trouble))
    if client.has_asked:
        # It waits for the endpoint as long as its own system does, which is longer than anybody here.
        return Stopped(Obstacle.TARGET, "the proxy gave no answer", Trouble.TIMEOUT)
    return Stopped(Obstacle.NO_PROXY, "the proxy gave no answer")
