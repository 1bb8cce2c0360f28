"""Can Dovecot read its configuration at all?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.dovecot.mending import closed, mend
from mailproof.checks.files import UNREAD, bounded, fault, not_told, or_passed
from mailproof.model.configuration import DovecotFiles, FileState
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.dovecot.reader import Trouble

NAME = "dovecot-config-readable"
NEEDS = (DovecotFiles,)
# Nobody who asks Dovecot gets an answer then, Postfix among them.
_DOES_NOT_START = (
    *(
        "dovecot-not-running",
        "port-closed",
        "closed-unexpectedly",
        "no-greeting",
        "auth-not-offered",
        "auth-temporary-failure",
    ),
    *("sasl-socket-missing", "sasl-no-mechanisms", "auth-server-gone", "delivery-agent-down", "not-delivered"),
    *("greeting-refused", "greeting-slow"),
)
KINDS = (
    FindingKind(
        "dovecot-config-broken",
        Layer.REACH,
        ("text", "problem"),
        tuple(Explains(name, Scope.SERVER) for name in _DOES_NOT_START),
        ("doveconf(1)", "Dovecot: settings syntax"),
    ),
)

_OF_CERTIFICATES = re.compile(r"ssl_(?:alt_)?(?:cert|key)")
# Of our own: Dovecot knows none.
_BOUNDS = ("too-deep", "too-many")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _files(configured), _troubles(configured))
        yield from or_passed(NAME, answers, configured.begin)


def _files(configured: Configured) -> Iterable[Answer]:
    for name in configured.fact.included:
        seen = configured.files[name]
        if seen.state is FileState.ELSEWHERE:
            yield not_told(NAME, "config-not-in-copy", file=name)


def _troubles(configured: Configured) -> Iterable[Answer]:
    for each in configured.configuration.troubles:
        if each.name == "include-missing" and not configured.fact.here:
            yield not_told(NAME, "config-not-in-copy", file=each.text)
        elif each.name in _BOUNDS:
            yield not_told(NAME, "config-too-much", asked=True, file=configured.place(each.file), line=str(each.line))
        elif each.name == "include-unread":
            yield _unread(configured, each)
        else:
            shown = configured.line(each.file, each.line)
            found = fault("dovecot-config-broken", shown, text=each.text[:80] or shown.text[:80], problem=each.name)
            yield found.mended_by(mend(closed(configured, each.file, each.line)) if each.name == "unclosed" else None)
    yield from _databases(configured)
    yield from _contents(configured)
    if configured.is_24 and configured.root.settings[0].name != "dovecot_config_version":
        first = configured.root.settings[0]
        yield fault("dovecot-config-broken", configured.at(first), text=first.name, problem="no-version-first")


def _unread(configured: Configured, trouble: Trouble) -> Answer:
    """A file that an !include leads to; what Dovecot makes of each was tried with doveconf of 2.3."""
    seen = configured.files[trouble.text]
    shown = (configured.line(trouble.file, trouble.line), configured.file(seen))
    if seen.state is FileState.DIRECTORY:
        return not_told(NAME, "include-directory", file=seen.path)
    if seen.state is FileState.MISSING:
        return fault("dovecot-config-broken", *shown, text=seen.path, problem="include-missing")
    if seen.state in (FileState.OTHER, FileState.SOCKET):
        return fault("dovecot-config-broken", *shown, text=seen.path, problem="include-other")
    return not_told(NAME, UNREAD[seen.state], asked=True, file=seen.path)


def _contents(configured: Configured) -> Iterable[Answer]:
    """`name = </path` without that file. Of certificates and keys another check tells."""
    for _, setting in configured.settings():
        seen = configured.files.get(setting.value) if setting.from_file and configured.fact.here else None
        if seen is not None and seen.state is FileState.MISSING and not _OF_CERTIFICATES.fullmatch(setting.name):
            shown = (configured.at(setting), configured.file(seen))
            text = f"{setting.name} = <{setting.value}"
            yield fault("dovecot-config-broken", *shown, text=text[:80], problem="include-missing")


def _databases(configured: Configured) -> Iterable[Answer]:
    for _, block in configured.root.all_blocks():
        if block.kind in ("passdb", "userdb"):
            # 2.4 takes the driver from the name, 2.3 from the setting.
            there = block.name if configured.is_24 else block.last("driver")
            if not there:
                problem = "no-block-name" if configured.is_24 else "no-driver"
                yield fault("dovecot-config-broken", configured.at(block), text=block.kind, problem=problem)
