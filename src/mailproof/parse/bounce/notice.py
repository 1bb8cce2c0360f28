"""What the text of a notice gives, whichever program wrote it; and how its blocks are cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from mailproof.model.bounce import Action, Statement, Undelivered
from mailproof.parse.bounce.statements import statement

ADDRESS = r"[^\s<>()\[\]\"',;:@]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?"
_ADDRESS = re.compile(ADDRESS)
# A notice of more recipients says the same of most of them; Postfix writes 100 at most into one (bounce(8)).
MOST_RECIPIENTS = 100
# The beginning of a notice tells; what follows is the message that comes back.
LONGEST = 100_000
# RFC 5322 section 2.1.1 has 998; an address is looked for in each.
_LONGEST_LINE = 2000


class Notice(msgspec.Struct, frozen=True):
    """The recipients of a notice, and the server that wrote it where the text says so."""

    recipients: tuple[Undelivered, ...]
    reporter: str = ""


def lines_of(text: str) -> list[str]:
    """The lines that are read, without blanks at their ends."""
    return [line[:_LONGEST_LINE].rstrip() for line in text[:LONGEST].split("\n")]


def address_in(text: str) -> str:
    """The first address; empty for none."""
    found = _ADDRESS.search(text)
    return found[0] if found else ""


def undelivered(
    recipient: str, texts: Iterable[str], action: Action = Action.FAILED, server: str = ""
) -> Undelivered:
    """One recipient with what is said of him; texts that are empty are left out."""
    said = tuple(statement(text, server) for text in texts if text.strip())
    remote = server or next((each.server for each in said if each.server), "")
    return Undelivered(recipient, action, status_of(said), remote, said)


def status_of(said: Iterable[Statement]) -> str:
    return next((each.enhanced for each in said if each.enhanced), "")


def merged(found: Iterable[Undelivered]) -> tuple[Undelivered, ...]:
    """One for each recipient: the last word counts for the fate, all that was said is kept."""
    by_name: dict[str, Undelivered] = {}
    for each in found:
        key = each.recipient.lower()
        if (before := by_name.get(key)) is not None:
            said = (*before.said, *(word for word in each.said if word not in before.said))
            each = msgspec.structs.replace(
                before, said=said, status=before.status or each.status, remote=before.remote or each.remote
            )
        if len(by_name) < MOST_RECIPIENTS or key in by_name:
            by_name[key] = each
    return tuple(by_name.values())


def blocks(lines: Iterable[str], begins: re.Pattern[str]) -> Iterator[tuple[re.Match[str], list[str]]]:
    """Each line that begins one, with the lines up to the next beginning."""
    current: tuple[re.Match[str], list[str]] | None = None
    for line in lines:
        if found := begins.match(line):
            if current is not None:
                yield current
            current = (found, [])
        elif current is not None:
            current[1].append(line)
    if current is not None:
        yield current


def until(lines: Iterable[str], ends: re.Pattern[str]) -> list[str]:
    """The lines before the first that matches."""
    kept: list[str] = []
    for line in lines:
        if ends.search(line):
            break
        kept.append(line)
    return kept


def paragraph(lines: Iterable[str]) -> list[str]:
    """The lines up to the first empty one behind a line that is not."""
    kept: list[str] = []
    for line in lines:
        if line.strip():
            kept.append(line)
        elif kept:
            break
    return kept
