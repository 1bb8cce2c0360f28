"""`mailproof ports`: open, closed or filtered and who said so, and what answers there.

Exit codes: 0 as it should be; 1 a port that was asked for is not open, or another service answers, or with --compare
something blocks; 2 wrong usage; 3 could not tell.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mailproof.cli.bar import bar
from mailproof.cli.command import Command, Option, converted, number, one_of
from mailproof.cli.masked import masked
from mailproof.cli.options import Connecting, connecting, connection_options, duration, hello_name, network
from mailproof.cli.proxy import proxy_options
from mailproof.cli.reading import LONGEST_RESULT, read_file
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.failure import UsageError
from mailproof.model.port import PortsResult, PortState
from mailproof.parse.port_range import named_alone, read_ports

if TYPE_CHECKING:
    from mailproof.model.port_compared import HostCompared

# Of the options for those who connect: what a port scan can do with.
_SHARED = ("name", "ipv4", "ipv6", "source", "resolver", "ehlo", *(str(option.name) for option in proxy_options()))


def command(terminal: Terminal) -> Command:
    params: list[click.Parameter] = [
        click.Argument(["hosts"], nargs=-1, metavar="HOST…"),
        Option("-p", "--port-range", metavar="LIST", section="path"),
        Option("--compare", metavar="FILE", section="path"),
        *(option for option in connection_options(terminal) if option.name in _SHARED),
        Option(
            "--timeout",
            metavar="TIME",
            default="5s",
            section="connection",
            words="ports-timeout",
            callback=converted(lambda text: duration(text, terminal)),
        ),
        Option("--rate", metavar="N", default="50", section="connection", callback=number("0.1", "10000", terminal)),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
        Option("-v", "--verbose", is_flag=True, words="ports-verbose"),
        Option("--mask", is_flag=True),
    ]
    return Command("ports", terminal, partial(_ports, terminal), params)


def _ports(terminal: Terminal, hosts: tuple[str, ...], **wish: Any) -> int:
    from mailproof.diagnose.between import compare

    if not hosts:
        raise Complaint(terminal.say("cli.no-host"))
    named, text = tuple(dict.fromkeys(_host(each, terminal) for each in hosts)), wish["port_range"]
    try:
        ports = read_ports(text) if text else None
    except ValueError:
        raise Complaint(terminal.say("cli.no-ports", value=text)) from None
    there = _read(wish["compare"], terminal) if wish["compare"] else None
    result = _scanned(named, ports, wish, terminal)
    compared = compare(result, there) if there is not None else None
    if wish["mask"]:
        result, compared = _masked(result, there, compared)
    alone = named_alone(text) if text else ()
    terminal.write(_rendered(result, compared, alone, wish, terminal))
    return _exit_code(result, compared, alone)


def _scanned(
    hosts: tuple[str, ...], ports: tuple[int, ...] | None, wish: dict[str, Any], terminal: Terminal
) -> PortsResult:
    from mailproof.net.route import address_towards
    from mailproof.probes.port import PortTerms
    from mailproof.run.endpoints import must_be_of
    from mailproof.run.hand.ports import DEFAULT, PortsPlan, scan

    how: Connecting = connecting(wish, terminal)
    for host in hosts:
        must_be_of(how.only, host)
    plan = PortsPlan(
        hosts,
        ports or DEFAULT,
        how.families,
        PortTerms(how.timeout, how.timeout, how.ehlo or hello_name(), how.source or "", how.proxy),
        how.name or "",
        wish["rate"],
    )
    net = network(how)
    with bar(terminal, "ports.progress") as progress:
        return net.run(scan(net, plan, datetime.now(UTC), address_towards, progress))


def _masked(
    result: PortsResult, there: PortsResult | None, compared: tuple[HostCompared, ...] | None
) -> tuple[PortsResult, tuple[HostCompared, ...] | None]:
    """The same with stand-ins for names and addresses."""
    from urllib.parse import urlsplit

    scanned = [host for run in (result, there) if run is not None for host in run.hosts]
    proxies = (urlsplit(host.proxy).hostname or "" for host in scanned if host.proxy)
    return masked((result, compared), True, hosts=(*(host.host for host in scanned), *proxies))


def _host(text: str, terminal: Terminal) -> str:
    """A name or an address; one in brackets too. Raises Complaint."""
    from mailproof.run.targets import parse_target

    try:
        target = parse_target(text if "://" not in text else text.partition("://")[2].rstrip("/"))
    except UsageError:
        target = None
    if target is None or target.port is not None or "://" in text:
        raise Complaint(terminal.say("cli.hosts-only", value=text))
    return target.host


def _read(file: str, terminal: Terminal) -> PortsResult:
    import msgspec

    data = read_file(file, terminal, LONGEST_RESULT)
    try:
        # Whoever wrote it: its texts are shown, and are to be as safe as those that we read from a server.
        return msgspec.convert(_printable(msgspec.json.decode(data)), type=PortsResult)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Complaint(terminal.say("cli.no-ports-result", file=file)) from None


def _printable(value: Any) -> Any:
    """The same value of JSON with every text in it safe to print."""
    from mailproof.model.escape import printable

    if isinstance(value, dict):
        return {printable(key): _printable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_printable(each) for each in value]
    return printable(value) if isinstance(value, str) else value


def _rendered(
    result: PortsResult,
    compared: tuple[HostCompared, ...] | None,
    alone: tuple[int, ...],
    wish: dict[str, Any],
    terminal: Terminal,
) -> str:
    from mailproof.report.ports import ports_as_json, render_ports

    if wish["shape"] == "json":
        return ports_as_json(result, compared)
    return render_ports(
        result, compared, terminal.lang, terminal.color, terminal.width, named=alone, everything=wish["verbose"]
    )


def _exit_code(result: PortsResult, compared: tuple[HostCompared, ...] | None, alone: tuple[int, ...]) -> int:
    tried = [seen for host in result.hosts for seen in host.ports]
    if not tried or any(not host.address for host in result.hosts):
        return 3
    if all(seen.state is PortState.UNTRIED for seen in tried) or compared == ():
        return 3
    if compared is not None:
        return int(any(port.differs for host in compared for port in host.ports))
    wanted_are_open = all(seen.state is PortState.OPEN for seen in tried if seen.port in alone)
    any_is_open = all(any(seen.state is PortState.OPEN for seen in host.ports) for host in result.hosts)
    odd = any(seen.is_another_service for seen in tried)
    return int(odd or not (wanted_are_open if alone else any_is_open))
