"""A message as a person reads it: header fields in their charset, the text, and what is attached."""

from __future__ import annotations

import email
import email.policy
import re
from email.errors import MessageError
from email.message import EmailMessage
from html.parser import HTMLParser

import msgspec

# Of a header field; longer ones are attacks or lists of a thousand recipients.
_LONGEST_FIELD = 4096
# Parts of one message, nested ones included; more is a bomb.
_MOST_PARTS = 200
_BREAKS = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "table", "blockquote"})
_HIDDEN = frozenset({"style", "script", "head", "title"})
_BLANK = re.compile(r"\n{3,}")


class Part(msgspec.Struct, frozen=True):
    """Something attached."""

    name: str
    type: str
    size: int
    """Bytes, decoded."""


class Mail(msgspec.Struct, frozen=True):
    """What is in a message, as Unicode text. Nothing of it is safe to print before it is escaped."""

    headers: tuple[tuple[str, str], ...]
    text: str
    attachments: tuple[Part, ...] = ()
    html: bool = False
    """There was no plain text: what is here was taken out of HTML."""

    def get(self, name: str) -> str:
        """The first field of this name; empty for none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.headers if key.lower() == name.lower())


def read_mail(data: bytes) -> Mail:
    """Any bytes give a Mail; what is no message is one without header fields."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    parts = [part for part, _ in zip(message.walk(), range(_MOST_PARTS), strict=False) if not part.is_multipart()]
    plain = next((part for part in parts if _is_text(part, "text/plain")), None)
    rich = next((part for part in parts if _is_text(part, "text/html")), None)
    body = plain or rich
    text = _text_of(body) if body is not None else ""
    html = plain is None and rich is not None
    attached = tuple(_part(part) for part in parts if part is not body and not _is_other_form(part, body))
    return Mail(read_headers(data), _text_of_html(text) if html else text, attached, html)


def read_headers(data: bytes) -> tuple[tuple[str, str], ...]:
    """The header fields, decoded (RFC 2047), in their order; folded lines are one."""
    message = email.message_from_bytes(_head(data), policy=email.policy.compat32)
    return tuple((name, _decoded(str(value))) for name, value in message.raw_items())


def _head(data: bytes) -> bytes:
    end = min((at for at in (data.find(b"\n\n"), data.find(b"\r\n\r\n")) if at >= 0), default=len(data))
    return data[:end] + b"\n\n"


def _decoded(value: str) -> str:
    from email.header import decode_header

    flat = " ".join(line.strip() for line in value[:_LONGEST_FIELD].splitlines())
    try:
        pieces = decode_header(flat)
    except (MessageError, ValueError):
        return flat
    return "".join(_piece(data, charset) for data, charset in pieces)


def _piece(data: bytes | str, charset: str | None) -> str:
    if isinstance(data, str):
        # compat32 keeps bytes that are no ASCII as surrogates: read as UTF-8 first, as everybody writes it now.
        data = data.encode("ascii", "surrogateescape")
    return as_text(data, charset or "utf-8")


def as_text(data: bytes, charset: str) -> str:
    """Decoded; an unknown or wrong charset gives replacement characters, never an error.

    `iso-2022-jp` is read with its Microsoft and NEC letters too, for that is what is sent under the name.
    """
    name = {"iso-2022-jp": "iso2022_jp_ext", "shift_jis": "cp932"}.get(charset.lower(), charset)
    for codec in (name, charset):
        try:
            return data.decode(codec)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    try:
        return data.decode(charset, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def _is_text(part: EmailMessage, kind: str) -> bool:
    return part.get_content_type() == kind and part.get_content_disposition() != "attachment"


def _is_other_form(part: EmailMessage, body: EmailMessage | None) -> bool:
    """The HTML beside a plain text."""
    return body is not None and _is_text(part, "text/html") and part.get_filename() is None


def _payload(part: EmailMessage) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, AssertionError, LookupError):
        payload = None
    return payload if isinstance(payload, bytes) else b""


def _text_of(part: EmailMessage) -> str:
    try:
        charset = part.get_content_charset() or "utf-8"
    except (LookupError, ValueError):
        charset = "utf-8"
    return as_text(_payload(part), charset).replace("\r\n", "\n")


def _part(part: EmailMessage) -> Part:
    try:
        name = part.get_filename() or ""
    except (LookupError, ValueError, MessageError):
        name = ""
    return Part(name, part.get_content_type(), len(_payload(part)))


class _Stripper(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(self._hidden - (tag in _HIDDEN), 0)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(" ".join(data.split()) + (" " if data[-1:].isspace() else ""))


def _text_of_html(html: str) -> str:
    stripper = _Stripper()
    stripper.feed(html)
    stripper.close()
    lines = "".join(stripper.pieces).split("\n")
    return _BLANK.sub("\n\n", "\n".join(line.strip() for line in lines)).strip() + "\n"
