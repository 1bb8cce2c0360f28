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


class Place(enum.StrEnum):
    """Where an address stands. From, Sender, Reply-To and their like are sender headers, To and Cc recipient ones."""

    ENVELOPE_SENDER = "envelope-sender"
    ENVELOPE_RECIPIENT = "envelope-recipient"
    HEADER_SENDER = "header-sender"
    HEADER_RECIPIENT = "header-recipient"

    @property
    def in_header(self) -> bool:
        return self in (Place.HEADER_SENDER, Place.HEADER_RECIPIENT)


class Kind(enum.StrEnum):
    """Who hands mail in: a program of the server by sendmail(1), or a client of SMTP."""

    SENDMAIL = "sendmail"
    OWN = "own"
    MYNETWORKS = "mynetworks"
    LOGIN = "login"
    OUTSIDE = "outside"
    ADDRESS = "address"


class Client(msgspec.Struct, frozen=True):
    """`address` is set for Kind.ADDRESS alone; `user` is the name that it has logged in with."""

    kind: Kind
    address: str = ""
    user: str = ""


class Context(enum.StrEnum):
    """How headers are rewritten (local_header_rewrite_clients): as mail of this domain, as mail from outside, not."""

    LOCAL = "local"
    REMOTE = "remote"
    LEFT_ALONE = "left-alone"


class Rewritten(msgspec.Struct, frozen=True):
    """An address in one place. `results` is empty for a bounce's sender <>, and may be several for a recipient."""

    place: Place
    address: str
    results: tuple[str, ...]
    steps: tuple[Step, ...]


class Handed(msgspec.Struct, frozen=True):
    """What one client meets: the context of its headers with the reason, and the address in each place."""

    client: Client
    service: str
    """Of master.cf, with its line; line 0 where there is none of that name."""
    service_line: int
    context: Context
    gate: tuple[Step, ...]
    places: tuple[Rewritten, ...]


class Rewriting(msgspec.Struct, frozen=True):
    """One address, handed in by each of the clients that were asked for; and what smtp(8) makes of each result."""

    address: str
    handed: tuple[Handed, ...]
    outgoing: tuple[Rewritten, ...] = ()
    configuration: tuple[Step, ...] = ()
    """What Postfix refuses of its files, or could not be read of them."""

    @property
    def told(self) -> bool:
        """Whether the files and every table could be read, and every question about a client answered."""
        steps = [*self.configuration, *(step for each in self.handed for step in each.gate)]
        steps += [step for each in self.handed for place in each.places for step in place.steps]
        steps += [step for place in self.outgoing for step in place.steps]
        return all(step.outcome is not Outcome.UNTOLD for step in steps)


class Obstacle(msgspec.Struct, frozen=True):
    """One reason why a header stays as it is. `name` is `why-NAME` of the catalogue; `setting` mends it.

    `warnings` are `warn-NAME`: what else the setting does.
    """

    name: str
    params: Mapping[str, str] = {}
    file: str = ""
    line: int = 0
    setting: str = ""
    where: str = ""
    """The file for `setting`."""
    service: str = ""
    """Of master.cf, where `setting` goes below it as `-o`."""
    warnings: tuple[str, ...] = ()


class WhyNot(msgspec.Struct, frozen=True):
    """Why the header of one client's mail keeps an address; no obstacles where it does not."""

    address: str
    handed: Handed
    result: str
    """What is in the header."""
    wished: str
    """What would be there without the obstacles; the address itself where no entry is for it."""
    obstacles: tuple[Obstacle, ...]
    told: bool
    configuration: tuple[Step, ...] = ()
    """As in Rewriting."""


class Leg(msgspec.Struct, frozen=True):
    """A message, or its part for some recipients, at a relay: that of a next hop, of `MX`, or of a transport."""

    relay: str
    sender: str
    recipients: tuple[str, ...]
    header_from: str


class Proof(enum.StrEnum):
    """How a message of a proof went; what no transport delivers is not sent, and proves nothing."""

    AS_COMPUTED = "as-computed"
    OTHERWISE = "otherwise"
    NOT_SENT = "not-sent"


class Trial(msgspec.Struct, frozen=True):
    """One message of a proof: what was computed of it, and what came."""

    client: Client
    sender: str
    recipient: str
    computed: tuple[Leg, ...]
    seen: tuple[Leg, ...]

    @property
    def verdict(self) -> Proof:
        """A leg without a relay is of mail that is not delivered."""
        if not all(leg.relay for leg in self.computed):
            return Proof.NOT_SENT
        return Proof.AS_COMPUTED if self.computed == self.seen else Proof.OTHERWISE


class HeaderChange(msgspec.Struct, frozen=True):
    """A header with its further lines, before and after; `name` in small letters."""

    name: str
    before: str
    after: str
    steps: tuple[Step, ...] = ()


class Headers(msgspec.Struct, frozen=True):
    """`text` is the whole message, with LF at the ends of lines; `missing` are headers that Postfix adds itself."""

    text: str
    changes: tuple[HeaderChange, ...]
    missing: tuple[str, ...] = ()
    untold: tuple[Step, ...] = ()
    """What was asked for any header, changed or not, and could not be told; each once."""


class MessageRewriting(msgspec.Struct, frozen=True):
    """A whole message: what is in the queue, what leaves by SMTP, and why its headers are touched or not."""

    queued: Headers
    left: Headers
    context: Context
    gate: tuple[Step, ...]
    configuration: tuple[Step, ...] = ()
    """As in Rewriting."""

    @property
    def told(self) -> bool:
        """As in Rewriting."""
        if self.configuration or self.queued.untold or self.left.untold:
            return False
        return all(step.outcome is not Outcome.UNTOLD for step in self.gate)


class NextHost(msgspec.Struct, frozen=True):
    """What the SMTP or LMTP client makes of a next hop; port 0 where it names a service that we do not know."""

    host: str
    port: int
    mx: bool


class Hop(msgspec.Struct, frozen=True):
    """To a content filter: mail goes there first, and takes its route when it comes back."""

    transport: str
    nexthop: str
    hosts: tuple[NextHost, ...] = ()
    service_line: int | None = 0


class Route(msgspec.Struct, frozen=True):
    """Of one recipient, after virtual aliases. `hosts` is empty for a transport that speaks neither SMTP nor LMTP."""

    recipient: str
    domain_class: str
    """`local`, `alias`, `virtual`, `relay` or `default` (ADDRESS_CLASS_README)."""
    transport: str
    nexthop: str
    hosts: tuple[NextHost, ...] = ()
    service_line: int | None = 0
    """Of master.cf; 0 where no service has the name of the transport, None where master.cf could not be read."""
    steps: tuple[Step, ...] = ()
    filter: Hop | None = None


class Routes(msgspec.Struct, frozen=True):
    """What was asked, what became of sender and recipient, and the route of each address that it stands for.

    `sender` and `recipient` are as they were given, `envelope` is the sender as it is in the queue.
    """

    sender: str
    recipient: str
    envelope: str
    steps: tuple[Step, ...]
    routes: tuple[Route, ...]

    @property
    def told(self) -> bool:
        """Whether the files and every table that was asked could be read."""
        steps = [*self.steps, *(step for route in self.routes for step in route.steps)]
        return all(step.outcome is not Outcome.UNTOLD for step in steps)
