"""Hostile servers against `talk` and `ports`: whatever floods, drips or stalls, both end, in time and in memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from hostilehosts import FOREVER, Serving
from test_hostile_floods import FLOODS, MEGABYTE, slowly

from mailproof.model.port import PortsResult, PortState
from mailproof.model.talk import Played
from mailproof.net.interface import Net, ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.net.sockets import SocketNet
from mailproof.probes.port import PortTerms
from mailproof.probes.terms import Terms
from mailproof.run.hand.ports import PortsPlan, scan
from mailproof.run.hand.stages import Stage
from mailproof.run.talk.play import play
from mailproof.run.talk.url import parse_place
from mailproof.script.format import Section, parse

Value = TypeVar("Value")
NOW = datetime(2026, 11, 21, tzinfo=UTC)
ADDRESS = "192.0.2.25"
GREETINGS = {"submission": "220~", "pop3": "+OK~", "imap": "* OK~"}
ASKED = {"submission": ("EHLO ~", "250 ~"), "pop3": ("CAPA", "."), "imap": ("a CAPABILITY", "a OK~")}


def world(serving: Serving) -> MemoryNet:
    async def handler(stream: ServerStream) -> None:
        await serving(stream, net)

    net = MemoryNet(switchboard=lambda to, purpose: handler)
    return net


def script(scheme: str, *, whole: bool) -> Section:
    """One that says the beginning itself, or begins behind the opening."""
    asked, answered = ASKED[scheme]
    begins = f"S: {GREETINGS[scheme]}\nC: {asked}\nS: {answered}\n" if whole else "C: NOOP\nS: ~\n"
    return parse(f"@ {scheme}://mx.test talk\n{begins}").sections[0]


async def course(net: Net, scheme: str, whole: bool, address: str, port: int, timeout: float) -> Played:
    place = parse_place(f"{scheme}://mx.test:{port}")
    section, terms = script(scheme, whole=whole), Terms(timeout=timeout)
    return await play(net, section, place, (address,), terms, lambda *any: None)


def for_real(serving: Serving, run: Callable[[SocketNet, int], Coroutine[None, None, Value]]) -> tuple[Value, int]:
    """Over sockets, where a peer that is not read has to wait; and how many bytes of memory it took."""

    async def main() -> Value:
        async def handler(stream: ServerStream) -> None:
            await serving(stream, net)

        server = net.listen(handler)
        try:
            return await run(net, server.port)
        finally:
            server.close()

    net = SocketNet()
    tracemalloc.start()
    try:
        return net.run(main()), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "opened"])
@pytest.mark.parametrize("name", FLOODS)
def test_a_script_ends_soon_and_in_little_memory(name: str, whole: bool) -> None:
    scheme, serving = FLOODS[name]
    result, used = for_real(serving, lambda net, port: course(net, scheme, whole, "127.0.0.1", port, 1.0))
    assert used < 50 * MEGABYTE
    assert result.stage is not Stage.OPEN or name == "complete replies without end"


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "opened"])
@pytest.mark.parametrize("every", [0.5, 9.0, 29.0])
@pytest.mark.parametrize("scheme", GREETINGS)
def test_a_byte_now_and_then_is_not_waited_for_longer_than_an_answer(scheme: str, every: float, whole: bool) -> None:
    net = world(slowly(lambda number: b"2", every))
    result = net.run(course(net, scheme, whole, ADDRESS, 25, 30.0))
    assert result.stage is not Stage.OPEN
    assert net.now() < 100


@pytest.mark.parametrize("name", FLOODS)
def test_a_flooding_port_is_open_and_left(name: str) -> None:
    _, serving = FLOODS[name]

    async def scanned(net: SocketNet, port: int) -> PortsResult:
        terms = PortTerms(timeout=1.0, patience=1.0)
        return await scan(net, PortsPlan(("127.0.0.1",), (port,), terms=terms), NOW, lambda address: "")

    result, used = for_real(serving, scanned)
    assert result.hosts[0].ports[0].state is PortState.OPEN
    assert used < 50 * MEGABYTE


def test_a_port_that_takes_and_never_answers_is_left() -> None:
    async def serve(stream: ServerStream, net: object) -> None:
        while await stream.read(FOREVER):
            pass

    net = world(serve)
    result = net.run(scan(net, PortsPlan((ADDRESS,), (25, 443, 993)), NOW, lambda address: ""))
    assert result.seconds < 60
