"""Where Postfix would send a message, and every decision on the way with its file and line."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec


class Outcome(enum.StrEnum):
    """What became of one question: it decided; it would have, and lost; it had no answer; it could not be told."""

    WON = "won"
    LOST = "lost"
    NOTHING = "nothing"
    NOTE = "note"
    UNTOLD = "untold"


class Step(msgspec.Struct, frozen=True):
    """One question that Postfix asks. `name` is `step-NAME` of the catalogue, `params` fill it.

    Line 0 is a default of Postfix, which stands in no file.
    """

    name: str
    outcome: Outcome
    params: Mapping[str, str] = {}
    file: str = ""
    line: int = 0


class NextHost(msgspec.Struct, frozen=True):
    """What the SMTP or LMTP client makes of a next hop; port 0 where it names a service that we do not know."""

    host: str
    port: int
    mx: bool


class Route(msgspec.Struct, frozen=True):
    """Of one recipient, after virtual aliases. `hosts` is empty for a transport that speaks neither SMTP nor LMTP."""

    recipient: str
    domain_class: str
    """`local`, `alias`, `virtual`, `relay` or `default` (ADDRESS_CLASS_README)."""
    transport: str
    nexthop: str
    hosts: tuple[NextHost, ...] = ()
    service_line: int = 0
    """Of master.cf; 0 where no service has the name of the transport."""
    steps: tuple[Step, ...] = ()


class Routes(msgspec.Struct, frozen=True):
    """What was asked, what became of the recipient, and the route of each address that it stands for."""

    sender: str
    recipient: str
    steps: tuple[Step, ...]
    routes: tuple[Route, ...]

    @property
    def told(self) -> bool:
        """Whether every table could be read."""
        steps = [*self.steps, *(step for route in self.routes for step in route.steps)]
        return all(step.outcome is not Outcome.UNTOLD for step in steps)
