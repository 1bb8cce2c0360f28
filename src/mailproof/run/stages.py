"""Exit codes of the commands by hand: the stage that failed, in the numbers that swaks users know (CONTRACT)."""

from __future__ import annotations

from mailproof.model.attempt import Status, Step, Trouble
from mailproof.model.record import Attempt

CONNECT, CLOSED, GREETING, EHLO, MAIL, NO_RECIPIENT, DATA, MESSAGE, QUIT, LOGIN, TLS = (
    *(2, 6, 21, 22, 23, 24, 25, 26, 27, 28, 29),
)
EHLO_AFTER_TLS = 32
"""The second EHLO, refused after STARTTLS; with TLS at once there is only the first."""
MAILBOX, NOT_FOUND, SOME_RECIPIENTS = 40, 41, 42

_OF_STEP = {
    Step.RESOLVE: CONNECT,
    Step.CONNECT: CONNECT,
    Step.GREETING: GREETING,
    Step.EHLO: EHLO,
    Step.CAPABILITY: EHLO,
    Step.STARTTLS: TLS,
    Step.TLS: TLS,
    Step.AUTH: LOGIN,
    Step.LOGIN: LOGIN,
    Step.MAIL: MAIL,
    Step.RCPT: NO_RECIPIENT,
    Step.DATA: MESSAGE,
    Step.SELECT: MAILBOX,
    Step.SEARCH: MAILBOX,
    Step.LIST: MAILBOX,
    Step.FETCH: MAILBOX,
}
_HUNG_UP = (Trouble.CLOSED, Trouble.RESET)


def stage_code(attempt: Attempt) -> int:
    """Of the first step that failed; 0 if none did. QUIT is not counted: all was done before it."""
    failed = attempt.failed
    if failed is None or failed.step is Step.QUIT:
        return 0
    if failed.trouble in _HUNG_UP and failed.step is not Step.CONNECT:
        return CLOSED
    code = _OF_STEP.get(failed.step, 0)
    upgraded = any(step.step is Step.STARTTLS and step.status is Status.OK for step in attempt.steps)
    return EHLO_AFTER_TLS if code == EHLO and upgraded else code
