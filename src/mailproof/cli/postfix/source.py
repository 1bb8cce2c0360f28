"""The configuration that a command is asked about, and the client that it speaks of."""

from __future__ import annotations

import ipaddress
import os.path
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mailproof.cli.reading import must_be_texts
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.emulate.postfix.server import Postfix
    from mailproof.model.postfix import Client

USUAL = "/etc/postfix"


def configuration(terminal: Terminal, directory: str) -> Postfix:
    """Of a directory with main.cf. Raises Complaint where there is none, or no text; NoConfiguration where it may not
    be read."""
    from mailproof.emulate.postfix.server import read_postfix
    from mailproof.host.here import Here
    from mailproof.host.hostname import hostname
    from mailproof.model.configuration import FileState
    from mailproof.probes.postfix_files import PostfixReader
    from mailproof.run.lint import NoConfiguration

    # Whether a file belongs to the copy shows in its path, which must be whole for that.
    here = Here()
    reader = PostfixReader(here, os.path.abspath(directory), {"myhostname": hostname(here)})  # noqa: PTH100
    main = reader.main_file
    if main.state is FileState.MISSING:
        raise Complaint(terminal.say("cli.postfix-no-main", directory=directory))
    if main.state is not FileState.FILE:
        raise NoConfiguration("postfix", main.path, main.state)
    must_be_texts(terminal, {str(Path(directory, each.name)): each.data for each in (main, reader.master_file)})
    return read_postfix(reader.text, reader.machine["config_directory"], reader.machine)


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
    from mailproof.emulate.postfix.clients import daemons, service_for

    if service and service_for(postfix, client, service) is None:
        names = tuple(each.name for each in daemons(postfix))
        if postfix.master.unread:
            raise Complaint(terminal.say("cli.postfix-master-unread"))
        if not names:
            raise Complaint(terminal.say("cli.postfix-no-smtpd"))
        raise Complaint(terminal.say("cli.not-one-of", option="--service", choices=names, value=service))
    return service


def names_of(postfix: Postfix) -> tuple[str, ...]:
    """Its host names that can be single words: what `--mask` has to know."""
    values = " ".join(
        postfix.value(name) for name in ("myhostname", "mydomain", "myorigin", "mydestination", "relayhost")
    )
    return tuple(re.findall(r"(?<![\w$./:-])[A-Za-z][\w-]*(?![\w./-])", values))
