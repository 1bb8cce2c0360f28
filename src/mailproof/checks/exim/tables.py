"""Are the files there in which Exim looks things up, may it read them, and the sockets of its logins too?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mailproof.checks.dovecot.sockets import KINDS as SOCKETS
from mailproof.checks.exim.access import keeps_out, let_in
from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.logins import servers
from mailproof.checks.files import bounded, fault
from mailproof.checks.log.causes import cause_named
from mailproof.checks.postfix.tables_there import KINDS as TABLES
from mailproof.checks.rights import READ, WRITE, rights
from mailproof.model.configuration import EximFiles, FileState
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.exim.configuration import Condition, Driver, Setting

NAME = "exim-tables-there"
NEEDS = (EximFiles,)
KINDS = (
    cause_named("credentials-lookup-failed"),
    *(kind for kind in SOCKETS if kind.name.startswith("sasl-socket-")),
    next(kind for kind in TABLES if kind.name == "lookup-table-missing"),
)

_FILE = r"(/[A-Za-z0-9_.+@~/-]+)"
_TABLE = re.compile(rf"\b(?:partial\d*(?:\(.*?\))?-)?(?:n?(?:wild)?l|ip)search[*@]{{0,2}}\s*[{{;]\s*{_FILE}\s*\}}?")
_GUARD = re.compile(rf"exists\s*\{{\s*{_FILE}\s*\}}")
_SASLAUTHD = "/run/saslauthd/mux"


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        if not configured.fact.here:
            continue
        answers = bounded(NAME, _logins(configured), _sockets(configured), _lookups(configured))
        yield from answers or [Passed(NAME, (configured.begin,))]


def _missing(
    configured: Configured, found: Setting | Condition, beside: Iterable[Setting | Condition]
) -> Iterator[tuple[str, str]]:
    """The tables of a value that are not there, or that Exim may not read, with what shows it.

    Not those that something `beside` it asks for before: `${if exists{…}…}`.
    """
    guarded = {path for each in beside for path in _GUARD.findall(each.value)}
    for path in dict.fromkeys(_TABLE.findall(found.value)):
        seen = configured.files.get(path)
        if seen is None or path in guarded:
            continue
        closed = keeps_out(configured, path, READ)
        if seen.state is FileState.MISSING:
            yield path, ""
        elif closed is not None:
            yield path, rights(closed)


def _logins(configured: Configured) -> Iterator[Answer]:
    """A login whose table is not there is put off: 435 Unable to authenticate at present."""
    for driver in servers(configured):
        for setting in driver.settings:
            if setting.name.startswith("server_"):
                for path, text in _missing(configured, setting, driver.settings):
                    shown = configured.file(configured.files[path], text)
                    found = fault("credentials-lookup-failed", configured.at(setting), shown)
                    yield found.mended_by(let_in(configured, path) if text else None)


def _sockets(configured: Configured) -> Iterator[Answer]:
    for driver in servers(configured):
        for setting, path in _asked(driver):
            seen = configured.files.get(path)
            if seen is None:
                continue
            closed = keeps_out(configured, path, READ | WRITE)
            shown = configured.at(setting)
            if seen.state is FileState.MISSING:
                yield fault("sasl-socket-missing", shown, configured.file(seen), path=path, listeners=("-",))
            elif closed is not None:
                told = {
                    "path": closed.path,
                    "mode": f"{closed.mode:04o}",
                    "user": closed.owner,
                    "group": closed.group,
                }
                found = fault("sasl-socket-permission", shown, configured.file(closed, rights(closed)), **told)
                yield found.mended_by(let_in(configured, path, READ | WRITE))


def _asked(driver: Driver) -> Iterator[tuple[Setting, str]]:
    """Sockets that an authenticator asks: Dovecot's, saslauthd's."""
    for setting in driver.settings:
        if setting.name == "server_socket" and setting.value.startswith("/"):
            yield setting, setting.value
        elif "saslauthd{" in setting.value:
            yield setting, _SASLAUTHD


def _lookups(configured: Configured) -> Iterator[Answer]:
    """Of routers, transports and ACLs: what cannot be looked up is put off."""
    drivers = (*configured.configuration.routers, *configured.configuration.transports)
    groups: list[Sequence[Setting | Condition]] = [each.settings for each in drivers]
    for acl in configured.configuration.acls.values():
        groups += [statement.conditions for statement in acl.statements]
    groups += [[setting] for setting in configured.configuration.lists.values()]
    for group in groups:
        for found in group:
            for path, text in _missing(configured, found, group):
                shown = configured.file(configured.files[path], text)
                told = fault("lookup-table-missing", configured.at(found), shown, table=path, parameter=found.name)
                yield told.mended_by(let_in(configured, path) if text else None)
