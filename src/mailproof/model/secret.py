"""Which bytes must never leave, and the one function that takes them out."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator

from mailproof.model.escape import to_text
from mailproof.model.transcript import SECRET

_MASK = SECRET.encode()

# A form shorter than this is not searched for in what the server says: masking every "a" would
# destroy the transcript and betray the letter. Such a secret is still masked where we send it.
_SHORTEST = 3

_ALPHANUMERIC = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_UNRESERVED = _ALPHANUMERIC | frozenset(b"-._~")
"""What RFC 3986 leaves as it is; encoders differ about the last four."""
_URL_SAFE = bytes.maketrans(b"+/", b"-_")

# Quoted as in IMAP (RFC 9051 section 4.3), the reply put into JSON, and that logged as JSON once more: each doubles
# the backslashes, and puts one before what it escapes.
_DOUBLED = 2**3
_ESCAPED = re.compile(rb"(\\+)|([\"'/])")
_ESCAPABLE = re.compile(rb"[\\\"'/]")


def _inner_base64(secret: bytes) -> Iterable[bytes]:
    """What `secret` looks like inside a longer base64 text, at each of the three alignments."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret)
        first = (shift * 8 + 5) // 6  # characters that also depend on the bytes before
        last = (shift + len(secret)) * 8 // 6  # and those that depend on the bytes after
        if last - first >= 4:
            yield encoded[first:last]


def _capitals(form: bytes) -> bytes:
    """Upper case of all scripts; the pattern ignores the case of ASCII letters by itself."""
    return form.decode("utf-8", "surrogateescape").upper().encode("utf-8", "surrogateescape")


def _however_quoted(form: bytes) -> bytes:
    """A pattern for it, quoted up to three times."""

    def pieces() -> Iterator[bytes]:
        at = 0
        for found in _ESCAPED.finditer(form):
            yield re.escape(form[at : found.start()])
            run = len(found[1] or b"")
            yield rb"\\{%d,%d}" % (run, run * _DOUBLED) if run else rb"\\{0,%d}%b" % (_DOUBLED - 1, found[2])
            at = found.end()
        yield re.escape(form[at:])

    return b"".join(pieces())


def _percent(secret: bytes, kept: frozenset[int]) -> bytes:
    return b"".join(bytes([byte]) if byte in kept else b"%%%02X" % byte for byte in secret)


class Secrets:
    """The secrets of one session, in every form in which a server could echo them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[bytes] = set()
        self._pattern: re.Pattern[bytes] | None = None
        for secret in secrets:
            self.add(secret.encode("utf-8", "surrogateescape"))
            # Mechanisms that prepare strings (RFC 4013, RFC 8265) may send another form of the same password.
            self.add(unicodedata.normalize("NFKC", secret).encode("utf-8", "surrogateescape"))

    def add(self, secret: bytes) -> None:
        """Also hide `secret`: raw, in base64 at every alignment, quoted as in IMAP, escaped, percent-encoded, in hex.

        Each in any case: servers that do not know a command like to say so in capitals, and hex is written in both.
        """
        if len(secret) < _SHORTEST:
            return
        encoded = base64.b64encode(secret)
        in_base64 = {encoded, encoded.rstrip(b"="), *_inner_base64(secret)}
        in_base64 |= {form.translate(_URL_SAFE) for form in in_base64}
        percent = {_percent(secret, kept) for kept in (_ALPHANUMERIC, _UNRESERVED, _UNRESERVED | {ord("/")})}
        percent |= {form.replace(b"%20", b"+") for form in percent}  # as forms are sent
        forms = {secret, to_text(secret).encode(), secret.hex().encode(), *in_base64, *percent}
        forms |= {_capitals(form) for form in forms}
        self._forms |= {form for form in forms if len(form) >= _SHORTEST}
        self._pattern = None

    @property
    def longest(self) -> int:
        """Bytes of the longest form of any secret."""
        return max((len(form) + len(_ESCAPABLE.findall(form)) * (_DOUBLED - 1) for form in self._forms), default=0)

    def mask(self, data: bytes) -> bytes:
        """`data` with each form of each secret replaced by `[secret]`."""
        return data if not self._forms else self._compiled().sub(_MASK, data)

    def mask_text(self, text: str) -> str:
        return (
            text
            if not self._forms
            else self.mask(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
        )

    def _compiled(self) -> re.Pattern[bytes]:
        if self._pattern is None:
            # Longest first, so that a whole base64 blob goes and not only a piece of it.
            forms = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile(b"|".join(map(_however_quoted, forms)), re.IGNORECASE)
        return self._pattern

    def __repr__(self) -> str:
        return f"<{len(self._forms)} forms of secrets>"
