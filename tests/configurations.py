"""Plays an example of files against the linters, with a machine in memory, and judges what came of it."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from mailproof.catalog.profiles import load_profile
from mailproof.checks import all_checks
from mailproof.diagnose.judge import Judgement, judge
from mailproof.host.commands import form_of
from mailproof.host.interface import BLOCK
from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.machine import Clock, Unreached, Way
from mailproof.model.record import Record
from mailproof.model.report import Judged
from mailproof.parse.exim.debian import GENERATED
from mailproof.run.lint import read_configurations
from mailproof.script.authority import Authority, CertificateKind

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
POSTFIX, DOVECOT, EXIM = "/etc/postfix", "/etc/dovecot", "/etc/exim4"
MASTER = """smtp inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
"""
_DIRECTORIES = {
    "/var/spool/postfix": (0o755, "root"),
    "/var/lib/postfix": (0o755, "postfix"),
    **{f"/var/spool/postfix/{name}": (0o700, "postfix") for name in ("private", "incoming", "active", "deferred")},
    "/var/spool/postfix/public": (0o2710, "postfix"),
    "/var/spool/postfix/maildrop": (0o1730, "postfix"),
}


class MemoryHost:
    """Files by path. Implements `host.interface.Host`."""

    def __init__(
        self,
        files: Mapping[str, FileSeen],
        answers: Mapping[str, str] | None = None,
        times: Mapping[str, tuple[int, float]] | None = None,
    ) -> None:
        """`answers` are what commands print, by their words; `times`, with which code and when they end."""
        self.answers = answers or {}
        self.times = times or {}
        self.files = {
            **{
                path: FileSeen(path, path, FileState.DIRECTORY, mode=mode, owner=owner, group="postdrop")
                for path, (mode, owner) in _DIRECTORIES.items()
            },
            **files,
        }

    def look(self, path: str) -> FileSeen:
        return msgspec.structs.replace(self.read(path), data=b"")

    def read(self, path: str) -> FileSeen:
        return self.files.get(path, FileSeen(path, path, FileState.MISSING))

    def glob(self, pattern: str) -> Sequence[str]:
        return sorted(path for path in self.files if fnmatch.fnmatchcase(path, pattern))

    def absolute(self, path: str) -> str:
        return path

    def answer(self, command: Sequence[str]) -> str | None:
        form_of(command)
        return self.answers.get(" ".join(command))

    def timed(self, command: Sequence[str]) -> tuple[int, float] | None:
        form_of(command)
        return self.times.get(" ".join(command))

    def part(self, path: str, first: int, blocks: int) -> bytes | None:
        seen = self.read(path)
        return seen.data[first * BLOCK : (first + blocks) * BLOCK] if seen.state is FileState.FILE else None

    def lines(self, path: str, blocks: int) -> int:
        return (self.part(path, 0, blocks) or b"").count(b"\n")

    def clock(self) -> Clock | None:
        return Clock(0.0, 0, 0.0)

    @property
    def way(self) -> Way | None:
        return None

    @property
    def unreached(self) -> Unreached | None:
        return None


def a_file(path: str, data: bytes, *, mode: int = 0o644, owner: str = "root", changed: float = 0.0) -> FileSeen:
    return FileSeen(path, path, FileState.FILE, data, mode, owner, owner, changed)


def files_of(example: str, authority: Authority | None = None) -> dict[str, FileSeen]:
    """`== PATH`, with `changed N`, `mode NNN`, `owner NAME`, `state STATE`, `chain|leaf|key KIND:HOST` behind it."""
    files: dict[str, FileSeen] = {}
    for block in ("\n" + example).split("\n== ")[1:]:
        head, _, text = block.partition("\n")
        name, *words = head.split()
        path = {"main.cf": POSTFIX, "master.cf": POSTFIX, "dovecot.conf": DOVECOT, "exim4.conf": EXIM}.get(name, "")
        path = f"{path}/{name}" if path else name
        told = dict(zip(words[::2], words[1::2], strict=True))
        data = text.encode()
        for part in ("chain", "leaf", "key"):
            if part in told and authority is not None:
                data += _issued(authority, part, told[part])
        files[path] = FileSeen(
            path,
            path,
            FileState(told.get("state", "file")),
            data,
            int(told.get("mode", "600" if "key" in told else "644"), 8),
            told.get("owner", "root"),
            told.get("owner", "root"),
            float(told.get("changed", "0")),
        )
    return files


def _issued(authority: Authority, part: str, which: str) -> bytes:
    kind, _, host = which.partition(":")
    issued = authority.issue(CertificateKind(kind), host, NOW)
    return {"key": issued.key_pem, "chain": issued.chain_pem, "leaf": issued.leaf_pem}[part]


def record_of(example: str, authority: Authority | None = None, here: bool | None = None) -> Record:
    """What the linters read of an example. A server that it has no files of is not there."""
    return record_of_files(files_of(example, authority), here)


def record_of_files(files: dict[str, FileSeen], here: bool | None = None) -> Record:
    """The same of files by path."""
    of_postfix = any(path.startswith(f"{POSTFIX}/") for path in files)
    of_dovecot = any(path.startswith(f"{DOVECOT}/") for path in files)
    exim = next((path for path in (f"{EXIM}/exim4.conf", GENERATED) if path in files), "")
    if of_postfix:
        files.setdefault(f"{POSTFIX}/master.cf", a_file(f"{POSTFIX}/master.cf", MASTER.encode()))
        main = b"compatibility_level = 3.6\nmyhostname = mail.example.com\n"
        files.setdefault(f"{POSTFIX}/main.cf", a_file(f"{POSTFIX}/main.cf", main))
    return read_configurations(
        MemoryHost(files),
        NOW,
        {"myhostname": "mail.example.com"},
        POSTFIX if of_postfix else "",
        f"{DOVECOT}/dovecot.conf" if of_dovecot else "",
        here=here,
        exim_conf=exim,
    )


def linted(record: Record) -> Judgement:
    return judge(record, load_profile("default"), all_checks("postfix", "dovecot", "exim", "certificate"))


def marks_of(example: str) -> dict[str, set[tuple[str, int]]]:
    """Each finding that is marked, and the lines that it must show."""
    marks: dict[str, set[tuple[str, int]]] = {}
    path, number, last = "", 0, 0
    for line in example.splitlines():
        if line.startswith("# <- ") and not path:  # about a file as a whole
            for name in line.removeprefix("# <- ").split(", "):
                marks.setdefault(name, set())
            continue
        if line.startswith("== "):
            name = line.split()[1]
            path = {"main.cf": f"{POSTFIX}/main.cf", "master.cf": f"{POSTFIX}/master.cf"}.get(name, name)
            path = {"dovecot.conf": f"{DOVECOT}/{name}", "exim4.conf": f"{EXIM}/{name}"}.get(name, path)
            number = last = 0
            continue
        number += 1
        if line.strip().startswith("# <- "):
            for name in line.strip().removeprefix("# <- ").split(", "):
                marks.setdefault(name, set()).add((path, last))
        else:
            last = number
    return marks


def assert_as_marked(found: Sequence[Judged], example: str) -> None:
    """The findings are those that are marked, and each shows the lines that it is marked at."""
    marks = marks_of(example)
    named = {finding.name for finding in found}
    assert named == set(marks), f"found and not marked: {named - set(marks)}; marked: {set(marks) - named}"
    for name, places in marks.items():
        shown = {piece.where for finding in found if finding.name == name for piece in finding.evidence}
        for path, line in places:
            assert f"{path}:{line}" in shown, f"{name} does not show {path}:{line}, but {sorted(shown)}"
