"""What is to stand in a message, and the bytes it becomes (RFC 5322, RFC 2045, RFC 2047).

Lines end with LF here; the wire makes CRLF of it. The order of the fields and the layout of the parts are those that
swaks writes, so that the two can be compared byte by byte.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.charset import Charset
from email.header import Header
from email.utils import format_datetime, getaddresses

import msgspec

DEFAULT_BODY = "This is a test mailing"

# RFC 2045 section 6.8: encoded lines are of at most 76 characters.
_LINE = 76
_OF_ADDRESSES = frozenset({"from", "to", "cc", "bcc", "reply-to", "sender"})
# RFC 5322 section 2.1.1: lines should be of at most 78 characters.
_HEADER_LINE = 78


class Attachment(msgspec.Struct, frozen=True):
    """A part of its own: a file, or a form of the text."""

    data: bytes
    type: str = "application/octet-stream"
    name: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a message. Headers hold text; what is not ASCII is encoded as `charset`."""

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    subject: str
    body: str = DEFAULT_BODY
    date: datetime
    message_id: str
    mailer: str
    replaced: tuple[tuple[str, str], ...] = ()
    """Fields in place of those of the same name; new ones come after all others, as often as they are given."""
    added: tuple[tuple[str, str], ...] = ()
    """Fields added whatever is there: a name can stand twice."""
    forms: tuple[Attachment, ...] = ()
    """In place of `body`: the text in one form (text/html) or in several, the plainest first (RFC 2046 5.1.4)."""
    attachments: tuple[Attachment, ...] = ()
    charset: str = "utf-8"
    boundary: str = "----=_mailproof"


def compose(draft: Draft) -> bytes:
    """The message. Raises UnicodeEncodeError where `charset` cannot hold the text, LookupError where it is none."""
    text = _text(draft)
    fields = [
        ("Date", format_datetime(draft.date)),
        ("To", ",".join(draft.to)),
        *([("Cc", ",".join(draft.cc))] if draft.cc else []),
        ("From", draft.sender),
        ("Subject", draft.subject),
        ("Message-Id", draft.message_id),
        ("X-Mailer", draft.mailer),
    ]
    if draft.attachments or draft.forms:
        fields += [
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/mixed; boundary="{draft.boundary}"'),
        ]
    elif text.fields:
        fields += [("MIME-Version", "1.0"), *text.fields]
    own = {name.lower() for name, _ in fields}
    for name, value in draft.replaced:
        fields = _replace(fields, name, value) if name.lower() in own else [*fields, (name, value)]
    fields += draft.added
    head = b"".join(_field(name, value, draft.charset) for name, value in fields)
    if not draft.attachments and not draft.forms:
        return head + b"\n" + text.data + b"\n"
    return head + b"\n" + _parts(draft, text) + b"\n"


class _Part(msgspec.Struct, frozen=True):
    fields: tuple[tuple[str, str], ...]
    data: bytes


def _text(draft: Draft) -> _Part:
    """ASCII as it is, without a word about it; ISO-2022-JP in seven bits (RFC 1468); else base64 of the charset."""
    if draft.body.isascii():
        return _Part((), draft.body.encode("ascii"))
    data = draft.body.encode(draft.charset)
    type_field = ("Content-Type", f"text/plain; charset={draft.charset.upper()}")
    if all(byte < 0x80 for byte in data):
        return _Part((type_field, ("Content-Transfer-Encoding", "7bit")), data)
    return _Part((type_field, ("Content-Transfer-Encoding", "base64")), _encoded(data).rstrip(b"\n"))


def _parts(draft: Draft, text: _Part) -> bytes:
    parts = [_form(form) for form in draft.forms] or [
        _part(text.fields or (("Content-Type", "text/plain"),), text.data)
    ]
    if len(parts) > 1:
        inner = f"{draft.boundary}_alternative"
        head = f'Content-Type: multipart/alternative; boundary="{inner}"\n\n'.encode()
        parts = [head + _joined(parts, inner)]
    parts += [_attached(part, draft.charset) for part in draft.attachments]
    return _joined(parts, draft.boundary)


def _joined(parts: Sequence[bytes], boundary: str) -> bytes:
    opening = f"--{boundary}\n".encode()
    return b"".join(opening + part for part in parts) + f"--{boundary}--\n".encode()


def _part(fields: Iterable[tuple[str, str]], data: bytes) -> bytes:
    return b"".join(f"{name}: {value}\n".encode() for name, value in fields) + b"\n" + data + b"\n"


def _form(form: Attachment) -> bytes:
    if form.type == "text/plain" and form.data.isascii():
        return _part((("Content-Type", form.type),), form.data)
    return _part((("Content-Type", form.type), ("Content-Transfer-Encoding", "BASE64")), _encoded(form.data))


def _attached(part: Attachment, charset: str) -> bytes:
    named = bool(part.name)
    head = f"Content-Type: {part.type}{'; ' + _parameter('name', part.name) if named else ''}\n".encode()
    if named:
        head += _field("Content-Description", part.name, charset)
    head += f"Content-Disposition: attachment{'; ' + _parameter('filename', part.name) if named else ''}\n".encode()
    return head + _part((("Content-Transfer-Encoding", "BASE64"),), _encoded(part.data))


def _encoded(data: bytes) -> bytes:
    made = base64.b64encode(data)
    return b"".join(made[at : at + _LINE] + b"\n" for at in range(0, len(made), _LINE))


def _parameter(name: str, value: str) -> str:
    """RFC 2231 where the value is not ASCII."""
    if value.isascii():
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{quoted}"'
    from email.utils import encode_rfc2231

    return f"{name}*={encode_rfc2231(value, 'utf-8')}"


def _field(name: str, value: str, charset: str) -> bytes:
    """`Name: value` and a line end. Raises ValueError for a line end inside that no blank follows."""
    folded = value.replace("\r\n", "\n")
    if any(line and line[0] not in " \t" for line in folded.split("\n")[1:]):
        raise ValueError(f"{name} holds a line end that would begin another field")
    if value.isascii():
        return f"{name}: {folded}\n".encode("ascii")
    if name.lower() in _OF_ADDRESSES:
        return f"{name}: {_addresses(folded, charset)}\n".encode("utf-8", "surrogateescape")
    header = Header(value, Charset(charset), maxlinelen=_HEADER_LINE, header_name=name)
    return f"{name}: {header.encode()}\n".encode("ascii")


def _addresses(value: str, charset: str) -> str:
    """Display names encoded, addresses as they are, in UTF-8 where not ASCII (RFC 2047 section 5, RFC 6532)."""
    told = []
    for name, address in getaddresses([value]):
        shown = name if name.isascii() else Header(name, Charset(charset), maxlinelen=10_000).encode()
        told.append(f"{shown} <{address}>" if shown else address)
    return ", ".join(told) or value


def _replace(fields: list[tuple[str, str]], name: str, value: str) -> list[tuple[str, str]]:
    known = [known for known, _ in fields]
    same = next(each for each in known if each.lower() == name.lower())
    return [(each, value if each == same else kept) for each, kept in fields]
