"""May Exim's user write to its queue and its logs?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mailproof.checks.exim.access import given, is_shared, keeps_out, logs_given
from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import mend
from mailproof.checks.files import bounded, fault
from mailproof.checks.log.causes import cause_named
from mailproof.checks.mending import quoted
from mailproof.checks.rights import SEARCH, WRITE, rights
from mailproof.model.configuration import EximFiles, FileSeen, FileState
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.exim.logs import log_files, log_paths

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
    for path in log_paths(setting.value if setting is not None else None):
        folder = path.rpartition("/")[0] or "/"
        seen = configured.files.get(folder)
        closed = _closed(configured, folder, log_files(path))
        if seen is None or (closed is None and (seen.state is not FileState.MISSING or setting is None)):
            continue
        shown = configured.file(closed, rights(closed)) if closed is not None else configured.file(seen)
        line = configured.at(setting) if setting is not None else configured.begin
        found = fault("exim-log-not-writable", shown, line, path=folder)
        if closed is None:
            user = quoted(configured.fact.user)
            made = f"install -d -o {user} -g adm -m 2750 {quoted(folder)}"
            yield found.mended_by(None if is_shared(folder) else mend(configured, then=(made,), restart=True))
        else:
            there = [configured.files.get(each) for each in log_files(path)]
            logs = [each for each in there if each is not None and each.state is FileState.FILE]
            yield found.mended_by(logs_given(configured, closed, logs) if closed.path == folder else None)


def _closed(configured: Configured, folder: str, logs: Sequence[str]) -> FileSeen | None:
    """What keeps Exim from its logs; None where nothing does, and where that cannot be told.

    In a folder in which it may make nothing it goes on with the logs that are there.
    """
    above = keeps_out(configured, folder, SEARCH)
    if above is not None:
        return above
    closed = keeps_out(configured, folder, WRITE | SEARCH)
    states = [seen.state for seen in map(configured.files.get, logs) if seen is not None]
    if closed is None or len(states) < len(logs) or not set(states) <= {FileState.FILE, FileState.MISSING}:
        return None
    # A panic log is made when there is something for it; the main log is needed at once.
    missing = states[:1] == [FileState.MISSING]
    return closed if missing or any(keeps_out(configured, each, WRITE) for each in logs) else None
