"""What is typed goes out as it should: commands with their slips told, messages with their dots, secrets hidden."""

from __future__ import annotations

from mailproof.parse.talk.message import TypedMessage
from mailproof.parse.talk.typed import Slip, secret_in, slips_in
from mailproof.run.talk.session import Phase, Session
from mailproof.run.talk.tokens import flaws_in, secrets_of
from mailproof.wire.outgoing import Outgoing


class Typist:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._message: TypedMessage | None = None
        self._mechanism = ""
        """Which a typed login is of, for what its tokens should hold."""
        self._exchange = "AUTH"
        """The command that began a typed login: what the answers to its tokens are to."""

    async def say(self, text: str) -> None:
        """Send a typed line, whatever it is to the server. Raises NetFailure."""
        match self._session.phase:
            case Phase.OVER:
                self._session.screen.event("over")
            case Phase.MESSAGE:
                await self._say_message(text)
            case Phase.ANSWER:
                await self._say_answer(text)
            case Phase.COMMAND:
                await self._say_command(text)

    async def _say_message(self, text: str) -> None:
        session = self._session
        if self._message is None:
            self._message = TypedMessage()
        if text == ".":
            self._tell(self._message.end())
            session.phase, self._message = Phase.COMMAND, None
            await session.write(Outgoing(b"." + session.end), ".")
            return
        self._tell(self._message.line(text))
        if text.startswith("."):
            session.screen.slip(Slip("dot-doubled"))
            text = "." + text
        await session.line.stream.write(_octets(text) + session.end, session.line.deadline)

    async def say_file(self, message: bytes) -> None:
        """A whole message where one is wanted: line ends made right, dots doubled, and the dot at its end."""
        session = self._session
        lines = message.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
        data = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
        session.phase, self._message = Phase.COMMAND, None
        await session.line.stream.write(data, session.line.deadline, keep=False)
        await session.write(Outgoing(b".\r\n"), ".")

    async def _say_answer(self, text: str) -> None:
        session = self._session
        if text.strip() not in ("", "*"):
            if not session.may_be_secret():
                return
            self._tell(self._flaws(text))
            if not session.asks_user:
                self._hide(text)
        session.phase = Phase.COMMAND
        data = _octets(text)
        await session.write(Outgoing(data + session.end, (slice(0, len(data)),) if data else ()), self._exchange)

    async def _say_command(self, text: str) -> None:
        session = self._session
        self._tell(
            slips_in(
                session.protocol, text, session.progress.situation(session.line.stream.is_tls, session.mechanisms)
            )
        )
        secret = secret_in(session.protocol, text)
        if secret is None:
            self._begins_login(text)
            await session.write(Outgoing(_octets(text) + session.end), text.strip())
            return
        if not session.may_be_secret():
            return
        head, token, tail = text[: secret.start], text[secret], text[secret.stop :]
        self._hide(token)
        words = head.split()
        self._mechanism = _mechanism(words[-1]) if words else ""
        if words and words[0].upper() in ("AUTH", "AUTHENTICATE"):
            self._exchange = head.strip()
            self._tell(self._flaws(token))
        start, hidden = _octets(head), _octets(token)
        data = start + hidden + _octets(tail) + session.end
        await session.write(Outgoing(data, (slice(len(start), len(start) + len(hidden)),)), head.strip())

    def _begins_login(self, text: str) -> None:
        """AUTH and its like without a token, with IMAP's tag before it: tokens come next."""
        words = text.split()
        if any("AUTH" in word.upper() for word in words[:2]):
            self._mechanism, self._exchange = _mechanism(words[-1]), text.strip()

    def _flaws(self, token: str) -> tuple[Slip, ...]:
        return tuple(Slip("token", {"flaw": flaw}) for flaw in flaws_in(self._mechanism, token))

    def _tell(self, slips: tuple[Slip, ...]) -> None:
        for slip in slips:
            self._session.screen.slip(slip)

    def _hide(self, token: str) -> None:
        """Mask what is in it, too, wherever the server echoes it decoded."""
        for secret in secrets_of(token):
            self._session.line.stream.secrets.add(secret)


def _mechanism(word: str) -> str:
    return word.strip('"').upper()


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
