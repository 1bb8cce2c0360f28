"""A proxy for tests: SOCKS5 or HTTP CONNECT over whatever net the test runs on."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mailproof.model.failure import NetFailure
from mailproof.net.interface import Driver, Handler, ServerStream, Stream
from mailproof.wire.proxies import http_connect, socks5
from mailproof.wire.proxies.http_connect import compose_response

PATIENCE = 600.0


class Way(msgspec.Struct, frozen=True):
    """Where the proxy dials."""

    address: str
    port: int
    url: str = ""
    path: str | None = None


class ProxyHost:
    """Counts and remembers what it was asked for; `answers` replaces an answer by another, by port."""

    def __init__(self, net: Driver, *, login: tuple[str, str] | None = None, outer: str = "203.0.113.7") -> None:
        self.net = net
        self.login = login
        self.outer = outer
        self.asked: list[tuple[str, int]] = []
        self.logins: list[tuple[str, str]] = []
        self.answers: dict[int, bytes] = {}
        self.silent: set[int] = set()

    def socks5(self) -> Handler:
        async def serve(stream: ServerStream) -> None:
            reader = socks5.ServerReader()

            async def hear() -> socks5.Event | None:
                while (event := reader.next_event()) is None:
                    data = await stream.read(self._late)
                    if not data:
                        return None
                    reader.feed(data)
                return event

            greeting = await hear()
            wanted = socks5.BY_PASSWORD if self.login else socks5.NO_LOGIN
            if not isinstance(greeting, socks5.Greeting) or wanted not in greeting.methods:
                await self._say(stream, socks5.compose_choice(socks5.NO_METHOD))
                return
            await self._say(stream, socks5.compose_choice(wanted))
            if self.login:
                reader.expect_login()
                given = await hear()
                assert isinstance(given, socks5.Login)
                accepted = self._is_right(given.user.decode(), given.password.decode())
                await self._say(stream, socks5.compose_login_answer(accepted=accepted))
                if not accepted:
                    return
            request = await hear()
            if isinstance(request, socks5.Request):
                refusal = socks5.compose_reply(5)
                success = socks5.compose_reply(0, self.outer, 40000)
                await self._carry(stream, request.host, request.port, success, refusal, lambda: reader.rest)

        return serve

    def http(self) -> Handler:
        async def serve(stream: ServerStream) -> None:
            reader = http_connect.ServerReader()
            while (request := reader.next_event()) is None:
                data = await stream.read(self._late)
                if not data:
                    return
                reader.feed(data)
            if request.problem:
                await self._say(stream, compose_response(400, "Bad Request"))
            elif self.login and not self._is_right(request.user, request.password):
                await self._say(stream, compose_response(407, "Proxy Authentication Required"))
            else:
                success = compose_response(200, "Connection established")
                refusal = compose_response(502, "Bad Gateway", "Proxy-Status: here; error=connection_refused")
                await self._carry(stream, request.host, request.port, success, refusal, lambda: reader.rest)

        return serve

    @property
    def _late(self) -> float:
        return self.net.now() + PATIENCE

    def _is_right(self, user: str, password: str) -> bool:
        self.logins.append((user, password))
        return (user, password) == self.login

    async def _say(self, stream: Stream, data: bytes) -> None:
        await stream.write(data, self._late)

    async def _carry(
        self, near: ServerStream, host: str, port: int, success: bytes, refusal: bytes, rest: Callable[[], bytes]
    ) -> None:
        self.asked.append((host, port))
        if port in self.silent:
            await near.read(self._late)
            return
        if port in self.answers:
            await self._say(near, self.answers[port])
            return
        try:
            far = await self.net.connect(Way(host, port), self._late, purpose="proxy")
        except NetFailure:
            await self._say(near, refusal)
            return
        await self._say(near, success)
        if early := rest():
            await self._say(far, early)
        back = self.net.spawn(self._pump(far, near))
        await self._pump(near, far)
        far.close()
        await back.wait()

    async def _pump(self, source: Stream, sink: Stream) -> None:
        try:
            while data := await source.read(self._late, keep=False):
                await sink.write(data, self._late, keep=False)
        except NetFailure:
            pass  # one side has gone; the other is closed below
        finally:
            sink.close()
