"""A message as a tree of its parts, in time that is linear in its length, whoever made it.

The standard library holds every line against the boundary of every multipart around it, and walks what is nested as
deep as somebody nests it. Here a part is cut at its own boundary only, and not below a depth.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator

import msgspec

# Postfix returns 50000 bytes of a message (bounce_size_limit), Exim 100 kB (return_size_limit); a report around it is
# smaller. What comes behind is not needed.
LONGEST = 1 << 20
# sendmail takes a header of 32 kB in all (MaxHeadersLength), Postfix one field of 100 kB (header_size_limit).
LONGEST_HEAD = 1 << 17
# RFC 3462 has three parts; Exchange nests them three deep, a forwarded report adds two.
_DEEPEST = 8
_MOST = 64
_FIELD = re.compile(rb"([!-9;-~]{1,78})[ \t]*:")
_PARAM = re.compile(r""";\s*([\w*-]{1,40})\s*=\s*(?:"([^"]{0,200})"|([^\s;"]{1,200}))""")
# Of one header; a message has a hundred when it went through many filters.
_MOST_FIELDS = 500
_LONGEST_FIELD = 8192


class Entity(msgspec.Struct, frozen=True):
    """A part, or a whole message."""

    fields: tuple[tuple[str, str], ...]
    type: str
    charset: str
    head: bytes
    body: bytes
    """As it came, still encoded."""
    parts: tuple[Entity, ...] = ()
    """Of a multipart; of message/rfc822 the one message."""

    def get(self, name: str) -> str:
        """The first field of this name in one line; empty for none."""
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.fields if key == name)

    @property
    def text(self) -> str:
        """The body, decoded."""
        return decoded(self.body, self.get("content-transfer-encoding"), self.charset)


def entity(data: bytes) -> Entity:
    """The tree of a message. Any bytes give one; text without a header is all body."""
    return _entity(data[:LONGEST], 0, [_MOST])


def walk(root: Entity, *, into_messages: bool = False) -> Iterator[Entity]:
    """The parts, parents first; those of a message that is enclosed only if asked for."""
    yield root
    if root.type == "message/rfc822" and not into_messages:
        return
    for part in root.parts:
        yield from walk(part, into_messages=into_messages)


def _entity(data: bytes, depth: int, left: list[int]) -> Entity:
    left[0] -= 1
    head, body = split_head(data)
    fields = read_fields(head)
    declared = next((value for key, value in fields if key == "content-type"), "")
    kind = declared.partition(";")[0].strip().lower() or "text/plain"
    params = {key.lower(): quoted or bare for key, quoted, bare in _PARAM.findall(declared)}
    parts: list[Entity] = []
    if depth < _DEEPEST and left[0] > 0:
        if kind.startswith("multipart/") and params.get("boundary"):
            for piece in _pieces(body, params["boundary"]):
                if left[0] <= 0:
                    break
                parts.append(_entity(piece, depth + 1, left))
        elif kind == "message/rfc822":
            parts.append(_entity(body, depth + 1, left))
    return Entity(fields, kind, params.get("charset", ""), head, body, tuple(parts))


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """What stands between the lines of a boundary (RFC 2046 section 5.1.1); the last may be missing."""
    mark = re.escape(b"--" + boundary.strip().encode("utf-8", "replace"))
    found = list(re.finditer(rb"(?m)^" + mark + rb"(--)?[ \t]*\r?$\n?", body))
    pieces: list[bytes] = []
    for at, line in enumerate(found[:_MOST]):
        if line[1]:
            break
        end = found[at + 1].start() if at + 1 < len(found) else len(body)
        pieces.append(body[line.end() : end].removesuffix(b"\n").removesuffix(b"\r"))
    return pieces


def split_head(data: bytes) -> tuple[bytes, bytes]:
    """Header and body. A line that is no field ends the header too; text without a field is all body."""
    at = 0
    # The line that mbox files, and what is copied out of them, begin with.
    if data.startswith((b"From ", b">From ")):
        at = data.find(b"\n") + 1 or len(data)
    begin = at
    while at < len(data):
        end = data.find(b"\n", at) + 1 or len(data)
        line = data[at:end]
        if line in (b"\n", b"\r\n"):
            return data[begin:at], data[end:]
        if not _FIELD.match(line) and not (line[:1] in b" \t" and at > begin):
            break
        at = end
    return data[begin:at], data[at:]


def read_fields(head: bytes) -> tuple[tuple[str, str], ...]:
    """Names in lower case with their values; folded lines are joined by one blank (RFC 5322 section 2.2.3)."""
    fields: list[list[str]] = []
    for raw in head.split(b"\n", _MOST_FIELDS * 20)[: _MOST_FIELDS * 20]:
        line = raw.rstrip(b"\r")
        if line[:1] in (b" ", b"\t") and fields:
            if len(fields[-1]) < 100:
                fields[-1].append(line.decode("utf-8", "replace").strip())
        elif (found := _FIELD.match(line)) and len(fields) < _MOST_FIELDS:
            fields.append([found[1].decode("ascii").lower(), line[found.end() :].decode("utf-8", "replace").strip()])
    return tuple((name, " ".join(filter(None, rest))[:_LONGEST_FIELD]) for name, *rest in fields)


def decoded(body: bytes, encoding: str, charset: str) -> str:
    """The text of a body, with its line ends as LF."""
    way = encoding.strip().lower()
    if way == "base64":
        try:
            body = base64.b64decode(re.sub(rb"[^A-Za-z0-9+/]", b"", body) + b"===")
        except (binascii.Error, ValueError):
            pass
    elif way == "quoted-printable":
        body = quopri.decodestring(body)
    return as_text(body, charset).replace("\r\n", "\n")


def as_text(data: bytes, charset: str) -> str:
    """Decoded. Without a charset that fits it is UTF-8, or one of Japan's: ISO-2022-JP is known by its escapes."""
    japanese = ("iso2022_jp_ext",) if b"\x1b$" in data else ()
    names = {"iso-2022-jp": "iso2022_jp_ext", "shift_jis": "cp932", "unicode-1-1-utf-7": "utf-7"}
    name = charset.strip().lower()
    for codec in (*japanese, names.get(name, name), "utf-8", "cp932", "euc_jp"):
        if not codec:
            continue
        try:
            return data.decode(codec)
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("utf-8", "replace")
