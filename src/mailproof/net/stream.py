"""A connection over any transport: TLS, limits, recording. Written once for all drivers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mailproof.model.attempt import Trouble
from mailproof.model.failure import NetFailure
from mailproof.model.secret import Secrets
from mailproof.model.tls import Handshake, ServerTls, TlsSettings
from mailproof.model.transcript import Deviation, Transcript
from mailproof.net.before_tls import MOST_CLEAR, TLS_FOLLOWS, BeforeTls
from mailproof.net.interface import Transport
from mailproof.net.recorder import Recorder

if TYPE_CHECKING:
    from mailproof.net.tls import Contexts, Engine

# A session that receives more than this is ended: larger than any mailbox listing, and than the 50 MB that mail
# servers commonly allow a message (Postfix message_size_limit is 10 MB, Exchange Online's 150 MB is base64 of 112).
MOST_RECEIVED = 256 << 20

_TLS_RECORDS = frozenset({20, 21, 22, 23})  # RFC 8446 section 5.1

# What came instead of TLS is kept to the end of its line: RFC 5321 4.5.3.1.5 allows a reply line 512 bytes. A line
# that comes in pieces is waited for as long as a segment may be late (RFC 6298: retransmitted after a second).
_CLEAR_LINE = 512
_CLEAR_SECONDS = 2.0


class BufferedStream:
    """Implements `interface.Stream` and `interface.ServerStream`."""

    def __init__(
        self,
        transport: Transport,
        contexts: Contexts,
        now: Callable[[], float],
        *,
        url: str = "",
        address: str = "",
        purpose: str = "",
        secrets: Sequence[str] = (),
    ) -> None:
        self.local = transport.local
        self.remote = transport.remote
        self.secrets = Secrets(secrets)
        self._transport = transport
        self._contexts = contexts
        self._now = now
        self._labels = (url, address, purpose)
        self._recorder = Recorder(self.secrets, now)
        self._engine: Engine | None = None
        self._is_server = False
        self._room = MOST_RECEIVED
        self._given_back = b""
        self._closed = False

    @property
    def is_tls(self) -> bool:
        return self._engine is not None

    @property
    def turn(self) -> int:
        return self._recorder.turn

    async def read(self, deadline: float, *, keep: bool = True) -> bytes:
        while True:
            if self._engine is not None:
                read = self._engine.read()
                # TLS has answers of its own: to a HelloRequest (RFC 5246 7.4.1.1), to a new key (RFC 8446 4.6.3).
                await self._flush(deadline)
                if read is not None:
                    data = read
                    break
            raw = await self._recv(1 << 16, deadline)
            if self._engine is None:
                data = raw
                break
            self._engine.feed(raw)
        self._room -= len(data)
        if self._room < 0:
            raise NetFailure(Trouble.TOO_MUCH, f"more than {MOST_RECEIVED} bytes")
        if not data:
            self.event("closed by the peer")
        elif keep:
            self._recorder.received(data, self.is_tls)
        else:
            self._recorder.not_kept(len(data), "received")
        return data

    async def _recv(self, limit: int, deadline: float) -> bytes:
        if self._given_back:
            data, self._given_back = self._given_back[:limit], self._given_back[limit:]
            return data
        return await self._transport.recv(limit, deadline)

    def unread(self, data: bytes) -> None:
        if self._engine is not None:
            raise RuntimeError("what came inside TLS cannot be given back")
        self._given_back = data + self._given_back
        self._room += len(data)
        self._recorder.unreceived(len(data))

    async def write(self, data: bytes, deadline: float, *, secret: Sequence[slice] = (), keep: bool = True) -> None:
        if keep:
            self._recorder.sent(data, secret, self.is_tls)
        else:
            self._recorder.not_kept(len(data), "sent")
        if self._engine is None:
            await self._transport.send(data, deadline)
            return
        self._engine.write(data)
        await self._flush(deadline)

    async def start_tls(
        self, settings: TlsSettings, name: str, deadline: float, *, left: bytes | None = None
    ) -> Handshake:
        from mailproof.net.tls import Engine

        engine = Engine(self._contexts.client(settings), server=False, name=name)
        return await self._handshake(engine, deadline, left)

    async def accept_tls(self, settings: ServerTls, deadline: float) -> Handshake:
        from mailproof.net.tls import Engine

        self._is_server = True
        return await self._handshake(Engine(self._contexts.server(settings), server=True), deadline)

    async def _handshake(self, engine: Engine, deadline: float, left: bytes | None = None) -> Handshake:
        started = self._now()
        came = b""
        before = BeforeTls()
        before.over = left is None
        if began := before.records(left or b""):
            engine.feed(began)
        known = len(before.text)
        try:
            while not engine.handshake():
                if data := engine.outgoing():
                    await self._transport.send(data, deadline)
                raw = await self._next_record(before, deadline)
                came = came if len(came) >= _CLEAR_LINE else came + raw
                if not raw:
                    raise NetFailure(Trouble.CLOSED, "closed during the handshake")
                engine.feed(raw)
            if data := engine.outgoing():
                await self._transport.send(data, deadline)
        except NetFailure as failure:
            self._transport.send_now(engine.outgoing())
            clear = before.text
            if left is None:
                clear = await self._clear_line(came, deadline) if came and came[0] not in _TLS_RECORDS else b""
            if clear[known:]:
                self._recorder.received(clear[known:], False)
            words = engine.alert and f"the peer sent the alert {engine.alert}"
            self.event(f"TLS failed: {words or failure.detail or failure.trouble}")
            return Handshake(
                self._now() - started,
                cipher=engine.cipher,
                errors=engine.errors,
                trouble=failure.trouble,
                alert=engine.alert,
                detail=failure.detail,
                clear_text=clear,
            )
        if before.text[known:]:
            self._recorder.received(before.text[known:], False)
        self._engine = engine
        self.event(f"TLS began: {engine.version}, {engine.cipher}")
        return Handshake(
            self._now() - started,
            version=engine.version,
            cipher=engine.cipher,
            group=engine.group,
            chain=engine.chain(),
            errors=engine.errors,
            clear_text=before.text,
        )

    async def _next_record(self, before: BeforeTls, deadline: float) -> bytes:
        """What comes next of TLS, b"" at the end; `before` keeps the clear text in front of it."""
        while True:
            until = min(deadline, self._now() + TLS_FOLLOWS) if before.undecided else deadline
            try:
                raw = await self._recv(1 << 16, until)
            except NetFailure as failure:
                if failure.trouble is Trouble.TIMEOUT and until < deadline:
                    raise NetFailure(Trouble.TLS_FAILED, "clear text came instead of TLS") from failure
                raise
            records = before.records(raw)
            if len(before.text) > MOST_CLEAR:
                raise NetFailure(Trouble.TLS_FAILED, "clear text came instead of TLS")
            if records or not raw:
                return records

    async def _clear_line(self, came: bytes, deadline: float) -> bytes:
        """The line that came instead of TLS, however it was cut on its way."""
        until = min(deadline, self._now() + _CLEAR_SECONDS)
        try:
            while b"\n" not in came and len(came) < _CLEAR_LINE and (raw := await self._recv(512, until)):
                came += raw
        except NetFailure:
            pass  # then this is all there is
        line, newline, _ = came.partition(b"\n")
        return (line + newline)[:_CLEAR_LINE]

    async def _flush(self, deadline: float) -> None:
        while self._engine is not None and (data := self._engine.outgoing()):
            await self._transport.send(data, deadline)

    def note(self, deviation: Deviation) -> None:
        self._recorder.note(deviation)

    def event(self, sentence: str) -> int:
        return self._recorder.event(sentence)

    def channel_binding(self, kind: str) -> bytes | None:
        if self._engine is None:
            return None
        if kind == "tls-exporter":
            return self._engine.exporter(b"EXPORTER-Channel-Binding", 32)
        if kind == "tls-server-end-point":
            return self._engine.end_point_hash(server=self._is_server)
        return None

    def close(self, farewell: bytes = b"") -> None:
        if self._closed:
            return
        self._closed = True
        try:
            if farewell:
                self._recorder.sent(farewell, (), self.is_tls)
            if self._engine is not None:
                if farewell:
                    self._engine.write(farewell)
                self._engine.shutdown()
                self._transport.send_now(self._engine.outgoing())
            else:
                self._transport.send_now(farewell)
        except NetFailure:
            pass  # the session was broken already; closing is all that is left to do
        finally:
            self._transport.close()

    def transcript(self) -> Transcript:
        return self._recorder.transcript(*self._labels)
