"""Plays the client's side of a script against a live server: what is said is sent, what is answered is compared."""

from __future__ import annotations

from mailproof.model.attempt import Trouble
from mailproof.model.escape import to_bytes, to_text
from mailproof.model.failure import NetFailure
from mailproof.model.tls import TlsSettings
from mailproof.model.transcript import Transcript
from mailproof.net.interface import Address, Net, Stream
from mailproof.script.format import LineKind, ScriptLine, Section, matches
from mailproof.script.server import Mismatch


async def exercise(
    net: Net, section: Section, to: Address, *, name: str, settings: TlsSettings, timeout: float = 30.0
) -> Transcript:
    """Play one section against `to`, which presents `name` in TLS; returns what was said.

    In the client's lines `~` stands for `name`, in the server's for any text. Raises Mismatch where the server does
    otherwise, NetFailure if it cannot be reached.
    """
    stream = await net.connect(to, net.now() + timeout, purpose=section.purpose)
    player = _Client(net, stream, section, name, settings, timeout)
    try:
        for line in section.lines:
            await player.play(line)
    finally:
        stream.close()
    return stream.transcript()


class _Client:
    def __init__(
        self, net: Net, stream: Stream, section: Section, name: str, settings: TlsSettings, timeout: float
    ) -> None:
        self._net = net
        self._stream = stream
        self._section = section
        self._name = name
        self._settings = settings
        self._timeout = timeout
        self._buffer = b""

    async def play(self, line: ScriptLine) -> None:
        if line.kind is LineKind.CLIENT:
            text = line.text.replace("~", self._name)
            await self._stream.write(to_bytes(text) + (b"" if line.raw else b"\r\n"), self._deadline)
        elif line.kind is LineKind.SERVER:
            said = await self._exactly(len(line.data)) if line.raw else await self._line()
            wanted = line.text if line.raw else line.text + "\\r\\n"
            if not matches(wanted, to_text(said)):
                raise _mismatch(line, f"said   S: {to_text(said)}")
        else:
            await self._event(line)

    async def _event(self, line: ScriptLine) -> None:
        word, _ = line.words
        if word == "tls":
            made = await self._stream.start_tls(self._settings, self._name, self._deadline)
            refused = "refused" in line.words[1]
            if (made.trouble is not None) is not refused:
                raise _mismatch(
                    line, f"made TLS {made.version}" if refused else f"did not: {made.alert or made.detail}"
                )
        elif word == "wait":
            await self._net.sleep(float(line.text.split()[1]))
        elif word in ("eof", "reset"):
            if said := await self._rest():
                raise _mismatch(line, f"said   S: {to_text(said)}")
        else:
            raise _mismatch(line, "cannot be asked for that")

    @property
    def _deadline(self) -> float:
        return self._net.now() + self._timeout

    async def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            await self._more()
        line, newline, self._buffer = self._buffer.partition(b"\n")
        return line + newline

    async def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            await self._more()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    async def _more(self) -> None:
        data = await self._stream.read(self._deadline)
        if not data:
            raise NetFailure(Trouble.CLOSED, to_text(self._buffer))
        self._buffer += data

    async def _rest(self) -> bytes:
        """What still comes before the end; empty where the server hangs up at once."""
        try:
            return self._buffer or await self._stream.read(self._deadline)
        except NetFailure as failure:
            if failure.trouble is Trouble.RESET:
                return b""
            raise


def _mismatch(line: ScriptLine, did: str) -> Mismatch:
    return Mismatch(f"line {line.number}: wanted {line.kind}: {line.text}\n{'':8}but the server {did}")
