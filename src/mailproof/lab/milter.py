"""A milter under test: started for it, asked as a mail server would ask it, and ended with it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from email.message import Message
from pathlib import Path

from mailproof.lab.real.ports import ClaimedPorts
from mailproof.lab.real.processes import Daemon, WaitedInVainError, end, first_true
from mailproof.model.milter import Health, MilterPlayed, MilterResult
from mailproof.net.sockets import SocketNet
from mailproof.script.milter.language import parse
from mailproof.script.milter.mail import MilterMail, client_of, exercise, negotiate
from mailproof.script.milter.place import MilterPlace, parse_place
from mailproof.script.milter.play import play
from mailproof.script.milter.player import MilterTerms

# A milter written in an interpreter is up within two seconds; thirty times the load is still waited for.
_START_SECONDS = 60.0
_TERMS = MilterTerms()
_NOT_YET = (Health.REFUSED, Health.NO_SOCKET)


class MilterUnderTest:
    """A milter that runs."""

    def __init__(self, place: MilterPlace, terms: MilterTerms = _TERMS) -> None:
        self._place = place
        self._terms = terms

    @property
    def url(self) -> str:
        """`inet:40001@127.0.0.1`: for `smtpd_milters` as for `mailproof milter`."""
        return self._place.url

    def negotiate(self) -> MilterResult:
        """What it wants: `health`, `negotiated`."""
        net = SocketNet()
        return net.run(negotiate(net, self._place, self._terms))

    def send(
        self,
        message: bytes | str | Message,
        *,
        sender: str = "sender@example.com",
        recipients: Sequence[str] = ("recipient@example.com",),
        client: str = "mx.example.com 192.0.2.1",
        helo: str = "mx.example.com",
        macros: Mapping[str, str] | None = None,
    ) -> MilterResult:
        """One message through it; `client` is `HOST ADDRESS`, or an address alone.

        The result has `health`, `verdict`, `reply`, `stage`, `changes`, `steps` with their seconds, and what comes
        out: `message`, `sender`, `recipients`.
        """
        mail = MilterMail(
            client_of(client.split()),
            helo,
            sender,
            (),
            tuple(recipients),
            _data(message),
            tuple((macros or {}).items()),
        )
        net = SocketNet()
        return net.run(exercise(net, self._place, mail, self._terms))

    def play(self, script: str) -> MilterPlayed:
        """A script of `mailproof milter script`; `ok` tells whether all was answered as it wants.

        Files that it names are looked for in the working directory. Raises ScriptError for a text that is none, and
        OSError.
        """
        net = SocketNet()
        return net.run(play(net, self._place, parse(script), self._terms, lambda name: Path(name).read_bytes()))


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[MilterUnderTest]:
    """Start a milter that stays in the foreground, and wait until it negotiates.

    In `command`, `{socket}` is where it is to listen, `inet:40001@127.0.0.1`, and `{port}` the number alone; with
    `{path}` it is a Unix socket. Raises RuntimeError, with what it printed, if it ends or takes too long.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="mailproof-milter-"))
        stack.callback(shutil.rmtree, folder)
        path = folder / "milter.sock"
        if any("{path}" in word for word in command):
            place = parse_place(f"unix:{path}")
            port = 0
        else:
            port = stack.enter_context(ClaimedPorts(("milter",))).numbers["milter"]
            place = parse_place(f"inet:{port}@127.0.0.1")
        filled = [
            word.replace("{socket}", place.url).replace("{port}", str(port)).replace("{path}", str(path))
            for word in command
        ]
        output = folder / "output"
        daemon = Daemon(filled, {**os.environ, **(environment or {})}, output)
        stack.callback(end, [daemon], str(folder))
        milter = MilterUnderTest(place)
        _wait(milter, daemon, output)
        yield milter


def _wait(milter: MilterUnderTest, daemon: Daemon, output: Path) -> None:
    def answers() -> MilterResult | None:
        seen = milter.negotiate()
        return None if seen.health in _NOT_YET else seen

    try:
        seen = first_true(answers, [daemon], _START_SECONDS)
    except WaitedInVainError as vain:
        what = "ended" if vain.ended else "does not listen"
        raise RuntimeError(f"the milter {what}: {output.read_text('utf-8', 'replace')}") from None
    if seen is None or seen.health is not Health.SOUND:
        raise RuntimeError(f"the milter does not negotiate ({seen})")


def _data(message: bytes | str | Message) -> bytes:
    if isinstance(message, Message):
        return message.as_bytes()
    return message.encode("utf-8") if isinstance(message, str) else message
