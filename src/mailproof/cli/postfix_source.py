"""The configuration that a command is asked about, and the client that it speaks of."""

from __future__ import annotations

import ipaddress
import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.emulate.postfix.server import Postfix
    from mailproof.model.postfix import Client

USUAL = "/etc/postfix"
# Postfix itself reads a text table whole (texthash); the largest of a public blocklist is a tenth of this.
_LARGEST = 64 << 20


def configuration(terminal: Terminal, directory: str) -> Postfix:
    """Of a directory with main.cf. Raises Complaint where there is none."""
    from mailproof.emulate.postfix.server import read_postfix

    # What is read is named below it, so a directory that is named from here would be looked for in itself.
    whole = str(Path.cwd() / directory)
    if read_file(whole, f"{whole}/main.cf") is None:
        raise Complaint(terminal.say("cli.postfix-no-main", directory=directory))
    return read_postfix(partial(read_file, whole), whole, {"myhostname": _hostname()})


def client_of(terminal: Terminal, text: str, user: str) -> Client:
    """Of `--client` and `--sasl-user`. Raises Complaint."""
    from mailproof.model.postfix import Client, Kind

    kinds = [kind for kind in Kind if kind is not Kind.ADDRESS]
    if text in kinds:
        return Client(Kind(text), "", user)
    try:
        address = str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        choices = (*map(str, kinds), "192.0.2.1")
        raise Complaint(terminal.say("cli.not-one-of", option="--client", choices=choices, value=text)) from None
    return Client(Kind.ADDRESS, address, user)


def known_service(terminal: Terminal, postfix: Postfix, client: Client, service: str) -> str:
    """`--service`, which must be one of master.cf that takes mail. Raises Complaint."""
    from mailproof.emulate.postfix.clients import service_for

    if service and service_for(postfix, client, service) is None:
        names = [each.name for each in postfix.master.services if each.command.endswith("smtpd")]
        choices = tuple(names) or ("smtp",)
        raise Complaint(terminal.say("cli.not-one-of", option="--service", choices=choices, value=service))
    return service


def read_file(directory: str, path: str) -> bytes | None:
    """A regular file, or None; in a copy of /etc/postfix what main.cf names there is looked for in the copy."""
    from mailproof.run.regular_file import content

    if path.startswith(f"{USUAL}/") and directory != USUAL:
        path = directory + path.removeprefix(USUAL)
    try:
        return content(Path(directory, path), _LARGEST)
    except (OSError, ValueError):
        return None


def _hostname() -> str:
    """As src/util/get_hostname.c and mail_params.c make it."""
    name = socket.gethostname()
    return name if "." in name else f"{name}.localdomain"
