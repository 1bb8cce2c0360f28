"""Clear text that comes between the agreement to start TLS and the first TLS record (CVE-2011-0411)."""

from __future__ import annotations

import re

# What is set aside and told before it is no beginning of TLS any more: one buffer of Postfix (VSTREAM_BUFSIZE), which
# is what an injected command could hide in there.
MOST_CLEAR = 4096
# A server that has agreed answers a ClientHello in one round trip; two retransmissions (RFC 6298) are waited for.
TLS_FOLLOWS = 5.0

# An alert or a handshake, of any version from SSL 3.0 to what TLS 1.3 says it is (RFC 8446 section 5.1).
_RECORD = re.compile(rb"[\x15\x16]\x03[\x00-\x04]")
_BEGINNING = re.compile(rb"[\x15\x16]\x03?\Z")


class BeforeTls:
    """Tells what is clear text from the TLS records behind it, in the same way however both are cut."""

    def __init__(self) -> None:
        self.text = b""
        """Clear text so far, beginnings of what could be a record included."""
        self.over = False
        """A TLS record has begun."""

    def records(self, data: bytes) -> bytes:
        """What of `data`, and of what was held back before it, belongs to TLS."""
        if self.over:
            return data
        known = max(0, len(self.text) - 2)
        self.text += data
        found = _RECORD.search(self.text, known)
        if found is None:
            return b""
        self.over = True
        began, self.text = self.text[found.start() :], self.text[: found.start()]
        return began

    @property
    def undecided(self) -> bool:
        """Only clear text has come; True for a lone beginning of a record too."""
        return not self.over and bool(self.text) and _BEGINNING.fullmatch(self.text) is None
