"""The exceptions that cross rooms: a peer or a network that did not do its part, bytes that are not what they should
be, and a wish that cannot be met."""

from __future__ import annotations

from mailproof.model.attempt import Trouble
from mailproof.model.icmp import Icmp


class NetFailure(Exception):
    """Raised by `net` only, for what the outside world did; our own mistakes raise what they raise."""

    def __init__(self, trouble: Trouble, detail: str = "", icmp: Icmp | None = None) -> None:
        super().__init__(f"{trouble}: {detail}" if detail else str(trouble))
        self.trouble = trouble
        self.detail = detail
        """Words of the operating system or of OpenSSL."""
        self.icmp = icmp
        """The message that ended an attempt to connect, where it was one and the kernel tells."""


class UsageError(Exception):
    """The user asked for something that cannot be. Exit code 2.

    `reason` is kebab-case; its sentence, in the section `usage` of the catalogue, says what to type instead and is
    filled with `params`, which hold no secret: they are in the text of the exception too.
    """

    def __init__(self, reason: str, **params: str | tuple[str, ...]) -> None:
        told = ", ".join(f"{name}={value!r}" for name, value in params.items())
        super().__init__(f"{reason}: {told}" if told else reason)
        self.reason = reason
        self.params = params


class Unreadable(ValueError):
    """Bytes that are not what they should be, or a file that gives none; raised by the rooms that read them.

    `reason` is kebab-case; its sentence, in the section `unread` of the catalogue, is filled with `params`.
    """

    def __init__(self, reason: str, **params: str) -> None:
        told = ", ".join(f"{name}={value!r}" for name, value in params.items())
        super().__init__(f"{reason}: {told}" if told else reason)
        self.reason = reason
        self.params = params
