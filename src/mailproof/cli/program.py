"""From the arguments to an exit code: which command, in which language, and what becomes of every way to fail."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, Any

from mailproof.cli.overview import BY_HAND, COMMANDS, overview
from mailproof.cli.settings_files import places, top
from mailproof.cli.terminal import COLORS, Complaint, Terminal, Unwritten, drop, language, open_streams
from mailproof.model.failure import UsageError

if TYPE_CHECKING:
    from mailproof.cli.settings import SettingsFile

USAGE = 2
USAGE_BY_HAND = 1
"""Of the commands that end with the number of a stage, where 2 is the connection (docs/login.md)."""
UNKNOWN = 3
"""The state of a plugin of Nagios that was asked wrongly (guidelines of the Monitoring Plugins, section 2.4)."""
CRASHED = 3
"""A crash is no verdict: `check` could not tell."""

UNWRITTEN = 3
"""The result is lost, whatever it was: nothing can be told from the exit code either."""

_LANGUAGES = ("en", "ja")
_HELP = {"-h", "--help", "help"}
# 128 and the number of the signal, as a shell reports a process that one has ended.
_INTERRUPTED = 128 + signal.SIGINT
_TERMINATED = 128 + signal.SIGTERM
_NOBODY_READS = 128 + signal.SIGPIPE


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP, which end a command as Ctrl-C does: in good order."""


def run(arguments: list[str]) -> int:
    """Carry out the command and return its exit code; no exception but those of the interpreter's end comes out."""
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        # A locale that lacks a character shows its escape; it is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminate)
    lang = _given(arguments, "--lang", _LANGUAGES)
    terminal = Terminal(lang or language(os.environ))
    try:
        files = _settings_files(arguments, terminal)
        color = _given(arguments, "--color", COLORS) or os.environ.get("MAILPROOF_COLOR") or top(files, "color")
        terminal = Terminal(lang or language(os.environ, top(files, "lang")), color if color in COLORS else "auto")
        return _dispatch(arguments, files, terminal)
    except Complaint as complaint:
        return _complain(str(complaint), arguments, terminal)
    except UsageError as error:
        return _complain(terminal.say.usage(error.reason, error.params), arguments, terminal)
    except BrokenPipeError:
        drop(sys.stdout)
        return _NOBODY_READS
    except Unwritten as end:
        drop(sys.stdout)
        why = getattr(end.__cause__, "strerror", None) or ""
        terminal.tell("mailproof: " + terminal.say("cli.unwritten", why=why))
        return UNWRITTEN
    except KeyboardInterrupt as interrupt:
        terminal.tell(terminal.say("cli.interrupted"))
        return _TERMINATED if isinstance(interrupt, Terminated) else _INTERRUPTED
    except Exception as error:
        _report_crash(error, terminal)
        return CRASHED


def _complain(sentence: str, arguments: list[str], terminal: Terminal) -> int:
    """Wrong usage, to the user; to Nagios, which reads standard output and takes 2 for CRITICAL, as plugins do."""
    wanted = _given(arguments, "--format", ("nagios",)) or os.environ.get("MAILPROOF_FORMAT")
    if wanted == "nagios":
        terminal.write(f"MAIL UNKNOWN - {sentence}\n")
        return UNKNOWN
    terminal.tell(f"mailproof: {sentence}")
    command = next((word for word in arguments if word in COMMANDS), "")
    return USAGE_BY_HAND if command in BY_HAND else USAGE


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _given(arguments: list[str], option: str, allowed: tuple[str, ...]) -> str:
    """The last valid value of a global option, wherever it stands: help and complaints need it before all parsing."""
    values = [after for before, after in pairwise(arguments) if before == option]
    values += [text.partition("=")[2] for text in arguments if text.startswith(f"{option}=")]
    return next((value for value in reversed(values) if value in allowed), "")


def _settings_files(arguments: list[str], terminal: Terminal) -> tuple[SettingsFile, ...]:
    """None where help is asked for and they are broken: it is what helps to mend them. Else raises Complaint."""
    there = places(os.environ)
    if not there:
        return ()
    from mailproof.cli.settings import read

    try:
        return read(there, terminal)
    except Complaint:
        if _HELP.isdisjoint(arguments):
            raise
        return ()


def _dispatch(arguments: list[str], files: tuple[SettingsFile, ...], terminal: Terminal) -> int:
    rest = _after_global_options(arguments, terminal)
    if not rest or rest[0] in _HELP:
        if rest[1:2] and rest[1] in COMMANDS:
            return _command(rest[1], ["--help"], files, terminal)
        terminal.write(overview(terminal))
        return 0
    name, *rest = rest
    if name in ("--version", "-V"):
        from mailproof import __version__

        terminal.write(f"mailproof {__version__}\n")
        return 0
    if name.startswith("-"):
        raise Complaint(terminal.say("cli.no-such-option", option=name.partition("=")[0]) + _hint(terminal))
    if name not in COMMANDS:
        from difflib import get_close_matches

        near = get_close_matches(name, COMMANDS, 1)
        sentence = terminal.say("cli.no-such-command", name=name)
        raise Complaint(sentence + (terminal.say("cli.did-you-mean", near=near[0]) if near else _hint(terminal)))
    return _command(name, rest, files, terminal)


def _hint(terminal: Terminal) -> str:
    return terminal.say("cli.see-help", command="mailproof")


def _after_global_options(arguments: list[str], terminal: Terminal) -> list[str]:
    """What follows them. Raises Complaint for a value that cannot be."""
    rest = list(arguments)
    allowed = {"--lang": _LANGUAGES, "--color": COLORS}
    while rest:
        option, equals, value = rest[0].partition("=")
        if option not in allowed:
            break
        if not equals:
            value = rest[1] if len(rest) > 1 else ""
        if value not in allowed[option]:
            raise Complaint(terminal.say("cli.not-one-of", option=option, choices=allowed[option], value=value))
        rest = rest[1:] if equals else rest[2:]
    return rest


def _command(name: str, arguments: list[str], files: tuple[SettingsFile, ...], terminal: Terminal) -> int:
    """Import and run one command. Raises Complaint with a sentence for whatever click objects to."""
    from importlib import import_module

    import click

    from mailproof.cli.command import Command

    command: Command = import_module(f"mailproof.cli.{name}").command(terminal)
    settings = None
    if files and _HELP.isdisjoint(arguments):
        from mailproof.cli.settings import settings_of

        settings = settings_of(command, files, terminal)
    defaults = settings.values if settings else None
    try:
        # Not by `main`, which has ways of its own with Ctrl-C and a closed pipe.
        with command.make_context(f"mailproof {name}", arguments, default_map=defaults) as context:
            result: Any = command.invoke(context)
    except click.exceptions.Exit as done:  # after --help
        return done.exit_code
    except click.ClickException as error:
        from mailproof.cli.misuse import misuse

        raise Complaint(misuse(error, command, settings, terminal)) from None
    return int(result)


def _report_crash(error: Exception, terminal: Terminal) -> None:
    """A mistake of ours: what a bug report needs, without what must not be in one."""
    import traceback

    from mailproof import __version__
    from mailproof.model.escape import printable

    trace = terminal.secrets.mask_text("".join(traceback.format_exception(error)))
    python = ".".join(map(str, sys.version_info[:3]))
    terminal.tell(terminal.say("cli.crashed"))
    with suppress(OSError):  # as in tell
        sys.stderr.write(f"mailproof {__version__}, Python {python}, {sys.platform}\n")
        sys.stderr.write(printable(trace, keep_newlines=True))
