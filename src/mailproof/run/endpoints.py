"""From a target to the places that are dialled: DNS, and the usual ports of a mail server."""

from __future__ import annotations

import msgspec

from mailproof.model.attempt import Job, Skipped, Status, Step, StepTaken, Trouble
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.endpoint import Endpoint, Scheme, Target, TargetKind
from mailproof.model.failure import UsageError
from mailproof.model.record import Attempt
from mailproof.model.transcript import Transcript, Turn, TurnKind
from mailproof.net.dns import to_ascii
from mailproof.net.interface import Driver
from mailproof.parse.ip_address import is_address
from mailproof.parse.vantage import impossible

USUAL = (
    Scheme.SMTP,
    Scheme.SUBMISSION,
    Scheme.SUBMISSIONS,
    Scheme.POP3,
    Scheme.POP3S,
    Scheme.IMAP,
    Scheme.IMAPS,
)
"""Tried on a host of which nothing else is known."""

_SERVICES = {
    "_submission": Scheme.SUBMISSION,
    "_submissions": Scheme.SUBMISSIONS,
    "_pop3": Scheme.POP3,
    "_pop3s": Scheme.POP3S,
    "_imap": Scheme.IMAP,
    "_imaps": Scheme.IMAPS,
}
"""SRV labels (RFC 6186, RFC 8314 section 5.1)."""

_MOST_HOSTS = 50
"""Of one MX answer: Exim tries no more hosts for one message (hosts_max_try_hardlimit), Postfix five addresses."""
_MOST_PLACES = 100
"""Endpoints in all. The largest providers have five exchangers with two addresses each, and ten ports."""

_UNANSWERED = {
    DnsStatus.TIMEOUT: Trouble.TIMEOUT,
    DnsStatus.SERVER_FAILURE: Trouble.REJECTED,
    DnsStatus.NO_RESOLVER: Trouble.LOCAL,
}
"""What tells nothing of a name: neither that it has such a record nor that it has none."""


class Wanted(msgspec.Struct, frozen=True):
    """What decides which endpoints a target means."""

    name: str = ""
    """To present and verify instead of the host (`--name`)."""
    families: tuple[str, ...] = ("A", "AAAA")
    timeout: float = 30.0
    only: str = ""
    """The one record type that the user would have (`-4`, `-6`): an address of the other kind is not dialled then."""


def must_be_of(only: str, host: str) -> None:
    """Raises UsageError for an address that the user both named and ruled out; a name may have what is wanted."""
    if only and is_address(host) and (only == "AAAA") != (":" in host):
        raise UsageError("address-ruled-out", address=host, option="-6" if only == "AAAA" else "-4")


