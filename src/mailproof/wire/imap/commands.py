"""Commands, as a client writes them (RFC 3501 section 6).

All raise ValueError where an argument holds CR, LF or NUL that would begin another command, or is otherwise no such
argument; the message never quotes a secret. `raw` sends anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

import msgspec

from mailproof.wire.imap.mailbox import encode_mailbox
from mailproof.wire.imap.tokens import is_quotable, quote
from mailproof.wire.outgoing import Outgoing, command_line, sasl_initial, sasl_response

_TAG = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_WORD = re.compile(r"[A-Za-z0-9._=+/-]{1,64}\Z")
_ATOM = re.compile(rb"[A-Za-z0-9!#$&'+,./:;<=>?@^_`|~-]+\Z")
_FIELD = re.compile(r"[\x21-\x39\x3b-\x7e]+\Z")  # RFC 5322 section 2.2
_SEQUENCE = re.compile(r"(?:[0-9]+|\*)(?::(?:[0-9]+|\*))?(?:,(?:[0-9]+|\*)(?::(?:[0-9]+|\*))?)*\Z")
_ITEM = re.compile(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*(?:\[[\x20-\x5a\x5e-\x7a\x7c\x7e]*\])?(?:<[0-9.]+>)?\Z")


SMALL_LITERAL = 4096
"""Octets of a literal that LITERAL- lets go unasked (RFC 7888 section 5)."""


class Literals(Enum):
    """Which literals go without waiting for a continuation (RFC 7888)."""

    ASKED = "asked"
    """None: the server did not say that it takes any."""
    SMALL = "small"
    """Up to `SMALL_LITERAL`: LITERAL-, which is a part of IMAP4rev2."""
    ALL = "all"
    """LITERAL+."""


class ImapCommand(msgspec.Struct, frozen=True):
    tag: str
    parts: tuple[Outgoing, ...]
    """One, unless there are literals: then each further part may go only after a continuation (RFC 3501 7.5)."""


class Tags:
    """The tags of one session: `a1`, `a2` …"""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        self._last += 1
        return f"a{self._last}"


def raw(line: bytes) -> Outgoing:
    """These bytes exactly, no tag and no line end added: for what a client must never send."""
    return Outgoing(line)


def capability(tag: str) -> ImapCommand:
    return _plain(tag, "CAPABILITY")


def starttls(tag: str) -> ImapCommand:
    return _plain(tag, "STARTTLS")


def noop(tag: str) -> ImapCommand:
    return _plain(tag, "NOOP")


def idle(tag: str) -> ImapCommand:
    """RFC 2177: after the continuation the server tells of changes until `done`, and ends the command only then."""
    return _plain(tag, "IDLE")


def done() -> Outgoing:
    """Ends IDLE; a line without a tag."""
    return command_line("DONE")


def logout(tag: str) -> ImapCommand:
    return _plain(tag, "LOGOUT")


def login(tag: str, user: str, password: str, literals: Literals = Literals.ASKED) -> ImapCommand:
    """LOGIN. Each argument is a quoted string, or a literal in UTF-8 where it is other than printable ASCII.

    Raises ValueError for NUL, which neither can hold.
    """
    return _Writer(tag, "LOGIN", literals).string(_encode(user)).string(_encode(password), secret=True).command()


def authenticate(tag: str, mechanism: str, initial: bytes | None = None) -> ImapCommand:
    """AUTHENTICATE: `initial` not yet in base64, and only to a server with SASL-IR (RFC 4959).

    None for no initial response; b"" for an empty one, sent as `=`.
    """
    line = sasl_initial(f"{_checked(_TAG, tag)} AUTHENTICATE {_checked(_WORD, mechanism)}", initial)
    return ImapCommand(tag, (line,))


def authenticate_response(data: bytes) -> Outgoing:
    """An answer to a continuation, not yet in base64; b"" is an empty line."""
    return sasl_response(data)


def authenticate_cancel() -> Outgoing:
    return command_line("*")


def select(tag: str, mailbox: str) -> ImapCommand:
    return _Writer(tag, "SELECT").mailbox(mailbox).command()


def examine(tag: str, mailbox: str) -> ImapCommand:
    """SELECT that changes nothing."""
    return _Writer(tag, "EXAMINE").mailbox(mailbox).command()


def list_(tag: str, reference: str = "", pattern: str = "*", returned: Iterable[str] = ()) -> ImapCommand:
    """LIST; `pattern` is a mailbox name in which `*` and `%` stand for others.

    `returned`: what else is to be told of each, `SPECIAL-USE`, of a server with LIST-EXTENDED (RFC 5258).
    """
    writer = _Writer(tag, "LIST").mailbox(reference).mailbox(pattern)
    options = " ".join(_checked(_WORD, option) for option in returned)
    return (writer.text(f"RETURN ({options})") if options else writer).command()


def status(tag: str, mailbox: str, items: Iterable[str] = ("MESSAGES", "UIDNEXT", "UIDVALIDITY")) -> ImapCommand:
    words = " ".join(_checked(_WORD, item) for item in items)
    return _Writer(tag, "STATUS").mailbox(mailbox).text(f"({words})").command()


def enable(tag: str, *names: str) -> ImapCommand:
    """RFC 5161."""
    return _plain(tag, " ".join(("ENABLE", *(_checked(_WORD, name) for name in names))))


def search_header(tag: str, field: str, value: str, literals: Literals = Literals.ASKED) -> ImapCommand:
    """The messages that hold `value` in the header field `field`: `Message-ID`, `Subject` …"""
    data = _encode(value)
    if b"\r" in data or b"\n" in data:
        raise ValueError("CR or LF in what a header field is searched for")
    writer = _Writer(tag, "SEARCH" if data.isascii() else "SEARCH CHARSET UTF-8", literals)
    return writer.text("HEADER").astring(_checked(_FIELD, field).encode("ascii")).string(data).command()


def search_text(tag: str, value: str, literals: Literals = Literals.ASKED) -> ImapCommand:
    """The messages that hold `value` in header or body (RFC 3501 section 6.4.4)."""
    data = _encode(value)
    if b"\r" in data or b"\n" in data:
        raise ValueError("CR or LF in what is searched for")
    return (
        _Writer(tag, "SEARCH TEXT" if data.isascii() else "SEARCH CHARSET UTF-8 TEXT", literals)
        .string(data)
        .command()
    )


def search_deleted(tag: str) -> ImapCommand:
    """The messages that EXPUNGE would take."""
    return _plain(tag, "SEARCH DELETED")


def uid_mark_deleted(tag: str, uids: Iterable[int]) -> ImapCommand:
    """UID STORE: these messages go at the next EXPUNGE."""
    wanted = ",".join(str(uid) for uid in uids)
    return _plain(tag, f"UID STORE {_checked(_SEQUENCE, wanted)} +FLAGS.SILENT (\\Deleted)")


def expunge(tag: str) -> ImapCommand:
    return _plain(tag, "EXPUNGE")


def uid_expunge(tag: str, uids: Iterable[int]) -> ImapCommand:
    """Takes these alone, whatever else is marked (RFC 4315)."""
    wanted = ",".join(str(uid) for uid in uids)
    return _plain(tag, f"UID EXPUNGE {_checked(_SEQUENCE, wanted)}")


def fetch(tag: str, numbers: Iterable[int] | str, items: Iterable[str] | str) -> ImapCommand:
    """`numbers` of messages, or a sequence set (`1:*`); `items` such as `UID` or `BODY.PEEK[HEADER]`."""
    wanted = numbers if isinstance(numbers, str) else ",".join(str(number) for number in numbers)
    names = (items,) if isinstance(items, str) else tuple(items)
    words = " ".join(_checked(_ITEM, item) for item in names)
    return _plain(tag, f"FETCH {_checked(_SEQUENCE, wanted)} " + (words if len(names) == 1 else f"({words})"))


def _plain(tag: str, text: str) -> ImapCommand:
    return ImapCommand(tag, (command_line(f"{_checked(_TAG, tag)} {text}"),))


def _checked(pattern: re.Pattern[str], text: str) -> str:
    if pattern.match(text) is None:
        raise ValueError(f"no such argument of an IMAP command: {text!r}")
    return text


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # it carries the whole text, which may be a password
        raise ValueError("half a character in an argument") from None


class _Writer:
    """Writes one command, and begins a new part after the announcement of each literal that is waited for."""

    def __init__(self, tag: str, name: str, literals: Literals = Literals.ASKED) -> None:
        self._literals = literals
        self._tag = _checked(_TAG, tag)
        self._done: list[Outgoing] = []
        self._data = bytearray(f"{tag} {name}".encode("ascii"))
        self._secret: list[slice] = []

    def command(self) -> ImapCommand:
        self._end_part()
        return ImapCommand(self._tag, tuple(self._done))

    def text(self, words: str) -> _Writer:
        self._data += b" " + words.encode("ascii")
        return self

    def mailbox(self, name: str) -> _Writer:
        if any(char in name for char in "\r\n\0"):
            raise ValueError("CR, LF or NUL in the name of a mailbox")
        return self.astring(encode_mailbox(name))

    def astring(self, data: bytes) -> _Writer:
        """An atom where `data` can be one, as people write it by hand."""
        if _ATOM.match(data) and data.upper() != b"NIL":
            self._data += b" " + data
            return self
        return self.string(data)

    def string(self, data: bytes, *, secret: bool = False) -> _Writer:
        if b"\0" in data:
            raise ValueError("IMAP cannot carry a NUL")
        self._data += b" "
        if is_quotable(data):
            quoted = quote(data)
            start = len(self._data) + 1
            self._data += quoted
            end = len(self._data) - 1
        else:
            small = self._literals is Literals.SMALL and len(data) <= SMALL_LITERAL
            if small or self._literals is Literals.ALL:
                self._data += b"{%d+}\r\n" % len(data)
            else:
                self._data += b"{%d}" % len(data)
                self._end_part()
            start = len(self._data)
            end = start + len(data)
            self._data += data
        if secret and end > start:
            self._secret.append(slice(start, end))
        return self

    def _end_part(self) -> None:
        self._done.append(Outgoing(bytes(self._data) + b"\r\n", tuple(self._secret)))
        self._data.clear()
        self._secret.clear()
