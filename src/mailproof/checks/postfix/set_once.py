"""Is every parameter set once, and every service there once?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import lines_gone, logical_line, mend
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "parameters-set-once"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind("parameter-set-twice", Layer.CONFIGURATION, params=("parameter",), references=("postconf(5)",)),
    FindingKind("service-defined-twice", Layer.CONFIGURATION, params=("service",), references=("master(5)",)),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _parameters(configured), _services(configured))
        yield from answers or [Passed(NAME, (configured.line("main.cf", 1),))]


def _parameters(configured: Configured) -> Iterable[Answer]:
    numbers: dict[str, list[int]] = {each.text: [] for each in configured.main.troubles if each.name == "overrides"}
    if not numbers:
        return
    for number, line in enumerate(configured.files["main.cf"].data.split(b"\n"), 1):
        name = line.partition(b"=")[0].rstrip(b" \t").decode("utf-8", "surrogateescape")
        if name in numbers:
            numbers[name].append(number)
    for name, places in numbers.items():
        shown = tuple(configured.line("main.cf", number) for number in places[:8])
        values = {logical_line(configured, "main.cf", each).partition("=")[2].strip() for each in places}
        # Which of two values was meant, nobody knows.
        gone = [lines_gone(configured, "main.cf", each) for each in places[:-1]] if len(values) == 1 else [None]
        yield fault("parameter-set-twice", *shown, parameter=name).mended_by(mend(*gone))


def _services(configured: Configured) -> Iterable[Answer]:
    first: dict[str, int] = {}
    lines: dict[str, list[int]] = {}
    for each in configured.daemons:
        lines.setdefault(each.name, []).append(each.service.line)
    for daemon in configured.daemons:
        if daemon.name in first:
            shown = (configured.line("master.cf", first[daemon.name]), configured.service(daemon))
            texts = {" ".join(logical_line(configured, "master.cf", each).split()) for each in lines[daemon.name]}
            alike = len(texts) == 1 and len(lines[daemon.name]) == 2
            remedy = mend(lines_gone(configured, "master.cf", first[daemon.name])) if alike else None
            yield fault("service-defined-twice", *shown, service=daemon.name).mended_by(remedy)
        first.setdefault(daemon.name, daemon.service.line)