class Resolver:
    """Looks up targets, and keeps what DNS said as an attempt."""

    def __init__(self, net: Driver, wanted: Wanted) -> None:
        self._net = net
        self._wanted = wanted
        self._answers: dict[tuple[str, str], DnsAnswer] = {}
        self._turns: list[Turn] = []
        self._left_off = 0
        self._found = False
        self._started = net.now()

    async def endpoints(self, *targets: Target) -> tuple[Endpoint, ...]:
        """Each address of each host is an endpoint of its own, once. Empty if no name resolves."""
        places: dict[tuple[Scheme, str, str, int, str | None], Endpoint] = {}
        for target in targets:
            for found in await self._of(target):
                key = (found.scheme, _canonical(found.host), found.address, found.port, found.path)
                before = places.get(key, found)
                places[key] = msgspec.structs.replace(
                    before,
                    promised=before.promised or found.promised,
                    named=bool(self._wanted.name) or any(_names(target, found.host) for target in targets),
                )
        self._left_off += max(0, len(places) - _MOST_PLACES)
        self._found = self._found or bool(places)
        return tuple(places.values())[:_MOST_PLACES]

    async def at(self, host: str, scheme: Scheme) -> tuple[Endpoint, ...]:
        """The usual port of a scheme at each address of a host; a guess, and not what the user asked about."""
        places = await self._at(host, [(scheme, scheme.default_port)], promised=False)
        return tuple(msgspec.structs.replace(place, named=False) for place in places)

    def attempt(self) -> Attempt | None:
        """None if nothing had to be looked up."""
        if not self._answers:
            return None
        lost = [answer for answer in self._answers.values() if answer.status in _UNANSWERED]
        step = StepTaken(
            Step.RESOLVE,
            Status.FAILED if lost else Status.OK,
            self._net.now() - self._started,
            _UNANSWERED[lost[0].status] if lost else None,
            f"{lost[0].name} {lost[0].rtype}: {lost[0].status}" if lost else "",
        )
        # A host without an address is the business of a check; which hosts there are is not known without these.
        services = ", ".join(answer.name for answer in lost if answer.rtype in ("MX", "SRV"))
        skipped = Skipped("host-resolves", "resolver-failed", asked=True, params={"host": services})
        transcript = Transcript("", "", str(Job.RESOLVE), tuple(self._turns))
        observations = tuple(self._answers.values())
        notes = [skipped] if services else []
        if closed := [a.name for a in self._answers.values() if a.rtype == "MX" and a.answers and not _hosts(a)]:
            params = {"host": ", ".join(closed)}
            notes.append(Skipped("host-serves-mail", "null-mx", asked=not self._found, params=params))
        if self._left_off:
            notes.append(Skipped("port-open", "too-many-places", asked=True, params={"n": str(self._left_off)}))
        return Attempt(Job.RESOLVE, None, (step,), observations, tuple(notes), transcript)

    async def _of(self, target: Target) -> tuple[Endpoint, ...]:
        if target.path is not None and target.scheme is not None:
            return (Endpoint(target.scheme, "", "", 0, self._wanted.name or "localhost", target.path),)
        if target.kind is TargetKind.URL and target.scheme is not None and target.port is not None:
            return await self._at(target.host, [(target.scheme, target.port)], promised=True)
        if target.kind is TargetKind.DOMAIN:
            exchangers = await self._ask(target.host, "MX")
            if exchangers.status in _UNANSWERED:
                return ()  # no proof that it has no MX: its own ports would be a wild guess
            if exchangers.answers:  # of a null MX nothing is guessed: what SRV promises is all there is
                return await self._of_domain(target.host, _hosts(exchangers))
        return await self._at(target.host, [(scheme, scheme.default_port) for scheme in USUAL], promised=False)

    async def _of_domain(self, domain: str, exchangers: list[str]) -> tuple[Endpoint, ...]:
        """Its mail exchangers, and the services its SRV records promise."""
        found: list[Endpoint] = []
        self._left_off += max(0, len(exchangers) - _MOST_HOSTS)
        for host in exchangers[:_MOST_HOSTS]:
            found += await self._at(host, [(Scheme.SMTP, 25)], promised=True, absolute=True)
        mail = tuple(found)
        # Side by side: a resolver that is slow in one is slow in all.
        asked = [self._net.spawn(self._ask(f"{label}._tcp.{domain}", "SRV")) for label in _SERVICES]
        for scheme, task in zip(_SERVICES.values(), asked, strict=True):
            service = await task.wait()
            self._left_off += max(0, len(service.answers) - _MOST_HOSTS)
            for answer in service.answers[:_MOST_HOSTS]:
                words = answer.split()
                if len(words) == 4 and words[3].rstrip("."):
                    place = (scheme, int(words[2]))
                    found += await self._at(words[3].rstrip("."), [place], promised=True, absolute=True)
            if not service.answers and service.status not in _UNANSWERED:
                found += [
                    msgspec.structs.replace(endpoint, scheme=scheme, port=scheme.default_port, promised=False)
                    for endpoint in mail
                ]
        return tuple(found)

    async def _at(
        self, host: str, services: list[tuple[Scheme, int]], *, promised: bool, absolute: bool = False
    ) -> tuple[Endpoint, ...]:
        """`absolute` for a host out of DNS, which is no name in a search domain however short it is."""
        name = self._wanted.name or host
        return tuple(
            Endpoint(scheme, host, address, port, name, promised=promised)
            for address in await self.addresses(
                f"{host}." if absolute and "." not in host else host, pointed=absolute
            )
            for scheme, port in services
        )

    async def addresses(self, host: str, *, pointed: bool = False) -> tuple[str, ...]:
        """Of a host, in the families wanted; the host itself if it is one.

        Where DNS points to the host (`pointed`), an address at which only oneself is met is none of it: what answers
        there would be our own machine. An address in the place of a name is looked up as the name that it is there
        (RFC 5321 section 5.1), as mail servers do. Raises UsageError for an address that was named and is not wanted.
        """
        if is_address(host) and not pointed:
            must_be_of(self._wanted.only, host)
            return (host,)
        found: list[str] = []
        for family in self._wanted.families:
            answer = await self._ask(host, family)
            if answer.answers:
                host = answer.name  # where a search domain completed it, the other family is one of the same host
            found += [a for a in answer.answers if not (pointed and impossible(a, answer.source))]
        return tuple(address for address in dict.fromkeys(found) if is_address(address))

    async def _ask(self, name: str, rtype: str) -> DnsAnswer:
        """Once for all targets."""
        known = self._answers.get((name.lower(), rtype))
        if known is not None:
            return known
        answer = await self._net.resolve(name, rtype, self._net.now() + self._wanted.timeout)
        said = ", ".join(answer.answers) or answer.status
        self._turns.append(Turn(TurnKind.EVENT, self._net.now(), f"{answer.source}: {answer.name} {rtype}: {said}"))
        answer = msgspec.structs.replace(answer, turns=(len(self._turns) - 1,))
        self._answers[name.lower(), rtype] = answer
        return answer


def _hosts(exchangers: DnsAnswer) -> list[str]:
    """The hosts of an MX answer, the preferred first; none of the null MX (RFC 7505)."""
    words = sorted((answer.split() for answer in exchangers.answers), key=lambda words: int(words[0]))
    hosts = (parts[1].rstrip(".") for parts in words if len(parts) == 2)
    return list(dict.fromkeys(host for host in hosts if host))


def _names(target: Target, host: str) -> bool:
    """Whether who typed this target named this host, or the domain that it lies in."""
    typed, found = _canonical(target.host), _canonical(host)
    return found == typed or (target.kind is TargetKind.DOMAIN and found.endswith(f".{typed}"))


def _canonical(host: str) -> str:
    try:
        return to_ascii(host).rstrip(".").lower()
    except UnicodeError:
        return host.rstrip(".").lower()
