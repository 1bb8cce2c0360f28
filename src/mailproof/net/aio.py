"""The driver over asyncio, for programs that live in an event loop: `talk`, the daemon, users of the library.

Only `loop.sock_*` is used, never asyncio's streams or its `start_tls`, which keep clear text that came before the
handshake and hand it out as if it came inside.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mailproof.model.attempt import Trouble
from mailproof.model.dns import DnsAnswer
from mailproof.model.failure import NetFailure
from mailproof.net.dns import NO_HOSTS, Configuration, ask, resolve
from mailproof.net.icmp import icmp_of, keep_icmp
from mailproof.net.interface import Address, Handler
from mailproof.net.loop import READ
from mailproof.net.sockets import address_family, bind_source, listening_socket, name_of, serve, trouble_of, with_icmp
from mailproof.net.stream import BufferedStream
from mailproof.net.tls import Contexts

Value = TypeVar("Value")


class AioTransport:
    """Implements `interface.Transport` with the running event loop."""

    def __init__(self, net: AsyncioNet, connection: socket.socket) -> None:
        self._net = net
        self._loop = asyncio.get_running_loop()
        self._socket = connection
        self.local = name_of(connection, connection.getsockname)
        self.remote = name_of(connection, connection.getpeername)

    async def recv(self, limit: int, deadline: float) -> bytes:
        # Not by `sock_recv`: a deadline that strikes in the same turn of the loop as the bytes come throws them away,
        # and whoever reads again, as `talk` does each second, misses an answer, or a record in the middle of TLS.
        while True:
            try:
                return self._socket.recv(limit)
            except (BlockingIOError, InterruptedError):
                pass
            except OSError as error:
                raise trouble_of(error.errno or 0) from error
            if not await self._net.descriptor(self._socket.fileno(), READ, deadline):
                raise NetFailure(Trouble.TIMEOUT)

    async def send(self, data: bytes, deadline: float) -> None:
        await self._net.until(deadline, self._loop.sock_sendall(self._socket, data))

    def send_now(self, data: bytes) -> None:
        try:
            if data:
                self._socket.send(data)
        except OSError:
            pass  # a farewell: if it does not go out, the closing says the same

    def close(self) -> None:
        self._socket.close()


class AioTask:
    """Implements `interface.Task`."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task

    def done(self) -> bool:
        return self._task.done()

    async def wait(self) -> Any:
        return await asyncio.shield(self._task)

    def cancel(self) -> None:
        self._task.cancel()


class AioServer:
    def __init__(self, accepting: asyncio.Task[None], listener: socket.socket, path: str | None) -> None:
        self._accepting = accepting
        self._listener = listener
        self._path = path
        self.sessions: set[asyncio.Task[None]] = set()
        self.host: str
        self.port: int
        self.host, self.port = (path, 0) if path is not None else listener.getsockname()[:2]

    def close(self) -> None:
        self._accepting.cancel()
        for session in self.sessions:
            session.cancel()
        self._listener.close()
        if self._path is not None:
            Path(self._path).unlink(missing_ok=True)


class AsyncioNet:
    """Implements `interface.Driver` inside a running event loop, or with one of its own by `run`."""

    def __init__(self, asking: Configuration | None = None, key_log: str = "") -> None:
        """`key_log` is the file of SSLKEYLOGFILE, for commands that honour it."""
        self._asking = asking
        self._contexts = Contexts(key_log)
        self._began: float | None = None

    def now(self) -> float:
        now = asyncio.get_running_loop().time()
        if self._began is None:
            self._began = now
        return now - self._began

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def run(self, main: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run(main)

    def spawn(self, coroutine: Coroutine[Any, Any, Value]) -> AioTask:
        return AioTask(asyncio.get_running_loop().create_task(coroutine))

    async def until(self, deadline: float, awaitable: Awaitable[Value]) -> Value:
        """What it gives, or NetFailure: TIMEOUT at the deadline, and whatever the system says."""
        seconds = None if deadline == float("inf") else max(0.0, deadline - self.now())
        try:
            # Not by `wait_for`, which in Python 3.11 loses a cancellation (Ctrl-C) that comes as the answer does.
            async with asyncio.timeout(seconds):
                return await awaitable
        except TimeoutError:
            raise NetFailure(Trouble.TIMEOUT) from None
        except OSError as error:
            raise trouble_of(error.errno or 0) from error

    async def connect(
        self, to: Address, deadline: float, *, purpose: str, secrets: Sequence[str] = (), source: str = ""
    ) -> BufferedStream:
        connection = socket.socket(address_family(to), socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            if source:
                bind_source(connection, source)
            where: Any = to.path or (to.address, to.port)
            keep_icmp(connection)
            await self.until(deadline, asyncio.get_running_loop().sock_connect(connection, where))
            keep_icmp(connection, False)
        except NetFailure as failure:
            icmp = icmp_of(connection)
            connection.close()
            if icmp is None:
                raise
            raise with_icmp(failure, icmp) from failure
        except BaseException:
            connection.close()
            raise
        transport = AioTransport(self, connection)
        return BufferedStream(
            transport, self._contexts, self.now, url=to.url, address=to.address, purpose=purpose, secrets=secrets
        )

    async def resolve(self, name: str, rtype: str, deadline: float) -> DnsAnswer:
        if self._asking is not None:  # what somebody else says is not mixed with our own hosts file
            return await resolve(self, name, rtype, deadline, hosts=NO_HOSTS, asking=self._asking)
        return await resolve(self, name, rtype, deadline)

    async def ask(self, server: str, name: str, rtype: str, deadline: float) -> DnsAnswer:
        return await ask(self, (server, 53), name, rtype, deadline)

    async def descriptor(self, descriptor: int, mask: int, deadline: float) -> bool:
        """True when the descriptor is ready, False at the deadline; what `dns` waits with."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        add, remove = (loop.add_reader, loop.remove_reader) if mask == READ else (loop.add_writer, loop.remove_writer)

        def wake() -> None:
            if not ready.done():
                ready.set_result(None)

        add(descriptor, wake)
        try:
            await self.until(deadline, ready)
        except NetFailure:
            return False
        finally:
            remove(descriptor)
        return True

    def listen(self, handler: Handler, host: str = "127.0.0.1", port: int = 0, path: str | None = None) -> AioServer:
        """Raises OSError if the address or port cannot be had."""
        listener = listening_socket(host, port, path)
        server: AioServer

        async def accept() -> None:
            loop = asyncio.get_running_loop()
            while True:
                connection, _ = await loop.sock_accept(listener)
                connection.setblocking(False)
                session = loop.create_task(self._serve(handler, connection))
                server.sessions.add(session)
                session.add_done_callback(server.sessions.discard)

        server = AioServer(asyncio.get_running_loop().create_task(accept()), listener, path)
        return server

    async def _serve(self, handler: Handler, connection: socket.socket) -> None:
        await serve(handler, BufferedStream(AioTransport(self, connection), self._contexts, self.now), connection)
