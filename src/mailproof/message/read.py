"""A message as a person reads it: header fields in their charset, the text, and what is attached."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from email.errors import MessageError
from email.message import Message
from html import unescape

import msgspec

# Of a header field; longer ones are attacks or lists of a thousand recipients.
_LONGEST_FIELD = 4096
# Parts of one message, nested ones included; more is a bomb.
_MOST_PARTS = 200
_BREAKS = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "table", "blockquote"})
_HIDDEN = frozenset({"style", "script", "head", "title"})
_BLANK = re.compile(r"\n{3,}")
_ESCAPED_OCTET = re.compile(rb"\\udc([89a-f][0-9a-f])")


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
    parts = _parts(data)
    plain = next((part for part in parts if _is_text(part, "text/plain")), None)
    rich = next((part for part in parts if _is_text(part, "text/html")), None)
    body = plain or rich
    text = _text_of(body) if body is not None else ""
    html = plain is None and rich is not None
    attached = tuple(_part(part) for part in parts if part is not body and not _is_other_form(part, body))
    return Mail(read_headers(data), _text_of_html(text) if html else text, attached, html)


def _parts(data: bytes) -> list[Message]:
    """The leaves of the message, in their order; none where it is nested beyond all reason.

    By the old policy: the structured header fields of the new one raise whatever a hostile field makes them raise.
    """
    try:
        message = email.message_from_bytes(data, policy=email.policy.compat32)
        walked = [part for part, _ in zip(message.walk(), range(_MOST_PARTS), strict=False)]
        return [part for part in walked if not part.is_multipart()]
    except (RecursionError, ValueError, LookupError, AssertionError, TypeError, AttributeError):
        return []


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
    elif charset is None:
        # Beside an encoded word the library writes each such surrogate as an escape.
        data = _ESCAPED_OCTET.sub(lambda found: bytes.fromhex(found[1].decode()), data)
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


def _is_text(part: Message, kind: str) -> bool:
    return part.get_content_type() == kind and part.get_content_disposition() != "attachment"


def _is_other_form(part: Message, body: Message | None) -> bool:
    """The HTML beside a plain text."""
    return body is not None and _is_text(part, "text/html") and _asked(part.get_filename) is None


def _payload(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, AssertionError, LookupError):
        payload = None
    return payload if isinstance(payload, bytes) else b""


def _asked(ask: Callable[[], str | None]) -> str | None:
    """A parameter of a header field; None where the library's reader of RFC 2231 does not bear it."""
    try:
        return ask()
    except Exception:  # what a hostile parameter makes it raise is not a closed set
        return None


def _text_of(part: Message) -> str:
    charset = _asked(part.get_content_charset) or "utf-8"
    return as_text(_payload(part), charset).replace("\r\n", "\n")


def _part(part: Message) -> Part:
    name = _asked(part.get_filename) or ""
    name = _decoded(name) if name.isascii() else name
    return Part(name, part.get_content_type(), len(_payload(part)))


# One pass, whatever is in it: the standard library's parser takes time by the square of `<a <a <a` (CVE-2025-6069).
_TAG = re.compile(
    r"""<(?:!--|(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*+)(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+/?>|[!?/][^<>]*+>)"""
)


def _text_of_html(html: str) -> str:
    pieces: list[str] = []
    at = hidden = 0
    while (tag := _TAG.search(html, at)) is not None:
        if not hidden:
            pieces.append(_squeezed(html[at : tag.start()]))
        at = tag.end()
        if tag[0] == "<!--":
            end = html.find("-->", at)
            at = len(html) if end < 0 else end + 3
            continue
        name = (tag["name"] or "").lower()
        if name in _HIDDEN:
            hidden = max(hidden - 1, 0) if tag["end"] else hidden + 1
        elif name in _BREAKS and not tag["end"]:
            pieces.append("\n")
    if not hidden:
        pieces.append(_squeezed(html[at:]))
    lines = "".join(pieces).split("\n")
    return _BLANK.sub("\n\n", "\n".join(line.strip() for line in lines)).strip() + "\n"


def _squeezed(text: str) -> str:
    """Text between tags: references replaced, white space made one blank."""
    words = " ".join(unescape(text).split())
    return words + (" " if text[-1:].isspace() else "")
