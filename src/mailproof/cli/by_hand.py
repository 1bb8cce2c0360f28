"""What becomes of the record of a command by hand: judged, put in words, masked, shown, kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from mailproof.cli.records import write
from mailproof.cli.terminal import Terminal
from mailproof.model.login import LoginReport
from mailproof.model.outcome import Outcome
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.report import Report

if TYPE_CHECKING:
    from mailproof.diagnose.judge import Judgement

Told = TypeVar("Told", bound=Outcome | LoginReport)


def tell(
    record: Record,
    given: Mapping[str, Any],
    terminal: Terminal,
    make: Callable[[Judgement, Policy, Report], Told],
    render: Callable[[Told, str, bool, int, bool], str] | None,
    *,
    users: Iterable[str] = (),
    subjects: tuple[str, ...] = (),
    postable: Callable[[Told], Told] | None = None,
) -> int:
    """The exit code. `make` makes the command's report, with its English sentences; `render` makes lines of it.

    `given` has --format, -v, --record and --mask. `render` is None where the result was written already.
    `users` are names to mask beside those in the record, `subjects` those of the checks that judge (none: all), and
    `postable` leaves out of a report what no stand-in can stand for.
    """
    from mailproof.catalog.profiles import load_profile
    from mailproof.checks import all_checks
    from mailproof.diagnose.judge import judge
    from mailproof.report.build import build

    policy = load_profile("default")
    judgement = judge(record, policy, all_checks(*subjects))
    told = make(judgement, policy, build(record, judgement, policy))
    if given["mask"]:
        from mailproof.report.mask import Mask

        told = postable(told) if postable is not None else told
        mask = Mask(record, users, told)
        record, told = mask.apply(record), mask.apply(told)
    try:
        if render is not None:
            terminal.write(_shown(told, given, terminal, render))
    finally:
        if given["record"] is not None:
            write(record, given["record"], terminal)
    return told.exit_code


def _shown(
    told: Told, given: Mapping[str, Any], terminal: Terminal, render: Callable[[Told, str, bool, int, bool], str]
) -> str:
    if given["shape"] == "json":
        from mailproof.report.json import text_of

        return text_of(told)
    return render(told, terminal.lang, terminal.color, terminal.width, given["verbose"])
