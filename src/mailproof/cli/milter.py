"""`mailproof milter`: a milter asked as a mail server would ask it.

Exit codes: 0 it answers, and takes the message, or answers as the script wants; 1 it refuses, discards or holds the
message, or answers otherwise; 2 wrong usage; 3 it does not work: no verdict of its can be had.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailproof.cli.actions import refuse_others
from mailproof.cli.command import Command, Option, converted, one_of
from mailproof.cli.masked import masked
from mailproof.cli.options import duration
from mailproof.cli.reading import read_file
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.model.milter import MilterResult
    from mailproof.script.milter.mail import Client
    from mailproof.script.milter.place import MilterPlace
    from mailproof.script.milter.player import MilterTerms

_ACTIONS = ("send", "script")
# Twice what servers commonly take of a message (wire.milter keeps the same of what a milter changes).
_LARGEST = 64 << 20
_LARGEST_SCRIPT = 1 << 20
# As Postfix logs a client, with smtpd_client_port_logging too.
_CLIENT = re.compile(r"(?P<host>[^\[\]\s]*)(?:\[(?P<address>[^\[\]\s]+)\](?::(?P<port>\d+))?)?\Z", re.ASCII)


def command(terminal: Terminal) -> Command:
    seconds = converted(lambda text: duration(text, terminal))
    params: list[click.Parameter] = [
        click.Argument(["given"], nargs=-1, metavar="[send|script] URL [FILE|-]"),
        Option("--connect", metavar="CLIENT", section="milter", words="milter-connect"),
        Option("--helo", metavar="NAME", section="milter", words="milter-helo"),
        Option("--from", "sender", metavar="ADDRESS", default="", section="milter", words="milter-from"),
        Option("--rcpt", "recipients", metavar="ADDRESS", multiple=True, section="milter", words="milter-rcpt"),
        Option("--macro", "macros", metavar="NAME=VALUE", multiple=True, section="milter", words="macro"),
        Option(
            "--timeout", metavar="TIME", default="30s", section="connection", words="milter-timeout", callback=seconds
        ),
        Option("--content-timeout", metavar="TIME", default="300s", section="connection", callback=seconds),
        Option("--output", metavar="FILE", section="output", words="milter-output"),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
        Option("-v", "--verbose", is_flag=True, words="milter-verbose"),
        Option("--mask", is_flag=True),
    ]
    return Command("milter", terminal, partial(_milter, terminal), params)


def _milter(terminal: Terminal, given: tuple[str, ...], **wish: Any) -> int:
    from mailproof.script.milter.place import is_place, parse_place

    action = given[0] if given and given[0] in _ACTIONS else ""
    rest = given[bool(action) :]
    places = [text for text in rest if is_place(text)]
    files = [text for text in rest if not is_place(text)]
    if len(places) != 1:
        raise Complaint(terminal.say("cli.milter-no-place"))
    if len(files) != (1 if action else 0):
        raise Complaint(
            terminal.say(f"cli.milter-{action}-file" if action else "cli.milter-action", value=" ".join(files))
        )
    refuse_others(terminal, "milter", action or "URL")
    if wish["mask"] and wish["output"]:
        raise Complaint(terminal.say("cli.milter-mask"))
    place = parse_place(places[0])
    if action == "script":
        return _script(terminal, place, files[0], wish)
    return _send(terminal, place, files[0] if files else None, wish)


def _terms(wish: dict[str, Any]) -> MilterTerms:
    from mailproof.script.milter.player import MilterTerms

    return MilterTerms(wish["timeout"], wish["content_timeout"])


def _send(terminal: Terminal, place: MilterPlace, file: str | None, wish: dict[str, Any]) -> int:
    from mailproof.report.milter import milter_as_json, render_milter
    from mailproof.script.milter.mail import before, exercise, negotiate
    from mailproof.wire.milter.packets import PacketError

    net = _network()
    mail = None if file is None else _mail(terminal, read_file(file, terminal, _LARGEST), wish)
    message = b"" if mail is None else before(mail.message)
    with terminal.progress("milter.asking", what=place.url):
        asking = negotiate(net, place, _terms(wish)) if mail is None else exercise(net, place, mail, _terms(wish))
        try:
            result = net.run(asking)
        except PacketError:
            raise Complaint(terminal.say("cli.milter-field")) from None
    if wish["output"] and result.message:
        _write(terminal, wish["output"], result.message)
    if wish["mask"]:
        result, message = _masked(result, message, mail)
    if wish["shape"] == "json":
        terminal.write(milter_as_json(result, message))
    else:
        terminal.write(
            render_milter(result, message, terminal.lang, terminal.color, terminal.width, verbose=wish["verbose"])
        )
    return exit_code(result)


def _masked(result: MilterResult, message: bytes, mail: Any) -> tuple[MilterResult, bytes]:
    from mailproof.report.postable_message import Texts, exercised

    texts = Texts()
    shown = exercised(texts, result), texts.data(message)
    names = (mail.helo, mail.client.host) if mail is not None else ()
    return masked(shown, True, users=texts.users, hosts=names)


def exit_code(result: MilterResult) -> int:
    from mailproof.model.milter import Health, Verdict

    if result.health is not Health.SOUND:
        return 3
    passed = result.verdict in (Verdict.CONTINUE, Verdict.ACCEPT)
    return int(not passed or bool(result.quarantine) or bool(result.refused))


def _script(terminal: Terminal, place: MilterPlace, file: str, wish: dict[str, Any]) -> int:
    from mailproof.model.milter import Health, Stage
    from mailproof.report.milter import played_as_json, render_played
    from mailproof.script.format import ScriptError
    from mailproof.script.milter.language import parse
    from mailproof.script.milter.play import play

    folder = Path.cwd() if file == "-" else Path(file).parent

    def read(name: str) -> bytes:
        return read_file(str(folder / name), terminal, _LARGEST)

    net = _network()
    try:
        script = parse(read_file(file, terminal, _LARGEST_SCRIPT).decode("utf-8", "surrogateescape"))
        with terminal.progress("milter.asking", what=place.url):
            result = net.run(play(net, place, script, _terms(wish), read))
    except ScriptError as error:
        raise Complaint(
            terminal.say("cli.milter-script", file=file, why=terminal.say.usage(error.reason, error.params))
        ) from None
    if wish["mask"]:
        from mailproof.report.postable_message import Texts, played

        greetings = [each.step.said for each in result.steps if each.step.stage in (Stage.CONNECT, Stage.HELO)]
        result = masked(played(Texts(), result), True, hosts=[said.partition(" ")[0] for said in greetings])
    if wish["shape"] == "json":
        terminal.write(played_as_json(result))
    else:
        terminal.write(render_played(result, terminal.lang, terminal.color, terminal.width, verbose=wish["verbose"]))
    return 3 if result.health is not Health.SOUND else int(result.unmet is not None)


def _network() -> Any:
    from mailproof.net.sockets import SocketNet

    net = SocketNet()
    # What OpenSSL takes to be imported is no time of the milter's.
    net.contexts  # noqa: B018
    return net


def _mail(terminal: Terminal, message: bytes, wish: dict[str, Any]) -> Any:
    from mailproof.script.milter.mail import MilterMail

    if not message.strip():
        raise Complaint(terminal.say("cli.milter-empty"))
    client = _client(wish["connect"], terminal)
    recipients = tuple(each.strip().strip("<>") for each in wish["recipients"])
    texts = (wish["sender"], wish["helo"] or "", wish["connect"] or "", *recipients)
    if not recipients:
        raise Complaint(terminal.say("cli.milter-rcpt"))
    if any(char in text for text in texts for char in "\r\n\0"):
        raise Complaint(terminal.say("cli.milter-line"))
    return MilterMail(
        client,
        wish["helo"] or client.host,
        wish["sender"].strip().strip("<>"),
        (),
        recipients,
        message,
        tuple(_macro(text, terminal) for text in wish["macros"]),
    )


def _client(text: str | None, terminal: Terminal) -> Client:
    """`HOST[ADDRESS]:PORT` as Postfix logs a client; the name or the address alone."""
    from mailproof.script.milter.mail import client_of

    if text is None:
        return client_of(())
    match = _CLIENT.match(text)
    try:
        if match is None:
            raise ValueError(text)
        host, address, port = match["host"], match["address"] or "", match["port"] or ""
        return client_of([each for each in (host or f"[{address}]", address, port) if each])
    except ValueError:
        raise Complaint(terminal.say("cli.milter-client", value=text)) from None


def _macro(text: str, terminal: Terminal) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip("{}") or "\0" in text:
        raise Complaint(terminal.say("cli.milter-macro", value=text))
    return name, value


def _write(terminal: Terminal, name: str, data: bytes) -> None:
    try:
        Path(name).write_bytes(data)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or ""
        raise Complaint(terminal.say("cli.unwritable", file=name, why=why)) from None
