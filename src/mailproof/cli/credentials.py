"""Passwords and tokens: where they may come from, and that they come from one place.

A password is never an argument: every user of the machine can read the arguments of every process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
from click.core import ParameterSource

from mailproof.cli.command import Option
from mailproof.cli.reading import from_home, opening
from mailproof.cli.terminal import Complaint, Terminal

# More than any password; a descriptor that never ends (/dev/zero) is not read for ever.
_LONGEST = 64 * 1024

_KINDS = ("env", "file", "fd", "command")
# The later ones give way to the earlier ones (docs/guide.md: settings).
_PRECEDENCE = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)

# What people type from habit, and what no option of ours is called.
HABITS = ("--password", "--pass", "--passwd", "-p")


class Source(msgspec.Struct, frozen=True):
    """Where one secret comes from; at most one is set."""

    option: str = ""
    """As the user typed it, `--password-env`; empty if there is none."""
    value: str = ""


def user_options(terminal: Terminal) -> list[click.Parameter]:
    """`--user` and all that goes with it."""
    return [
        Option("--user", "-u", metavar="NAME", section="login"),
        *_secret_options("password", "password", fd=True),
        Option("--netrc", is_flag=True, section="login"),
        *_secret_options("token", "token", fd=False),
        Option(
            *HABITS,
            "password_argument",
            hidden=True,
            is_flag=False,
            flag_value="",
            expose_value=False,
            callback=lambda ctx, param, value: _refuse_argument(value, terminal),
        ),
    ]


def mailbox_options() -> list[click.Parameter]:
    """The login of the mailbox, where it is not the sender's."""
    return [
        Option("--mailbox-user", metavar="NAME", section="login"),
        *_secret_options("mailbox-password", "password", fd=True),
    ]


def proxy_options() -> list[click.Parameter]:
    """The password for a proxy that wants one."""
    return _secret_options("proxy-password", "password", fd=True, section="connection")


def _secret_options(name: str, words: str, *, fd: bool, section: str = "login") -> list[click.Parameter]:
    kinds = {"env": "VAR", "file": "FILE", **({"fd": "N"} if fd else {}), "command": "COMMAND"}
    prefix = next((f"{whose}-" for whose in ("mailbox", "proxy") if name.startswith(whose)), "")
    return [
        Option(f"--{name}-{kind}", metavar=metavar, section=section, words=f"{prefix}{words}-{kind}")
        for kind, metavar in kinds.items()
    ]


def _refuse_argument(value: str | None, terminal: Terminal) -> None:
    if value is not None:
        raise Complaint(terminal.say("cli.password-argument"))


def source(given: Mapping[str, Any], name: str, terminal: Terminal) -> Source:
    """The one source of `password`, `mailbox-password`, `proxy-password` or `token` among the command's options.

    One on the command line wins over one in the environment or in a file of settings. Raises Complaint where there
    are two in one place.
    """
    context = click.get_current_context()
    found: dict[ParameterSource | None, list[Source]] = {}
    for parameter in _sources(name.replace("-", "_")):
        value = given.get(parameter)
        if value is not None and value is not False:
            named = Source(f"--{parameter.replace('_', '-')}", "" if value is True else str(value))
            found.setdefault(context.get_parameter_source(parameter), []).append(named)
    first = next((found[place] for place in _PRECEDENCE if place in found), [])
    if len(first) > 1:
        raise Complaint(terminal.say("cli.two-sources", options=tuple(each.option for each in first)))
    return first[0] if first else Source()


def sources_beside(parameter: str) -> tuple[str, ...]:
    """The other parameters from which the same secret could come; none for a parameter that is no source."""
    groups = (_sources(name) for name in ("password", "mailbox_password", "proxy_password", "token"))
    return next((tuple(each for each in group if each != parameter) for group in groups if parameter in group), ())


def _sources(name: str) -> tuple[str, ...]:
    return (*(f"{name}_{kind}" for kind in _KINDS), *(("netrc",) if name == "password" else ()))


