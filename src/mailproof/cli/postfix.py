"""`mailproof postfix`: what a configuration of Postfix would do, from its files alone.

Exit codes: 0 told; 1 a table could not be read, so it may go otherwise; 2 wrong usage.
"""

from __future__ import annotations

import socket
import stat
from functools import partial
from pathlib import Path

import click

from mailproof.cli.command import Command, Option, one_of
from mailproof.cli.terminal import Complaint, Terminal

_USUAL = "/etc/postfix"
# Postfix itself reads a text table whole (texthash); the largest of a public blocklist is a tenth of this.
_LARGEST = 64 << 20


def command(terminal: Terminal) -> Command:
    """Reads files; connects to nothing, and runs nothing."""
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="route"),
        click.Argument(["sender"], metavar="SENDER"),
        click.Argument(["recipient"], metavar="RECIPIENT"),
        Option("--postfix-dir", "-c", metavar="DIR", default=_USUAL, section="postfix"),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
    ]
    return Command("postfix", terminal, partial(_postfix, terminal), params)


def _postfix(terminal: Terminal, action: str, sender: str, recipient: str, postfix_dir: str, shape: str) -> int:
    from mailproof.emulate.postfix.route import routes_of
    from mailproof.emulate.postfix.server import read_postfix
    from mailproof.report.postfix import render_routes, routes_as_json

    if action != "route":
        raise Complaint(terminal.say("cli.not-one-of", option="postfix", choices=("route",), value=action))
    if not recipient.strip("<>"):
        raise Complaint(terminal.say("cli.postfix-recipient"))
    # What is read is named below it, so a directory that is named from here would be looked for in itself.
    directory = str(Path.cwd() / postfix_dir)
    if read_file(directory, f"{directory}/main.cf") is None:
        raise Complaint(terminal.say("cli.postfix-no-main", directory=postfix_dir))
    postfix = read_postfix(partial(read_file, directory), directory, {"myhostname": _hostname()})
    routes = routes_of(postfix, sender.removeprefix("<").removesuffix(">"), recipient.strip("<>"))
    if shape == "json":
        terminal.write(routes_as_json(routes, terminal.lang))
    else:
        terminal.write(render_routes(routes, terminal.lang, terminal.color, terminal.width))
    return 0 if routes.told else 1


def read_file(directory: str, path: str) -> bytes | None:
    """A regular file, or None; in a copy of /etc/postfix what main.cf names there is looked for in the copy."""
    if path.startswith(f"{_USUAL}/") and directory != _USUAL:
        path = directory + path.removeprefix(_USUAL)
    file = Path(directory, path)
    try:
        about = file.stat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > _LARGEST:
            return None
        return file.read_bytes()
    except (OSError, ValueError):
        return None


def _hostname() -> str:
    """As src/util/get_hostname.c and mail_params.c make it."""
    name = socket.gethostname()
    return name if "." in name else f"{name}.localdomain"
