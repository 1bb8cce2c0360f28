"""How a conversation begins, and where it breaks off."""

from __future__ import annotations

from mailproof.model.attempt import Step, Trouble
from mailproof.model.observed import Observation
from mailproof.model.reply import Reply


class Connection(Observation, frozen=True):
    """A TCP (or Unix socket) connection, made or not."""

    remote: str
    seconds: float
    local: str = ""
    """Our own end; with a proxy, toward that one."""
    trouble: Trouble | None = None
    """None if it was made."""
    detail: str = ""
    turns: tuple[int, ...] = ()
    proxy: str = ""
    """URL of the proxy that it goes through; empty for none."""
    outer: str = ""
    """The address from which the proxy connects; empty where it does not tell."""

    @property
    def client(self) -> str:
        """The address that the server sees; empty for a Unix socket, and where only the proxy knows."""
        return self.outer if self.proxy else self.local


class Greeting(Observation, frozen=True):
    """What came first, unasked."""

    seconds: float
    """From the connection, or from the end of the handshake with implicit TLS."""
    reply: Reply | None = None
    trouble: Trouble | None = None
    """TIMEOUT, CLOSED, RESET; NOT_THE_PROTOCOL where `reply` holds something else."""
    turns: tuple[int, ...] = ()


class Interrupted(Observation, frozen=True):
    """A conversation that did not come to its end."""

    step: Step
    trouble: Trouble
    waiting_for: str = ""
    """The command that was not answered, without its arguments."""
    seconds: float = 0.0
    reply: Reply | None = None
    """A 421 or the like that came before the end."""
    turns: tuple[int, ...] = ()
