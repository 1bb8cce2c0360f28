"""What LIST tells of the mailboxes of a user (RFC 3501 section 7.2.2), and for what each is used (RFC 6154)."""

from __future__ import annotations

import msgspec

from mailproof.wire.imap.mailbox import decode_mailbox
from mailproof.wire.imap.responses import ImapResponse
from mailproof.wire.imap.tokens import string_of

SPECIAL_USES = frozenset(
    {"\\all", "\\archive", "\\drafts", "\\flagged", "\\important", "\\junk", "\\sent", "\\trash"}
)
"""RFC 6154 section 2 and RFC 8457 section 3, in lower case."""
_NO_MAILBOX = frozenset({"\\noselect", "\\nonexistent"})


class Folder(msgspec.Struct, frozen=True):
    name: str
    """Decoded."""
    attributes: tuple[str, ...] = ()
    """In lower case: `\\hasnochildren`, `\\junk` …"""

    @property
    def uses(self) -> tuple[str, ...]:
        """Special uses, in lower case: `\\junk`."""
        return tuple(attribute for attribute in self.attributes if attribute in SPECIAL_USES)

    @property
    def can_be_opened(self) -> bool:
        return _NO_MAILBOX.isdisjoint(self.attributes)


def listed_folder(response: ImapResponse) -> Folder | None:
    """The mailbox that a LIST response is about; None for any other response, and for one without a name."""
    if response.name != "LIST" or len(response.values) < 3:
        return None
    attributes, _, name = response.values[:3]
    said = string_of(name)
    if said is None or not isinstance(attributes, tuple):
        return None
    words = (string_of(value) for value in attributes)
    shown = tuple(word.decode("ascii", "replace").lower() for word in words if word is not None)
    return Folder(decode_mailbox(said), shown)
