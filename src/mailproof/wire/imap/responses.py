"""What an IMAP server says, as events (RFC 3501 section 7)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from mailproof.model.capabilities import Capability
from mailproof.model.escape import to_text
from mailproof.model.reply import ReplyClass
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.wire.imap.literals import KEEP, Assembler, Whole
from mailproof.wire.imap.tokens import Value, flatten, string_of, tokenize

LINE_LIMIT = 1_000_000
"""Bytes outside literals of one response. imaplib's _MAXLINE: the SEARCH of a large mailbox is one line."""

TEXT_LIMIT = 12288
"""Bytes of a response kept as text: the longest line of an exchange of SASL that RFC 4954 section 4 wants read."""


class ResponseKind(StrEnum):
    UNTAGGED = "untagged"
    TAGGED = "tagged"
    CONTINUATION = "continuation"
    INVALID = "invalid"
    """No response of IMAP: another protocol speaks, or noise."""


TRY_LATER = frozenset({"UNAVAILABLE", "INUSE"})
"""Response codes that say the same command may succeed later (RFC 5530 section 3)."""

_STATUSES = frozenset({"OK", "NO", "BAD", "BYE", "PREAUTH"})


class ImapResponse(msgspec.Struct, frozen=True):
    """One response, its literals included."""

    kind: ResponseKind
    offset: int
    """Of its first byte, counted from the beginning of the connection as the reader was fed it."""
    length: int
    """In bytes as received, its last line end included: what comes at `offset + length` is no part of it."""
    tag: str = ""
    """Of a tagged response; else empty."""
    name: str = ""
    """In upper case: `OK`, `NO`, `BAD`, `BYE`, `PREAUTH`, `EXISTS`, `FETCH` …; empty if there is none."""
    number: int | None = None
    """`* 23 EXISTS`."""
    code: str = ""
    """Response code in upper case: `CAPABILITY`, `AUTHENTICATIONFAILED`, `UIDNEXT` …"""
    code_args: tuple[str, ...] = ()
    """What follows it inside the brackets, lists flattened, escaped."""
    text: str = ""
    """What a person reads, escaped: after the code; of data all after the name, literals as their `{size}` only; of
    an invalid response the whole line. Cut at `TEXT_LIMIT`."""
    values: tuple[Value, ...] = ()
    """The data of an untagged response that is no status."""
    literal_sizes: tuple[int, ...] = ()
    """Of its literals, as announced, in order; larger than what `values` has of a literal that was cut."""
    deviations: tuple[Deviation, ...] = ()

    @property
    def reply_kind(self) -> ReplyClass:
        """What it amounts to as an answer, or as a greeting. Data amounts to none and is INVALID.

        BYE, which is a refusal where a greeting is due, counts like NO.
        """
        if self.kind is ResponseKind.CONTINUATION:
            return ReplyClass.INTERMEDIATE
        match self.name:
            case "OK" | "PREAUTH":
                return ReplyClass.POSITIVE
            case "NO" | "BYE":
                return ReplyClass.TRANSIENT if self.code in TRY_LATER else ReplyClass.PERMANENT
            case "BAD":
                return ReplyClass.PERMANENT
            case _:
                return ReplyClass.INVALID

    @property
    def challenge(self) -> bytes | None:
        """Of a continuation, what the base64 in it stands for, b"" if it is empty; None if it is no base64."""
        if self.kind is not ResponseKind.CONTINUATION or self.code or self.length > TEXT_LIMIT:
            return None
        try:
            return base64.b64decode(self.text.encode("utf-8"), validate=True)
        except binascii.Error:
            return None


