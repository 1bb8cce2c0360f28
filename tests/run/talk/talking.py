"""A session or a script of `talk` in virtual time, against a scripted server."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mailproof.model.finding import Param
from mailproof.model.talk import Played
from mailproof.model.tls import TlsHandshake, TlsSettings
from mailproof.net.memory import MemoryNet
from mailproof.parse.talk.notes import Note
from mailproof.parse.talk.typed import Slip
from mailproof.probes.terms import Terms
from mailproof.run.talk.auth import Login, by_command, by_sasl, choose, is_own_command
from mailproof.run.talk.line import TalkLine
from mailproof.run.talk.listener import Listener
from mailproof.run.talk.opening import enter
from mailproof.run.talk.play import LoginFor, play
from mailproof.run.talk.session import Session
from mailproof.run.talk.typist import Typist
from mailproof.run.talk.url import parse_place
from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.script.authority import Authority
from mailproof.script.format import Script, parse
from mailproof.script.server import ScriptedServer

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ADDRESS = "192.0.2.25"
ALICE = Credentials("alice", "looking-glass")
Made = tuple[Authority, str]
"""The authority of the scripted server, and the file to trust it by."""

# The way in that most sessions go: its script, and what a screen shows of it.
IN = """
@ submission://mx.test talk
S: 220 mx.test ESMTP
C: EHLO me.test
S: 250-mx.test
S: 250 STARTTLS
C: STARTTLS
S: 220 go
* tls
C: EHLO me.test
S: 250-mx.test
S: 250 AUTH PLAIN LOGIN
"""
SHOWN = [
    "* connected",
    "S: 220 mx.test ESMTP",
    "C: EHLO me.test",
    "S: 250-mx.test",
    "S: 250 STARTTLS",
    "C: STARTTLS",
    "S: 220 go",
    "* certificate",
    "C: EHLO me.test",
    "S: 250-mx.test",
    "S: 250 AUTH PLAIN LOGIN",
    "# login-by",
]
CLEAR = "@ smtp://mx.test talk\nS: 220 mx.test ESMTP\nC: EHLO me.test\nS: 250-mx.test\nS: 250 AUTH PLAIN\n"


class Kept:
    """A screen that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def heard(self, line: str) -> None:
        self.lines.append(f"S: {line}")

    def said(self, line: str) -> None:
        self.lines.append(f"C: {line}")

    def event(self, name: str, **params: Param) -> None:
        self.lines.append(f"* {name}")

    def note(self, note: Note) -> None:
        self.lines.append(f"# {note.finding or note.name}")

    def slip(self, slip: Slip) -> None:
        self.lines.append(f"! {slip.params.get('flaw') or slip.name}")

    def certificate(self, handshake: TlsHandshake) -> None:
        self.lines.append("* certificate")


class World:
    def __init__(self, text: str, authority: Authority, ca_file: str, **terms: object) -> None:
        self.script: Script = parse(text)
        self.server = ScriptedServer(self.script, authority, NOW)
        self.net = MemoryNet(switchboard=self.server.switchboard)
        self.server.attach(self.net)
        settings = TlsSettings(ca_file=ca_file)
        self.terms = msgspec.structs.replace(Terms(ehlo="me.test", settings=settings, timeout=5.0), **terms)

    def typed(
        self, url: str, *lines: str, lf: bool = False, login: Credentials | None = None, pause: float = 2.0
    ) -> list[str]:
        """What the screen shows of a session in which these lines are typed, each after the answer to the last."""
        screen = Kept()
        session = Session(self.net, parse_place(url), self.terms, screen, lf=lf)
        typist = Typist(session)

        async def run() -> None:
            await enter(session, (ADDRESS,))
            listening = self.net.spawn(Listener(self.net, session).listen())
            await self.net.sleep(2)
            for line in lines:
                if line == "/auth" and login is not None:
                    session.line.stream.secrets.add(login.password.encode())
                    await session.login(login_for(login)(session.line, "", session.offered) or _nothing())
                else:
                    await typist.say(line)
                await self.net.sleep(pause)
            session.close()
            listening.cancel()

        self.net.run(run())
        return screen.lines

    def played(self, url: str, client: str, credentials: Credentials | None = None) -> Played:
        (section,) = parse(client).sections

        async def run() -> Played:
            secrets = (credentials.password,) if credentials else ()
            terms = msgspec.structs.replace(self.terms, secrets=secrets)
            return await play(self.net, section, parse_place(url), (ADDRESS,), terms, login_for(credentials))

        return self.net.run(run())


def login_for(credentials: Credentials | None) -> LoginFor:
    def made(line: TalkLine, mechanism: str, offered: tuple[str, ...]) -> Login | None:
        if credentials is None:
            return None
        protocol = line.place.protocol
        name = mechanism or choose(protocol, offered, credentials, line.protection, ())
        if is_own_command(protocol, name, offered):
            return by_command(protocol, credentials)
        where = Circumstances("smtp", line.place.name, line.place.port, "a-nonce-of-the-test")
        return by_sasl(protocol, name, credentials, where, offered) if name else None

    return made


def _nothing() -> Login:
    return ""
    yield
