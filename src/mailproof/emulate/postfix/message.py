"""The headers of a whole message, as cleanup(8) and smtp(8) write them (src/cleanup/cleanup_message.c)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from mailproof.emulate.postfix.rewrite import GENERIC, Way, envelope_sender, generic, header_address
from mailproof.emulate.postfix.server import Postfix
from mailproof.model.postfix import Context, HeaderChange, Headers, Outcome, Place, Step
from mailproof.parse.postfix.addresses import addresses_in, external, header_lines, parse, scan
from mailproof.parse.postfix.lines import split_list

# src/global/header_opts.c.
SENDER_HEADERS = (
    "disposition-notification-to", "errors-to", "from", "mail-followup-to", "reply-to", "resent-from",
    "resent-sender", "return-path", "return-receipt-to", "sender",
)  # fmt: skip
RECIPIENT_HEADERS = (
    "apparently-to", "bcc", "cc", "resent-bcc", "resent-cc", "resent-reply-to", "resent-to", "to",
)  # fmt: skip
_HEADER = re.compile(r"([!-9;-~]+)[ \t]*:")

Change = Callable[[str, Place], tuple[str, Sequence[Step], bool]]
"""Of an address in external form: what becomes of it, why, and whether the header is written anew for it."""


def place_of(name: str) -> Place | None:
    """Of a header; None for one whose addresses Postfix does not look at."""
    if name.lower() in SENDER_HEADERS:
        return Place.HEADER_SENDER
    return Place.HEADER_RECIPIENT if name.lower() in RECIPIENT_HEADERS else None


def cleaned(way: Way, message: str, sender: str) -> Headers:
    """As in the queue. `sender` is that of the envelope, in external form, for a message without From."""
    dropped = split_list(way.services.mapper.value("message_drop_headers").lower())
    left = way.context is Context.LEFT_ALONE

    def change(address: str, place: Place) -> tuple[str, Sequence[Step], bool]:
        if left:
            return address, (), False
        result, steps = header_address(way, address, place)
        # Tables that lead back to where it began have changed it on the way, and the header is written anew.
        return result, steps, result != address or any(step.outcome is Outcome.WON for step in steps)

    headers, body = _divided(message)
    kept = [header for header in headers if _name(header) not in dropped]
    changes = [_changed(header, change) for header in kept]
    names = {_name(header) for header in headers}
    added = []
    told_of_from: Sequence[Step] = ()
    missing: tuple[str, ...] = ()
    if not left or way.services.mapper.yes("always_add_missing_headers"):
        resent = "resent-" if any(name.startswith("resent-") for name in names) else ""
        missing = tuple(each for each in ("message-id", "date") if resent + each not in names)
        if f"{resent}from" not in names:
            results, told_of_from = envelope_sender(way, sender)
            added = [f"{resent.title()}From: {results[0] if results else 'MAILER-DAEMON'}"]
    told = tuple(each for each in changes if each.before != each.after)
    text = _joined([*(each.after for each in changes), *added], body)
    return Headers(text, told, missing, _untold(changes, told_of_from))


def sent(postfix: Postfix, message: str, transport: str = "smtp") -> Headers:
    """As it leaves by SMTP, `message` being what is in the queue."""
    asked = bool(postfix.of_service(transport).value(GENERIC))

    def change(address: str, place: Place) -> tuple[str, Sequence[Step], bool]:
        if not asked:
            return address, (), False
        done = generic(postfix, address, place, transport)
        return done.results[0], done.steps, any(step.name == "mapped" for step in done.steps)

    headers, body = _divided(message)
    changes = [_changed(header, change) for header in headers]
    told = tuple(each for each in changes if each.before != each.after)
    return Headers(_joined([each.after for each in changes], body), told, (), _untold(changes))


def _untold(changes: Sequence[HeaderChange], others: Sequence[Step] = ()) -> tuple[Step, ...]:
    steps = [*(step for each in changes for step in each.steps), *others]
    found: list[Step] = []
    for step in steps:
        if step.outcome is Outcome.UNTOLD and step not in found:
            found.append(step)
    return tuple(found)


def _changed(header: str, change: Change) -> HeaderChange:
    name = _name(header)
    place = place_of(name)
    if place is None:
        return HeaderChange(name, header, header)
    written, _, value = header.partition(":")
    tokens = parse(value)
    steps: list[Step] = []
    anew = False
    for token in addresses_in(tokens):
        result, more, changed = change(external(token.parts), place)
        token.parts = scan(result)
        steps += more
        anew |= changed
    after = header_lines(written.rstrip(" \t"), tokens) if anew else header
    return HeaderChange(name, header, after, tuple(steps))


def _name(header: str) -> str:
    return header.partition(":")[0].rstrip(" \t").lower()


def _divided(message: str) -> tuple[list[str], list[str]]:
    """Headers with their further lines, and all lines from the first that belongs to none."""
    lines = message.split("\n")
    headers: list[str] = []
    for at, line in enumerate(lines):
        if headers and line[:1] in (" ", "\t"):
            headers[-1] += f"\n{line}"
        elif _HEADER.match(line):
            headers.append(line)
        else:
            return headers, lines[at:]
    return headers, []


def _joined(headers: Sequence[str], body: Sequence[str]) -> str:
    return "\n".join(_lines(headers, body))


def _lines(headers: Sequence[str], body: Sequence[str]) -> Iterator[str]:
    yield from headers
    if body[:1] != [""]:
        yield ""
    yield from body
