"""Plays the server's side of a script, and checks the client's: a wrong, extra or missing line is a mismatch."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from mailproof.model.attempt import Trouble
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.escape import to_text
from mailproof.model.failure import NetFailure
from mailproof.model.tls import ServerTls, TlsVersion
from mailproof.net.interface import Address, Handler, Net, ServerStream
from mailproof.script.authority import Authority, CertificateKind
from mailproof.script.format import LineKind, Script, ScriptLine, Section, matches

OUTSIDE_ADDRESS = "192.0.2.25"
"""What a host of a script resolves to (RFC 5737)."""

_ATTEMPT_EVENTS = {
    "refused": Trouble.REFUSED,
    "unreachable": Trouble.UNREACHABLE,
    "timeout": Trouble.TIMEOUT,
}
_ALERTS = {
    "handshake_failure": 40,
    "protocol_version": 70,
    "insufficient_security": 71,
    "internal_error": 80,
    "certificate_required": 116,
}
_DNS_STATUS = {
    "NXDOMAIN": DnsStatus.NO_SUCH_NAME,
    "NODATA": DnsStatus.NO_DATA,
    "TIMEOUT": DnsStatus.TIMEOUT,
    "SERVFAIL": DnsStatus.SERVER_FAILURE,
}
# Longer than any client waits: the scripted server itself never gives up first.
_PATIENCE = 24 * 3600.0


class Mismatch(AssertionError):
    """The client did not say what the script wants; the message shows both."""


class ScriptedServer:
    """Every server that a script describes. Give `switchboard` to a `MemoryNet`, or `handler` to `listen`."""

    def __init__(self, script: Script, authority: Authority, now: datetime) -> None:
        self._script = script
        self._authority = authority
        self._now = now
        self._made: Counter[tuple[str, str]] = Counter()
        self._left = {(section.url, section.purpose, section.nth): section for section in script.sections}
        self._net: Net | None = None
        self.mismatches: list[str] = []

    def attach(self, net: Net) -> None:
        """The world whose time `* wait` and `* silence` follow."""
        self._net = net

    def names(self) -> tuple[DnsAnswer, ...]:
        """The script's `dns` lines; each host of an endpoint that has none resolves to an outside address."""
        given: dict[tuple[str, str], DnsAnswer] = {}
        for line in self._script.names:
            status = _DNS_STATUS.get(line.answer, DnsStatus.OK)
            before = given.get((line.name, line.rtype))
            answers = (*(before.answers if before else ()), line.answer) if status is DnsStatus.OK else ()
            given[line.name, line.rtype] = DnsAnswer(line.name, line.rtype, status, answers)
        for url in self._script.urls:
            host = host_of(url)
            if not any(name == host and rtype in ("A", "AAAA") for name, rtype in given):
                given[host, "A"] = DnsAnswer(host, "A", DnsStatus.OK, (OUTSIDE_ADDRESS,))
        return tuple(given.values())

    def switchboard(self, to: Address, purpose: str) -> Handler | Trouble:
        """The section for this connection; a connection that the script does not know is a mismatch."""
        self._made[to.url, purpose] += 1
        section = self._left.pop((to.url, purpose, self._made[to.url, purpose]), None)
        if section is None:
            self.mismatches.append(f"a connection to {to.url} ({purpose}) that the script does not have")
            return Trouble.REFUSED
        first = section.lines[0] if section.lines else None
        if first is not None and first.kind is LineKind.EVENT and first.words[0] in _ATTEMPT_EVENTS:
            return _ATTEMPT_EVENTS[first.words[0]]
        return self.handler(section)

    def handler(self, section: Section) -> Handler:
        """Serves one connection as this section says."""

        async def serve(stream: ServerStream) -> None:
            await _Player(self, section, stream).play()

        return serve

    def finish(self) -> None:
        """Raises Mismatch if the client erred, or if a section was never played."""
        missing = [f"no connection was made for `@ {s.url} {s.purpose} {s.nth}`" for s in self._left.values()]
        if problems := self.mismatches + missing:
            raise Mismatch("\n".join(problems))

    def server_tls(self, section: Section, words: dict[str, str]) -> ServerTls:
        kind = CertificateKind(words.get("cert", "good"))
        issued = self._authority.issue(kind, words.get("name", host_of(section.url)), self._now)
        return ServerTls(
            issued.chain_pem.decode(),
            issued.key_pem.decode(),
            TlsVersion(words.get("min", TlsVersion.TLS1_0)),
            TlsVersion(words.get("max", TlsVersion.TLS1_3)),
            words.get("ciphers"),
        )

    async def wait(self, seconds: float) -> None:
        if self._net is None:
            raise RuntimeError("attach a net before the script is played")
        await self._net.sleep(seconds)


