"""May Exim's user write to its queue and its logs?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.exim.access import given, keeps_out
from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import mend
from mailproof.checks.files import bounded, fault
from mailproof.checks.log.causes import cause_named
from mailproof.checks.mending import quoted
from mailproof.checks.rights import SEARCH, WRITE, rights
from mailproof.model.configuration import EximFiles, FileState
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.exim.text import split_list

NAME = "exim-writes-its-files"
NEEDS = (EximFiles,)
KINDS = (
    cause_named("queue-permission"),
    FindingKind(
        "exim-log-not-writable",
        Layer.REACH,
        ("path",),
        tuple(
            Explains(name, Scope.SERVER)
            for name in (
                *("exim-not-running", "port-closed", "closed-unexpectedly", "no-greeting", "not-delivered"),
                "temporary-reject",
            )
        ),
        ("Exim specification: log files",),
    ),
)

# Debian's, where nothing is set.
_LOGS = "/var/log/exim4/%slog"


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        if not configured.fact.here or not configured.fact.groups:
            continue
        answers = bounded(NAME, _queue(configured), _logs(configured))
        yield from answers or [Passed(NAME, (configured.where("spool_directory"),))]


def _queue(configured: Configured) -> Iterator[Answer]:
    path = configured.expanded(configured.value("spool_directory")) or ""
    closed = keeps_out(configured, path, WRITE | SEARCH)
    if closed is not None:
        shown = (configured.where("spool_directory"), configured.file(closed, rights(closed)))
        yield fault("queue-permission", *shown).mended_by(
            given(configured, closed, configured.fact.user) if closed.path == path else None
        )


def _logs(configured: Configured) -> Iterator[Answer]:
    """Exim ends where it can write neither its main log nor its panic log."""
    setting = configured.main.get("log_file_path")
    paths = split_list(setting.value) if setting is not None else [_LOGS]
    for path in (each for each in paths if each.startswith("/")):
        folder = path.rpartition("/")[0]
        seen = configured.files.get(folder)
        closed = keeps_out(configured, folder, WRITE | SEARCH)
        if seen is None or (closed is None and (seen.state is not FileState.MISSING or setting is None)):
            continue
        shown = configured.file(closed, rights(closed)) if closed is not None else configured.file(seen)
        line = configured.at(setting) if setting is not None else configured.begin
        found = fault("exim-log-not-writable", shown, line, path=folder)
        if closed is None:
            user = quoted(configured.fact.user)
            made = f"install -d -o {user} -g adm -m 2750 {quoted(folder)}"
            yield found.mended_by(mend(configured, then=(made,), restart=True))
        else:
            # It has ended when it was to write there, and cannot be told anything.
            yield found.mended_by(given(configured, closed, restart=True) if closed.path == folder else None)
