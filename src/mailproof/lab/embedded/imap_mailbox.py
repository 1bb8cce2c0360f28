"""A mailbox that a session has opened: its numbers, and the commands on its messages (RFC 3501 section 6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.lab.embedded.imap_fetch import BadItem, items_of, marks_seen, render
from mailproof.lab.embedded.imap_search import BadSearch, in_sequence, is_sequence, search
from mailproof.lab.embedded.mailboxes import SYSTEM_FLAGS, Mailbox, StoredMessage
from mailproof.wire.imap.tokens import Value

_FLAGS = " ".join(SYSTEM_FLAGS)
_BY_NAME = {flag.lower(): flag for flag in SYSTEM_FLAGS}


class Refused(Exception):
    """A command that is not carried out; the text says why, `status` is NO or BAD."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status


class OpenMailbox:
    """What one session sees; other sessions and deliveries change it only in `updates`."""

    def __init__(self, mailbox: Mailbox, *, writable: bool) -> None:
        self._mailbox = mailbox
        self._writable = writable
        self._view: list[StoredMessage] = list(mailbox.messages)

    def opening(self) -> Iterator[str]:
        """Untagged responses of SELECT and EXAMINE."""
        yield f"FLAGS ({_FLAGS})"
        yield f"OK [PERMANENTFLAGS ({_FLAGS if self._writable else ''})] Flags permitted."
        yield f"{len(self._view)} EXISTS"
        yield "0 RECENT"
        unseen = next((n for n, m in enumerate(self._view, start=1) if "\\Seen" not in m.flags), 0)
        if unseen:
            yield f"OK [UNSEEN {unseen}] First unseen."
        yield f"OK [UIDVALIDITY {self._mailbox.uid_validity}] UIDs valid"
        yield f"OK [UIDNEXT {self._mailbox.uid_next}] Predicted next UID"

    def updates(self) -> Iterator[str]:
        """What has changed since the session last looked."""
        there = {message.uid for message in self._mailbox.messages}
        for number in range(len(self._view), 0, -1):
            if self._view[number - 1].uid not in there:
                del self._view[number - 1]
                yield f"{number} EXPUNGE"
        last = self._view[-1].uid if self._view else 0
        known = {message.uid for message in self._view}
        new = [message for message in self._mailbox.messages if message.uid > last and message.uid not in known]
        if new:
            self._view += new
            yield f"{len(self._view)} EXISTS"
            yield "0 RECENT"

    def run(self, name: str, args: tuple[Value, ...]) -> Iterator[str | bytes]:
        """Untagged responses of a command on messages. Raises Refused."""
        by_uid = name.startswith("UID ")
        match name.removeprefix("UID "):
            case "FETCH":
                return self._fetch(args, by_uid=by_uid)
            case "STORE":
                return self._store(args, by_uid=by_uid)
            case "SEARCH":
                return self._search(args, by_uid=by_uid)
            case "EXPUNGE" if not by_uid:
                self.expunge()
                return iter(())  # `updates` tells the numbers
        raise Refused("BAD", f"Error in IMAP command {name[:40]}: Unknown command.")

    def expunge(self) -> None:
        """Remove what is marked \\Deleted; nothing in a mailbox opened by EXAMINE."""
        if self._writable:
            self._mailbox.remove([message for message in self._mailbox.messages if "\\Deleted" in message.flags])

    def _meant(self, args: tuple[Value, ...], *, by_uid: bool) -> list[tuple[int, StoredMessage]]:
        if len(args) < 2 or not is_sequence(args[0]):
            raise Refused("BAD", "Invalid messageset.")
        largest = (self._view[-1].uid if by_uid else len(self._view)) if self._view else 0
        wanted = in_sequence(str(args[0]), largest)
        numbered = enumerate(self._view, start=1)
        return [(number, message) for number, message in numbered if wanted(message.uid if by_uid else number)]

    def _fetch(self, args: tuple[Value, ...], *, by_uid: bool) -> Iterator[str | bytes]:
        meant = self._meant(args, by_uid=by_uid)
        try:
            items = items_of(args[1:])
        except BadItem as bad:
            raise Refused("BAD", str(bad)) from bad
        if by_uid and "UID" not in items:
            items.insert(0, "UID")
        for number, message in meant:
            shown = items
            if self._writable and marks_seen(items) and "\\Seen" not in message.flags:
                message.flags.add("\\Seen")
                shown = items if "FLAGS" in items else [*items, "FLAGS"]
            yield b"%d FETCH " % number + render(message, shown)

    def _store(self, args: tuple[Value, ...], *, by_uid: bool) -> Iterator[str | bytes]:
        meant = self._meant(args, by_uid=by_uid)
        what = args[1].upper() if isinstance(args[1], str) else ""
        silent, what = what.endswith(".SILENT"), what.removesuffix(".SILENT")
        given = args[2] if len(args) == 3 and isinstance(args[2], tuple) else args[2:]
        if what not in ("FLAGS", "+FLAGS", "-FLAGS") or not all(isinstance(flag, str) for flag in given):
            raise Refused("BAD", "Invalid arguments.")
        if not self._writable:
            raise Refused("NO", "Mailbox is read-only.")
        flags = {_BY_NAME[flag.lower()] for flag in given if isinstance(flag, str) and flag.lower() in _BY_NAME}
        for number, message in meant:
            if what == "FLAGS":
                message.flags = set(flags)
            elif what == "+FLAGS":
                message.flags |= flags
            else:
                message.flags -= flags
            if not silent:
                yield b"%d FETCH " % number + render(message, ["UID", "FLAGS"] if by_uid else ["FLAGS"])

    def _search(self, args: tuple[Value, ...], *, by_uid: bool) -> Iterator[str | bytes]:
        try:
            found = search(args, self._view)
        except BadSearch as bad:
            raise Refused("BAD", str(bad)) from bad
        yield " ".join(["SEARCH", *(str(message.uid if by_uid else number) for number, message in found)])
