"""Scripts of `talk`: read, played, told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from mailproof.cli.options import Connecting, network, terms_of
from mailproof.cli.reading import read_file
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.talk import Played, TalkPlace

if TYPE_CHECKING:
    from mailproof.model.transcript import Transcript
    from mailproof.net.interface import Net
    from mailproof.probes.wish import LoginWish
    from mailproof.report.mask import Mask
    from mailproof.run.talk.auth import Login
    from mailproof.run.talk.line import TalkLine
    from mailproof.script.format import Section

# More than anybody writes by hand, a message in it included.
_LONGEST = 64 << 20
# What a line of a script begins with; a file without any is what one would pipe into telnet.
_OF_A_SCRIPT = re.compile(r"^(?:[SC][:|]|[*@] )", re.MULTILINE)


def play_script(
    terminal: Terminal,
    place: TalkPlace,
    how: Connecting,
    given: Mapping[str, Any],
    wish: LoginWish | None,
    key_log: str,
) -> int:
    """The exit code of the stage at which the script ended. Raises Complaint for what is no script."""
    from mailproof.run.talk.play import play

    section = _section(given["script"] or "-", place, terminal)
    terms = msgspec.structs.replace(terms_of(how), secrets=wish.secrets if wish is not None else ())
    net = network(how, key_log)
    login_for = LoginMaker(wish, place)

    async def played() -> Played:
        addresses = await addresses_of(net, place, how)
        return await play(net, section, place, addresses, terms, login_for)

    result = net.run(played())
    if given["mask"] and result.transcript is not None:
        mask = masking(result.transcript, place, given["user"] or "")
        result = mask.apply(result)
    if given["record"] is not None and result.transcript is not None:
        keep(result.transcript, given["record"], terminal)
    terminal.write(_told(result, given["shape"], terminal, verbose=given["verbose"]))
    return int(result.stage)


def _section(file: str, place: TalkPlace, terminal: Terminal) -> Section:
    """The only one of the script; its `@` line may be left out, and the URL of the command line counts."""
    from mailproof.script.format import ScriptError, parse

    text = read_file(file, terminal, _LONGEST).decode("utf-8", "replace")
    named = any(line.startswith("@") for line in text.splitlines())
    try:
        script = parse(text, "" if named else f"{place.url} talk")
    except ScriptError as error:
        if not _OF_A_SCRIPT.search(text):
            raise Complaint(terminal.say("cli.plain-lines", file=file)) from None
        raise Complaint(
            terminal.say("cli.no-script", file=file, why=terminal.say.usage(error.reason, error.params))
        ) from None
    if not any(section.lines for section in script.sections):
        raise Complaint(terminal.say("cli.empty-script", file=file))
    if len(script.sections) != 1:
        raise Complaint(terminal.say("cli.no-section", file=file, n=len(script.sections)))
    return script.sections[0]


class LoginMaker:
    """`play.LoginFor`, with the credentials of the command line."""

    def __init__(self, wish: LoginWish | None, place: TalkPlace) -> None:
        self._wish = wish
        self._place = place

    def __call__(self, line: TalkLine, mechanism: str, offered: tuple[str, ...]) -> Login | None:
        if self._wish is None:
            return None
        return login_course(line, self._place, self._wish, mechanism, offered)


def login_course(
    line: TalkLine, place: TalkPlace, wish: LoginWish, mechanism: str, offered: tuple[str, ...]
) -> Login | None:
    """A login by this mechanism, or by one that is offered; None where there is none that serves."""
    from mailproof.probes.exchange import binding_of
    from mailproof.run.talk.auth import SERVICES, by_command, by_sasl, choose, is_own_command
    from mailproof.sasl.credentials import Circumstances
    from mailproof.sasl.registry import MECHANISMS

    if place.protocol not in SERVICES:
        return None
    binding = binding_of(line.stream)
    name = mechanism or wish.mechanism
    name = name or choose(place.protocol, offered, wish.credentials, line.protection, tuple(binding))
    if is_own_command(place.protocol, name, offered):
        return by_command(place.protocol, wish.credentials)
    if name not in MECHANISMS:
        return None
    plus = any(each.endswith("-PLUS") for each in " ".join(offered).upper().split())
    where = Circumstances(SERVICES[place.protocol], place.name, place.port, wish.nonce, binding, plus)
    return by_sasl(place.protocol, name, wish.credentials, where, offered)


class NotFound(Exception):
    """A name without an address; its text is the name."""


async def addresses_of(net: Net, place: TalkPlace, how: Connecting) -> tuple[str, ...]:
    """Where to dial, IPv6 first as the system does (RFC 6724).

    Raises NotFound for a name without an address, UsageError for an address that `-4` or `-6` rules out.
    """
    from mailproof.parse.vantage import address
    from mailproof.run.endpoints import must_be_of

    if place.path is not None:
        return ()
    must_be_of(how.only, place.host)
    if address(place.host) is not None:
        return (place.host,)
    found: list[str] = []
    for family in sorted(how.families, reverse=True):
        answer = await net.resolve(place.host, family, net.now() + how.timeout)
        found += [each for each in answer.answers if address(each) is not None]
    if not found:
        raise NotFound(place.host)
    return tuple(dict.fromkeys(found))


def masking(transcript: Transcript, place: TalkPlace, user: str) -> Mask:
    """Stand-ins for what a session names."""
    from mailproof.report.mask import Mask

    return Mask(None, (user,), transcript, hosts=(place.host, place.name))


def keep(transcript: Any, file: str, terminal: Terminal) -> None:
    """The session as a script, readable by its owner only. Raises Complaint."""
    import os

    from mailproof.run.talk.recorded import script_of

    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(script_of(transcript))
    except OSError as error:
        raise Complaint(terminal.say("cli.unwritable", file=file, why=error.strerror or "")) from None


def _told(played: Played, shape: str, terminal: Terminal, *, verbose: bool) -> str:
    from mailproof.report.talk import played_as_json, render_played

    if shape == "json":
        return played_as_json(played)
    return render_played(played, terminal.lang, terminal.color, terminal.width, verbose=verbose)
