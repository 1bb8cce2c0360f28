"""What `ports` says: as text, and as JSON that is the same in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.model.port import TLS_AT_ONCE, HostSeen, PortSeen, PortsResult, PortState, Service, Teller, TlsSeen
from mailproof.model.port_compared import HostCompared
from mailproof.model.proxy import ProxyOutcome
from mailproof.report.json import text_of
from mailproof.report.layout import cell_len, cut, pad, table, wrap
from mailproof.report.style import Style, paint
from mailproof.report.telling import between

_STYLES = {
    PortState.OPEN: Style.PASS,
    PortState.CLOSED: Style.WARN,
    PortState.FILTERED: Style.FAIL,
    PortState.UNTRIED: Style.UNKNOWN,
}
# More rows than this and the ports that are not open are counted, as nmap does.
_ROWS = 32
# Cells for who says that a port is not open; with fewer it stands below.
_ROOM = 20


def ports_as_json(result: PortsResult, compared: Sequence[HostCompared] | None) -> str:
    """The result; with `compared`, an entry for each host that both runs have. Messages are English."""
    data = msgspec.to_builtins(result)
    if compared is not None:
        say = words("en")
        data["compared"] = msgspec.to_builtins(compared)
        for host in data["compared"]:
            for port in host["ports"]:
                port["message"] = say(f"between.{port['why']}", sender=port["sender"])
    return text_of(data, 1)


def render_ports(
    result: PortsResult,
    compared: Sequence[HostCompared] | None,
    lang: str,
    color: bool,
    width: int,
    *,
    named: Sequence[int] = (),
    everything: bool = False,
) -> str:
    """The answer, then a table for each address, then what the two runs amount to together.

    `named` are ports that are listed whatever their state; `everything` lists all of them.
    """
    say = words(lang)
    lines = [*_answer(result, compared, say, color, width)]
    for host in result.hosts:
        lines += ["", *_host(host, say, color, width, named, everything, alone=compared is None)]
    for beside in compared or ():
        lines += ["", *_compared(beside, say, color, width)]
    if compared == ():
        lines += ["", *wrap(say("between.no-host"), width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _answer(
    result: PortsResult, compared: Sequence[HostCompared] | None, say: Words, color: bool, width: int
) -> Iterator[str]:
    lost = [host.host for host in result.hosts if not host.address]
    tried = [seen for host in result.hosts for seen in host.ports]
    open_ = [seen for seen in tried if seen.state is PortState.OPEN]
    blocked = [port for beside in (compared or ()) for port in beside.ports if port.differs]
    if blocked:
        by_whom: dict[str, list[int]] = {}
        for port in blocked:
            by_whom.setdefault(port.blocks, []).append(port.port)
        told = [
            say("ports.blocked", ports=_numbers(p), who=say(f"between.blocks-{who}")) for who, p in by_whom.items()
        ]
        sentence = say.counted("ports.answer", len({port.port for port in blocked}), told="; ".join(told))
        yield from _painted(sentence, Style.FAIL, color, width)
        return
    if not tried:
        yield from _painted(say("ports.no-address", hosts=tuple(lost)), Style.UNKNOWN, color, width)
        return
    hosts = tuple(dict.fromkeys(host.host for host in result.hosts if host.address))
    what = hosts[0] if len(hosts) == 1 else say("ports.hosts", n=len(hosts))
    style = Style.PASS if open_ else Style.FAIL
    if all(seen.state is PortState.UNTRIED for seen in tried):
        key, style = "ports.none-tried", Style.UNKNOWN
    else:
        key = "ports.open" if open_ else "ports.none-open"
    if len(tried) == 1:
        sentence = say(f"{key}-it", what=what, port=str(tried[0].port))
    else:
        sentence = say.counted(key, len(open_), what=what, of=len(tried))
    yield from _painted(sentence, style, color, width)
    if lost:
        yield from wrap(say("ports.no-address", hosts=tuple(lost)), width)


def _painted(sentence: str, style: Style, color: bool, width: int) -> list[str]:
    return [paint(line, style, color) for line in wrap(sentence, width)]


def _host(
    host: HostSeen,
    say: Words,
    color: bool,
    width: int,
    named: Sequence[int],
    everything: bool,
    *,
    alone: bool,
) -> Iterator[str]:
    """`alone` where no other run stands beside this one, and a note must do instead."""
    if not host.address:
        yield say("ports.host-without-address", host=host.host)
        return
    title = host.address if host.host == host.address else f"{host.host} ({host.address})"
    origin = [say(f"ports.from-{host.vantage}", local=host.local)] if host.local or not host.proxy else []
    through = [say("ports.through", proxy=host.proxy)] if host.proxy else []
    heading = between(say).join([title, *through, *origin])
    yield from (paint(line, Style.HEADING, color) for line in wrap(heading, width))
    shown, hidden = _chosen(host.ports, named, everything)
    yield from _table(shown, say, color, width)
    for (state, teller), ports in hidden.items():
        told = say(f"ports.teller-{teller}", seconds=0.0, sender="")
        yield from wrap(say("ports.hidden", n=len(ports), state=say(f"ports.state-{state}"), told=told), width)
    for note in _notes(host, say, alone):
        yield from wrap(note, width, "- ")


def _table(shown: Sequence[PortSeen], say: Words, color: bool, width: int) -> Iterator[str]:
    """A row for each. Of what a port says one line is enough; who says that it is not open is told to the end."""
    if not shown:
        return
    rows = [(say("ports.port"), say("ports.state"), say("ports.service"))]
    rows += [(str(seen.port), say(f"ports.state-{seen.state}"), _service(seen, say)) for seen in shown]
    laid = table(rows)
    lead = max(map(cell_len, laid)) + 2
    yield _colored(cut(pad(laid[0], lead) + say("ports.said"), width), None, "", color)
    for seen, row, line in zip(shown, rows[1:], laid[1:], strict=True):
        said = _said(seen, say)
        if seen.state is PortState.OPEN or not said:
            lines = [cut(f"{pad(line, lead)}{said}".rstrip(), width)]
        elif width - lead >= _ROOM:
            lines = wrap(said, width, pad(line, lead))
        else:
            lines = [line, *wrap(said, width, " " * 6)]
        yield _colored(lines[0], seen, row[1], color)
        yield from lines[1:]


def _colored(line: str, seen: PortSeen | None, word: str, color: bool) -> str:
    if seen is None:
        return paint(line, Style.DIM, color)
    return line.replace(word, paint(word, _STYLES[seen.state], color), 1)


def _chosen(
    ports: Sequence[PortSeen], named: Sequence[int], everything: bool
) -> tuple[list[PortSeen], dict[tuple[PortState, Teller], list[PortSeen]]]:
    """What is listed, and what is only counted."""
    if everything or len(ports) <= _ROWS:
        return list(ports), {}
    shown: list[PortSeen] = []
    hidden: dict[tuple[PortState, Teller], list[PortSeen]] = {}
    for seen in ports:
        if seen.state is PortState.OPEN or seen.port in named:
            shown.append(seen)
        else:
            hidden.setdefault((seen.state, seen.teller), []).append(seen)
    return shown, hidden


def _service(seen: PortSeen, say: Words) -> str:
    if seen.service is None:
        usual = say(f"ports.service-{seen.usual}") if seen.usual else ""
        if usual and seen.port in TLS_AT_ONCE:
            usual = say("ports.with-tls", name=usual, tls=say(f"ports.tls-{TlsSeen.AT_ONCE}"))
        return f"({usual})" if usual else ""
    name = say(f"ports.service-{seen.service}")
    if seen.service is Service.SILENT and seen.tls is TlsSeen.UNTOLD:
        return name
    tls = say(f"ports.tls-{seen.tls}") if seen.tls is not TlsSeen.UNTOLD else ""
    plain = seen.service in (Service.SSH, Service.TELNET, Service.VNC) and seen.tls is TlsSeen.NONE
    return name if plain or not tls else say("ports.with-tls", name=name, tls=tls)


def _said(seen: PortSeen, say: Words) -> str:
    if seen.state is PortState.OPEN:
        return seen.greeting
    if seen.icmp is not None:
        return say("ports.teller-icmp-words", words=seen.icmp.words, sender=seen.icmp.sender)
    if seen.teller is Teller.PROXY:
        return say(f"ports.proxy-{seen.proxied or ProxyOutcome.UNSAID}", words=seen.detail)
    if seen.state is PortState.UNTRIED:
        return seen.detail
    return say(f"ports.teller-{seen.teller}", seconds=seen.seconds, sender="")


def _notes(host: HostSeen, say: Words, alone: bool) -> Iterator[str]:
    for seen in host.ports:
        if seen.is_another_service:
            service, usual = say(f"ports.service-{seen.service}"), say(f"ports.service-{seen.usual}")
            yield say("ports.note-service", port=seen.port, service=service, usual=usual)
        elif seen.is_clear_where_tls_belongs:
            yield say("ports.note-clear", port=seen.port)
    if any(seen.icmp is not None and seen.icmp.sender == host.local for seen in host.ports):
        yield say("ports.note-neighbour", address=host.address)
    if any(seen.proxied is ProxyOutcome.TARGET for seen in host.ports):
        yield say("ports.note-proxy")
    tried = [seen for seen in host.ports if seen.state is not PortState.UNTRIED]
    if alone and len(tried) > 1 and all(seen.teller is Teller.TIMEOUT for seen in tried):
        yield say("ports.note-silent", address=host.address)
    smtp = next((seen for seen in host.ports if seen.port == 25), None)
    others = any(seen.state is PortState.OPEN for seen in host.ports)
    if alone and others and smtp is not None and smtp.teller is Teller.TIMEOUT:
        yield say("ports.note-25")


def _compared(beside: HostCompared, say: Words, color: bool, width: int) -> Iterator[str]:
    heading = say(
        "between.heading",
        here=beside.here,
        there=beside.there,
        here_from=say(f"between.from-{beside.here_vantage}"),
        there_from=say(f"between.from-{beside.there_vantage}"),
    )
    yield from (paint(line, Style.HEADING, color) for line in wrap(heading, width))
    groups: dict[tuple[str, str, str, PortState, PortState], list[int]] = {}
    for port in beside.ports:
        groups.setdefault((port.blocks, port.why, port.sender, port.here, port.there), []).append(port.port)
    order = sorted(groups, key=lambda group: (group[3] is PortState.OPEN) is (group[4] is PortState.OPEN))
    for blocks, why, sender, here, there in order:
        numbers = _numbers(groups[blocks, why, sender, here, there])
        states = say("between.states", here=say(f"ports.state-{here}"), there=say(f"ports.state-{there}"))
        yield ""
        yield from wrap(f"{numbers}  {states}", width, "  ")
        yield from wrap(say(f"between.{why}", sender=sender), width, "  " + pad("", 2))


def _numbers(ports: Sequence[int]) -> str:
    """`25, 110-113, 465`."""
    pieces: list[list[int]] = []
    for port in sorted(set(ports)):
        if pieces and port == pieces[-1][-1] + 1:
            pieces[-1].append(port)
        else:
            pieces.append([port])
    return ", ".join(f"{p[0]}-{p[-1]}" if len(p) > 2 else ", ".join(map(str, p)) for p in pieces)
