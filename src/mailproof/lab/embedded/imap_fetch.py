"""The items of FETCH (RFC 3501 section 6.4.5), as a server sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from typing import Any

from mailproof.lab.embedded.headers import header_values
from mailproof.lab.embedded.mailboxes import StoredMessage
from mailproof.wire.imap.tokens import Value, is_quotable, literal, quote

_MACROS = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
_OLD = {"RFC822": "BODY[]", "RFC822.HEADER": "BODY.PEEK[HEADER]", "RFC822.TEXT": "BODY[TEXT]"}
_SECTION = re.compile(
    r"BODY(?P<peek>\.PEEK)?\[(?P<section>[^\]]*)\](?:<(?P<start>\d{1,10})(?:\.(?P<count>\d{1,10}))?>)?\Z"
)
_BINARY = re.compile(r"BINARY(?P<how>\.PEEK|\.SIZE)?\[(?P<part>\d{1,3}(?:\.\d{1,3})*)?\]\Z")
_FIELDS = re.compile(r"HEADER\.FIELDS(?P<but>\.NOT)? \((?P<names>[^)]*)\)\Z")
_PART = re.compile(r"(?P<numbers>\d{1,3}(?:\.\d{1,3})*)(?:\.(?P<what>MIME|HEADER|TEXT))?\Z")
# Dovecot max_nested_mime_parts is 100; deeper parts are not taken apart here.
_DEEPEST = 50
# What the standard library's parser raises for hostile MIME: headers that contradict themselves, parts too deep.
_GIVES_UP = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


class BadItem(Exception):
    """No such item; the text is for a BAD."""


def items_of(values: tuple[Value, ...]) -> list[str]:
    """The items wanted, macros and old names written out. Raises BadItem."""
    wanted = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
    names: list[str] = []
    for value in wanted:
        if not isinstance(value, str):
            raise BadItem("Invalid FETCH item.")
        name = value.upper()
        names += _MACROS.get(name, (name,))
    for name in names:
        known = name in ("FLAGS", "UID", "RFC822.SIZE", "INTERNALDATE", "ENVELOPE", "BODY", "BODYSTRUCTURE", *_OLD)
        if not known and not _is_section(name) and not _BINARY.match(name):
            raise BadItem(f"Unknown FETCH item {name[:40]}.")
    if not names:
        raise BadItem("FETCH list is empty.")
    return list(dict.fromkeys(names))


def marks_seen(items: list[str]) -> bool:
    """True for an item that sets \\Seen."""
    sections = (_SECTION.match(_OLD.get(item, item)) for item in items)
    binary = (_BINARY.match(item) for item in items)
    return any(match is not None and match["peek"] is None for match in sections) or any(
        match is not None and match["how"] is None for match in binary
    )


def render(message: StoredMessage, items: list[str]) -> bytes:
    """The part in parentheses."""
    return b"(" + b" ".join(_item(message, item) for item in items) + b")"


def _is_section(name: str) -> bool:
    match = _SECTION.match(name)
    if match is None:
        return False
    section = match["section"]
    return section in ("", "HEADER", "TEXT") or bool(_FIELDS.match(section) or _PART.match(section))


def _item(message: StoredMessage, item: str) -> bytes:
    match item:
        case "FLAGS":
            return b"FLAGS (" + " ".join(sorted(message.flags)).encode() + b")"
        case "UID":
            return b"UID %d" % message.uid
        case "RFC822.SIZE":
            return b"RFC822.SIZE %d" % len(message.data)
        case "INTERNALDATE":
            return f'INTERNALDATE "{message.arrived:%d-%b-%Y %H:%M:%S %z}"'.encode()
        case "ENVELOPE":
            return b"ENVELOPE " + envelope(message.data)
        case "BODY" | "BODYSTRUCTURE":
            return item.encode() + b" " + _whole_structure(message.data)
    if (binary := _BINARY.match(item)) is not None:
        data = _decoded(message.data, binary["part"] or "")
        name = item.encode().replace(b".PEEK", b"")
        if binary["how"] == ".SIZE":
            return name + b" %d" % len(data)
        # A NUL only fits into literal8 (RFC 3516 section 4).
        return name + b" " + (b"~{%d}\r\n" % len(data) + data if b"\0" in data else literal(data))
    return _body(message, item)


def _body(message: StoredMessage, item: str) -> bytes:
    match = _SECTION.match(_OLD.get(item, item))
    assert match is not None
    data = _section(message.data, match["section"])
    name = item if item in _OLD else f"BODY[{match['section']}]"
    if match["start"] is not None:
        start = int(match["start"])
        data = data[start : start + int(match["count"])] if match["count"] else data[start:]
        name += f"<{start}>"
    return name.encode() + b" " + literal(data.replace(b"\0", b"\x80"))  # as Dovecot shows a NUL


def _decoded(data: bytes, part: str) -> bytes:
    """A part without its transfer encoding (RFC 3516); the whole message where no part is named."""
    if not part:
        return data
    try:
        found = _part_of(_parsed(data), [int(number) for number in part.split(".")])
        payload = found.get_payload(decode=True) if found is not None else None
        return payload if isinstance(payload, bytes) else b""
    except _GIVES_UP:
        return b""


def _section(data: bytes, section: str) -> bytes:
    head, separator, text = data.partition(b"\r\n\r\n")
    if section == "":
        return data
    if section == "HEADER":
        return head + b"\r\n\r\n" if separator else head
    if section == "TEXT":
        return text
    if (fields := _FIELDS.match(section)) is not None:
        wanted = {name.strip('"').lower() for name in fields["names"].split()}
        return b"".join(_chosen(head, wanted, excluded=fields["but"] is not None)) + b"\r\n"
    part = _PART.match(section)
    assert part is not None
    try:
        return _mime_part(_parsed(data), [int(number) for number in part["numbers"].split(".")], part["what"] or "")
    except _GIVES_UP:
        return b""


def _chosen(head: bytes, wanted: set[str], *, excluded: bool) -> Iterator[bytes]:
    for field in re.split(rb"\r\n(?![ \t])", head):
        name = field.partition(b":")[0].strip().decode("ascii", "replace").lower()
        if field and (name in wanted) is not excluded:
            yield field + b"\r\n"


def _parsed(data: bytes) -> Message[str, str]:
    from email import message_from_bytes

    return message_from_bytes(data)


def _children(part: Message[str, str]) -> list[Message[str, str]]:
    payload: Any = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _part_of(part: Message[str, str], numbers: list[int]) -> Message[str, str] | None:
    for number in numbers:
        children = _children(part)
        if not children and number == 1:
            continue  # part 1 of what is no multipart is the text itself
        if not 1 <= number <= len(children):
            return None
        part = children[number - 1]
    return part


def _mime_part(whole_message: Message[str, str], numbers: list[int], what: str) -> bytes:
    part = _part_of(whole_message, numbers)
    if part is None:
        return b""
    whole = part.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    head, separator, text = whole.partition(b"\r\n\r\n")
    return head + separator if what in ("MIME", "HEADER") else text


def _whole_structure(data: bytes) -> bytes:
    try:
        return _structure(_parsed(data), 0)
    except _GIVES_UP:
        return b'("APPLICATION" "OCTET-STREAM" NIL NIL NIL "8BIT" %d)' % len(data)


def _structure(part: Message[str, str], depth: int) -> bytes:
    """BODYSTRUCTURE without extension data (RFC 3501 section 7.4.2)."""
    children = _children(part)
    main, sub = part.get_content_maintype(), part.get_content_subtype()
    if children and main == "multipart" and depth < _DEEPEST:
        inside = b"".join(_structure(child, depth + 1) for child in children)
        return b"(" + inside + b" " + _string(sub.upper()) + b")"
    if main in ("multipart", "message"):
        main, sub = "application", "octet-stream"
    params = part.get_params() or []
    pairs = [_string(word) for name, value in params[1:] for word in (str(name).upper(), str(value))]
    shown = b"(" + b" ".join(pairs) + b")" if pairs else b"NIL"
    text = b"" if children else str(part.get_payload()).encode("utf-8", "surrogateescape")
    encoding = str(part.get("Content-Transfer-Encoding", "7bit")).strip().upper()
    fields = [
        _string(main.upper()),
        _string(sub.upper()),
        shown,
        b"NIL",
        b"NIL",
        _string(encoding),
        b"%d" % len(text),
    ]
    if main == "text":
        fields.append(b"%d" % text.count(b"\n"))
    return b"(" + b" ".join(fields) + b")"


def envelope(data: bytes) -> bytes:
    """ENVELOPE of a message (RFC 3501 section 7.4.2)."""
    fields = [_first(data, b"Date"), _first(data, b"Subject")]
    sender = _addresses(data, b"From")
    fields += [
        sender,
        *(_addresses(data, name) if header_values(data, name) else sender for name in (b"Sender", b"Reply-To")),
    ]
    fields += [_addresses(data, name) for name in (b"To", b"Cc", b"Bcc")]
    fields += [_first(data, b"In-Reply-To"), _first(data, b"Message-ID")]
    return b"(" + b" ".join(fields) + b")"


def _first(data: bytes, name: bytes) -> bytes:
    values = header_values(data, name)
    return _string(values[0]) if values else b"NIL"


def _addresses(data: bytes, name: bytes) -> bytes:
    from email.utils import getaddresses

    values = [value.decode("utf-8", "surrogateescape") for value in header_values(data, name)]
    shown = []
    try:
        found = getaddresses(values)
    except _GIVES_UP:
        found = []
    for title, address in found:
        local, _, host = address.rpartition("@")
        parts = [_string(title) if title else b"NIL", b"NIL", _string(local or host), _string(host if local else "")]
        shown.append(b"(" + b" ".join(parts) + b")")
    return b"(" + b"".join(shown) + b")" if shown else b"NIL"


def _string(value: str | bytes) -> bytes:
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    data = data.replace(b"\0", b"")
    return quote(data) if is_quotable(data) else literal(data)
