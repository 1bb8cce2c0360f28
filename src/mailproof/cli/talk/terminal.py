"""A session by hand on a terminal: one task prompts, another listens; asyncio and prompt_toolkit live here only."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mailproof.cli.options import Connecting, name_server, terms_of
from mailproof.cli.talk.local import Local
from mailproof.cli.talk.screen import TalkScreen
from mailproof.cli.talk.script import addresses_of, keep, masking
from mailproof.cli.talk.tty import between_prompts
from mailproof.cli.terminal import Terminal
from mailproof.cli.wishes import random_text
from mailproof.model.attempt import Trouble
from mailproof.model.escape import to_text
from mailproof.model.failure import NetFailure
from mailproof.model.talk import TalkPlace
from mailproof.net.aio import AsyncioNet
from mailproof.probes.wish import LoginWish
from mailproof.run.hand.stages import Stage
from mailproof.run.talk.line import FAREWELLS, Closed
from mailproof.run.talk.listener import Listener
from mailproof.run.talk.opening import dial, enter
from mailproof.run.talk.session import Phase, Session
from mailproof.run.talk.typist import Typist
from mailproof.sasl.credentials import Credentials
from mailproof.wire.outgoing import Outgoing

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.output.vt100 import Vt100_Output
    from prompt_toolkit.patch_stdout import StdoutProxy

    from mailproof.cli.talk.prompt import TalkInput

# How long the prompt waits for an answer, and how often it looks whether there is one: shorter than anybody notices.
_SOON, _LOOK = 1.0, 0.01
# How long the answer to a farewell is waited for.
_GOODBYE = 2.0


def talk_by_hand(
    terminal: Terminal,
    place: TalkPlace,
    how: Connecting,
    given: Mapping[str, Any],
    wish: Callable[[], LoginWish | None],
    key_log: str,
) -> int:
    """Until the user or the server has had enough. The exit code says where it could not even begin."""
    named = any(given.get(name) for name in ("user", "netrc", "mechanism"))
    given_wish = wish() if named else None
    with between_prompts():
        return asyncio.run(_Talk(terminal, place, how, given, given_wish, key_log).run())


def _output() -> Vt100_Output:
    """The terminal. The position of its cursor is not asked for: a late answer would stand in the typed line."""
    from prompt_toolkit.output.vt100 import Vt100_Output

    output = Vt100_Output.from_pty(sys.stdout)
    output.enable_cpr = False
    return output


class _Talk:
    def __init__(
        self,
        terminal: Terminal,
        place: TalkPlace,
        how: Connecting,
        given: Mapping[str, Any],
        wish: LoginWish | None,
        key_log: str,
    ) -> None:
        self._terminal = terminal
        self._place = place
        self._how = how
        self._given = given
        self._wish = wish
        self._net = AsyncioNet(name_server(how), key_log)
        self._above: StdoutProxy | None = None
        self._screen = TalkScreen(terminal, self._write)
        self._session = Session(self._net, place, terms_of(how), self._screen, lf=given["lf"])
        self._typist = Typist(self._session)
        self._local = Local(self._session, self._typist, self._screen, terminal, self._credentials)
        self._input: TalkInput | None = None
        self._output: Vt100_Output | None = None
        self._prompt: PromptSession[str] | None = None

    async def run(self) -> int:
        try:
            return await self._run()
        except asyncio.CancelledError:  # Ctrl-C: goodbye is said, and not waited for
            self._local.stop()
            greeted = self._session.stage is not Stage.GREETING  # who speaks before is a spammer
            self._session.close(FAREWELLS.get(self._place.protocol, b"") if greeted else b"")
            raise

    async def _run(self) -> int:
        session = self._session
        try:
            addresses = await addresses_of(self._net, self._place, self._how)
            await (dial if self._given["by_hand"] else enter)(session, addresses)
        except NetFailure as failure:
            why = failure.detail or ("" if failure.trouble is Trouble.TIMEOUT else str(failure.trouble))
            event = "lost" if session.line.is_dialled else "not-connected"
            self._screen.event(event, why=why or self._terminal.say("talk.no-answer"))
            return self._end(session.stage)
        except Closed:
            self._screen.event("closed")
            return self._end(Stage.CLOSED)
        if session.is_over:
            return self._end(session.stage)
        await self._by_hand()
        return self._end(Stage.OPEN)

    def _write(self, line: str) -> None:
        if self._above is not None:
            self._above.write(f"{line}\n")
            self._above.flush()
        else:
            self._terminal.write(f"{line}\n")

    def _end(self, stage: Stage) -> int:
        self._local.stop()
        self._session.close()
        if self._given["record"] is not None and self._session.line.is_dialled:
            transcript = self._session.line.stream.transcript()
            if self._given["mask"]:
                transcript = masking(transcript, self._place, self._given["user"] or "").apply(transcript)
            keep(transcript, self._given["record"], self._terminal)
        return int(stage)

    async def _by_hand(self) -> None:
        # Imported while the server makes up its answer: it is what takes longest of all this.
        from prompt_toolkit import PromptSession
        from prompt_toolkit.patch_stdout import StdoutProxy

        from mailproof.cli.talk.prompt import HideSecrets, TalkCompleter, TalkHistory, TalkInput

        session = self._session
        self._input, self._output = TalkInput(sys.stdin), _output()
        self._prompt = PromptSession(
            history=TalkHistory(session),
            completer=TalkCompleter(session),
            complete_while_typing=False,
            input_processors=[HideSecrets(session)],
            input=self._input,
            output=self._output,
        )
        # Its lines stand above the prompt; it writes them this often, and not five times a second.
        with StdoutProxy(sleep_between_writes=_LOOK, raw=True) as self._above:
            listening = asyncio.ensure_future(Listener(self._net, session).listen())
            await self._answer()
            self._screen.text("hint")
            try:
                # Raw between prompts too: what is typed ahead, Ctrl-D among it, is for the next prompt.
                with self._prompt.app.input.raw_mode():
                    while not session.is_over and not self._local.is_quitting:
                        if not await self._one_line(listening):
                            break
            finally:
                await self._leave(listening)
        self._above = None

    async def _one_line(self, listening: asyncio.Future[None]) -> bool:
        """Prompt, and carry out what was typed; False at the end of the input."""
        assert self._prompt is not None
        typing = asyncio.ensure_future(self._prompt.prompt_async(self._label))
        both: set[asyncio.Future[Any]] = {typing, listening}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not typing.done():  # the server has gone
            self._prompt.app.exit(exception=EOFError)
        try:
            line = await typing
        except (EOFError, KeyboardInterrupt):
            return False
        if listening.done():
            return False
        try:
            for each in line.split("\n"):  # what was pasted may be several, and each waits for its answer
                await self._typed(each)
        except NetFailure as failure:
            self._screen.event("lost", why=failure.detail or str(failure.trouble))
            return False
        return True

    async def _typed(self, line: str) -> None:
        session = self._session
        command = session.phase is Phase.COMMAND
        if command and line.startswith("/") and not line.startswith("//"):
            with between_prompts():
                await self._local.run(line)
        else:
            await self._typist.say(line.removeprefix("/") if command and line.startswith("//") else line)
        await self._answer()

    async def _answer(self) -> None:
        """What is answered soon stands above the next prompt; what takes longer comes while one types."""
        until = self._net.now() + _SOON
        while self._session.is_waiting and not self._session.is_over and self._net.now() < until:
            await asyncio.sleep(_LOOK)

    def _label(self) -> str:
        return self._terminal.say(f"talk.prompt-{self._session.phase}")

    async def _leave(self, listening: asyncio.Future[None]) -> None:
        """Say goodbye where the server still listens, and hear its answer."""
        session = self._session
        farewell = FAREWELLS.get(session.protocol)
        if not session.is_over and session.phase is Phase.COMMAND and farewell is not None:
            try:
                await session.send(Outgoing(farewell), to_text(farewell.strip()))
                await asyncio.wait({listening}, timeout=_GOODBYE)
            except NetFailure:
                pass  # it has gone already
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    async def _credentials(self, mechanism: str) -> LoginWish | None:
        """Those of the command line, or asked for now."""
        if self._wish is not None:
            return self._wish
        from prompt_toolkit import PromptSession

        say = self._terminal.say
        ask: PromptSession[str] = PromptSession(input=self._input, output=self._output)
        try:
            user = "" if mechanism in ("ANONYMOUS",) else await ask.prompt_async(say("talk.ask-user"))
            secret = ""
            if mechanism not in ("ANONYMOUS", "EXTERNAL"):
                secret = await ask.prompt_async(say("cli.password-of", user=user), is_password=True)
        except (EOFError, KeyboardInterrupt):
            return None
        if set(user + secret) & set("\r\n\0"):
            return None
        self._terminal.secrets.add(secret.encode("utf-8", "surrogateescape"))
        token = secret if mechanism in ("XOAUTH2", "OAUTHBEARER") else ""
        return LoginWish(Credentials(user, "" if token else secret, token=token), random_text(), mechanism)
