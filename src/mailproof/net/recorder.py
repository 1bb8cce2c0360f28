"""The transcript of one connection, written while it goes on, without its secrets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from mailproof.model.escape import to_text
from mailproof.model.secret import Secrets
from mailproof.model.transcript import SECRET, Deviation, Transcript, Turn, TurnKind

# One transcript keeps this much; a server that sends without end is cut here (mitmproxy streams what is larger).
KEEP = 1 << 20


class Recorder:
    """Collects what passes by. A turn is masked when it ends, so that an echo cut into pieces is masked too."""

    def __init__(self, secrets: Secrets, now: Callable[[], float], keep: int = KEEP) -> None:
        self.secrets = secrets
        self._now = now
        self._room = keep
        self._turns: list[Turn] = []
        self._deviations: list[Deviation] = []
        self._truncated = False
        self._kind: TurnKind | None = None
        self._open = bytearray()
        self._at = 0.0
        self._passed = 0, "", -1
        self._tls = False
        self._heard: int | None = None
        """The turn in which something was received last."""

    @property
    def turn(self) -> int:
        """Index of the turn that is being recorded, or was last."""
        return max(0, len(self._turns) - (0 if self._kind else 1))

    def sent(self, data: bytes, secret: Sequence[slice], tls: bool) -> None:
        shown = bytearray()
        at = 0
        for part in sorted(secret, key=lambda part: part.indices(len(data))[0]):
            start, stop, _ = part.indices(len(data))
            self.secrets.add(data[start:stop])
            shown += data[at:start] + SECRET.encode()
            at = stop
        self._add(TurnKind.SENT, bytes(shown + data[at:]), tls)

    def received(self, data: bytes, tls: bool) -> None:
        self._add(TurnKind.RECEIVED, data, tls)
        self._heard = self.turn

    def unreceived(self, size: int) -> None:
        """Forget the last bytes of the turn that is being received: they will come again."""
        if size and self._kind is TurnKind.RECEIVED and not self._truncated:
            del self._open[-size:]
            self._room += size

    def not_kept(self, size: int, verb: str) -> None:
        """Count bytes that are not recorded; those `sent` or `received` in a row make one event."""
        total, before, turn = self._passed
        if self._kind is None and before == verb and turn == len(self._turns) - 1:
            size += total
            self._turns[turn] = msgspec.structs.replace(self._turns[turn], text=_not_kept(size, verb))
        else:
            turn = self.event(_not_kept(size, verb))
        self._passed = size, verb, turn
        if verb == "received":
            self._heard = turn

    def event(self, sentence: str) -> int:
        """Returns the index of its turn."""
        self._finish()
        self._turns.append(Turn(TurnKind.EVENT, self._now(), self.secrets.mask_text(sentence), self._tls))
        return len(self._turns) - 1

    def note(self, deviation: Deviation) -> None:
        """Keep it with the turn in which something was received last."""
        if len(self._deviations) < 1000:  # as many notes as one would read
            self._deviations.append(msgspec.structs.replace(deviation, turn=self._heard))

    def transcript(self, url: str, address: str, purpose: str) -> Transcript:
        turns = list(self._turns)
        if (last := self._closed()) is not None:
            turns.append(last)
        return Transcript(url, address, purpose, tuple(turns), tuple(self._deviations), self._truncated)

    def _add(self, kind: TurnKind, data: bytes, tls: bool) -> None:
        if kind is not self._kind or tls is not self._tls:
            self._finish()
            self._kind, self._at, self._tls = kind, self._now(), tls
        if len(data) > self._room:
            data, self._truncated = data[: self._room], True
        self._room -= len(data)
        self._open += data

    def _closed(self) -> Turn | None:
        if self._kind is None:
            return None
        shown = self.secrets.mask(bytes(self._open))
        if self._room == 0 and self._truncated:  # cut here: what is left may end in the beginning of a secret
            shown = shown[: max(0, len(shown) - self.secrets.longest)]
        return Turn(self._kind, self._at, to_text(shown), self._tls)

    def _finish(self) -> None:
        if (turn := self._closed()) is not None:
            self._turns.append(turn)
        self._kind = None
        self._open.clear()


def _not_kept(size: int, verb: str) -> str:
    return f"({size} bytes {verb}, not kept)"
