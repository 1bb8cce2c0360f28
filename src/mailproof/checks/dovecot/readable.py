"""Can Dovecot read its configuration at all?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.files import bounded, fault, not_told
from mailproof.model.configuration import DovecotFiles, FileState
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "dovecot-config-readable"
NEEDS = (DovecotFiles,)
# Nobody who asks Dovecot gets an answer then, Postfix among them.
_DOES_NOT_START = (
    *("port-closed", "closed-unexpectedly", "no-greeting", "auth-not-offered", "auth-temporary-failure"),
    *("sasl-socket-missing", "sasl-no-mechanisms", "auth-server-gone", "delivery-agent-down", "not-delivered"),
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


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _files(configured), _troubles(configured))
        yield from answers
        if not any(isinstance(answer, Finding) for answer in answers):
            yield Passed(NAME, (configured.begin,))


def _files(configured: Configured) -> Iterable[Answer]:
    for name in configured.fact.included:
        seen = configured.files[name]
        if seen.state is FileState.ELSEWHERE:
            yield not_told(NAME, "config-not-in-copy", file=name)
        elif seen.state is FileState.UNREADABLE:
            yield not_told(NAME, "config-unreadable", asked=True, file=seen.path)
        elif seen.state in (FileState.OTHER, FileState.SOCKET, FileState.DIRECTORY, FileState.TOO_LARGE):
            shown = configured.file(seen)
            yield fault("dovecot-config-broken", shown, text=seen.path, problem=f"include-{seen.state}")


def _troubles(configured: Configured) -> Iterable[Answer]:
    for each in configured.configuration.troubles:
        if each.name == "include-missing" and not configured.fact.here:
            yield not_told(NAME, "config-not-in-copy", file=each.text)
            continue
        shown = configured.line(each.file, each.line)
        yield fault("dovecot-config-broken", shown, text=each.text[:80] or shown.text[:80], problem=each.name)
    for _, block in configured.root.all_blocks():
        if block.kind in ("passdb", "userdb"):
            # 2.4 takes the driver from the name, 2.3 from the setting.
            there = block.name if configured.is_24 else block.last("driver")
            if not there:
                problem = "no-name" if configured.is_24 else "no-driver"
                yield fault("dovecot-config-broken", configured.at(block), text=block.kind, problem=problem)
    if configured.is_24 and configured.root.settings[0].name != "dovecot_config_version":
        first = configured.root.settings[0]
        yield fault("dovecot-config-broken", configured.at(first), text=first.name, problem="no-version-first")
