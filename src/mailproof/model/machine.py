"""What a server's machine has: who listens where, what its packet filter says, which of its daemons run."""

from __future__ import annotations

import msgspec

from mailproof.model.observed import Observation


class Listener(msgspec.Struct, frozen=True):
    """A TCP socket that takes connections."""

    address: str
    """`0.0.0.0`, `::` and `*` for all of the machine's."""
    port: int
    programs: tuple[str, ...]
    """Their names; empty where we may not know."""
    pids: tuple[int, ...]
    waiting: int
    """Connections that nobody has taken yet."""
    room: int
    """For how many there is room."""
    text: str
    """As ss(8) says it."""

    @property
    def is_full(self) -> bool:
        """A new connection gets no answer: the kernel leaves its SYN alone."""
        return self.waiting > self.room


class Daemon(msgspec.Struct, frozen=True):
    """A mail server's first process, by the file in which it keeps its number."""

    name: str
    """postfix, dovecot."""
    pid_file: str
    running: bool | None
    """None where the file cannot be read."""
    known: bool = True
    """Whether the file is there, as Postfix leaves it: of a server that was never started here it is not."""


class MachineSeen(Observation, frozen=True):
    """Of the machine that the targets of this run are on."""

    addresses: tuple[str, ...]
    """Its own."""
    listeners: tuple[Listener, ...] | None
    """None where they cannot be seen."""
    packet_filter: str | None
    """`nft list ruleset`, and `iptables-save` where that is what there is; None where it cannot be read."""
    daemons: tuple[Daemon, ...] = ()
    unread: tuple[str, ...] = ()
    """The commands that gave no answer: not installed, or not permitted."""
