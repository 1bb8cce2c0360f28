"""What the tests of Exim's remedies start from, and whether one mends what it is for."""

from __future__ import annotations

import msgspec
from mailrecord import attempt, reply

from configurations import MemoryHost, linted
from eximmachine import MAIN, NOW
from mailproof.catalog.profiles import load_profile
from mailproof.checks import all_checks
from mailproof.diagnose.judge import judge
from mailproof.model.attempt import Job, Trouble
from mailproof.model.configuration import FileSeen
from mailproof.model.connection import Connection, Greeting
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.finding import Severity
from mailproof.model.machine import Daemon, Listener, MachineSeen
from mailproof.model.record import Attempt, Record
from mailproof.model.remedy import Remedy, hunks
from mailproof.model.report import Judged
from mailproof.parse.exim.debian import GENERATED
from mailproof.run.lint import read_configurations
from remedied import mended

Files = dict[str, FileSeen]
INSIDE = "${if eq{$tls_in_cipher}{}{}{*}}"
REFUSED = attempt(Connection("192.0.2.7:4000", 0.0, trouble=Trouble.REFUSED), scheme="submission")
UNKNOWN = attempt(
    EnvelopeTried(
        EnvelopePurpose.MAILBOX, "a@x.test", "bob@other.example", False,
        reply("250 OK", 1), reply("550 relay not permitted", 2),
    ),
    scheme="smtp",
)  # fmt: skip
SLOW = attempt(Greeting(5.0, reply("220 mx.test ESMTP", 1)), scheme="smtp")
_SSH = Listener("0.0.0.0", 22, ("sshd",), (7,), 0, 100, "sshd")
DOWN = Attempt(
    Job.MACHINE,
    observations=(
        MachineSeen(
            ("192.0.2.25",), (_SSH,), "", (Daemon("exim", "/run/exim4/exim.pid", running=False, known=False),)
        ),
    ),
)


def record(files: Files, *wire: Attempt) -> Record:
    found = read_configurations(MemoryHost(files), NOW, {}, exim_conf=GENERATED if GENERATED in files else MAIN)
    return msgspec.structs.replace(found, attempts=(*found.attempts, *wire))


def judged(files: Files, *wire: Attempt) -> tuple[Judged, ...]:
    if not wire:
        return linted(record(files)).findings
    return judge(record(files, *wire), load_profile("default"), all_checks("exim", "certificate")).findings


def changed(files: Files, path: str, old: str, new: str) -> Files:
    text = files[path].data.decode()
    assert old in text, (path, old)
    return files | {path: msgspec.structs.replace(files[path], data=text.replace(old, new).encode())}


def assert_mends(files: Files, name: str, *wire: Attempt) -> Remedy:
    """The finding's remedy, after it was applied to a copy."""
    before = judged(files, *wire)
    found = [each for each in before if each.name == name]
    assert found, {each.name for each in before}
    assert found[0].remedy is not None, f"{name} has no remedy"
    remedy = found[0].remedy
    told = "\n".join((*hunks(remedy), *remedy.then))
    after = judged(mended(files, remedy), *wire)
    own = {str(sorted(each.params.items())) for each in after if each.name == name}
    assert str(sorted(found[0].params.items())) not in own, told
    new = {each.name for each in after if each.severity is not Severity.INFO} - {each.name for each in before}
    assert not new, f"{told}\nbrings {new}"
    return remedy
