"""From a target to the places that are dialled: DNS, and the usual ports of a mail server."""

from __future__ import annotations

import ipaddress

import msgspec

from mailproof.model.attempt import Status, Step, StepTaken, Trouble
from mailproof.model.endpoint import Endpoint, Scheme, Target, TargetKind
from mailproof.model.observation import DnsAnswer, DnsStatus
from mailproof.model.record import Attempt
from mailproof.model.transcript import Transcript, Turn, TurnKind
from mailproof.net.interface import Net

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


class Wanted(msgspec.Struct, frozen=True):
    """What decides which endpoints a target means."""

    name: str = ""
    """To present and verify instead of the host (`--name`)."""
    families: tuple[str, ...] = ("A", "AAAA")
    timeout: float = 30.0


class Resolver:
    """Looks up targets, and keeps what DNS said as an attempt."""

    def __init__(self, net: Net, wanted: Wanted) -> None:
        self._net = net
        self._wanted = wanted
        self._answers: list[DnsAnswer] = []
        self._turns: list[Turn] = []
        self._started = net.now()

    async def endpoints(self, target: Target) -> tuple[Endpoint, ...]:
        """Each address of each host is an endpoint of its own. Empty if no name resolves."""
        if target.path is not None and target.scheme is not None:
            return (Endpoint(target.scheme, "", "", 0, self._wanted.name or "localhost", target.path),)
        if target.kind is TargetKind.URL and target.scheme is not None and target.port is not None:
            return await self._at(target.host, [(target.scheme, target.port)], promised=True)
        if target.kind is TargetKind.DOMAIN and (found := await self._of_domain(target.host)):
            return found
        return await self._at(target.host, [(scheme, scheme.default_port) for scheme in USUAL], promised=False)

    def attempt(self) -> Attempt | None:
        """None if nothing had to be looked up."""
        if not self._answers:
            return None
        lost = [answer for answer in self._answers if answer.status is DnsStatus.TIMEOUT]
        seconds = self._net.now() - self._started
        step = StepTaken(
            Step.RESOLVE,
            Status.FAILED if lost else Status.OK,
            seconds,
            Trouble.TIMEOUT if lost else None,
        )
        transcript = Transcript("", "", "resolve", tuple(self._turns))
        return Attempt("resolve", None, (step,), tuple(self._answers), (), transcript)

    async def _ask(self, name: str, rtype: str) -> DnsAnswer:
        answer = await self._net.resolve(name, rtype, self._net.now() + self._wanted.timeout)
        said = ", ".join(answer.answers) or answer.status
        self._turns.append(Turn(TurnKind.EVENT, self._net.now(), f"{answer.source}: {name} {rtype}: {said}"))
        answer = msgspec.structs.replace(answer, turns=(len(self._turns) - 1,))
        self._answers.append(answer)
        return answer

    async def _at(self, host: str, services: list[tuple[Scheme, int]], *, promised: bool) -> tuple[Endpoint, ...]:
        name = self._wanted.name or host
        return tuple(
            Endpoint(scheme, host, address, port, name, promised=promised)
            for address in await self._addresses(host)
            for scheme, port in services
        )

    async def _addresses(self, host: str) -> tuple[str, ...]:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            found: list[str] = []
            for family in self._wanted.families:
                found += (await self._ask(host, family)).answers
            return tuple(address for address in dict.fromkeys(found) if _is_address(address))
        return (host,)

    async def _of_domain(self, domain: str) -> tuple[Endpoint, ...]:
        """Its mail exchangers, and the services its SRV records promise; empty if it has no MX: then it is a host."""
        exchangers = [answer.split() for answer in (await self._ask(domain, "MX")).answers]
        hosts = [
            words[1].rstrip(".") for words in sorted(exchangers, key=lambda words: int(words[0])) if len(words) == 2
        ]
        hosts = list(dict.fromkeys(host for host in hosts if host))
        if not hosts:
            return ()
        found: list[Endpoint] = []
        for host in hosts:
            found += await self._at(host, [(Scheme.SMTP, 25)], promised=True)
        for label, scheme in _SERVICES.items():
            promised = (await self._ask(f"{label}._tcp.{domain}", "SRV")).answers
            for answer in promised:
                words = answer.split()
                if len(words) == 4 and words[3].rstrip("."):
                    found += await self._at(words[3].rstrip("."), [(scheme, int(words[2]))], promised=True)
            if not promised:
                found += [
                    msgspec.structs.replace(endpoint, scheme=scheme, port=scheme.default_port, promised=False)
                    for endpoint in found
                    if endpoint.scheme is Scheme.SMTP
                ]
        return tuple(dict.fromkeys(found))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
