"""Where mail lies: one INBOX for each account, in memory; a copy in a Maildir for who wants to look into it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

# Quota of one mailbox: the lab keeps its mail in memory. A hundred megabytes hold ten of the largest messages.
MOST_BYTES = 100 << 20
MOST_MESSAGES = 10_000

SYSTEM_FLAGS = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
"""RFC 3501 section 2.3.2; the lab keeps no others."""

# Of a Maildir's file names, behind `:2,`.
_LETTERS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}


class StoredMessage:
    """One message; what is kept of it changes only in its flags."""

    __slots__ = ("arrived", "data", "flags", "path", "uid")

    def __init__(self, uid: int, data: bytes, arrived: datetime, path: Path | None) -> None:
        self.uid = uid
        self.data = data
        """With CRLF line ends."""
        self.arrived = arrived
        self.flags: set[str] = set()
        self.path = path
        """Of its copy in the Maildir."""

    def keep_flags(self) -> None:
        """In the name of the copy too, where a Maildir has them; to be called when they have changed."""
        if self.path is None:
            return
        letters = "".join(letter for letter, flag in sorted(_LETTERS.items()) if flag in self.flags)
        marked = self.path.parent.parent / "cur" / f"{self.path.name.partition(':')[0]}:2,{letters}"
        with suppress(FileNotFoundError):  # somebody looked into it with a program that moves what it has seen
            self.path = self.path.rename(marked)


class Mailbox:
    def __init__(self, uid_validity: int, maildir: Path | None = None) -> None:
        self.uid_validity = uid_validity
        self.uid_next = 1
        self.messages: list[StoredMessage] = []
        """In the order of their UIDs."""
        self.folders: dict[str, Mailbox] = {}
        """Of an INBOX: the other mailboxes of its user."""
        self._bytes = 0
        self._maildir = maildir
        if maildir is not None:
            for folder in ("cur", "new", "tmp"):
                (maildir / folder).mkdir(parents=True, exist_ok=True)
            self._load(maildir)
            for path in sorted(maildir.glob(".*")):
                self.folder(path.name[1:])

    def folder(self, name: str) -> Mailbox:
        """One of the folders, made if it is not there; in a Maildir as Maildir++ has it."""
        if name not in self.folders:
            below = self._maildir / f".{name}" if self._maildir is not None else None
            self.folders[name] = Mailbox(self.uid_validity, below)
        return self.folders[name]

    def has_room(self, size: int = 0) -> bool:
        return len(self.messages) < MOST_MESSAGES and self._bytes + size <= MOST_BYTES

    def add(self, data: bytes, arrived: datetime) -> StoredMessage:
        """Keep a message, whatever its line ends."""
        path = None
        if self._maildir is not None:
            # https://cr.yp.to/proto/maildir.html: time, something unique, host; whole before anybody sees it.
            name = f"{int(arrived.timestamp())}.U{self.uid_next}R{secrets.token_hex(4)}.lab"
            path = self._maildir / "new" / name
            written = self._maildir / "tmp" / name
            written.write_bytes(data.replace(b"\r\n", b"\n"))
            written.rename(path)
        return self._keep(data, arrived, path)

    def _load(self, maildir: Path) -> None:
        """What lies in the Maildir from before, the oldest first."""
        found = [file for folder in ("new", "cur") for file in (maildir / folder).iterdir() if file.is_file()]
        for file in sorted(found, key=lambda file: (file.stat().st_mtime_ns, file.name)):
            if not self.has_room(file.stat().st_size):
                break
            arrived = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            message = self._keep(file.read_bytes(), arrived, file)
            flags = file.name.rpartition(":2,")[2] if ":2," in file.name else ""
            message.flags.update(flag for letter, flag in _LETTERS.items() if letter in flags)

    def _keep(self, data: bytes, arrived: datetime, path: Path | None) -> StoredMessage:
        data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        message = StoredMessage(self.uid_next, data, arrived, path)
        self.uid_next += 1
        self.messages.append(message)
        self._bytes += len(data)
        return message

    def remove(self, messages: Iterable[StoredMessage]) -> None:
        """Those that are still there."""
        gone = {message.uid for message in messages}
        for message in self.messages:
            if message.uid in gone:
                self._bytes -= len(message.data)
                if message.path is not None:
                    message.path.unlink(missing_ok=True)
        self.messages = [message for message in self.messages if message.uid not in gone]
