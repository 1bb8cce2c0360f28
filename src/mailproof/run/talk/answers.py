"""What a live server answers to a script: cut into lines, within bounds, and known where an answer ends."""

from __future__ import annotations

from mailproof.model.attempt import Trouble
from mailproof.model.failure import NetFailure
from mailproof.model.talk import TalkProtocol
from mailproof.parse.talk.heard import HeardLine, LineKind, Replies
from mailproof.parse.talk.offers import asks_for_offers, offers_in
from mailproof.run.talk.line import Closed, TalkLine
from mailproof.wire.starttls.registry import UPGRADES

# A line, or an answer in raw bytes, that is longer has no end: servers of mail keep to a thousandth of it.
_LONGEST_LINE = 1 << 20
# An answer of more lines has no end: a message of 10 MB, Postfix's message_size_limit, has 140 000 in base64. What is
# kept of them is for what is offered.
_MOST_LINES, _ANSWER_LINES, _KEPT = 200_000, 200, 4096


class Endless(Exception):
    """A line, or an answer, without an end. Its beginning is `said`."""

    def __init__(self, said: bytes) -> None:
        self.said = said[:200]


class Answers:
    """Reading raises NetFailure, Closed where the server hangs up, and Endless."""

    def __init__(self, line: TalkLine, protocol: TalkProtocol) -> None:
        self.asked = ""
        """What was said last."""
        self.offered: tuple[str, ...] = ()
        """What the server last said it can, a line each."""
        self.in_message = False
        """What is said now is of a message, and answered by nothing."""
        self._line = line
        self._protocol = protocol
        self._replies = Replies(protocol)
        self._upgrade = UPGRADES.get(protocol)
        self._buffer = b""
        self._answer: list[str] = []
        self._lines = 0
        self._came: LineKind | None = LineKind.FINAL
        """How far the answer to what was last said has come; None where nothing of it was heard."""
        self._until = 0.0
        """When what is waited for now has taken too long, however slowly it comes."""

    @property
    def end_is_known(self) -> bool:
        """Whether it can be told where an answer ends."""
        return self._upgrade is not None and self._upgrade.lines

    @property
    def is_whole(self) -> bool:
        """Whether all of the answer to what was last said has come."""
        return self._came not in (None, LineKind.PART)

    @property
    def is_begun(self) -> bool:
        """Whether a part of it has come, and more is to come."""
        return self._came is LineKind.PART

    def wait_anew(self) -> None:
        """What comes next has the whole of its time from now on."""
        self._until = self._line.deadline

    def after(self, asked: str) -> None:
        """This was said, and what comes now answers it."""
        self.asked, self._answer = asked, []
        self._came = LineKind.FINAL if self.in_message and asked != "." else None
        self._replies.asked(asked)
        self.in_message = self.in_message and asked != "."
        self.wait_anew()

    def begin_with(self, said: bytes, left: bytes) -> None:
        """What the opening has heard, and what it has left."""
        self.offered = offers_in(self._protocol, said.decode("utf-8", "replace"))
        self._buffer = left

    def taken(self) -> bytes:
        """What has come and was not read: that of TLS, where it begins."""
        left, self._buffer = self._buffer, b""
        return left

    async def whole(self) -> HeardLine:
        """The last line of the answer."""
        self.wait_anew()
        while True:
            _, heard = await self.next()
            if heard.kind is not LineKind.PART:
                return heard

    async def next(self) -> tuple[bytes, HeardLine]:
        """A line without its end, and what it is."""
        cut = b"\n" if self._upgrade is None or self._upgrade.lines else b">"
        while cut not in self._buffer:
            await self._more()
        if cut == b">":  # what came at once is taken for a line, where there are none
            line, self._buffer = self._buffer, b""
        else:
            line, _, self._buffer = self._buffer.partition(cut)
        data = line.removesuffix(b"\r")
        self._lines += 1
        if self._lines > _MOST_LINES:
            raise Endless(data)
        if len(self._answer) < _ANSWER_LINES:
            self._answer.append(data[:_KEPT].decode("utf-8", "replace"))
        heard = self._replies.line(data)
        self.in_message = self.in_message or heard.code == "354"
        if not self.is_whole:
            self._came = heard.kind
        if heard.kind is LineKind.FINAL:
            if asks_for_offers(self._protocol, self.asked) or '"SASL"' in "".join(self._answer):
                self.offered = offers_in(self._protocol, "\n".join(self._answer)) or self.offered
            self._answer, self._lines = [], 0
        return data, heard

    async def exactly(self, size: int) -> bytes:
        """So many bytes, whatever they are."""
        while len(self._buffer) < size:
            await self._more()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    async def end(self) -> bytes:
        """What still comes before the server hangs up; empty where nothing does."""
        try:
            return self._buffer or await self._line.stream.read(self._until)
        except NetFailure as failure:
            if failure.trouble is Trouble.RESET:
                return b""
            raise

    async def _more(self) -> None:
        if len(self._buffer) > _LONGEST_LINE:
            raise Endless(self._buffer)
        data = await self._line.stream.read(self._until)
        if not data:
            raise Closed
        self._buffer += data
