"""The driver of the tests: pipes instead of sockets, and time that passes only when everybody waits."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from mailproof.model.attempt import Trouble
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.failure import NetFailure
from mailproof.net.interface import Address, Handler
from mailproof.net.loop import Loop, Signal, Task, Wait
from mailproof.net.stream import BufferedStream
from mailproof.net.tls import Contexts

Value = TypeVar("Value")

CLIENT = "198.51.100.7"
"""Our own address in this world, an outside one (RFC 5737)."""

Switchboard = Callable[[Address, str], Handler | Trouble]
"""Who answers a connection to this address, made for this purpose: a server, or what the attempt meets."""


class _VirtualTime:
    """A poller without descriptors: when nobody can go on, the clock jumps to the next deadline."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def watch(self, wait: Wait) -> None:
        raise RuntimeError("there are no descriptors in virtual time")

    def unwatch(self, wait: Wait) -> None:
        raise RuntimeError("there are no descriptors in virtual time")

    def poll(self, until: float | None) -> Iterable[Wait]:
        if until is None:
            raise RuntimeError("every task waits for another: this would hang for ever")
        self._now = max(self._now, until)
        return ()


class _Pipe:
    """One direction of a connection."""

    def __init__(self, loop: Loop) -> None:
        self.data = bytearray()
        self.closed = False
        self.reset = False
        self.changed = Signal(loop)

    def put(self, data: bytes) -> None:
        self.data += data
        self.changed.set()

    def end(self, *, reset: bool = False) -> None:
        self.closed = True
        self.reset = self.reset or reset
        self.changed.set()


class MemoryTransport:
    """Implements `interface.Transport`; `reset` tears the connection down as a RST would."""

    def __init__(self, loop: Loop, inbound: _Pipe, outbound: _Pipe, local: str, remote: str, chunk: int) -> None:
        self.local = local
        self.remote = remote
        self._loop = loop
        self._in = inbound
        self._out = outbound
        self._chunk = chunk

    async def recv(self, limit: int, deadline: float) -> bytes:
        while not self._in.data:
            if self._in.reset:
                raise NetFailure(Trouble.RESET, "Connection reset by peer")
            if self._in.closed:
                return b""
            if not await self._in.changed.wait(deadline):
                raise NetFailure(Trouble.TIMEOUT)
        size = min(limit, self._chunk)
        data = bytes(self._in.data[:size])
        del self._in.data[:size]
        return data

    async def send(self, data: bytes, deadline: float) -> None:
        if self._out.reset or self._in.reset:
            raise NetFailure(Trouble.RESET, "Connection reset by peer")
        self.send_now(data)

    def send_now(self, data: bytes) -> None:
        if not self._out.closed:
            self._out.put(data)

    def close(self) -> None:
        self._out.end()

    def reset(self) -> None:
        self._out.end(reset=True)


class MemoryServer:
    def __init__(self, net: MemoryNet, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._net = net

    def close(self) -> None:
        self._net.forget(self.host, self.port)


Nameserver = Callable[[str, str], tuple[DnsStatus, float, *tuple[str, ...]]]
"""What a name server says of a name and a type: its status, after how many seconds, and the answers."""


class MemoryNet:
    """Implements `interface.Driver`. `chunk` bytes at most arrive at once: 1 for byte by byte."""

    def __init__(
        self,
        *,
        switchboard: Switchboard | None = None,
        names: Iterable[DnsAnswer] = (),
        chunk: int = 1 << 16,
        client: str = CLIENT,
        nameservers: Mapping[str, Nameserver] | None = None,
    ) -> None:
        """`nameservers` answer `ask`, by their address; nobody is at any other, and it stays silent."""
        self._loop = Loop(_VirtualTime())
        self._contexts = Contexts()
        self._servers: dict[tuple[str, int], Handler] = {}
        self._switchboard = switchboard or self._listening
        self._names = {(answer.name.lower(), answer.rtype): answer for answer in names}
        self._chunk = chunk
        self._client = client
        self._next_port = 40000
        self._nameservers = nameservers or {}

    def now(self) -> float:
        return self._loop.now()

    async def sleep(self, seconds: float) -> None:
        await self._loop.sleep(seconds)

    def run(self, main: Coroutine[Any, Any, Value]) -> Value:
        return self._loop.run(main)

    def spawn(self, coroutine: Coroutine[Any, Any, Value]) -> Task[Value]:
        return self._loop.spawn(coroutine)

    async def connect(
        self, to: Address, deadline: float, *, purpose: str, secrets: Sequence[str] = (), source: str = ""
    ) -> BufferedStream:
        answer = self._switchboard(to, purpose)
        if isinstance(answer, Trouble):
            if answer is Trouble.TIMEOUT:
                await self._loop.sleep(deadline - self.now())
            raise NetFailure(answer)
        self._next_port += 1
        local, remote = f"{source or self._client}:{self._next_port}", f"{to.address}:{to.port}"
        there, back = _Pipe(self._loop), _Pipe(self._loop)
        ours = MemoryTransport(self._loop, back, there, local, remote, self._chunk)
        theirs = MemoryTransport(self._loop, there, back, remote, local, self._chunk)
        self.spawn(self._serve(answer, theirs))
        return BufferedStream(
            ours, self._contexts, self.now, url=to.url, address=to.address, purpose=purpose, secrets=secrets
        )

    async def _serve(self, handler: Handler, transport: MemoryTransport) -> None:
        stream = BufferedStream(transport, self._contexts, self.now)
        try:
            await handler(stream)
        except NetFailure as failure:
            if failure.trouble is Trouble.RESET:
                transport.reset()
        finally:
            stream.close()

    async def resolve(self, name: str, rtype: str, deadline: float) -> DnsAnswer:
        """From the names given; what is not among them does not exist."""
        known = self._names.get((name.lower(), rtype))
        if known is None:
            exists = any(other == name.lower() for other, _ in self._names)
            return DnsAnswer(name, rtype, DnsStatus.NO_DATA if exists else DnsStatus.NO_SUCH_NAME)
        if known.status is DnsStatus.TIMEOUT:
            await self._loop.sleep(deadline - self.now())
        return known

    async def ask(self, server: str, name: str, rtype: str, deadline: float) -> DnsAnswer:
        known = self._nameservers.get(server)
        status, seconds, *answers = known(name, rtype) if known else (DnsStatus.TIMEOUT, float("inf"))
        late = self.now() + seconds > deadline
        await self._loop.sleep(deadline - self.now() if late else seconds)
        return DnsAnswer(name, rtype, DnsStatus.TIMEOUT) if late else DnsAnswer(name, rtype, status, tuple(answers))

    def listen(
        self, handler: Handler, host: str = "127.0.0.1", port: int = 0, path: str | None = None
    ) -> MemoryServer:
        if port == 0:
            self._next_port += 1
            port = self._next_port
        self._servers[(path or host, port)] = handler
        return MemoryServer(self, path or host, port)

    def forget(self, host: str, port: int) -> None:
        self._servers.pop((host, port), None)

    def _listening(self, to: Address, purpose: str) -> Handler | Trouble:
        return self._servers.get((to.path or to.address, to.port), Trouble.REFUSED)
