"""Whom a machine asks for names: resolv.conf(5), and the sources of host names in nsswitch.conf(5)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from mailproof.parse.ip_address import is_address
from mailproof.parse.machine.lines_of import lines_of

# MAXNS, RES_TIMEOUT, RES_DFLRETRY, RES_MAXRETRANS and RES_MAXRETRY of <resolv.h>.
_MOST_SERVERS, _TIMEOUT, _ATTEMPTS, _LONGEST, _MOST_ATTEMPTS = 3, 5, 2, 30, 5
# Where resolv.conf names none, the system's resolver asks this one.
_LOCAL = "127.0.0.1"
_OPTION = re.compile(r"(timeout|attempts):(\d+)")


class ResolvConf(msgspec.Struct, frozen=True):
    """As the system's resolver takes it."""

    servers: tuple[str, ...]
    """Those that it asks, in their order."""
    named: bool
    """Whether the file names any; else it is the local one."""
    timeout: int = _TIMEOUT
    """Seconds that it waits for one, at the first attempt."""
    attempts: int = _ATTEMPTS
    rotate: bool = False
    search: tuple[str, ...] = ()


def read_resolv_conf(data: bytes) -> ResolvConf:
    """Any bytes. A name server that is no address is none, as it is for the system's resolver."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    options: list[str] = []
    for words in lines_of(data, ";#"):
        if words[0] == "nameserver" and len(words) > 1 and is_address(words[1]):
            servers.append(words[1])
        elif words[0] in ("search", "domain"):
            search = tuple(words[1:])
        elif words[0] == "options":
            options += words[1:]
    numbers = {found[1]: int(found[2][:6]) for each in options if (found := _OPTION.fullmatch(each))}
    return ResolvConf(
        tuple(servers[:_MOST_SERVERS]) or (_LOCAL,),
        bool(servers),
        min(numbers.get("timeout", _TIMEOUT), _LONGEST) or 1,
        min(numbers.get("attempts", _ATTEMPTS), _MOST_ATTEMPTS) or 1,
        "rotate" in options,
        search,
    )


def hosts_from(data: bytes) -> Sequence[str]:
    """The sources of host names, without the actions in []; those of the C library where none are said."""
    for words in lines_of(data, "#"):
        if words[0] == "hosts:":
            return re.sub(r"\[[^\]]*\]?", " ", " ".join(words[1:])).split()
    return ("dns", "files")
