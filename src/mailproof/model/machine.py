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


class Way(msgspec.Struct, frozen=True):
    """How a machine that was asked over a connection was reached, by its own word; what it did not tell is empty."""

    ours: str = ""
    """Our address as the machine sees it: behind a NAT it is none of ours."""
    its: str = ""
    """The address of its own that the connection came in at: behind a NAT it is not the one that was dialled."""
    dialled: tuple[str, ...] = ()
    """Names or addresses under which it was dialled from here."""

    def inside(self, address: str) -> str:
        """The machine's own for one that leads to it: another only where it was dialled, and is behind a NAT."""
        known = self.its and (":" in self.its) is (":" in address)
        return self.its if known and address in self.dialled else address


class Clock(msgspec.Struct, frozen=True):
    """The clock of a machine, held beside ours."""

    ahead: float
    """Seconds that it is before ours; negative where it is behind."""
    zone: int
    """Seconds that its local time is before UTC, by which stamps without a zone are written."""
    within: float = 0.5
    """The error of `ahead`: it tells whole seconds, and the answer took its time."""


class Unreached(msgspec.Struct, frozen=True):
    """Why a machine was not asked, or not any more."""

    why: str
    """A reason of the catalogue: `ssh-permission-denied`, `ssh-host-key-changed` …"""
    host: str
    words: str = ""
    """Of the program that should have reached it; safe to print, not translated."""


class MachineSeen(Observation, frozen=True):
    """Of the machine that the targets of this run are on."""

    addresses: tuple[str, ...]
    """Its own, and those that lead to it."""
    listeners: tuple[Listener, ...] | None
    """None where they cannot be seen."""
    packet_filter: str | None
    """`nft list ruleset`, with `iptables-save` and `ipset save` where it lacks some; None where it is hidden."""
    daemons: tuple[Daemon, ...] = ()
    unread: tuple[str, ...] = ()
    """The commands that gave no answer: not installed, or not permitted."""
    way: Way | None = None
    """How it was reached; None for the machine that the run was on."""
    clock: Clock | None = None
    """None where it cannot be told, and in records of before it was asked."""
    zones: str = ""
    """`firewall-cmd --list-all-zones`, where firewalld keeps the packet filter."""

    def own(self, address: str) -> str:
        """The address of its own that this one leads to; empty for another machine's."""
        if address not in self.addresses:
            return ""
        return address if self.way is None else self.way.inside(address)
