"""Can Exim read its configuration at all?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.exim.configured import Configured, configurations
from mailproof.checks.exim.reading_mending import readable
from mailproof.checks.files import bounded, fault, not_told, or_passed
from mailproof.checks.nearest import nearest
from mailproof.model.configuration import EximFiles, FileState
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.exim.known import known
from mailproof.parse.exim.lines import Trouble

NAME = "exim-config-readable"
NEEDS = (EximFiles,)
# One that runs with the configuration of yesterday starts a process for each connection, which reads it anew.
_DOES_NOT_START = ("port-closed", "closed-unexpectedly", "no-greeting", "not-delivered")
KINDS = (
    FindingKind(
        "exim-config-broken",
        Layer.REACH,
        ("text", "problem", "near"),
        tuple(Explains(name, Scope.SERVER) for name in (*_DOES_NOT_START, "exim-config-outdated")),
        ("Exim specification: configuration file", "exim4(8) -bV"),
        gathered=("text", "problem", "near"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _files(configured), _troubles(configured))
        yield from or_passed(NAME, answers, configured.begin)


def _files(configured: Configured) -> Iterable[Answer]:
    for name in configured.fact.included:
        seen = configured.files[name]
        if seen.state is FileState.UNREADABLE:
            yield not_told(NAME, "config-unreadable", asked=True, file=seen.path)


def _troubles(configured: Configured) -> Iterable[Answer]:
    """Exim ends at the first; the others are known here too."""
    for each in (*configured.configuration.troubles, *_to_be(configured)):
        seen = configured.files.get(each.text)
        if each.name == "include-missing" and not configured.fact.here:
            yield not_told(NAME, "config-not-in-copy", file=each.text)
            continue
        if each.name == "include-missing" and seen is not None and seen.state is FileState.UNREADABLE:
            continue
        shown = configured.line(each.file, each.line)
        text = each.text[:80] or shown.text[:80]
        near = _near(each)
        found = fault("exim-config-broken", shown, text=text, problem=each.name, near=near)
        yield found.mended_by(readable(configured, each, near))


def _to_be(configured: Configured) -> Iterable[Trouble]:
    """Of Debian's sources, where Exim does not have them yet."""
    return () if configured.configuration.troubles else configured.to_be


def _near(trouble: Trouble) -> str:
    """What was meant by a name that there is not; `-` for all else."""
    groups = {"option-unknown": ("main",), "condition-unknown": ("acl", "verb"), "verb-unknown": ("verb",)}
    names = [name for group in groups.get(trouble.name, ()) for name in known()[group]]
    return nearest(trouble.text, names) if names else "-"
