"""Can Postfix read main.cf and master.cf at all?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.files import bounded, fault, not_told
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.model.configuration import FileState, PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "postfix-config-readable"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "postfix-config-broken",
        Layer.REACH,
        params=("text", "problem"),
        explains=tuple(
            Explains(name, Scope.SERVER) for name in ("postfix-not-running", "port-closed", "no-greeting")
        ),
        references=("postconf(5)", "master(5)"),
    ),
    FindingKind("config-line-ignored", Layer.CONFIGURATION, params=("text",), references=("postconf(5)",)),
)

_IGNORED = ("begins-with-blank",)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _unread(configured), _troubles(configured), _macros(configured))
        yield from answers
        if not any(isinstance(answer, Finding) for answer in answers):
            yield Passed(NAME, (configured.line("main.cf", 1),))


def _unread(configured: Configured) -> Iterable[Answer]:
    for name in ("main.cf", "master.cf"):
        seen = configured.files[name]
        if seen.state is FileState.MISSING and name == "master.cf" and not configured.fact.here:
            yield not_told(NAME, "config-not-in-copy", file=name)
        elif seen.state is FileState.MISSING:
            yield fault("postfix-config-broken", configured.file(seen), text=name, problem="missing")
        elif seen.state is not FileState.FILE:
            yield not_told(NAME, "config-unreadable", asked=True, file=seen.path)


def _troubles(configured: Configured) -> Iterable[Answer]:
    for file, troubles in (("main.cf", configured.main.troubles), ("master.cf", configured.postfix.master.troubles)):
        for each in troubles:
            shown = (configured.line(file, each.line),)
            if each.name in _IGNORED:
                yield fault("config-line-ignored", *shown, text=each.text[:80])
            elif each.name != "overrides":
                yield fault("postfix-config-broken", *shown, text=each.text[:80], problem=each.name)


def _macros(configured: Configured) -> Iterable[Answer]:
    seen: set[Evidence] = set()
    for setting, main in configured.assignments():
        trouble = main.value(setting.name).trouble
        shown = configured.at(setting)
        if trouble and shown not in seen:
            seen.add(shown)
            params = {"text": f"{setting.name} = {setting.value}"[:80], "problem": f"macro-{trouble}"}
            yield fault("postfix-config-broken", shown, **params)
