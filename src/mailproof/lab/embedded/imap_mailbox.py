"""A mailbox that a session has opened: its numbers, and the commands on its messages (RFC 3501 and 9051, 6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.lab.embedded.imap_fetch import BadItem, items_of, marks_seen, render
from mailproof.lab.embedded.imap_listing import named, shown
from mailproof.lab.embedded.imap_search import (
    BadSearch,
    in_sequence,
    is_sequence,
    returned,
    search,
    sequence_of,
)
from mailproof.lab.embedded.mailboxes import SYSTEM_FLAGS, Mailbox, StoredMessage
from mailproof.wire.imap.tokens import Value, string_of

_FLAGS = " ".join(SYSTEM_FLAGS)
_BY_NAME = {flag.lower(): flag for flag in SYSTEM_FLAGS}


class Refused(Exception):
    """A command that is not carried out; the text says why, `status` is NO or BAD."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status


class OpenMailbox:
    """What one session sees; other sessions and deliveries change it only in `updates`.

    With `second` as IMAP4rev2 shows it (RFC 9051): no RECENT, no first unseen, ESEARCH for SEARCH.
    """

    def __init__(self, mailbox: Mailbox, name: str, inbox: Mailbox, *, writable: bool, second: bool = False) -> None:
        """`inbox` knows the others, for what is copied into them."""
        self._mailbox = mailbox
        self._name = name
        self._inbox = inbox
        self._writable = writable
        self.second = second
        self._view: list[StoredMessage] = list(mailbox.messages)
        self._saved: list[StoredMessage] = []
        """What `$` stands for (RFC 5182)."""

    def opening(self) -> Iterator[str | bytes]:
        """Untagged responses of SELECT and EXAMINE."""
        yield f"FLAGS ({_FLAGS})"
        yield f"OK [PERMANENTFLAGS ({_FLAGS if self._writable else ''})] Flags permitted."
        yield f"{len(self._view)} EXISTS"
        unseen = next((n for n, m in enumerate(self._view, start=1) if "\\Seen" not in m.flags), 0)
        if not self.second:
            yield "0 RECENT"
        if unseen and not self.second:
            yield f"OK [UNSEEN {unseen}] First unseen."
        yield f"OK [UIDVALIDITY {self._mailbox.uid_validity}] UIDs valid"
        yield f"OK [UIDNEXT {self._mailbox.uid_next}] Predicted next UID"
        if self.second:
            yield b'LIST () "." ' + shown(self._name, utf8=True)

    def updates(self) -> Iterator[str]:
        """What has changed since the session last looked."""
        there = {message.uid for message in self._mailbox.messages}
        for number in range(len(self._view), 0, -1):
            if self._view[number - 1].uid not in there:
                del self._view[number - 1]
                yield f"{number} EXPUNGE"
        self._saved = [message for message in self._saved if message.uid in there]
        last = self._view[-1].uid if self._view else 0
        known = {message.uid for message in self._view}
        new = [message for message in self._mailbox.messages if message.uid > last and message.uid not in known]
        if new:
            self._view += new
            yield f"{len(self._view)} EXISTS"
            if not self.second:
                yield "0 RECENT"

    def run(self, name: str, args: tuple[Value, ...], tag: str = "") -> Iterator[str | bytes]:
        """Untagged responses of a command on messages. Raises Refused."""
        by_uid = name.startswith("UID ")
        match name.removeprefix("UID "):
            case "FETCH":
                return self._fetch(args, by_uid=by_uid)
            case "STORE":
                return self._store(args, by_uid=by_uid)
            case "SEARCH":
                return self._search(args, tag, by_uid=by_uid)
            case "COPY" | "MOVE" as verb:
                return self._copy(args, by_uid=by_uid, move=verb == "MOVE")
            case "EXPUNGE" if by_uid:
                self._expunge_of(args)
                return iter(())
            case "EXPUNGE":
                self.expunge()
                return iter(())  # `updates` tells the numbers
        raise Refused("BAD", f"Error in IMAP command {name[:40]}: Unknown command.")

    def expunge(self) -> None:
        """Remove what is marked \\Deleted; nothing in a mailbox opened by EXAMINE."""
        if self._writable:
            self._mailbox.remove([message for message in self._mailbox.messages if "\\Deleted" in message.flags])

    def _expunge_of(self, args: tuple[Value, ...]) -> None:
        """UID EXPUNGE (RFC 4315)."""
        gone = [message for _, message in self._meant((*args, None), by_uid=True) if "\\Deleted" in message.flags]
        if self._writable:
            self._mailbox.remove(gone)

    def _meant(self, args: tuple[Value, ...], *, by_uid: bool) -> list[tuple[int, StoredMessage]]:
        numbered = enumerate(self._view, start=1)
        if len(args) >= 2 and args[0] == "$":
            return [(number, message) for number, message in numbered if message in self._saved]
        if len(args) < 2 or not is_sequence(args[0]):
            raise Refused("BAD", "Invalid messageset.")
        largest = (self._view[-1].uid if by_uid else len(self._view)) if self._view else 0
        wanted = in_sequence(str(args[0]), largest)
        return [(number, message) for number, message in numbered if wanted(message.uid if by_uid else number)]

    def _copy(self, args: tuple[Value, ...], *, by_uid: bool, move: bool) -> Iterator[str | bytes]:
        """COPY and MOVE (RFC 6851)."""
        meant = [message for _, message in self._meant(args, by_uid=by_uid)]
        name = string_of(args[1]) if len(args) == 2 else None
        target = named(name, self._inbox) if name is not None else None
        if target is None:
            raise Refused("NO", "[TRYCREATE] Mailbox doesn't exist: it is neither INBOX nor listed.")
        if move and not self._writable:
            raise Refused("NO", "Mailbox is read-only.")
        if not target[1].has_room(sum(len(message.data) for message in meant)):
            raise Refused("NO", "[OVERQUOTA] Quota exceeded.")
        copies = [target[1].add(message.data, message.arrived) for message in meant]
        for message, copy in zip(meant, copies, strict=True):
            copy.flags = set(message.flags)
            copy.keep_flags()
        if meant:
            uids = [sequence_of([message.uid for message in some]) for some in (meant, copies)]
            done = "Moved" if move else "Copied"
            yield f"OK [COPYUID {target[1].uid_validity} {uids[0]} {uids[1]}] {done}."
        if move:
            self._mailbox.remove(meant)

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
                message.keep_flags()
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
            message.keep_flags()
            if not silent:
                yield b"%d FETCH " % number + render(message, ["UID", "FLAGS"] if by_uid else ["FLAGS"])

    def _search(self, args: tuple[Value, ...], tag: str, *, by_uid: bool) -> Iterator[str | bytes]:
        try:
            wanted = returned(args)
            keys = self._without_saved(wanted.keys if wanted else args)
            found = search(keys, self._view)
        except BadSearch as bad:
            raise Refused("BAD", str(bad)) from bad
        numbers = [message.uid if by_uid else number for number, message in found]
        if wanted is None and not self.second:
            yield " ".join(["SEARCH", *map(str, numbers)])
            return
        options = wanted.options if wanted else frozenset({"ALL"})
        if "SAVE" in options:
            self._saved = [message for _, message in found]
        if options != {"SAVE"}:
            yield " ".join([f'ESEARCH (TAG "{tag}")', *(["UID"] if by_uid else []), *_results(options, numbers)])

    def _without_saved(self, keys: tuple[Value, ...]) -> tuple[Value, ...]:
        """`$` written out as what it stands for."""
        numbers = [number for number, message in enumerate(self._view, start=1) if message in self._saved]
        return tuple((sequence_of(numbers) or "0") if key == "$" else key for key in keys)


def _results(options: frozenset[str], numbers: list[int]) -> Iterator[str]:
    """Of ESEARCH; what asks for a number says nothing where none was found (RFC 4731 section 3.1)."""
    if numbers and "MIN" in options:
        yield f"MIN {numbers[0]}"
    if numbers and "MAX" in options:
        yield f"MAX {numbers[-1]}"
    if numbers and "ALL" in options:
        yield f"ALL {sequence_of(numbers)}"
    if "COUNT" in options:
        yield f"COUNT {len(numbers)}"