def read(source: Source, terminal: Terminal) -> str:
    """The first line of what the source holds, without its end. Bytes that are no UTF-8 are kept (PEP 383).

    Raises Complaint, which names the source and never its content.
    """
    kind = source.option.rpartition("-")[2]
    data = {"env": _variable, "file": _file, "fd": _descriptor, "command": _command}[kind](source, terminal)
    line = data.split(b"\n", 1)[0].removesuffix(b"\r")
    if not line or b"\0" in line:
        _no(terminal, "cli.secret-empty" if not line else "cli.secret-nul", source)
    if len(line) > _LONGEST:
        _no(terminal, "cli.secret-long", source)
    secret = line.decode("utf-8", "surrogateescape")
    terminal.secrets.add(line)
    return secret


def ask(question: str, terminal: Terminal, otherwise: str = "cli.no-password") -> str:
    """Typed on the terminal without echo. Raises Complaint where there is no terminal, or nothing was typed."""
    if not sys.stdin.isatty():
        raise Complaint(terminal.say(otherwise))
    import getpass

    try:
        secret = getpass.getpass(question, stream=sys.stderr)
    except (EOFError, KeyboardInterrupt) as end:
        sys.stderr.write("\n")  # the prompt's line is still open
        raise end if isinstance(end, KeyboardInterrupt) else KeyboardInterrupt from None
    if not secret:
        raise Complaint(terminal.say("cli.nothing-typed"))
    terminal.secrets.add(secret.encode("utf-8", "surrogateescape"))
    return secret


def from_netrc(host: str, user: str, terminal: Terminal) -> tuple[str, str]:
    """User and password of a host in the file that NETRC names, or `~/.netrc`; modes are not judged.

    Raises Complaint without the words of the parser, which quotes what it does not understand.
    """
    import netrc

    path = os.environ.get("NETRC") or from_home("~/.netrc")
    try:
        entry = netrc.netrc(path).authenticators(host)
    except OSError as error:
        raise Complaint(terminal.say("cli.unreadable", file=path, why=str(error.strerror))) from None
    except (netrc.NetrcParseError, UnicodeDecodeError):
        raise Complaint(terminal.say("cli.netrc-form", file=path)) from None
    if entry is None or not entry[2] or (user and entry[0] != user) or not (user or entry[0]):
        raise Complaint(terminal.say("cli.netrc-none", file=path, host=host))
    terminal.secrets.add(entry[2].encode("utf-8", "surrogateescape"))
    return user or entry[0], entry[2]


def _no(terminal: Terminal, key: str, source: Source, why: str = "") -> NoReturn:
    value = source.value.split()[0] if source.option.endswith("-command") and source.value.split() else source.value
    raise Complaint(terminal.say(key, option=source.option, value=value, why=why)) from None


def _variable(source: Source, terminal: Terminal) -> bytes:
    name = os.fsencode(source.value)
    if name not in os.environb:
        _no(terminal, "cli.secret-no-variable", source)
    return os.environb[name]


def _file(source: Source, terminal: Terminal) -> bytes:
    try:
        with opening(Path(from_home(source.value)), terminal) as file:
            return file.read(_LONGEST + 1)
    except OSError as error:
        _no(terminal, "cli.secret-unreadable", source, error.strerror or "")


def _descriptor(source: Source, terminal: Terminal) -> bytes:
    if not (source.value.isascii() and source.value.isdigit()):
        _no(terminal, "cli.secret-no-descriptor", source)
    data = b""
    try:
        # Only as far as the line goes: the caller may keep the other end open.
        while b"\n" not in data and len(data) <= _LONGEST and (more := os.read(int(source.value), 4096)):
            data += more
    except (OSError, OverflowError):
        _no(terminal, "cli.secret-no-descriptor", source)
    return data


def _command(source: Source, terminal: Terminal) -> bytes:
    import shlex
    import subprocess

    try:
        words = shlex.split(source.value)
    except ValueError:
        words = []
    if not words:
        _no(terminal, "cli.secret-quoting", source)
    try:
        # Input and errors stay the terminal's, for a command that asks the user something.
        done = subprocess.run(words, stdout=subprocess.PIPE, check=False)
    except OSError as error:
        _no(terminal, "cli.secret-unreadable", source, error.strerror or "")
    if done.returncode:
        _no(terminal, "cli.secret-command-failed", source, str(done.returncode))
    return done.stdout
