"""Which bytes must never leave, and the one function that takes them out."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable

from mailproof.model.transcript import SECRET

_MASK = SECRET.encode()

# A form shorter than this is not searched for in what the server says: masking every "a" would
# destroy the transcript and betray the letter. Such a secret is still masked where we send it.
_SHORTEST = 3


def _inner_base64(secret: bytes) -> Iterable[bytes]:
    """What `secret` looks like inside a longer base64 text, at each of the three alignments."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret)
        first = (shift * 8 + 5) // 6  # characters that also depend on the bytes before
        last = (shift + len(secret)) * 8 // 6  # and those that depend on the bytes after
        if last - first >= 4:
            yield encoded[first:last]


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
        """Also hide `secret`: raw, in base64 at every alignment, quoted as in IMAP, percent-encoded, in hex."""
        if len(secret) < _SHORTEST:
            return
        quoted = secret.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        percent = b"".join(bytes([c]) if chr(c).isalnum() and c < 128 else b"%%%02X" % c for c in secret)
        hexed = secret.hex().encode()
        encoded = base64.b64encode(secret)
        forms = {secret, quoted, percent, encoded, encoded.rstrip(b"="), hexed, hexed.upper()}
        forms.update(_inner_base64(secret))
        self._forms |= {form for form in forms if len(form) >= _SHORTEST}
        self._pattern = None

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
            self._pattern = re.compile(b"|".join(re.escape(form) for form in forms))
        return self._pattern

    def __repr__(self) -> str:
        return f"<{len(self._forms)} forms of secrets>"
