"""Where Exim listens by its configuration, and where TLS begins at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from mailproof.checks.exim.configured import Configured
from mailproof.model.evidence import Evidence
from mailproof.parse.exim.debian import STARTED, settings
from mailproof.parse.exim.text import split_list

_BY_NAME = {"smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "urd": 465, "ssmtp": 465}
"""As /etc/services of Debian has them."""
_OPTION = re.compile(r"-oX[ \t]+(?:'([^']*)'|\"([^\"]*)\"|([^\s'\"]+))")
# Debian's variables that become the command line of the daemon that listens.
_VARIABLES = ("SMTPLISTENEROPTIONS", "COMMONOPTIONS")
_EVERYWHERE = ("0.0.0.0", "::0", "::")


class CommandLine(msgspec.Struct, frozen=True):
    """What -oX has, in one of Debian's variables."""

    variable: str
    value: str
    shown: Evidence


class Listening(msgspec.Struct, frozen=True):
    """What one source says: `daemon_smtp_ports`, or -oX of Debian's /etc/default/exim4."""

    ports: tuple[int, ...]
    shown: Evidence


def listening(configured: Configured) -> Listening | None:
    """The ports that the daemon takes connections at; None where that cannot be told."""
    given = command_line(configured)
    if given is not None:
        value, shown = given.value, given.shown
        # -oX has ports, or addresses that name their ports; of an address alone `daemon_smtp_ports` counts.
        ports = [_port(item) for item in split_list(value)]
        if None not in ports and ports:
            return Listening(tuple(port for port in ports if port is not None), shown)
        return None
    text = configured.expanded(configured.value("daemon_smtp_ports"))
    if text is None:
        return None
    found = [_port(item) for item in split_list(text)]
    if None in found or not found:
        return None
    extra = [port for _, port in addresses(configured) or () if port]
    return Listening(
        tuple([port for port in found if port is not None] + extra), configured.where("daemon_smtp_ports")
    )


def tls_at_once(configured: Configured) -> tuple[int, ...] | None:
    """`tls_on_connect_ports`; None where it cannot be told."""
    text = configured.expanded(configured.value("tls_on_connect_ports"))
    found = [_port(item) for item in split_list(text)] if text is not None else [None]
    return None if None in found else tuple(port for port in found if port is not None)


def addresses(configured: Configured) -> list[tuple[str, int]] | None:
    """Of `local_interfaces`, each with the port that it names, or 0; None where it cannot be told."""
    text = configured.expanded(configured.value("local_interfaces"))
    return [_address(item) for item in split_list(text) if item] if text is not None else None


def is_everywhere(address: str) -> bool:
    return address in _EVERYWHERE


def _address(item: str) -> tuple[str, int]:
    """`127.0.0.1.25`, `[::1]:587`, `::1`."""
    if item.startswith("["):
        address, _, port = item[1:].partition("]")
        return address, int(port[1:6]) if port[1:6].isdigit() else 0
    if item.count(".") == 4:
        address, _, port = item.rpartition(".")
        return address, int(port[:6]) if port.isdigit() else 0
    return item, 0


def _port(item: str) -> int | None:
    if item.isdigit() and item.isascii():
        return int(item[:6])
    return _BY_NAME.get(item)


def command_line(configured: Configured) -> CommandLine | None:
    """Which wins over `daemon_smtp_ports`."""
    for number, name, value in variables(configured):
        found = _OPTION.search(value) if name in _VARIABLES else None
        if found is not None:
            told = next(each for each in found.groups() if each is not None)
            return CommandLine(name, told, configured.line(STARTED, number))
    return None


def variables(configured: Configured) -> Iterator[tuple[int, str, str]]:
    """Debian's /etc/default/exim4: line, name and value of each."""
    text = (configured.data(STARTED) or b"").decode("utf-8", "replace")
    return ((value.line, name, value.text) for name, value in settings(text).items())