def host_of(url: str) -> str:
    """The host of an endpoint's URL, without brackets and port."""
    rest = url.partition("://")[2]
    return rest[1:].partition("]")[0] if rest.startswith("[") else rest.partition(":")[0]


class _Player:
    def __init__(self, server: ScriptedServer, section: Section, stream: ServerStream) -> None:
        self._server = server
        self._section = section
        self._stream = stream
        self._buffer = b""

    async def play(self) -> None:
        for line in self._section.lines:
            if line.kind is LineKind.SERVER:
                await self._stream.write(line.data, _PATIENCE)
            elif line.kind is LineKind.CLIENT:
                if not await self._expect(line):
                    return
            elif await self._event(line):
                return
        await self._end()

    async def _expect(self, line: ScriptLine) -> bool:
        said = await self._line() if not line.raw else await self._exactly(len(line.data))
        wanted = line.text if line.raw else line.text + "\\r\\n"
        if said is not None and matches(wanted, to_text(said)):
            return True
        heard = "closed the connection" if said is None else f"said   C: {to_text(said)}"
        self._server.mismatches.append(f"line {line.number}: wanted C: {line.text}\n{'':8}but the client {heard}")
        return False

    async def _event(self, line: ScriptLine) -> bool:
        """True where the connection ends with it."""
        name, words = line.words
        if name == "wait":
            await self._server.wait(float(line.text.split()[1]))
        elif name == "tls" and "refused" in words:
            await self._refuse_tls(words)
            return True
        elif name == "tls":
            handshake = await self._stream.accept_tls(self._server.server_tls(self._section, words), _PATIENCE)
            self._buffer = b""
            return handshake.trouble is not None
        elif name == "reset":
            raise NetFailure(Trouble.RESET)
        elif name == "eof":
            return True
        elif name == "silence":
            while await self._read():
                self._buffer = b""
            return True
        return False

    async def _refuse_tls(self, words: dict[str, str]) -> None:
        """A fatal alert to the ClientHello (RFC 8446 section 6)."""
        await self._read()
        alert = _ALERTS[words.get("alert", "handshake_failure")]
        await self._stream.write(bytes([0x15, 3, 1, 0, 2, 2, alert]), _PATIENCE)

    async def _end(self) -> None:
        """The script is over: the client may only leave."""
        while await self._read():
            pass
        rest = self._buffer.strip()
        if rest and rest.upper().split()[-1] not in (b"QUIT", b"LOGOUT"):
            self._server.mismatches.append(f"after the end of the section the client said   C: {to_text(rest)}")

    async def _line(self) -> bytes | None:
        while b"\n" not in self._buffer:
            if not await self._read():
                return None
        line, newline, self._buffer = self._buffer.partition(b"\n")
        return line + newline

    async def _exactly(self, size: int) -> bytes | None:
        while len(self._buffer) < size:
            if not await self._read():
                return None
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    async def _read(self) -> bool:
        try:
            data = await self._stream.read(_PATIENCE)
        except NetFailure:
            return False
        self._buffer += data
        return bool(data)
