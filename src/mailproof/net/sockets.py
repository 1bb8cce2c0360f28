"""The driver of the commands: non-blocking sockets in one thread, woken by `selectors`. No asyncio import."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mailproof.model.attempt import Trouble
from mailproof.model.dns import DnsAnswer
from mailproof.model.failure import NetFailure, UsageError
from mailproof.model.icmp import Icmp
from mailproof.net.icmp import icmp_of, keep_icmp
from mailproof.net.interface import Address, Handler
from mailproof.net.loop import READ, WRITE, Loop, Task, Wait
from mailproof.net.stream import BufferedStream

if TYPE_CHECKING:
    from mailproof.net.dns import Configuration
    from mailproof.net.tls import Contexts

Value = TypeVar("Value")

# After so many reads that never had to wait, the others get their turn: a server that floods starves nobody.
_GREEDY = 16

_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux only

_TROUBLES = {
    errno.ECONNREFUSED: Trouble.REFUSED,
    errno.ENOENT: Trouble.REFUSED,  # a Unix socket that is not there
    errno.ETIMEDOUT: Trouble.TIMEOUT,
    errno.EHOSTUNREACH: Trouble.UNREACHABLE,
    errno.ENETUNREACH: Trouble.UNREACHABLE,
    errno.EHOSTDOWN: Trouble.UNREACHABLE,
    errno.EACCES: Trouble.UNREACHABLE,  # a local REJECT rule with icmp admin-prohibited
    errno.EPERM: Trouble.LOCAL,
    errno.ECONNRESET: Trouble.RESET,
    errno.ECONNABORTED: Trouble.RESET,
    errno.EPIPE: Trouble.RESET,
}


def trouble_of(number: int, icmp: Icmp | None = None) -> NetFailure:
    """The failure that an errno stands for."""
    failure = NetFailure(_TROUBLES.get(number, Trouble.LOCAL), os.strerror(number))
    return failure if icmp is None else with_icmp(failure, icmp)


def with_icmp(failure: NetFailure, icmp: Icmp) -> NetFailure:
    """The same, with the message that it was, and whose."""
    told = f"{failure.detail} (ICMP from {icmp.sender}: {icmp.words})".lstrip()
    return NetFailure(failure.trouble, told, icmp)


class _Readiness:
    """A poller over `selectors`; time is seconds since it was made."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._started = time.monotonic()

    def now(self) -> float:
        return time.monotonic() - self._started

    def watch(self, wait: Wait) -> None:
        self._selector.register(wait.descriptor, wait.mask, wait)

    def unwatch(self, wait: Wait) -> None:
        with suppress(KeyError):  # Ctrl-C may come between what the loop writes down and what is done
            self._selector.unregister(wait.descriptor)

    def poll(self, until: float | None) -> Iterable[Wait]:
        if until is None and not self._selector.get_map():
            raise RuntimeError("every task waits for another: this would hang for ever")
        timeout = None if until is None else max(0.0, until - self.now())
        return [key.data for key, _ in self._selector.select(timeout)]

    def close(self) -> None:
        self._selector.close()


