"""What came to nothing, told once: ports that were only guessed, and what was asked for and tried nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailproof.model.attempt import Job, Skipped, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Endpoint
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried, Submitted, XclientTried
from mailproof.model.record import Asked, Attempt


def without_unanswered_guesses(attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """A port that nobody promised and that does not answer is no fault: one note for each host tells of them.

    A host of which nothing else can be told stays as it is.
    """
    silent = {
        attempt.endpoint
        for attempt in attempts
        if attempt.endpoint is not None and not attempt.endpoint.promised and _never_connected(attempt)
    }
    told = {a.endpoint.host for a in attempts if a.endpoint is not None and a.endpoint not in silent}
    kept = [a for a in attempts if a.endpoint not in silent or (a.endpoint and a.endpoint.host not in told)]
    places = [attempt.endpoint for attempt in kept if attempt.endpoint is not None]
    dropped = [a.endpoint for a in attempts if a.endpoint in silent and a.endpoint and a.endpoint.host in told]
    return (*kept, *_notes(dropped, {(place.host, place.scheme) for place in places}))


def _never_connected(attempt: Attempt) -> bool:
    """A later job that finds the port closed, for it came too often, does not undo that it was open."""
    troubles = [seen.trouble for seen in attempt.observations if isinstance(seen, Connection)]
    # What a proxy did not try is no silent port.
    return attempt.job is Job.SURVEY and any(trouble not in (None, Trouble.PROXY) for trouble in troubles)


def _notes(dropped: Sequence[Endpoint], answered: set[tuple[str, str]]) -> Iterable[Attempt]:
    for host in dict.fromkeys(place.host for place in dropped):
        silent = (place.scheme for place in dropped if place.host == host)
        schemes = ", ".join(dict.fromkeys(scheme for scheme in silent if (host, scheme) not in answered))
        if schemes:
            yield _attempt(Skipped("port-open", "not-answered", params={"schemes": schemes, "host": host}))


def with_untried(asked: Asked, attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """What the user asked for and no attempt came to, nor says why not."""
    facts = [fact for attempt in attempts for fact in attempt.observations]
    told = {skipped.what for attempt in attempts for skipped in attempt.skipped if skipped.asked}
    missing: list[Skipped] = []
    if asked.mailbox and "mailbox-accepted" not in told and not any(_names_mailbox(fact) for fact in facts):
        missing.append(Skipped("mailbox-accepted", "no-place-to-try", asked=True))
    if asked.xclient and "relay-closed" not in told and not any(isinstance(fact, XclientTried) for fact in facts):
        missing.append(Skipped("relay-closed", "xclient-not-tried", asked=True))
    if why := _no_login(asked, attempts, mailbox_told="message-delivered" in told):
        missing.append(Skipped("login-accepted", why, asked=True))
    return (*attempts, *map(_attempt, missing))


def _names_mailbox(fact: object) -> bool:
    return isinstance(fact, Submitted) or (
        isinstance(fact, EnvelopeTried) and fact.purpose is EnvelopePurpose.MAILBOX
    )


def _no_login(asked: Asked, attempts: Sequence[Attempt], *, mailbox_told: bool) -> str:
    """Why a login that was given was tried nowhere, as a reason of the catalogue; empty if all were or are told."""
    wanted = [asked.user] if asked.user else []
    if asked.mailbox_user and not mailbox_told:
        wanted.append(asked.mailbox_user)
    for user in wanted:
        # The mailbox's login is for where mail is read; the sender's is for everywhere.
        reads = user != asked.user
        places = [a for a in attempts if not reads or (a.endpoint is not None and a.endpoint.scheme.is_retrieval)]
        if not any(_tells_of_login(attempt, user) for attempt in places):
            return "not-reached" if any(attempt.job is Job.LOGIN for attempt in places) else "no-place-to-try"
    return ""


def _tells_of_login(attempt: Attempt, user: str) -> bool:
    tried = any(isinstance(fact, LoginTried) and fact.user == user for fact in attempt.observations)
    return tried or any(skipped.what == "login-accepted" and skipped.asked for skipped in attempt.skipped)


def _attempt(skipped: Skipped) -> Attempt:
    return Attempt(Job.LOGIN if skipped.what == "login-accepted" else Job.SURVEY, skipped=(skipped,))
