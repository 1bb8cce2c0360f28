"""The line to the server: dialled, secured, written to, read from. Used by the session and by scripts alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from mailproof.model.attempt import Trouble
from mailproof.model.failure import NetFailure
from mailproof.model.talk import TalkPlace, TalkProtocol
from mailproof.model.tls import Protection, TlsHandshake
from mailproof.net.interface import Net, Stream
from mailproof.probes.handshake import handshake_fact, protection_of
from mailproof.probes.terms import Terms
from mailproof.wire.proxy_protocol import Proxied, compose
from mailproof.wire.starttls.course import Course, Outcome, Verdict

P = TalkProtocol
FAREWELLS: dict[TalkProtocol, bytes] = {
    **dict.fromkeys((P.SMTP, P.LMTP, P.POP3, P.NNTP, P.FTP, P.IRC), b"QUIT\r\n"),
    P.IMAP: b"t0 LOGOUT\r\n",
    P.SIEVE: b"LOGOUT\r\n",
    P.XMPP: b"</stream:stream>",
    P.XMPP_SERVER: b"</stream:stream>",
    P.LDAP: b"0\x05\x02\x01\x7fB\x00",  # unbindRequest (RFC 4511 section 4.3)
    P.POSTGRES: b"X\x00\x00\x00\x04",  # Terminate
}
"""What one says before one hangs up; protocols that are not here have nothing."""


_NOT_SENT = {"tls-not-available": "not-sent-no-tls", "tls-not-verified": "not-sent-unverified"}


class Closed(Exception):
    """The server hung up in the middle of a course."""


class TalkLine:
    def __init__(self, net: Net, place: TalkPlace, terms: Terms, secrets: Sequence[str] = ()) -> None:
        self.place = place
        self.handshake: TlsHandshake | None = None
        self._net = net
        self._terms = terms
        self._secrets = secrets
        self._stream: Stream | None = None

    async def dial(self, addresses: Sequence[str]) -> None:
        """The first address that answers, through the proxy if there is one. Raises the NetFailure of the last."""
        failure = NetFailure(Trouble.NOT_FOUND)
        for address in addresses or ("",):
            place = msgspec.structs.replace(self.place, address=address)
            try:
                self._stream = await self._connected(place)
            except NetFailure as one:
                failure = one
                continue
            self.place = place
            await self._introduce()
            return
        raise failure

    async def _connected(self, place: TalkPlace) -> Stream:
        terms = self._terms
        if terms.proxy is None or place.path is not None:
            deadline = self._net.now() + terms.connect_timeout
            return await self._net.connect(
                place, deadline, purpose="talk", secrets=self._secrets, source=terms.source
            )
        from mailproof.probes.tunnel import dig  # few need it

        where = f"{place.address}:{place.port}"
        tunnel = await dig(self._net, place, terms.proxy, terms, "talk", self._secrets, where)
        if tunnel.failure is not None or tunnel.stream is None:
            if tunnel.stream is not None:
                tunnel.stream.close()
            raise tunnel.failure or NetFailure(Trouble.PROXY)
        return tunnel.stream

    async def _introduce(self) -> None:
        """The PROXY header, where one is wanted: before anything else, and never answered."""
        if not self._terms.proxy_protocol:
            return
        host, _, port = self.stream.local.rpartition(":")
        proxied = None
        if self.place.path is None:
            source = self._terms.proxied_source or host.strip("[]")
            proxied = Proxied(source, int(port), self.place.address, self.place.port)
        await self.stream.write(compose(self._terms.proxy_protocol, proxied), self.deadline)

    @property
    def stream(self) -> Stream:
        """Raises RuntimeError before `dial`: a mistake of ours."""
        if self._stream is None:
            raise RuntimeError("not dialled yet")
        return self._stream

    @property
    def is_dialled(self) -> bool:
        return self._stream is not None

    @property
    def protection(self) -> Protection:
        return protection_of(self.handshake)

    @property
    def not_sent(self) -> str:
        """Why no secret may be said here, as a note of the catalogue; empty if it may."""
        return _NOT_SENT.get(self._terms.too_open(self.protection), "")

    @property
    def deadline(self) -> float:
        """When a step that begins now has taken too long."""
        return self._net.now() + self._terms.timeout

    async def secure(self, left: bytes | None = None) -> TlsHandshake:
        """Make the handshake; one that fails is a fact. `left` is what came behind the go-ahead."""
        stream, before = self.stream, self.stream.turn
        made = await stream.start_tls(self._terms.settings, self.place.name, self.deadline, left=left)
        turns = tuple(range(before + 1, stream.turn + 1)) or (stream.turn,)
        self.handshake = handshake_fact(self.place.name, made, stream, turns)
        return self.handshake

    async def follow(
        self,
        course: Course,
        heard: Callable[[bytes], None] = lambda data: None,
        said: Callable[[bytes], None] = lambda data: None,
    ) -> Outcome:
        """Carry a course to its end, telling of each piece. Raises NetFailure, and Closed."""
        try:
            outgoing = next(course)
            until = self.deadline
            while True:
                if outgoing:
                    said(outgoing)
                    until = self.deadline  # for the whole of the answer, however slowly it comes
                    await self.stream.write(outgoing, until)
                data = await self.stream.read(until)
                if not data:
                    raise Closed
                heard(data)
                outgoing = course.send(data)
        except StopIteration as stop:
            outcome: Outcome = stop.value
        if outcome.verdict is Verdict.READY and outcome.outgoing:
            await self.stream.write(outcome.outgoing, self.deadline)
        return outcome
