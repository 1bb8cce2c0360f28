"""Exit codes of the commands by hand: the stage that failed, in the numbers that swaks users know (docs/login.md)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from mailproof.checks import kinds
from mailproof.diagnose.judge import Judgement
from mailproof.model.attempt import Skipped, Status, Step, Trouble
from mailproof.model.finding import Layer, Severity, Untold
from mailproof.model.record import Attempt
from mailproof.model.report import Judged


class Stage(IntEnum):
    """Closed."""

    OPEN = 0
    USAGE = 1
    CONNECT = 2
    CLOSED = 6
    """The server hung up where it should not."""
    GREETING = 21
    EHLO = 22
    MAIL = 23
    RCPT = 24
    """No recipient was accepted."""
    DATA = 25
    MESSAGE = 26
    QUIT = 27
    LOGIN = 28
    TLS = 29
    EHLO_IN_TLS = 32
    """The second EHLO, refused after STARTTLS; with TLS at once there is only the first."""
    XCLIENT = 33
    MAILBOX = 40
    """Another command; in POP3, IMAP and ManageSieve one of the mailbox."""
    NOT_FOUND = 41
    """No such message in the time there was."""
    SOME_RECIPIENTS = 42


_OF_STEP = {
    Step.RESOLVE: Stage.CONNECT,
    Step.CONNECT: Stage.CONNECT,
    Step.GREETING: Stage.GREETING,
    Step.EHLO: Stage.EHLO,
    Step.CAPABILITY: Stage.EHLO,
    Step.STARTTLS: Stage.TLS,
    Step.TLS: Stage.TLS,
    Step.XCLIENT: Stage.XCLIENT,
    Step.AUTH: Stage.LOGIN,
    Step.LOGIN: Stage.LOGIN,
    Step.MAIL: Stage.MAIL,
    Step.RCPT: Stage.RCPT,
    Step.DATA: Stage.MESSAGE,
    Step.SELECT: Stage.MAILBOX,
    Step.SEARCH: Stage.MAILBOX,
    Step.LIST: Stage.MAILBOX,
    Step.FETCH: Stage.MAILBOX,
}
# Where these failed, TLS and its certificate had been taken as they were.
_BEHIND_TLS = frozenset(
    {Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.MESSAGE, Stage.LOGIN, Stage.MAILBOX, Stage.SOME_RECIPIENTS}
)
_HUNG_UP = (Trouble.CLOSED, Trouble.RESET)


_FOR_WANT_OF = {
    "tls-not-available": Stage.TLS,
    "tls-not-verified": Stage.TLS,
    "certificate-demanded": Stage.TLS,
    "extension-not-offered": Stage.MAIL,
    "xclient-refused": Stage.XCLIENT,
    "xclient-attribute-not-offered": Stage.XCLIENT,
}


def skipped_code(skipped: Skipped) -> Stage:
    """Of what was asked for and not tried: the stage that it lacked something for, a login where nothing else is."""
    return _FOR_WANT_OF.get(skipped.why, Stage.LOGIN)


def cause_of(judgement: Judgement, code: int) -> Judged | None:
    """The cause of what ended at this stage: the first that is grave, but for what was got over on the way there.

    A certificate that does not verify did not make a server refuse a recipient.
    """
    behind_tls = code in _BEHIND_TLS
    return next(
        (
            item
            for item in judgement.causes
            if item.severity is not Severity.INFO and not (behind_tls and kinds()[item.name].layer is Layer.TLS)
        ),
        None,
    )


def reason_of(
    skipped: Skipped | None, cause: Judged | None, attempts: Iterable[Attempt], judgement: Judgement
) -> tuple[str, dict[str, str]]:
    """Why what was asked for failed, as a reason of the catalogue with its parameters; empty where nothing says so.

    What was left out says why. Where nothing was and there is no cause either, this machine could not even try: it
    has no such address, or its resolver does not answer.
    """
    told: Skipped | Untold | None = skipped
    if told is None and cause is None:
        left_out = (each for attempt in attempts for each in attempt.skipped)
        anywhere: list[Skipped | Untold] = [*judgement.untold, *left_out]
        told = next((each for each in anywhere if each.asked), None)
    return (told.why, told.params) if told is not None else ("", {})


def stage_code(attempt: Attempt) -> Stage:
    """Of the first step that failed; OPEN if none did. QUIT is not counted: all was done before it."""
    failed = attempt.failed
    if failed is None or failed.step is Step.QUIT:
        return Stage.OPEN
    if failed.trouble in _HUNG_UP and failed.step is not Step.CONNECT:
        return Stage.CLOSED
    code = _OF_STEP.get(failed.step, Stage.OPEN)
    upgraded = any(step.step is Step.STARTTLS and step.status is Status.OK for step in attempt.steps)
    return Stage.EHLO_IN_TLS if code is Stage.EHLO and upgraded else code
