"""Can Postfix read main.cf and master.cf at all?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.files import UNREAD, bounded, fault, not_told, or_passed
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import mend, unindented, with_equals
from mailproof.emulate.postfix.refused import refusals
from mailproof.model.configuration import FileState, PostfixFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.master import UNREAD as MASTER_UNREAD

NAME = "postfix-config-readable"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "postfix-config-broken",
        Layer.REACH,
        params=("text", "problem"),
        explains=tuple(
            Explains(name, Scope.SERVER)
            for name in (
                *("postfix-not-running", "port-closed", "no-greeting", "closed-unexpectedly", "tls-handshake-failed"),
                *("not-delivered", "delivery-deferred", "no-reply", "queue-write-error"),
                "value-not-understood",  # what the value is, beside what comes of it
            )
        ),
        references=("postconf(5)", "master(5)"),
    ),
    FindingKind("config-line-ignored", Layer.CONFIGURATION, params=("text",), references=("postconf(5)",)),
)

_PROBLEMS = {FileState.MISSING: "missing", FileState.DIRECTORY: "directory"}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _unread(configured), _ignored(configured), _refused(configured))
        yield from or_passed(NAME, answers, configured.line("main.cf", 1))


def _unread(configured: Configured) -> Iterable[Answer]:
    for name in ("main.cf", "master.cf"):
        seen = configured.files[name]
        if seen.state is FileState.MISSING and name == "master.cf" and not configured.fact.here:
            # Without it no service is known, and most of what is asked is about services.
            yield not_told(NAME, "config-not-in-copy", asked=True, file=name)
        elif seen.state in _PROBLEMS:
            yield fault("postfix-config-broken", configured.file(seen), text=name, problem=_PROBLEMS[seen.state])
        elif seen.state in UNREAD:
            yield not_told(NAME, UNREAD[seen.state], asked=True, file=seen.path)


def _ignored(configured: Configured) -> Iterable[Answer]:
    for file, troubles in (("main.cf", configured.main.troubles), ("master.cf", configured.postfix.master.troubles)):
        for each in troubles:
            if each.name == "begins-with-blank":
                found = fault("config-line-ignored", configured.line(file, each.line), text=each.text[:80])
                yield found.mended_by(mend(unindented(configured, file, each.line)))


def _refused(configured: Configured) -> Iterable[Answer]:
    for each in refusals(configured.main, configured.postfix.master):
        if each.problem != MASTER_UNREAD:  # said above
            shown = configured.line(each.file, each.line)
            remedy = mend(with_equals(configured, each.line)) if each.problem == "no-equals" else None
            yield fault("postfix-config-broken", shown, text=each.text, problem=each.problem).mended_by(remedy)
