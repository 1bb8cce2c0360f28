"""Where a port does not answer: does anybody listen there, and does the machine's own packet filter keep us out?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.mending import remedy
from mailproof.checks.postfix.configured import configurations
from mailproof.checks.postfix.mending import main_set
from mailproof.checks.reach.port_open import KINDS as PORT_OPEN
from mailproof.checks.survey import place, surveyed
from mailproof.model.attempt import Trouble
from mailproof.model.connection import Connection
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Scope, Untold
from mailproof.model.machine import Listener, MachineSeen
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.remedy import Remedy
from mailproof.parse.machine.chain import Packet, Rule
from mailproof.parse.machine.keepers import Keeper, keeper_of, zone_told
from mailproof.parse.machine.packet_filter import blocking_rule

NAME = "port-served"
NEEDS = (MachineSeen, Connection)

_CLOSED = (Explains("port-closed"),)
_FILTERED = (Explains("port-filtered"), Explains("port-unreachable"))
KINDS = (
    FindingKind("listening-elsewhere", Layer.REACH, ("port", "listens"), _CLOSED, ("postconf(5) inet_interfaces",)),
    FindingKind("firewall-resets", Layer.REACH, ("port",), _CLOSED, ("nft(8) reject",)),
    FindingKind("blocked-by-host-firewall", Layer.REACH, ("port", "rule"), _FILTERED, ("nft(8)", "iptables(8)")),
    FindingKind("blocked-before-the-host", Layer.REACH, ("port",), _FILTERED, ("nft(8)",)),
    FindingKind(
        "listener-overloaded",
        Layer.REACH,
        ("port", "programs"),
        (*_FILTERED, Explains("no-greeting"), Explains("greeting-slow")),
        ("listen(2)", "ss(8)"),
    ),
    FindingKind(
        "two-daemons-on-one-port",
        Layer.REACH,
        ("port", "programs"),
        tuple(Explains(name, Scope.ENDPOINT) for name in ("auth-rejected", "unexpected-greeting", "not-delivered")),
        ("socket(7) SO_REUSEPORT",),
    ),
    *(kind for kind in PORT_OPEN if kind.name == "port-closed"),
)
_SILENT = (Trouble.TIMEOUT, Trouble.UNREACHABLE)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for machine in record.seen(MachineSeen):
        connections = [each for each in surveyed(record, Connection) if _is_of(each, machine.fact)]
        for connection in connections:
            for answer in _judged(connection, machine.fact):
                if isinstance(answer, Finding) and answer.name == "listening-elsewhere":
                    yield answer.mended_by(_everywhere(record, answer))
                else:
                    yield answer
        needed = any(
            each.fact.trouble in (Trouble.REFUSED, *_SILENT) and each.endpoint.promised for each in connections
        )
        for command in machine.fact.unread:
            yield Untold(NAME, "machine-not-seen", asked=needed, params={"command": command})


def _is_of(connection: Sighting[Connection], machine: MachineSeen) -> bool:
    """Whether it was dialled at this machine itself, by an address that is its own or leads to it."""
    return connection.attempt.endpoint is not None and bool(machine.own(connection.endpoint.address))


def _judged(connection: Sighting[Connection], machine: MachineSeen) -> Iterator[Answer]:
    endpoint, trouble = connection.endpoint, connection.fact.trouble
    at_port = [each for each in machine.listeners or () if each.port == endpoint.port]
    ours = [each for each in at_port if _covers(each.address, machine.own(endpoint.address))]
    where = place(connection)
    port: dict[str, Param] = {"port": endpoint.port}
    if trouble is None or trouble is Trouble.CLOSED:
        owners = {each.pids for each in ours if each.pids}
        if len(ours) > 1 and len(owners) > 1:
            yield Finding("two-daemons-on-one-port", _shown(ours), **where, params=port | _programs(ours))
        elif ours:
            yield Passed(NAME, _shown(ours), endpoint.url)
    elif trouble is Trouble.REFUSED and machine.listeners is not None:
        if ours:
            _, shown, mends = _kept_out(connection, machine, ours) or (None, (), None)
            yield Finding("firewall-resets", (*_shown(ours), *shown), **where, params=port, remedy=mends)
        elif at_port:
            listens = tuple(dict.fromkeys(each.address for each in at_port))
            yield Finding("listening-elsewhere", _shown(at_port), **where, params=port | {"listens": listens})
        elif endpoint.promised:
            # A reset with nobody there is the kernel's own: the port is closed because no program has it.
            nobody = Evidence(EvidenceKind.SOCKET, f"ss -ltn sport = :{endpoint.port}", "0 sockets")
            yield Finding("port-closed", (nobody,), **where)
    elif trouble in _SILENT:
        yield from _silent(connection, machine, ours)


def _everywhere(record: Record, finding: Finding) -> Remedy | None:
    """Of a Postfix that its main.cf keeps to loopback; it takes other addresses when it starts (postconf(5))."""
    found = list(configurations(record))
    if len(found) != 1 or not any('"master"' in each.text for each in finding.evidence):
        return None
    setting = found[0].main.setting("inet_interfaces")
    kept = setting.value.lower() in ("loopback-only", "localhost", "127.0.0.1") and setting.file == "main.cf"
    return remedy(main_set(found[0], setting.name, "all"), then=("postfix stop", "postfix start")) if kept else None


def _silent(connection: Sighting[Connection], machine: MachineSeen, ours: list[Listener]) -> Iterator[Answer]:
    endpoint, where = connection.endpoint, place(connection)
    port: dict[str, Param] = {"port": endpoint.port}
    full = [each for each in ours if each.is_full]
    kept_out = _kept_out(connection, machine, ours)
    if kept_out is not None:
        rule, shown, remedy = kept_out
        yield Finding("blocked-by-host-firewall", shown, **where, params=port | {"rule": rule.text}, remedy=remedy)
    elif full:
        yield Finding("listener-overloaded", _shown(full), **where, params=port | _programs(full))
    elif ours and machine.packet_filter is not None:
        yield Finding("blocked-before-the-host", _shown(ours), **where, params=port)


def _kept_out(
    connection: Sighting[Connection], machine: MachineSeen, ours: list[Listener]
) -> tuple[Rule, tuple[Evidence, ...], Remedy | None] | None:
    """The rule that keeps us out, what shows it, and how the program that keeps it is told to let us in."""
    if machine.packet_filter is None:
        return None
    packet = _packet(connection, machine)
    rule = blocking_rule(machine.packet_filter, packet)
    if rule is None:
        return None
    shown = Evidence(EvidenceKind.CONFIG, f"packet filter, chain {rule.chain}", rule.text)
    keeper = keeper_of(rule, machine.packet_filter, packet.source, packet.port)
    if keeper is None:
        return rule, (shown,), None
    # Where nobody listens there is nothing to let in.
    mends = Remedy(then=keeper.commands) if keeper.commands and ours else None
    return rule, (shown, *_zone(machine, keeper)), mends


def _zone(machine: MachineSeen, keeper: Keeper) -> Iterator[Evidence]:
    """What firewalld lets in, in its own words."""
    if keeper.program == "firewalld" and (told := zone_told(machine.zones, keeper.place)):
        yield Evidence(EvidenceKind.CONFIG, f"firewall-cmd --zone={keeper.place} --list-all", told)


def _packet(connection: Sighting[Connection], machine: MachineSeen) -> Packet:
    address = machine.own(connection.endpoint.address)
    source = connection.fact.client.rpartition(":")[0].strip("[]") or address
    ours = machine.way.ours if machine.way is not None else ""
    if ours and (":" in ours) is (":" in address):
        source = ours  # behind a NAT what comes in there has another than ours
    # To an address of one's own every packet goes over loopback.
    return Packet(source, address, connection.endpoint.port, loopback=source in machine.addresses)


def _covers(listens: str, address: str) -> bool:
    everywhere = ("*", "::") if ":" in address else ("*", "::", "0.0.0.0")
    return listens == address or listens in everywhere


def _shown(listeners: Iterable[Listener]) -> tuple[Evidence, ...]:
    return tuple(Evidence(EvidenceKind.SOCKET, f"{each.address}:{each.port}", each.text) for each in listeners)


def _programs(listeners: Iterable[Listener]) -> dict[str, Param]:
    names = [f"{name}[{pid}]" for each in listeners for name, pid in zip(each.programs, each.pids, strict=False)]
    return {"programs": tuple(dict.fromkeys(names)) or ("?",)}
