"""The one exception that crosses rooms: a peer or a network that did not do its part."""

from __future__ import annotations

from mailproof.model.attempt import Trouble


class NetFailure(Exception):
    """Raised by `net` only, for what the outside world did; our own mistakes raise what they raise."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(f"{trouble}: {detail}" if detail else str(trouble))
        self.trouble = trouble
        self.detail = detail
        """Words of the operating system or of OpenSSL."""


class UsageError(Exception):
    """The user asked for something that cannot be; the message says what to type instead. Exit code 2."""
