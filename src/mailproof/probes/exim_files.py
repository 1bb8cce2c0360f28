"""Reads what an Exim is configured by: its file, what it includes, Debian's sources of it, and what they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec

from mailproof.host.interface import Host
from mailproof.model.configuration import EximFiles, FileSeen, FileState
from mailproof.parse.exim.configuration import EximConfiguration
from mailproof.parse.exim.debian import (
    CERTIFICATE,
    GENERATED,
    LOCAL_MACROS,
    MAILNAME,
    PARTS,
    PRIVATE_KEY,
    SETTINGS,
    SPLIT,
    STARTED,
    TEMPLATE,
)
from mailproof.parse.exim.known import built_in_macros, macros_without
from mailproof.parse.exim.logs import log_files, log_paths
from mailproof.parse.exim.reader import read_exim
from mailproof.parse.secret import exim_clients_without, exim_without
from mailproof.probes.accounts import account

USUAL = ("/etc/exim4/exim4.conf", GENERATED, "/etc/exim/exim.conf", "/etc/exim.conf",
         "/usr/local/etc/exim/configure", "/usr/exim/configure")  # fmt: skip
"""Debian's two in their order, then those of others."""
_PROGRAMS = ("exim4", "exim")
_BINARIES = ("/usr/sbin/exim4", "/usr/sbin/exim", "/usr/local/sbin/exim", "/usr/exim/bin/exim", "/usr/bin/exim")
# The user that Debian's, Red Hat's and the BSDs' packages make.
_USERS = ("Debian-exim", "exim", "mailnull", "mail")
_CLIENTS = "/etc/exim4/passwd.client"
_SASLAUTHD = "/run/saslauthd/mux"
_PATH = re.compile(r"/[A-Za-z0-9_.+@~-]+(?:/[A-Za-z0-9_.+@~-]+)*")
# Debian's configuration names some thirty.
_MOST_PATHS = 300


def usual_exim(host: Host) -> str:
    """The configuration that this machine's Exim would take; empty where there is none.

    A package that was removed can leave its configuration behind.
    """
    if all(host.look(path).state is FileState.MISSING for path in _BINARIES):
        return ""
    for program in _PROGRAMS:
        printed = (host.answer((program, "-bP", "config_file")) or "").strip()
        if printed.startswith("/") and "\n" not in printed:
            return printed
    return next((path for path in USUAL if host.look(path).state is not FileState.MISSING), "")


def first_usual(host: Host) -> str:
    """The first of the usual places that has a configuration, as Exim looks for it; Debian's where none has."""
    return next((path for path in USUAL if host.look(path).state is not FileState.MISSING), GENERATED)


def exim_files(host: Host, path: str, here: bool | None = None) -> EximFiles:
    """Of the configuration in a file. `here` says whether its server is this machine; None: as it looks."""
    reading = _Reading(host, path)
    lacks = reading.lacks() if here is not False else ()
    configuration = read_exim(path, reading.read, macros_without(lacks))
    reading.here = _is_here(path, configuration) if here is None else here
    included = tuple(reading.seen)
    user = configuration.value("exim_user")
    groups: tuple[str, ...] = ()
    if reading.here:
        reading.debian(path)
        for name in list(dict.fromkeys(_named(configuration)))[:_MOST_PATHS]:
            reading.look(name)
        user, groups = reading.user(user)
    return EximFiles(tuple(reading.seen.values()), reading.here, path, included, lacks, user, groups)


def _is_here(path: str, configuration: EximConfiguration) -> bool:
    """A file in a place of Exim's is this machine's, and one that names its own directory. Any other is a copy."""
    if path.startswith(("/etc/", "/var/lib/exim4/", "/usr/local/etc/", "/usr/exim/")):
        return True
    folder = f"{PurePosixPath(path).parent}/"
    return path.startswith("/") and any(folder in value for value in _values(configuration))


class _Reading:
    def __init__(self, host: Host, path: str) -> None:
        self.host, self.path, self.here = host, path, True
        self.seen: dict[str, FileSeen] = {}

    def read(self, name: str) -> bytes | None:
        seen = self.host.read(name)
        seen = msgspec.structs.replace(seen, name=name, data=exim_without(seen.data))
        self.seen[name] = seen
        return seen.data if seen.state is FileState.FILE else None

    def lacks(self) -> tuple[str, ...]:
        """What the binary says of itself, where it is there and can read its configuration."""
        for program in _PROGRAMS:
            printed = self.host.answer((program, "-bP", "macros"))
            if printed is not None:
                names = {line.partition("=")[0] for line in printed.splitlines()}
                return tuple(sorted(set(built_in_macros()) - names)) if "_HAVE_IPV6" in names else ()
        return ()

    def debian(self, path: str) -> None:
        """What Debian's update-exim4.conf(8) makes the configuration of, and how the daemon is started."""
        if not path.startswith(("/etc/exim4/", "/var/lib/exim4/")):
            return
        for name in (SETTINGS, STARTED, MAILNAME):
            self.seen.setdefault(name, self.host.read(name))
        for name in (CERTIFICATE, PRIVATE_KEY):
            self.seen.setdefault(name, self.host.look(name))
        clients = self.host.read(_CLIENTS)
        self.seen[_CLIENTS] = msgspec.structs.replace(clients, data=exim_clients_without(clients.data))
        parts = [each for part in PARTS for each in self.host.glob(f"{SPLIT}/{part}/*")]
        for name in (TEMPLATE, LOCAL_MACROS, GENERATED, *parts):
            if name not in self.seen:
                seen = self.host.read(name)
                self.seen[name] = msgspec.structs.replace(seen, data=exim_without(seen.data))

    def look(self, name: str) -> None:
        """At a path, and at the folders above it: who may go through them decides too."""
        folders = [str(each) for each in PurePosixPath(name).parents if str(each) != "/"]
        for each in (name, *folders):
            if each not in self.seen:
                self.seen[each] = self.host.look(each)

    def user(self, named: str) -> tuple[str, tuple[str, ...]]:
        """The user of Exim and its groups; empty where that is not known."""
        for name in (named,) if named else _USERS:
            if (found := account(self.host, name)) is not None:
                return found.name, found.groups
        return named, ()


def _values(configuration: EximConfiguration) -> Iterator[str]:
    for setting in (*configuration.main.values(), *configuration.lists.values()):
        yield setting.value
    for driver in (*configuration.routers, *configuration.transports, *configuration.authenticators):
        for setting in driver.settings:
            yield setting.value
    for acl in configuration.acls.values():
        for statement in acl.statements:
            for condition in statement.conditions:
                yield condition.value


def _named(configuration: EximConfiguration) -> Iterator[str]:
    logs = configuration.main.get("log_file_path")
    for path in log_paths(logs.value if logs is not None else None):
        yield from log_files(path)
    for value in _values(configuration):
        yield from _PATH.findall(value)
        if "saslauthd{" in value:
            yield _SASLAUTHD
    yield from ("/var/spool/exim4", "/var/log/exim4")
