"""`mailproof talk`: a session by hand. On a terminal it prompts; otherwise it plays a script and checks the answers.

Exit codes: 0; 1 wrong usage, 2 connect, 6 closed unexpectedly, 21 greeting, 22 EHLO, 23 MAIL, 24 RCPT, 25 DATA,
26 the message, 27 QUIT, 28 login, 29 TLS, 32 EHLO inside TLS, 40 another command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from mailproof.cli.command import Command, Option, one_of
from mailproof.cli.options import Connecting, connecting, connection_options
from mailproof.cli.records import must_be_writable
from mailproof.cli.talk.script import NotFound, play_script
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.cli.wishes import login_wish
from mailproof.model.endpoint import Target, TargetKind
from mailproof.model.talk import TalkPlace, TalkProtocol
from mailproof.probes.wish import LoginWish
from mailproof.run.hand.stages import Stage
from mailproof.run.talk.url import parse_place

# What a single connection made by hand has no use for.
_NOT_HERE = ("all_mechanisms",)


def command(terminal: Terminal) -> Command:
    params: list[click.Parameter] = [
        click.Argument(["url"], metavar="URL"),
        Option("--by-hand", is_flag=True, section="session"),
        Option("--lf", is_flag=True, section="session"),
        Option("--script", metavar="FILE|-", section="session"),
        Option("--record", metavar="FILE", section="session", words="talk-record"),
        *connection_options(terminal, without=_NOT_HERE),
        Option("--format", "shape", default="text", words="talk-format", **one_of(("text", "json"), terminal)),
        Option("-v", "--verbose", is_flag=True, words="talk-verbose"),
        Option("--mask", is_flag=True, words="talk-mask"),
    ]
    return Command("talk", terminal, partial(_talk, terminal), params)


def _talk(terminal: Terminal, url: str, **given: Any) -> int:
    try:
        return _session(terminal, url, given)
    except NotFound as name:
        terminal.tell("mailproof: " + terminal.say("cli.not-resolved", names=(str(name),)))
        return Stage.CONNECT


def _session(terminal: Terminal, url: str, given: dict[str, Any]) -> int:
    place = parse_place(url)
    how = connecting(given, terminal)
    if how.name is not None:
        import msgspec

        place = msgspec.structs.replace(place, name=how.name)
    if given["record"] is not None:
        must_be_writable(given["record"], terminal)
    if how.xclient and place.protocol not in (TalkProtocol.SMTP, TalkProtocol.LMTP):
        raise Complaint(terminal.say("cli.xclient-protocol", scheme=place.scheme))
    if how.xclient and given["by_hand"]:
        raise Complaint(terminal.say("cli.xclient-by-hand"))
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if given["script"] is None and on_terminal:
        if given["shape"] == "json":
            raise Complaint(terminal.say("cli.json-needs-script"))
        from mailproof.cli.talk.terminal import talk_by_hand

        lazy = partial(_wish, terminal, place, how, given)
        return talk_by_hand(terminal, place, how, given, lazy, key_log())
    if given["by_hand"] or given["lf"]:
        raise Complaint(terminal.say("cli.by-hand-needs-terminal"))
    wish = _wish(terminal, place, how, given) if _has_login(given) else None
    return play_script(terminal, place, how, given, wish, key_log())


def _has_login(given: Mapping[str, Any]) -> bool:
    return any(given.get(name) for name in ("user", "netrc", "mechanism"))


def _wish(terminal: Terminal, place: TalkPlace, how: Connecting, given: Mapping[str, Any]) -> LoginWish | None:
    """The credentials that the options name; None where they name none. Raises Complaint."""
    target = Target(place.url, TargetKind.URL, place.host)
    return login_wish(given["user"] or "", how, given, (target,), terminal)


def key_log() -> str:
    """The file for Wireshark that the user's environment names (SSLKEYLOGFILE), as browsers and curl take it."""
    return os.environ.get("SSLKEYLOGFILE", "")
