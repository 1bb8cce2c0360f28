"""What a probe may await, and what a driver must bring. Protocols only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from mailproof.model.dns import DnsAnswer
from mailproof.model.secret import Secrets
from mailproof.model.tls import Handshake, ServerTls, TlsSettings
from mailproof.model.transcript import Deviation, Transcript

Result = TypeVar("Result", covariant=True)
Value = TypeVar("Value")


class Transport(Protocol):
    """Bytes to and from a peer, in the three verbs that a driver provides. Deadlines are times of `Clock.now`.

    All raise `mailproof.model.failure.NetFailure`: TIMEOUT at the deadline, RESET when the peer tore it down.
    """

    local: str
    """Our address, as `192.0.2.1:40000` or `[2001:db8::1]:40000`; empty for a Unix socket."""
    remote: str

    async def recv(self, limit: int, deadline: float) -> bytes:
        """At least one byte and at most `limit`; b"" when the peer has closed in good order."""
        ...

    async def send(self, data: bytes, deadline: float) -> None:
        """Everything, or a failure."""
        ...

    def send_now(self, data: bytes) -> None:
        """As much as goes out without waiting; never fails. For a farewell on the way out."""
        ...

    def close(self) -> None:
        """At once; may be called twice."""
        ...


class Stream(Protocol):
    """A recorded connection: TLS, limits and secrets are its business, lines and replies are not."""

    local: str
    remote: str
    secrets: Secrets
    """What must not be recorded; grows with what is written as secret."""

    @property
    def is_tls(self) -> bool: ...

    @property
    def turn(self) -> int:
        """Index of the turn that is being recorded now, or was last; 0 before any."""
        ...

    async def read(self, deadline: float, *, keep: bool = True) -> bytes:
        """What the peer sent next, decrypted; at least one byte, b"" at its end.

        Without `keep` only the number of bytes is recorded, for the bodies of messages.
        Raises NetFailure: TIMEOUT, RESET, TLS_FAILED, TOO_MUCH.
        """
        ...

    def unread(self, data: bytes) -> None:
        """Give back the end of what was read last: whoever reads next, a handshake too, gets it again. Not in TLS."""
        ...

    async def write(self, data: bytes, deadline: float, *, secret: Sequence[slice] = (), keep: bool = True) -> None:
        """Send `data`. The parts named in `secret` are recorded as `[secret]` and hidden wherever echoed."""
        ...

    async def start_tls(
        self, settings: TlsSettings, name: str, deadline: float, *, left: bytes | None = None
    ) -> Handshake:
        """Make the handshake as a client, presenting `name`.

        A handshake that fails is a fact, not an exception: see `trouble` in the result. Where both sides agreed on
        TLS in clear text, `left` is what was read behind the agreement, b"" if nothing was: it and whatever else
        comes before the first TLS record is `clear_text` of the result, and never reaches TLS (CVE-2011-0411). None
        where TLS begins the connection: then clear text is no TLS.
        """
        ...

    def note(self, deviation: Deviation) -> None:
        """Keep what a parser noticed with the transcript."""
        ...

    def event(self, sentence: str) -> int:
        """Record that something happened; returns the index of its turn."""
        ...

    def channel_binding(self, kind: str) -> bytes | None:
        """Data of `tls-exporter` (RFC 9266) or `tls-server-end-point` (RFC 5929); None without TLS."""
        ...

    def close(self, farewell: bytes = b"") -> None:
        """Close at once, in good order (close_notify, FIN); `farewell` goes out first and is not waited for.

        Never awaits, so that it serves on the way out of Ctrl-C too. May be called twice.
        """
        ...

    def transcript(self) -> Transcript:
        """All that was recorded so far, with its secrets masked."""
        ...


class Address(Protocol):
    """Where to dial: an `Endpoint` is one."""

    @property
    def address(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def path(self) -> str | None: ...
    @property
    def url(self) -> str: ...


class Net(Protocol):
    """The outside world, as far as probes may see it."""

    def now(self) -> float:
        """Seconds on a clock that only goes forward; 0 when the run began."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    async def connect(
        self, to: Address, deadline: float, *, purpose: str, secrets: Sequence[str] = (), source: str = ""
    ) -> Stream:
        """Dial one address once. Raises NetFailure: REFUSED, TIMEOUT, UNREACHABLE, RESET, LOCAL."""
        ...

    async def resolve(self, name: str, rtype: str, deadline: float) -> DnsAnswer:
        """Ask DNS for A, AAAA, MX, SRV, TXT or PTR. Never raises: failures are facts."""
        ...

    async def ask(self, server: str, name: str, rtype: str, deadline: float) -> DnsAnswer:
        """The same of the name server at this address alone, from this machine, whatever proxy there is."""
        ...


class Task(Protocol[Result]):
    """A coroutine on its way."""

    def done(self) -> bool: ...

    async def wait(self) -> Result:
        """Its result; raises what it raised."""
        ...

    def cancel(self) -> None: ...


class ServerStream(Stream, Protocol):
    """A connection seen from the server's side."""

    async def accept_tls(self, settings: ServerTls, deadline: float) -> Handshake:
        """Make the handshake as a server; a failure is a fact here too."""
        ...


Handler = Callable[[ServerStream], Awaitable[None]]
"""Serves one accepted connection."""


class Server(Protocol):
    host: str
    port: int

    def close(self) -> None:
        """Stop listening and end every connection that was accepted."""
        ...


class Driver(Net, Protocol):
    """Net for probes, and what executors and servers need besides."""

    def run(self, main: Coroutine[Any, Any, Value]) -> Value:
        """Drive `main` to its end. On KeyboardInterrupt every task is cancelled, and it is raised again."""
        ...

    def spawn(self, coroutine: Coroutine[Any, Any, Value]) -> Task[Value]: ...

    def listen(self, handler: Handler, host: str = "127.0.0.1", port: int = 0, path: str | None = None) -> Server:
        """Serve connections from inside `run`; port 0 takes a free one."""
        ...
