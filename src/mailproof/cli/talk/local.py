"""The commands of `talk` itself, after a slash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from mailproof.cli.options import duration
from mailproof.cli.reading import LONGEST_MESSAGE, from_home, read_path
from mailproof.cli.talk.screen import TalkScreen
from mailproof.cli.talk.script import keep, login_course
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.cli.xclient import attributes
from mailproof.model.escape import to_bytes, to_text
from mailproof.model.talk import TalkProtocol
from mailproof.probes.wish import LoginWish
from mailproof.run.talk.session import Phase, Session
from mailproof.run.talk.typist import Typist
from mailproof.sasl.registry import MECHANISMS
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.starttls.registry import UPGRADES

LOCAL = ("auth", "starttls", "cert", "ehlo", "xclient", "data", "keepalive", "wait", "save", "raw", "help", "quit")
"""In the order of /help."""

_NOOP = {
    TalkProtocol.SMTP: b"NOOP\r\n",
    TalkProtocol.LMTP: b"NOOP\r\n",
    TalkProtocol.POP3: b"NOOP\r\n",
    TalkProtocol.IMAP: b"t8 NOOP\r\n",
    TalkProtocol.SIEVE: b"NOOP\r\n",
    TalkProtocol.FTP: b"NOOP\r\n",
}
# Postfix smtpd_timeout is 300 seconds, 10 under stress; Dovecot logs out of POP3 after 600.
_KEEPALIVE = 60.0

Wishes = Callable[[str], Awaitable[LoginWish | None]]
"""Credentials for a mechanism, asked for where the command line names none."""


class Local:
    def __init__(
        self, session: Session, typist: Typist, screen: TalkScreen, terminal: Terminal, wishes: Wishes
    ) -> None:
        self._session = session
        self._typist = typist
        self._screen = screen
        self._terminal = terminal
        self._wishes = wishes
        self._keeping: asyncio.Task[None] | None = None
        self.is_quitting = False

    async def run(self, line: str) -> None:
        """One command, with its slash. Raises NetFailure."""
        name, _, argument = line[1:].strip().partition(" ")
        near = [each for each in LOCAL if each.startswith(name.lower())] if name else []
        if name.lower() in LOCAL:
            near = [name.lower()]
        if len(near) != 1:
            self._screen.text("local-unknown", name=name)
            return
        try:
            await getattr(self, f"_{near[0]}")(argument.strip())
        except Complaint as complaint:
            self._screen.text("local-failed", why=str(complaint))

    def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()

    async def _auth(self, argument: str) -> None:
        session = self._session
        if not session.may_be_secret():
            return
        if argument and argument.upper() not in (*MECHANISMS, "USER", "APOP"):
            self._screen.text("local-no-mechanism", name=argument)
            return
        wish = await self._wishes(argument.upper())
        if wish is None:
            return
        for secret in (wish.credentials.password, wish.credentials.token):
            if secret:
                session.line.stream.secrets.add(secret.encode("utf-8", "surrogateescape"))
        login = login_course(session.line, session.line.place, wish, argument.upper(), session.offered)
        if login is None:
            self._screen.text("local-no-login", mechanisms=session.mechanisms or ("-",))
            return
        await session.login(login)

    async def _starttls(self, argument: str) -> None:
        upgrade = UPGRADES.get(self._session.protocol)
        if upgrade is None or upgrade.binary or self._session.line.stream.is_tls:
            self._screen.text("local-no-starttls")
            return
        asked = next(upgrade.request(self._session.names))
        await self._session.send(Outgoing(asked), to_text(asked.strip()))

    async def _cert(self, argument: str) -> None:
        self._screen.chain()

    async def _ehlo(self, argument: str) -> None:
        upgrade = UPGRADES.get(self._session.protocol)
        hello = upgrade.hello(self._session.names) if upgrade is not None else b""
        if not hello:
            self._screen.text("local-no-ehlo")
            return
        text = to_text(hello.strip())
        if argument:
            text = f"{text.split()[0]} {argument}"
        await self._session.send(Outgoing(text.encode("utf-8", "replace") + b"\r\n"), text)

    async def _xclient(self, argument: str) -> None:
        wanted = attributes(argument.split(), self._terminal)
        if not wanted or self._session.protocol not in (TalkProtocol.SMTP, TalkProtocol.LMTP):
            self._screen.text("local-xclient")
            return
        await self._session.introduce(wanted)

    async def _data(self, argument: str) -> None:
        session = self._session
        if not argument:
            self._screen.text("local-data-where")
            return
        try:
            message = read_path(from_home(argument), self._terminal, LONGEST_MESSAGE)
        except Complaint as error:
            self._screen.text("local-failed", why=str(error))
            return
        if session.phase is not Phase.MESSAGE:
            await session.send(Outgoing(b"DATA\r\n"), "DATA")
            if not await self._until(lambda: session.phase is Phase.MESSAGE or not session.is_waiting):
                return
        if session.phase is Phase.MESSAGE:
            await self._typist.say_file(message)
            self._screen.text("local-sent", n=len(message), file=argument)

    async def _until(self, there: Callable[[], bool]) -> bool:
        """False where it never came."""
        for _ in range(int(self._session.terms.timeout * 20)):
            if there() or self._session.is_over:
                return not self._session.is_over
            await asyncio.sleep(0.05)
        return False

    async def _keepalive(self, argument: str) -> None:
        self.stop()
        self._keeping = None
        noop = _NOOP.get(self._session.protocol)
        if argument == "off" or noop is None:
            self._screen.text("local-keepalive-off" if noop else "local-no-keepalive")
            return
        seconds = self._seconds(argument, _KEEPALIVE)
        self._keeping = asyncio.get_running_loop().create_task(self._keep_alive(noop, seconds))
        self._screen.text("local-keepalive", seconds=f"{seconds:g}")

    async def _keep_alive(self, noop: bytes, seconds: float) -> None:
        while not self._session.is_over:
            await asyncio.sleep(seconds)
            if self._session.phase is Phase.COMMAND and not self._session.is_waiting:
                await self._session.send(Outgoing(noop), to_text(noop.strip()))

    async def _wait(self, argument: str) -> None:
        if argument:
            await asyncio.sleep(self._seconds(argument, 1.0))
        else:
            await self._until(lambda: not self._session.is_waiting)

    def _seconds(self, argument: str, otherwise: float) -> float:
        try:
            return duration(argument, self._terminal) if argument else otherwise
        except ValueError as error:
            raise Complaint(str(error)) from None

    async def _save(self, argument: str) -> None:
        if not argument:
            self._screen.text("local-save-where")
            return
        keep(self._session.line.stream.transcript(), argument, self._terminal)
        self._screen.text("local-saved", file=argument)

    async def _raw(self, argument: str) -> None:
        try:
            data = to_bytes(argument)
        except ValueError:
            self._screen.text("local-raw-form")
            return
        await self._session.send(Outgoing(data), argument)

    async def _help(self, argument: str) -> None:
        self._screen.text("local-help")

    async def _quit(self, argument: str) -> None:
        self.is_quitting = True
