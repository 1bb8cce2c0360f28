"""The course of SMTP, IMAP, POP3, NNTP and ManageSieve: a greeting, a list of what the server can, the request."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, Verdict, one_request


class Question(msgspec.Struct, frozen=True):
    """What is asked, where the answer ends, and what a good one has; both are regular expressions."""

    text: bytes
    end: bytes
    good: bytes = b""


class Listed(msgspec.Struct, frozen=True):
    greeting: Question
    """Of empty text: the server speaks first."""
    listing: Callable[[Names], Question] | None
    """None where the greeting always is the list. An answer that is not good comes of a server that does not know the
    question, and perhaps the request all the same.
    """
    offer: bytes
    """Regular expression for the request's line of the list."""
    request: Question
    greeted_with: bytes = rb"(?!)"
    """Regular expression for a greeting that has the list in it already."""

    def opening(self, names: Names) -> Course:
        """From the connection to the handshake."""
        heard = Heard()
        offered = yield from heard.ask(b"", self.greeting.end)
        if not re.search(self.greeting.good, offered):
            return Outcome(Verdict.REFUSED, offered)
        known = True
        if self.listing is not None and not re.search(self.greeted_with, offered):
            listing = self.listing(names)
            offered = yield from heard.ask(listing.text, listing.end)
            known = bool(re.search(listing.good, offered))
        if known and not re.search(self.offer, offered):
            return Outcome(Verdict.NOT_OFFERED, offered, offered=offered)
        said = yield from heard.ask(self.request.text, self.request.end)
        if not re.search(self.request.good, said):
            return Outcome(Verdict.REFUSED, said, offered=offered)
        return heard.ready(said, offered)

    def ask(self, names: Names) -> Course:
        """The request alone."""
        return one_request(self.request.text, self.request.end, self.request.good)