class ResponseReader:
    """Bytes of a server to responses. Memory is bounded by `LINE_LIMIT` and `keep`, whatever comes.

    `offset`: where on the connection the first byte stands. `keep`: bytes kept of all literals of one response; the
    rest is counted (`literal_sizes`) and thrown away.
    """

    def __init__(self, offset: int = 0, keep: int = KEEP) -> None:
        self._assembler = Assembler(LINE_LIMIT, keep, _may_hold_literals, offset)

    @property
    def offset(self) -> int:
        """Of the first byte that belongs to no finished response."""
        return self._assembler.offset

    @property
    def pending(self) -> bytes:
        """What has become no response yet."""
        return self._assembler.pending

    def receive(self, data: bytes) -> list[ImapResponse]:
        """The responses that `data` completed, in order."""
        self._assembler.feed(data)
        out: list[ImapResponse] = []
        while (step := self._assembler.advance()) is not None:
            if isinstance(step, Whole):
                out.append(_parse(step))
        return out

    def end(self) -> list[ImapResponse]:
        """The connection has ended: what was left without its end, as a response with a deviation that says so."""
        rest = self._assembler.end()
        return [] if rest is None else [_parse(rest)]


_HEAD = re.compile(
    rb'(?P<tag>[^ ]++) ++(?:(?P<number>[0-9]{1,19}) ++)?(?P<name>[A-Za-z][^ \[("{]*+)(?P<rest>.*)', re.DOTALL
)
_TAG = re.compile(rb"[\x21\x23\x24\x26\x27\x2c-\x5b\x5d-\x7a\x7c-\x7e]+\Z")  # ASTRING-CHAR without `+`


def _may_hold_literals(line: bytes) -> bool:
    """Untagged data can. In human text, and in what is no IMAP, a `{5}` at the end is only text."""
    head = _HEAD.match(line)
    return head is not None and head["tag"] == b"*" and _upper(head["name"]) not in _STATUSES


def _upper(word: bytes) -> str:
    return to_text(word).upper()


def _parse(whole: Whole) -> ImapResponse:
    line = whole.text
    if line[:2] == b"+ " or line == b"+":
        return _status(whole, ResponseKind.CONTINUATION, "", "", line[2:])
    head = _HEAD.match(line)
    if head is None:
        return _invalid(whole)
    name = _upper(head["name"])
    rest = head["rest"].removeprefix(b" ")
    number = None if head["number"] is None else int(head["number"])
    if head["tag"] == b"*":
        if name in _STATUSES and number is None:
            return _status(whole, ResponseKind.UNTAGGED, "", name, rest)
        return _data(whole, name, number, head.start("rest"), rest)
    if number is None and name in ("OK", "NO", "BAD") and _TAG.match(head["tag"]):
        return _status(whole, ResponseKind.TAGGED, head["tag"].decode("ascii"), name, rest)
    return _invalid(whole)


def _invalid(whole: Whole) -> ImapResponse:
    note = Deviation(DeviationKind.NOT_A_REPLY, whole.offset)
    return ImapResponse(
        ResponseKind.INVALID,
        whole.offset,
        whole.length,
        text=to_text(whole.text[:TEXT_LIMIT]),
        deviations=(*whole.deviations, note),
    )


# The code ends at the first bracket that stands in no quoted string. Nothing is tried twice: lines are long.
_CODE = re.compile(rb'\[(?P<name>[^ \]]*+) ?+(?P<args>(?:[^"\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+)\] ?', re.DOTALL)


def _status(whole: Whole, kind: ResponseKind, tag: str, name: str, rest: bytes) -> ImapResponse:
    code = ""
    args: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    if (match := _CODE.match(rest)) is not None:
        tokens = tokenize([match["args"]])
        code, args, problems = _upper(match["name"]), tuple(_words(tokens.values)), tokens.problems
        rest = rest[match.end() :]
    elif rest.startswith(b"["):
        problems = ("response code without its end",)
    return ImapResponse(
        kind,
        whole.offset,
        whole.length,
        tag=tag,
        name=name,
        code=code,
        code_args=args,
        text=to_text(rest[:TEXT_LIMIT]),
        deviations=(*whole.deviations, *_notes(problems, whole.offset)),
    )


def _data(whole: Whole, name: str, number: int | None, start: int, rest: bytes) -> ImapResponse:
    # The head holds no literal: it is in the first piece, or all there is.
    first = whole.pieces[0]
    assert isinstance(first, bytes)
    tokens = tokenize([first[start:], *whole.pieces[1:]])
    return ImapResponse(
        ResponseKind.UNTAGGED,
        whole.offset,
        whole.length,
        name=name,
        number=number,
        text=to_text(rest[:TEXT_LIMIT]),
        values=tokens.values,
        literal_sizes=whole.sizes,
        deviations=(*whole.deviations, *_notes(tokens.problems, whole.offset)),
    )


