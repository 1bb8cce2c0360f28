"""Replays a script into `wire`: what its readers make of the server's lines, however they are cut on their way."""

from __future__ import annotations

import msgspec

from mailproof.model.endpoint import Protocol, Scheme
from mailproof.model.reply import ReplyClass
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.script.format import LineKind, Script, ScriptLine, Section
from mailproof.wire.imap.responses import ImapResponse
from mailproof.wire.imap.responses import ResponseReader as ImapReader
from mailproof.wire.pop3.responses import Pop3Response
from mailproof.wire.pop3.responses import ResponseReader as Pop3Reader
from mailproof.wire.sieve.responses import ResponseReader as SieveReader
from mailproof.wire.sieve.responses import SieveResponse
from mailproof.wire.smtp.extensions import read_ehlo
from mailproof.wire.smtp.replies import ReplyReader, SmtpReply

Event = SmtpReply | Pop3Response | ImapResponse | SieveResponse

_ONLY_WITHOUT_ARGUMENT = frozenset({"LIST", "UIDL"})
_ALWAYS_LINES = frozenset({"CAPA", "RETR", "TOP"})
_ENDS = frozenset({"eof", "reset", "silence"})


class Replayed(msgspec.Struct, frozen=True):
    section: Section
    events: tuple[Event, ...]
    deviations: tuple[Deviation, ...]
    """Of the events, of the extensions that an EHLO was answered with, and of what was left when TLS began."""


def replay(script: Script, chunk: int = 1 << 16) -> tuple[Replayed, ...]:
    """What each section says, fed to the reader of its protocol in pieces of `chunk` bytes at most.

    Of the client's lines only what they make of the answer counts: in POP3, whether it has a body (RFC 1939
    section 3). Raises ValueError for a scheme that is unknown.
    """
    return tuple(_Replay(section, chunk).to_its_end() for section in script.sections)


class _Replay:
    def __init__(self, section: Section, chunk: int) -> None:
        self._section = section
        self._chunk = chunk
        self._protocol = Scheme(section.url.partition("://")[0].partition("+")[0]).protocol
        self._fed = 0
        self._reader = self._new_reader()
        self._verb = ""
        self._events: list[Event] = []
        self._deviations: list[Deviation] = []

    def to_its_end(self) -> Replayed:
        burst = b""
        for line in self._section.lines:
            if line.kind is LineKind.SERVER:
                burst += line.data
                continue
            self._feed(burst)
            burst = b""
            if line.kind is LineKind.CLIENT:
                self._asked(line)
            elif line.words[0] == "tls":
                self._begin_tls()
            elif line.words[0] in _ENDS:
                break
        self._feed(burst)
        self._take(self._reader.end())
        return Replayed(self._section, tuple(self._events), tuple(self._deviations))

    def _new_reader(self) -> ReplyReader | Pop3Reader | ImapReader | SieveReader:
        if self._protocol in (Protocol.SMTP, Protocol.LMTP):
            return ReplyReader(self._fed)
        if self._protocol is Protocol.POP3:
            return Pop3Reader(offset=self._fed)
        if self._protocol is Protocol.IMAP:
            return ImapReader(self._fed)
        return SieveReader(self._fed)

    def _feed(self, data: bytes) -> None:
        for at in range(0, len(data), self._chunk):
            self._take(self._reader.receive(data[at : at + self._chunk]))
        self._fed += len(data)

    def _take(self, events: list[SmtpReply] | list[Pop3Response] | list[ImapResponse] | list[SieveResponse]) -> None:
        for event in events:
            self._events.append(event)
            self._deviations += event.deviations
            if isinstance(event, SmtpReply) and self._verb in ("EHLO", "LHLO") and event.kind is ReplyClass.POSITIVE:
                self._deviations += read_ehlo(event)[1]

    def _asked(self, line: ScriptLine) -> None:
        self._verb, _, argument = line.text.strip().partition(" ")
        self._verb = self._verb.upper()
        if isinstance(self._reader, SieveReader):
            # A line of the client that begins with a string answers a challenge; another may follow.
            self._reader.expect_challenge(self._verb == "AUTHENTICATE" or self._verb.startswith(('"', "{")))
        if isinstance(self._reader, Pop3Reader):
            alone = self._verb in _ONLY_WITHOUT_ARGUMENT and not argument
            self._reader.expect(alone or self._verb in _ALWAYS_LINES)

    def _begin_tls(self) -> None:
        """What is left of the clear text never reaches the reader of what comes inside (CVE-2011-0411)."""
        if left := self._reader.pending:
            detail = f"{len(left)} bytes"
            self._deviations.append(Deviation(DeviationKind.TRAILING_DATA, self._reader.offset, detail))
        self._reader = self._new_reader()
