"""Whom a session tells what happens. Texts are safe to print and hold no secret; the words are the catalogue's."""

from __future__ import annotations

from typing import Protocol

from mailproof.model.finding import Param
from mailproof.model.tls import TlsHandshake
from mailproof.parse.talk.notes import Note
from mailproof.parse.talk.typed import Slip


class Screen(Protocol):
    def heard(self, line: str) -> None:
        """A line of the server."""
        ...

    def said(self, line: str) -> None:
        """A line that the session said by itself."""
        ...

    def event(self, name: str, **params: Param) -> None:
        """What happened to the connection: `talk.event-NAME` of the catalogue."""
        ...

    def note(self, note: Note) -> None:
        """What an answer means: `notes.NAME`."""
        ...

    def slip(self, slip: Slip) -> None:
        """What of the user's own line is not as it should be: `slips.NAME`."""
        ...

    def certificate(self, handshake: TlsHandshake) -> None:
        """The chain that was shown, and the verdict on it."""
        ...