def _words(values: Iterable[Value]) -> Iterable[str]:
    for value in flatten(values):
        yield to_text(string_of(value) or b"")


def _notes(problems: Iterable[str], offset: int) -> Iterable[Deviation]:
    for problem in problems:
        yield Deviation(DeviationKind.NOT_A_REPLY, offset, problem)


IN_REV2 = frozenset(
    {"ENABLE", "ESEARCH", "IDLE", "LIST-EXTENDED", "LIST-STATUS", "LITERAL-", "MOVE", "NAMESPACE", "SASL-IR"}
    | {"SEARCHRES", "SPECIAL-USE", "STATUS=SIZE", "UIDPLUS", "UNSELECT"}
)
"""What IMAP4rev2 has without naming it (RFC 9051 appendix E)."""


def capabilities(response: ImapResponse) -> tuple[Capability, ...]:
    """What a CAPABILITY response, or the CAPABILITY code of a greeting or an OK, offers; empty for any other.

    Names in upper case, in the server's order, each once; all `AUTH=…` become one Capability `AUTH` with the
    mechanisms as parameters (RFC 3501 section 6.1.1).
    """
    if response.kind is ResponseKind.UNTAGGED and response.name == "CAPABILITY":
        words: Iterable[str] = _words(response.values)
    elif response.code == "CAPABILITY":
        words = response.code_args
    else:
        return ()
    offered: dict[str, dict[str, None]] = {}
    for word in words:
        name, equals, mechanism = word.upper().partition("=")
        if name == "AUTH" and equals:
            offered.setdefault("AUTH", {}).update({mechanism: None} if mechanism else {})
        else:
            offered.setdefault(word.upper(), {})
    return tuple(Capability(name, tuple(params)) for name, params in offered.items())


def fetch_items(response: ImapResponse) -> dict[str, Value]:
    """The items of a FETCH response by their names in upper case: `UID`, `FLAGS`, `BODY[]` …; empty for any other."""
    if response.name != "FETCH" or not response.values or not isinstance(response.values[0], tuple):
        return {}
    items = response.values[0]
    pairs = zip(items[::2], items[1::2], strict=False)
    return {name.upper(): value for name, value in pairs if isinstance(name, str)}


_DIGITS = re.compile(r"[0-9]{1,19}\Z")  # RFC 9051 section 9: number64
_NUMBER = re.compile(r"[1-9][0-9]{0,9}\Z")  # RFC 3501 section 9: nz-number, of 32 bits
_RANGE = re.compile(r"([1-9][0-9]{0,9})(?::([1-9][0-9]{0,9}))?\Z")
_MOST_FOUND = 10_000
"""Numbers made of one ESEARCH: `1:4294967295` is short and means very many."""


def number_of(value: Value) -> int | None:
    """What an atom of digits stands for; None for any other value, and for more digits than a number may have."""
    return int(value) if isinstance(value, str) and _DIGITS.match(value) else None


def search_numbers(response: ImapResponse) -> tuple[int, ...]:
    """What a SEARCH response found, or the ALL of an ESEARCH (RFC 9051 section 7.3.4), which a server without
    IMAP4rev1 sends instead; empty for any other. Of an ESEARCH the first ten thousand."""
    if response.name == "SEARCH":
        return tuple(int(value) for value in response.values if isinstance(value, str) and _NUMBER.match(value))
    if response.name != "ESEARCH":
        return ()
    words = [value.upper() if isinstance(value, str) else "" for value in response.values]
    at = words.index("ALL") + 1 if "ALL" in words else len(words)
    found: list[int] = []
    for part in (words[at] if at < len(words) else "").split(","):
        if (match := _RANGE.match(part)) is None:
            continue
        low, high = sorted((int(match[1]), int(match[2] or match[1])))
        found += range(low, min(high + 1, low + _MOST_FOUND - len(found)))
        if len(found) >= _MOST_FOUND:
            break
    return tuple(found)
