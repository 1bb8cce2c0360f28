"""What the words of a greylist tell: whose they are, and for how long it puts a mail off."""

from __future__ import annotations

import re

from mailproof.parse.refusal_kind import RefusalKind

# The words of each program, from its source or from many logs (see docs/greylist.md).
_PRODUCTS = (
    ("milter-greylist", re.compile(r"greylisting in action, please come back", re.I)),
    ("Postgrey", re.compile(r"postgrey|\bgreylisted, see http://", re.I)),
    ("greyfix", re.compile(r"greylisted by greyfix", re.I)),
    ("SQLgrey", re.compile(r"greylisted for \d+ (?:seconds|minutes)", re.I)),
    ("MailEnable", re.compile(r"employs greylisting as a means of reducing spam", re.I)),
    ("Rspamd", re.compile(r"\A4\d\d(?: 4\.7\.1)? try again later\Z", re.I)),
    ("postscreen", re.compile(r"\A450 4\.3\.2 service currently unavailable", re.I)),
    ("OpenBSD spamd", re.compile(r"\A451 temporary failure, please try again later", re.I)),
)
_CLOCK = re.compile(r"\b(\d{1,3}):([0-5]\d):([0-5]\d)\b")
_SPAN = re.compile(r"\b(\d{1,6}) ?(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)\b", re.I)
_UNITS = {"s": 1, "m": 60, "h": 3600}
# A day: RFC 6647 section 5 advises against more than some hours, and nobody waits here for longer.
_LONGEST = 86400

# Refusals that name no reason of their own: behind these a greylist can stand without saying so.
_MAY_BE = frozenset(
    {
        RefusalKind.GREYLISTED,
        RefusalKind.OTHER,
        RefusalKind.SERVICE_UNAVAILABLE,
        RefusalKind.RECIPIENT_REJECTED,
        RefusalKind.CLIENT_REJECTED,
    }
)


def product_of(reply: str) -> str:
    """The program, by the words of its refusal; empty where they are nobody's."""
    return next((name for name, words in _PRODUCTS if words.search(reply)), "")


def stated_delay(reply: str) -> int | None:
    """Seconds that a refusal names, of a clock (`00:30:00`) or in words; None for none."""
    clock = _CLOCK.search(reply)
    if clock is not None:
        found = int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3])
    elif (span := _SPAN.search(reply)) is not None:
        found = int(span[1]) * _UNITS[span[2][0].lower()]
    else:
        return None
    return found if 0 < found <= _LONGEST else None


def may_be_greylisting(code: int, kind: RefusalKind) -> bool:
    """Whether a refusal could be a greylist's: one for now that names no other reason."""
    return 400 <= code < 500 and kind in _MAY_BE
