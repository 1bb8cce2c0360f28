"""Every driver keeps the same promises: a probe cannot tell which of them drives it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mailproof.model.attempt import Trouble
from mailproof.model.failure import NetFailure
from mailproof.model.tls import ServerTls, TlsSettings, TlsVersion
from mailproof.model.transcript import TurnKind
from mailproof.net.aio import AioTransport, AsyncioNet
from mailproof.net.interface import Driver, Handler, ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.net.sockets import SocketNet
from mailproof.script.authority import Authority, CertificateKind

# Of the driver's clock, which begins at 0: longer than any of these tests on a busy machine.
LONG = 60.0
DRIVERS: dict[str, Callable[[], Any]] = {"sockets": SocketNet, "memory": MemoryNet, "asyncio": AsyncioNet}


class Place(msgspec.Struct, frozen=True):
    address: str
    port: int
    path: str | None = None
    url: str = "smtp://mx.test"


@pytest.fixture(params=DRIVERS)
def net(request: pytest.FixtureRequest) -> Driver:
    return DRIVERS[request.param]()


def served(net: Driver, handler: Handler, client: Callable[[Place], Coroutine[Any, Any, Any]]) -> Any:
    async def main() -> Any:
        server = net.listen(handler)
        try:
            return await client(Place(server.host, server.port))
        finally:
            server.close()

    return net.run(main())


async def echo(stream: ServerStream) -> None:
    while data := await stream.read(LONG):
        await stream.write(data, LONG)


def tls_of(authority: Authority, name: str = "mx.test", **changes: Any) -> ServerTls:
    issued = authority.issue(CertificateKind.GOOD, name, datetime.now(UTC))
    return ServerTls(issued.chain_pem.decode(), issued.key_pem.decode(), **changes)


def test_what_is_sent_comes_back_and_is_recorded(net: Driver) -> None:
    async def client(place: Place) -> Any:
        stream = await net.connect(place, LONG, purpose="survey")
        await stream.write(b"EHLO a\r\n", LONG)
        received = await stream.read(LONG)
        stream.close()
        return received, stream.transcript()

    received, transcript = served(net, echo, client)
    assert received == b"EHLO a\r\n"
    assert [(turn.kind, turn.data) for turn in transcript.turns] == [
        (TurnKind.SENT, b"EHLO a\r\n"),
        (TurnKind.RECEIVED, b"EHLO a\r\n"),
    ]


def test_silence_ends_at_the_deadline(net: Driver) -> None:
    async def silent(stream: ServerStream) -> None:
        await stream.read(LONG)

    async def client(place: Place) -> Any:
        stream = await net.connect(place, LONG, purpose="survey")
        began = net.now()
        with pytest.raises(NetFailure) as failure:
            await stream.read(began + 0.05)
        stream.close()
        return failure.value.trouble, net.now() - began

    trouble, seconds = served(net, silent, client)
    assert trouble is Trouble.TIMEOUT
    assert seconds >= 0.05


def test_a_flood_ends_at_the_deadline_too(net: Driver) -> None:
    async def flood(stream: ServerStream) -> None:
        while True:
            await stream.write(b"220-more\r\n" * 1000, net.now() + LONG)
            await net.sleep(0.001)

    async def client(place: Place) -> Trouble:
        stream = await net.connect(place, LONG, purpose="survey")
        until = net.now() + 0.1
        with pytest.raises(NetFailure) as failure:
            while True:
                await stream.read(until)
        stream.close()
        assert sum(len(turn.text) for turn in stream.transcript().turns) < 3 << 20
        return failure.value.trouble

    assert served(net, flood, client) is Trouble.TIMEOUT


def test_the_end_of_the_peer_is_an_empty_read(net: Driver) -> None:
    async def leave(stream: ServerStream) -> None:
        await stream.write(b"421 bye\r\n", LONG)

    async def client(place: Place) -> list[bytes]:
        stream = await net.connect(place, LONG, purpose="survey")
        said = [await stream.read(LONG), await stream.read(LONG)]
        stream.close()
        return said

    assert served(net, leave, client) == [b"421 bye\r\n", b""]


def test_a_handler_may_tear_the_connection_down(net: Driver) -> None:
    async def tear(stream: ServerStream) -> None:
        await stream.read(LONG)
        raise NetFailure(Trouble.RESET)

    async def client(place: Place) -> Trouble:
        stream = await net.connect(place, LONG, purpose="survey")
        await stream.write(b"EHLO a\r\n", LONG)
        with pytest.raises(NetFailure) as failure:
            await stream.read(LONG)
        stream.close()
        return failure.value.trouble

    assert served(net, tear, client) is Trouble.RESET


def test_nobody_listening_is_refused(net: Driver) -> None:
    async def client(place: Place) -> Trouble:
        with pytest.raises(NetFailure) as failure:
            await net.connect(msgspec.structs.replace(place, port=1), LONG, purpose="survey")
        return failure.value.trouble

    assert served(net, echo, client) is Trouble.REFUSED


def test_tls_verifies_and_carries_bytes_and_bindings(net: Driver, tmp_path: Path) -> None:
    authority = Authority()
    root = tmp_path / "root.pem"
    root.write_bytes(authority.root_pem)
    bindings: list[bytes | None] = []

    async def handler(stream: ServerStream) -> None:
        await stream.accept_tls(tls_of(authority), LONG)
        bindings.extend(stream.channel_binding(kind) for kind in ("tls-exporter", "tls-server-end-point"))
        await echo(stream)

    async def client(place: Place) -> Any:
        stream = await net.connect(place, LONG, purpose="survey")
        made = await stream.start_tls(TlsSettings(ca_file=str(root)), "mx.test", LONG)
        await stream.write(b"hello " * 20_000, LONG)
        received = b""
        while len(received) < 120_000:
            received += await stream.read(LONG) or pytest.fail("closed")
        ours = [stream.channel_binding(kind) for kind in ("tls-exporter", "tls-server-end-point")]
        stream.close()
        return made, received, ours

    made, received, ours = served(net, handler, client)
    assert made.trusted and made.version == TlsVersion.TLS1_3 and len(made.chain) == 2
    assert received == b"hello " * 20_000
    assert ours == bindings and all(ours)


def test_a_message_of_megabytes_goes_through_tls_whole(net: Driver, tmp_path: Path) -> None:
    authority = Authority()
    large = bytes(range(256)) * 12_000

    async def serve(stream: ServerStream) -> None:
        await stream.accept_tls(tls_of(authority), 60.0)
        got = b""
        while len(got) < len(large):
            got += await stream.read(60.0, keep=False)
        await stream.write(got, 60.0, keep=False)

    async def client(place: Place) -> bytes:
        stream = await net.connect(place, 60.0, purpose="test")
        settings = TlsSettings(ca_file=str(authority.write_root(tmp_path)))
        await stream.start_tls(settings, "mx.test", 60.0)
        await stream.write(large, 60.0, keep=False)
        back = b""
        while len(back) < len(large):
            back += await stream.read(60.0, keep=False)
        stream.close()
        return back

    assert served(net, serve, client) == large


def test_a_handshake_that_fails_says_what_the_peer_said(net: Driver) -> None:
    authority = Authority()

    async def handler(stream: ServerStream) -> None:
        await stream.accept_tls(tls_of(authority, minimum=TlsVersion.TLS1_3), LONG)

    async def client(place: Place) -> Any:
        stream = await net.connect(place, LONG, purpose="version")
        made = await stream.start_tls(TlsSettings(maximum=TlsVersion.TLS1_2), "mx.test", LONG)
        stream.close()
        return made

    made = served(net, handler, client)
    assert made.trouble is Trouble.TLS_FAILED
    assert made.alert == "protocol_version"


def test_clear_text_instead_of_tls_is_kept_as_evidence(net: Driver) -> None:
    async def handler(stream: ServerStream) -> None:
        await stream.write(b"220 mx.test ESMTP\r\n", LONG)
        await stream.read(LONG)

    async def client(place: Place) -> Any:
        stream = await net.connect(place, LONG, purpose="survey")
        made = await stream.start_tls(TlsSettings(), "mx.test", LONG)
        stream.close()
        return made

    made = served(net, handler, client)
    assert made.trouble is Trouble.TLS_FAILED
    assert made.clear_text == b"220 mx.test ESMTP\r\n"


@pytest.mark.parametrize("left", [b"", b"+OK evil\r\n"])
def test_clear_text_before_tls_is_set_aside_after_an_agreement(net: Driver, left: bytes) -> None:
    authority = Authority()

    async def handler(stream: ServerStream) -> None:
        await stream.write(b"more evil\r\n", LONG)
        made = await stream.accept_tls(tls_of(authority), LONG)
        assert made.trouble is None
        await stream.write(b"inside\r\n", LONG)

    async def client(place: Place) -> Any:
        stream = await net.connect(place, LONG, purpose="survey")
        made = await stream.start_tls(TlsSettings(), "mx.test", LONG, left=left)
        inside = await stream.read(LONG)
        stream.close()
        return made, inside, stream.transcript()

    made, inside, transcript = served(net, handler, client)
    assert made.trouble is None
    assert made.clear_text == left + b"more evil\r\n"
    assert inside == b"inside\r\n"
    assert [(turn.text, turn.tls) for turn in transcript.turns if turn.kind == "received"] == [
        ("more evil\\r\\n", False),
        ("inside\\r\\n", True),
    ]


def test_secrets_are_recorded_neither_when_sent_nor_when_echoed(net: Driver) -> None:
    async def client(place: Place) -> Any:
        stream = await net.connect(place, LONG, purpose="login", secrets=["open sesame"])
        await stream.write(b"PASS open sesame\r\n", LONG, secret=[slice(5, 16)])
        await stream.read(LONG)
        await stream.write(b"AUTH PLAIN b3BlbiBzZXNhbWU=\r\n", LONG, secret=[slice(11, 27)])
        await stream.read(LONG)
        stream.close()
        return stream.transcript()

    transcript = served(net, echo, client)
    said = [turn.text for turn in transcript.turns]
    assert said == ["PASS [secret]\\r\\n"] * 2 + ["AUTH PLAIN [secret]\\r\\n"] * 2


def test_ending_the_run_ends_what_was_left_running(net: Driver) -> None:
    ended: list[str] = []

    async def forever() -> None:
        try:
            await net.sleep(3600.0)
        finally:
            ended.append("its finally ran")

    async def main() -> str:
        net.spawn(forever())
        await net.sleep(0.01)
        return "done"

    assert net.run(main()) == "done"
    assert ended == ["its finally ran"]


def test_ctrl_c_reaches_every_task_and_comes_out_again(net: Driver) -> None:
    ended: list[str] = []

    async def talking() -> None:
        try:
            await net.sleep(3600.0)
        finally:
            ended.append("said QUIT")

    async def main() -> None:
        net.spawn(talking())
        await net.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        net.run(main())
    assert ended == ["said QUIT"]


def test_what_a_task_raises_unseen_is_raised_by_the_run() -> None:
    net = MemoryNet()

    async def broken() -> None:
        raise ValueError("our mistake")

    async def main() -> None:
        net.spawn(broken())
        await net.sleep(1.0)

    with pytest.raises(ValueError, match="our mistake"):
        net.run(main())


def test_virtual_time_takes_no_time_and_hangs_are_told() -> None:
    net = MemoryNet()

    async def main() -> float:
        await net.sleep(86_400.0)
        return net.now()

    assert net.run(main()) == 86_400.0

    async def waits_for_nothing(stream: ServerStream) -> None:
        await stream.read(float("inf"))

    async def hangs() -> None:
        server = net.listen(waits_for_nothing)
        stream = await net.connect(Place(server.host, server.port), LONG, purpose="survey")
        await stream.read(float("inf"))

    with pytest.raises(RuntimeError, match="hang for ever"):
        MemoryNet.run(net, hangs())


def test_a_unix_socket_is_an_address_like_others(tmp_path: Path) -> None:
    net = SocketNet()
    path = str(tmp_path / "lmtp")

    async def main() -> bytes:
        server = net.listen(echo, path=path)
        stream = await net.connect(Place("", 0, path), LONG, purpose="survey")
        await stream.write(b"LHLO a\r\n", LONG)
        said = await stream.read(LONG)
        stream.close()
        server.close()
        return said

    assert net.run(main()) == b"LHLO a\r\n"
    assert not Path(path).exists()


def test_a_client_certificate_is_shown_where_it_is_asked_for(tmp_path: Path) -> None:
    authority, net = Authority(), SocketNet()
    ours = authority.issue(CertificateKind.GOOD, "client.test", datetime.now(UTC))
    (tmp_path / "client.pem").write_bytes(ours.chain_pem)
    (tmp_path / "client.key").write_bytes(ours.key_pem)
    seen: list[int] = []

    async def handler(stream: ServerStream) -> None:
        made = await stream.accept_tls(tls_of(authority, client_ca_pem=authority.root_pem.decode()), LONG)
        seen.append(len(made.chain))
        await stream.write(b"220 welcome\r\n", LONG)
        await stream.read(LONG)

    async def client(place: Place) -> bytes:
        stream = await net.connect(place, LONG, purpose="survey")
        settings = TlsSettings(certificate=str(tmp_path / "client.pem"), key=str(tmp_path / "client.key"))
        await stream.start_tls(settings, "mx.test", LONG)
        said = await stream.read(LONG)
        stream.close()
        return said

    assert served(net, handler, client) == b"220 welcome\r\n"
    assert seen and seen[0] >= 1


@pytest.mark.parametrize("tls", [False, True])
def test_what_is_given_back_is_read_again_and_recorded_once(net: Driver, tls: bool) -> None:
    async def server(stream: ServerStream) -> None:
        assert await stream.read(LONG) == b"ask"
        await stream.write(b"answer\r\n", LONG)
        await stream.read(LONG)

    async def client(place: Place) -> Any:
        stream = await net.connect(place, LONG, purpose="test")
        await stream.write(b"ask", LONG)
        data = await stream.read(LONG)
        while len(data) < 8:
            data += await stream.read(LONG)
        stream.unread(data[3:])
        stream.event("between")
        if not tls:
            assert await stream.read(LONG) == b"wer\r\n"
        else:
            made = await stream.start_tls(TlsSettings(), "mx.test", LONG)
            assert (made.trouble, made.clear_text) == (Trouble.TLS_FAILED, b"wer\r\n")
        stream.close()
        return [turn.text for turn in stream.transcript().turns if turn.kind is not TurnKind.EVENT]

    assert served(net, server, client) == ["ask", "ans", "wer\\r\\n"]


def test_a_cancellation_that_comes_with_the_answer_is_not_lost() -> None:
    async def main() -> bool:
        net, answer = AsyncioNet(), asyncio.get_running_loop().create_future()
        waiting = asyncio.ensure_future(net.until(net.now() + 10, answer))
        await asyncio.wait({waiting}, timeout=0)
        answer.set_result(b"250 ok\r\n")
        waiting.cancel()
        await asyncio.wait({waiting})
        return waiting.cancelled()

    assert asyncio.run(main())


def test_what_comes_as_the_deadline_strikes_is_there_for_the_next_reader() -> None:
    """`talk` reads with one deadline after the other; where both came in one turn of asyncio, it lost an answer."""
    net = AsyncioNet()

    async def main() -> bytes:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours, theirs:
            transport = AioTransport(net, ours)
            deadline = net.now() + 0.02
            reading = asyncio.ensure_future(transport.recv(100, deadline))
            await net.sleep(0.0)  # it waits now
            theirs.send(b"250 ok\r\n")
            while net.now() <= deadline:  # the loop does not turn until both are due
                pass
            try:
                return await reading
            except NetFailure as failure:
                assert failure.trouble is Trouble.TIMEOUT
            return await transport.recv(100, net.now() + 30)

    assert net.run(main()) == b"250 ok\r\n"