class SocketTransport:
    """Implements `interface.Transport` over a connected non-blocking socket."""

    def __init__(self, loop: Loop, connection: socket.socket) -> None:
        self._loop = loop
        self._socket = connection
        self._descriptor = connection.fileno()
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._greed = 0
        self.local = name_of(connection, connection.getsockname)
        self.remote = name_of(connection, connection.getpeername)

    async def recv(self, limit: int, deadline: float) -> bytes:
        self._greed += 1
        while True:
            if self._greed < _GREEDY:
                try:
                    return self._socket.recv(limit)
                except BlockingIOError:
                    self._acknowledge()
                except OSError as error:
                    raise trouble_of(error.errno or 0) from error
            self._greed = 0
            ready = await self._loop.descriptor(self._descriptor, READ, deadline)
            if not ready or self._loop.now() > deadline:  # a flood is always ready, and ends at the deadline too
                raise NetFailure(Trouble.TIMEOUT)

    def _acknowledge(self) -> None:
        """Tell the peer at once what has come, before waiting for more (tcp(7): lasts until the kernel decides anew).

        Postfix writes its session tickets and its greeting on port 465 one after the other, and the second waits for
        the first to be acknowledged (RFC 896); ours would come 40 ms later, and count as the server's slowness.
        """
        if _QUICKACK is not None and self._socket.family != socket.AF_UNIX:
            try:
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            except OSError:
                pass  # torn down in between: the next read says so

    async def send(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                ready = await self._loop.descriptor(self._descriptor, WRITE, deadline)
                if not ready or self._loop.now() > deadline:  # nor does a peer that takes it by the byte get longer
                    raise NetFailure(Trouble.TIMEOUT, "the peer takes no more data") from None
            except OSError as error:
                raise trouble_of(error.errno or 0) from error

    def send_now(self, data: bytes) -> None:
        try:
            if data:
                self._socket.send(data)
        except OSError:
            pass  # a farewell: if it does not go out, the closing says the same

    def close(self) -> None:
        self._socket.close()


def name_of(connection: socket.socket, ask: Callable[[], Any]) -> str:
    """An end of a connection as `host:port`; empty for a Unix socket."""
    if connection.family == socket.AF_UNIX:
        return ""
    try:
        host, port = ask()[:2]
    except OSError:
        return ""  # torn down between accept and this question
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class SocketServer:
    """Accepts connections and serves each as a task of its own."""

    def __init__(self, net: SocketNet, listener: socket.socket, handler: Handler, path: str | None) -> None:
        self._net = net
        self._listener = listener
        self._handler = handler
        self._path = path
        self._sessions: dict[Task[None], socket.socket] = {}
        self.host: str
        self.port: int
        self.host, self.port = (path, 0) if path is not None else listener.getsockname()[:2]
        self._accepting = net.spawn(self._accept())

    async def _accept(self) -> None:
        while True:
            await self._net.loop.descriptor(self._listener.fileno(), READ, float("inf"))
            try:
                connection, _ = self._listener.accept()
            except OSError:
                continue  # gone again before it was accepted
            connection.setblocking(False)
            task = self._net.spawn(self._serve(connection))
            going_on = {session: kept for session, kept in self._sessions.items() if not session.done()}
            self._sessions = going_on | {task: connection}

    async def _serve(self, connection: socket.socket) -> None:
        transport = SocketTransport(self._net.loop, connection)
        await serve(self._handler, BufferedStream(transport, self._net.contexts, self._net.now), connection)

    def close(self) -> None:
        self._accepting.cancel()
        for session, connection in self._sessions.items():
            session.cancel()
            connection.close()  # one that had not begun has no `finally` that would
        self._listener.close()
        if self._path is not None:
            Path(self._path).unlink(missing_ok=True)


class SocketNet:
    """Implements `interface.Driver` with the real network. `asking`: name servers in place of this machine's own."""

    def __init__(self, asking: Configuration | None = None, key_log: str = "") -> None:
        """`key_log` is the file of SSLKEYLOGFILE, for commands that honour it."""
        self._asking = asking
        self._key_log = key_log
        self._poller = _Readiness()
        self.loop = Loop(self._poller)

    @cached_property
    def contexts(self) -> Contexts:
        """Made after the first connection is on its way: OpenSSL is half of what a check imports."""
        from mailproof.net.tls import Contexts

        return Contexts(self._key_log)

    def now(self) -> float:
        return self.loop.now()

    async def sleep(self, seconds: float) -> None:
        await self.loop.sleep(seconds)

    def run(self, main: Coroutine[Any, Any, Value]) -> Value:
        try:
            return self.loop.run(main)
        finally:
            self._poller.close()

    def spawn(self, coroutine: Coroutine[Any, Any, Value]) -> Task[Value]:
        return self.loop.spawn(coroutine)

    async def connect(
        self, to: Address, deadline: float, *, purpose: str, secrets: Sequence[str] = (), source: str = ""
    ) -> BufferedStream:
        connection = socket.socket(address_family(to), socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            if source:
                bind_source(connection, source)
            await self._dial(connection, to.path or (to.address, to.port), deadline)
        except BaseException:
            connection.close()
            raise
        return self.stream(connection, to, purpose, secrets)

    def stream(self, connection: socket.socket, to: Address, purpose: str, secrets: Sequence[str]) -> BufferedStream:
        """A client's side over a connection that was made."""
        return BufferedStream(
            SocketTransport(self.loop, connection),
            self.contexts,
            self.now,
            url=to.url,
            address=to.address,
            purpose=purpose,
            secrets=secrets,
        )

    async def _dial(self, connection: socket.socket, where: str | tuple[str, int], deadline: float) -> None:
        keep_icmp(connection)
        try:
            number = connection.connect_ex(where)
        except OSError as error:  # an address that cannot be: a zone without an interface, a path too long
            raise NetFailure(Trouble.LOCAL, str(error)) from error
        if number == errno.EINPROGRESS:
            if not await self.loop.descriptor(connection.fileno(), WRITE, deadline):
                raise NetFailure(Trouble.TIMEOUT)
            number = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        elif number == errno.ENETUNREACH:  # told by our own routing table, at once
            raise NetFailure(Trouble.LOCAL, os.strerror(number))
        if number:
            raise trouble_of(number, icmp_of(connection))
        keep_icmp(connection, False)

    async def resolve(self, name: str, rtype: str, deadline: float) -> DnsAnswer:
        from mailproof.net.dns import NO_HOSTS, resolve

        if self._asking is not None:  # what somebody else says is not mixed with our own hosts file
            return await resolve(self.loop, name, rtype, deadline, hosts=NO_HOSTS, asking=self._asking)
        return await resolve(self.loop, name, rtype, deadline)

    async def ask(self, server: str, name: str, rtype: str, deadline: float) -> DnsAnswer:
        from mailproof.net.dns import ask

        return await ask(self.loop, (server, 53), name, rtype, deadline)

    def listen(
        self, handler: Handler, host: str = "127.0.0.1", port: int = 0, path: str | None = None
    ) -> SocketServer:
        """Raises OSError if the address or port cannot be had."""
        return SocketServer(self, listening_socket(host, port, path), handler, path)


async def serve(handler: Handler, stream: BufferedStream, connection: socket.socket) -> None:
    """One session of a server, to its end; a handler that raises RESET has the connection end with one."""
    try:
        await handler(stream)
    except NetFailure as failure:
        if failure.trouble is Trouble.RESET:
            # SO_LINGER of zero makes close() send RST, which is what the handler asked for.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    finally:
        stream.close()


def address_family(to: Address) -> socket.AddressFamily:
    if to.path is not None:
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in to.address else socket.AF_INET


def listening_socket(host: str, port: int, path: str | None) -> socket.socket:
    """Raises OSError if the address or port cannot be had."""
    if path is not None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(path if path is not None else (host, port))
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    listener.listen(128)
    return listener


def bind_source(connection: socket.socket, source: str) -> None:
    """Raises UsageError for an address that this machine does not have, NetFailure for one of the other family."""
    try:
        connection.bind((source, 0))
    except socket.gaierror as error:
        raise NetFailure(Trouble.LOCAL, f"{source} is of the other address family") from error
    except OSError as error:
        raise UsageError("no-such-source", source=source) from error
