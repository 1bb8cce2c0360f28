"""What came of what could disturb a server, which is done only where it is asked for (`--intrusive`)."""

from __future__ import annotations

from mailproof.model.attempt import Job
from mailproof.model.capabilities import Stage
from mailproof.model.observed import Observation
from mailproof.model.reply import Reply


class Injected(Observation, frozen=True):
    """A command in clear, in the same packet as STARTTLS (CVE-2011-0411)."""

    command: str
    reply: Reply
    """To STARTTLS or STLS."""
    inside: Reply | None = None
    """What was said inside TLS without being asked for there."""
    turns: tuple[int, ...] = ()


class LoginProbed(Observation, frozen=True):
    """A mechanism named where none may be named, with nothing secret behind it."""

    stage: Stage
    """CLEAR: before TLS, where no login is offered. LOGGED_IN: after a login that was accepted."""
    mechanism: str
    reply: Reply
    """A challenge says that the login would be taken."""
    turns: tuple[int, ...] = ()
    client: str = ""
    """The address we came from, with its port."""


class Strained(Observation, frozen=True):
    """Too much of something, on purpose."""

    job: Job
    said: int
    """Wrong commands, bytes of the line, or recipients that were to be named."""
    answered: int
    """Answers that came; of recipients, those that were accepted."""
    hung_up: bool = False
    reply: Reply | None = None
    """The first to the long line, the last one else."""
    turns: tuple[int, ...] = ()
