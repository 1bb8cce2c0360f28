"""LIST and STATUS, and the names of mailboxes (RFC 3501 section 6.3, RFC 5258, RFC 5819, RFC 9051 section 6.3.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from mailproof.lab.embedded.mailboxes import Mailbox
from mailproof.wire.imap.mailbox import decode_mailbox, encode_mailbox
from mailproof.wire.imap.tokens import Value, quote, string_of

# A longer one matches no name here, and costs time to try.
_LONGEST_PATTERN = 100


def named(said: bytes, inbox: Mailbox) -> tuple[str, Mailbox] | None:
    """The mailbox that is meant, with its name; None if there is none."""
    name = decode_mailbox(said)
    if name.upper() == "INBOX":
        return "INBOX", inbox
    return (name, inbox.folders[name]) if name in inbox.folders else None


def shown(name: str, *, utf8: bool) -> bytes:
    """As Dovecot writes it: quoted where it need not be an atom; in UTF-8 in IMAP4rev2."""
    if name == "INBOX":
        return b"INBOX"
    return b'"' + name.encode() + b'"' if utf8 and not name.isascii() else quote(encode_mailbox(name))


def listing(verb: str, args: tuple[Value, ...], inbox: Mailbox, *, utf8: bool) -> list[bytes] | None:
    """Untagged responses of LIST or LSUB; None where the arguments are none.

    LIST may have options of selection before, several patterns, and RETURN behind.
    """
    rest = list(args)
    if rest and isinstance(rest[0], tuple) and verb == "LIST":
        del rest[0]
    reference = string_of(rest[0]) if rest else None
    given = rest[1] if rest[1:] and isinstance(rest[1], tuple) else rest[1:2]
    patterns = [text for text in map(string_of, given) if text is not None]
    if reference is None or not patterns or len(patterns) < len(given) or len(rest) not in (2, 4):
        return None
    if not any(patterns):
        return [f'{verb} (\\Noselect) "." ""'.encode()]
    options = rest[3] if rest[3:] and isinstance(rest[3], tuple) else ()
    asked = [items for option, items in pairwise(options) if isinstance(option, str) and option.upper() == "STATUS"]
    lines: list[bytes] = []
    for name, box in _all(inbox):
        if any(_matches(name, reference + pattern) for pattern in patterns if pattern):
            uses = " \\Junk" if name == "Junk" else ""
            lines.append(f'{verb} (\\HasNoChildren{uses}) "." '.encode() + shown(name, utf8=utf8))
            lines += [line for items in asked if (line := status_line(items, name, box, utf8=utf8))]
    return lines


def status_line(wanted: Value, name: str, box: Mailbox, *, utf8: bool) -> bytes:
    """Empty where an item is unknown."""
    known = {
        "MESSAGES": len(box.messages),
        "RECENT": 0,
        "UIDNEXT": box.uid_next,
        "UIDVALIDITY": box.uid_validity,
        "UNSEEN": sum("\\Seen" not in message.flags for message in box.messages),
        "DELETED": sum("\\Deleted" in message.flags for message in box.messages),
        "SIZE": sum(len(message.data) for message in box.messages),
    }
    items = wanted if isinstance(wanted, tuple) else ()
    names = [item.upper() if isinstance(item, str) else "" for item in items]
    if not names or any(item not in known for item in names):
        return b""
    told = f" ({' '.join(f'{item} {known[item]}' for item in names)})"
    return b"STATUS " + shown(name, utf8=utf8) + told.encode()


def _all(inbox: Mailbox) -> Iterator[tuple[str, Mailbox]]:
    yield "INBOX", inbox
    yield from sorted(inbox.folders.items())


def _matches(name: str, pattern: bytes) -> bool:
    """RFC 3501 section 6.3.8; there is no hierarchy, so `%` is as good as `*`."""
    if len(pattern) > _LONGEST_PATTERN:
        return False
    literal = re.split(r"[*%]+", decode_mailbox(pattern))
    flags = re.IGNORECASE if name == "INBOX" else 0
    return re.fullmatch(".*".join(map(re.escape, literal)), name, flags) is not None
