"""What `mailproof ese` says: the answer, what the files are, what is wrong, and what to do in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.ese import DatabaseState, EseCheckpoint, EseDatabase, EseLog, EsePages, LogFlaw, PagesRead
from mailproof.model.ese_plan import PathsFrom, Plan, PlanStep, Readiness
from mailproof.model.finding import Severity
from mailproof.model.observation import AnyObservation
from mailproof.model.paths import told_apart
from mailproof.model.record import Record
from mailproof.model.report import Judged, Report, Verdict
from mailproof.report.build import message
from mailproof.report.frame import headed, hint_lines, proof_lines
from mailproof.report.json import text_of
from mailproof.report.layout import cell_len, pad, wrap
from mailproof.report.style import Style, paint
from mailproof.report.telling import between, notes, sentence, untested

_VERDICTS = {
    Verdict.PASS: Style.PASS,
    Verdict.WARN: Style.WARN,
    Verdict.FAIL: Style.FAIL,
    Verdict.UNKNOWN: Style.UNKNOWN,
}
_SEVERITIES = {Severity.FAIL: Style.FAIL, Severity.WARN: Style.WARN, Severity.INFO: Style.INFO}
Name = Callable[[str], str]
"""How a file is called: several databases have logs of the same names."""


def render_ese(
    report: Report, record: Record, plans: Sequence[Plan], lang: str, color: bool, width: int, verbose: bool = False
) -> str:
    """Lines of at most `width` cells but for the commands, which are to be copied whole."""
    say, name = words(lang), _names(record)
    blocks = [_answer(report, record, name, say, color, width)]
    blocks += [_facts(attempt.observations, plans, name, say, width, verbose) for attempt in record.attempts]
    blocks += [_cause(item, say, color, width, verbose) for item in report.causes]
    blocks += [[line for item in notes(report) for line in _cause(item, say, color, width, verbose)]]
    blocks.append(_not_tested(report, say, color, width))
    blocks += [_plan(plan, name, say, color, width) for plan in plans]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def render_copies(plans: Sequence[Plan], lang: str, color: bool, width: int) -> str:
    """The safe copies alone, which come before everything else."""
    say = words(lang)
    blocks = [[*_size(plan, say, width), *_steps(plan.steps[:1], say, color, width)] for plan in plans]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def ese_as_json(report: Report, record: Record, plans: Sequence[Plan]) -> str:
    """The report as that of `check`, with what was seen of the files, and the plans, under `ese`."""
    seen = [fact for attempt in record.attempts for fact in attempt.observations]
    data = msgspec.to_builtins(report)
    data["ese"] = {
        "databases": [msgspec.to_builtins(fact) for fact in seen if isinstance(fact, EseDatabase)],
        "logs": [msgspec.to_builtins(fact) for fact in seen if isinstance(fact, EseLog)],
        "checkpoints": [msgspec.to_builtins(fact) for fact in seen if isinstance(fact, EseCheckpoint)],
        "pages": [msgspec.to_builtins(fact) for fact in seen if isinstance(fact, EsePages)],
        "plans": [plan_as_data(plan) for plan in plans],
    }
    return text_of(_sayable(data))


def plan_as_data(plan: Plan) -> dict[str, Any]:
    """The same in every language; sentences are English."""
    say = words("en")
    return {
        "file": plan.file,
        "rows": [{"number": row.number, "name": str(row)} for row in plan.rows],
        "required": str(plan.required),
        "committed": str(plan.committed),
        "bytes": plan.size,
        "paths": str(plan.paths),
        "warning": plan.warning,
        "warning_message": say(f"ese.warn-{plan.warning}", **plan.params) if plan.warning else "",
        "steps": [
            {
                "name": step.name,
                "message": say.of(f"ese.step-{step.name}", step.params),
                "params": step.params,
                "commands": list(step.commands),
                "warning": step.warning,
                "warning_message": say(f"ese.warn-{step.warning}") if step.warning else "",
            }
            for step in plan.steps
        ],
    }


def copies_as_json(plans: Sequence[Plan]) -> str:
    """The safe copies of each database."""
    copies = [{**plan_as_data(plan), "steps": plan_as_data(plan)["steps"][:1]} for plan in plans]
    kept = ("file", "bytes", "paths", "steps")
    return text_of(_sayable([{key: copy[key] for key in kept} for copy in copies]))


def _answer(report: Report, record: Record, name: Name, say: Words, color: bool, width: int) -> list[str]:
    word, style = say(f"verdict.{report.verdict}"), _VERDICTS[report.verdict]
    if report.verdict is Verdict.PASS:
        seen = [fact for attempt in record.attempts for fact in attempt.observations]
        files = [name(fact.file) for fact in seen if isinstance(fact, EseDatabase)]
        told = say("ese.pass", files=tuple(dict.fromkeys(files))[:4]) if files else say("ese.pass-logs")
    else:
        told = sentence(report, say)
    return headed(word, style, told, say, color, width)


def _facts(
    seen: Sequence[AnyObservation], plans: Sequence[Plan], name: Name, say: Words, width: int, verbose: bool
) -> list[str]:
    """A table: each database, its logs, what it needs of them, the checkpoint."""
    logs = [fact for fact in seen if isinstance(fact, EseLog)]
    pages = {fact.file: fact for fact in seen if isinstance(fact, EsePages)}
    rows: list[tuple[str, str]] = []
    for fact in seen:
        if isinstance(fact, EseDatabase):
            rows += _of_database(fact, pages.get(fact.file), name, say)
            rows += [row for plan in plans if plan.file == fact.file for row in _of_needed(fact, plan, say)]
    if logs:
        rows.append((say("ese.logs"), _of_logs(logs, say)))
    for fact in seen:
        if isinstance(fact, EseCheckpoint):
            rows.append((say("ese.checkpoint"), f"{fact.position}"))
    column = max((cell_len(what) for what, _ in rows), default=0)
    lines = [line for what, value in rows for line in wrap(value, width, f"{pad(what, column)}  ", " " * 4)]
    if verbose:
        lines += [line for log in logs for line in wrap(_of_log(log, name, say), width, "  ", "    ")]
    return lines


def _of_database(database: EseDatabase, pages: EsePages | None, name: Name, say: Words) -> Iterator[tuple[str, str]]:
    parts = [say(f"ese.state-{database.state}")]
    if database.page_size:
        parts.append(say("ese.page-size", size=database.page_size))
    if database.state is not DatabaseState.UNKNOWN:
        parts.append(say("ese.repairs", n=database.repair_count))
    if database.old_repair_count:
        parts.append(say("ese.old-repairs", n=database.old_repair_count))
    yield name(database.file), between(say).join(parts)
    if pages is not None and pages.outcome is PagesRead.VERIFIED:
        yield say("ese.pages"), say("ese.pages-read", n=pages.pages, unused=pages.unused, bad=pages.bad_count)


def _of_needed(database: EseDatabase, plan: Plan, say: Words) -> Iterator[tuple[str, str]]:
    for part, wanted, ready in (
        ("required", database.required, plan.required),
        ("committed", database.committed, plan.committed),
    ):
        if ready is not Readiness.NONE_NEEDED:
            yield say(f"ese.{part}"), say(f"ese.ready-{ready}", logs=_span(wanted))


def _span(generations: range) -> str:
    """Decimal as the header of the database has it, hexadecimal as the names of the logs."""
    first, last = generations[0], generations[-1]
    return f"{first} (0x{first:X})" if first == last else f"{first}-{last} (0x{first:X}-0x{last:X})"


def _of_logs(logs: Sequence[EseLog], say: Words) -> str:
    known = [log.known for log in logs if log.known]
    flawed = sum(log.flaw not in (LogFlaw.NONE, LogFlaw.UNVERIFIED) for log in logs)
    span = _span(range(min(known), max(known) + 1)) if known else "?"
    stems = tuple(dict.fromkeys(log.stem for log in logs if log.stem))
    return say.counted("ese.logs-seen", len(logs), stem=stems or ("?",), logs=span, damaged=flawed)


def _of_log(log: EseLog, name: Name, say: Words) -> str:
    return say(
        "ese.log-line",
        file=name(log.file),
        generation=f"0x{log.known:X}",
        flaw=say(f"ese.flaw-{log.flaw}"),
        link=say(f"ese.link-{log.link}"),
        created=log.created or "-",
    )


def _cause(item: Judged, say: Words, color: bool, width: int, verbose: bool) -> list[str]:
    word = say(f"severity.{item.severity}")
    lines = wrap(message(item, say.lang), width, f"{word}  ")
    lines[0] = lines[0].replace(word, paint(word, _SEVERITIES[item.severity], color), 1)
    lines += proof_lines(item.evidence, say, width, verbose)
    return [*lines, *hint_lines(item, say, color, width)]


def _not_tested(report: Report, say: Words, color: bool, width: int) -> list[str]:
    if not report.not_tested:
        return []
    lines = [paint(say("report.not-tested"), Style.HEADING, color)]
    for why, groups in untested(report, say):
        names = between(say).join(name for subjects, _ in groups for name in subjects)
        lines += wrap(f"{names[:1].upper()}{names[1:]}: {why}", width, "  ", "    ")
    return lines


def _plan(plan: Plan, name: Name, say: Words, color: bool, width: int) -> list[str]:
    case = between(say).join(say("ese.row", n=row.number, name=say(f"ese.row-{row}")) for row in plan.rows)
    lines = [paint(line, Style.HEADING, color) for line in wrap(say("ese.plan", file=name(plan.file)), width)]
    lines += wrap(say("ese.case", case=case), width, "  ")
    if plan.warning:
        lines += wrap(say(f"ese.warn-{plan.warning}", **plan.params), width, "  ", "  ")
    if plan.paths is not PathsFrom.SERVER:
        lines += wrap(say(f"ese.paths-{plan.paths}"), width, "  ")
    lines += _size(plan, say, width)
    return [*lines, *_steps(plan.steps, say, color, width)]


def _size(plan: Plan, say: Words, width: int) -> list[str]:
    if not plan.size:
        return []
    large = plan.size >= 1 << 30
    size = f"{plan.size / (1 << 30):.1f} GiB" if large else f"{max(plan.size >> 20, 1)} MiB"
    return wrap(say("ese.copy-size", size=size), width, "  ")


def _steps(steps: Iterable[PlanStep], say: Words, color: bool, width: int) -> list[str]:
    lines: list[str] = []
    for number, step in enumerate(steps, 1):
        lines += wrap(say.of(f"ese.step-{step.name}", step.params), width, f"  {number}. ", "     ")
        if step.warning:
            told = wrap(say(f"ese.warn-{step.warning}"), width, "     ", "     ")
            lines += [paint(line, Style.WARN, color) for line in told]
        # Not wrapped: a command is copied whole, and a path holds blanks.
        lines += [f"       {printable(command)}" for command in step.commands]
    return lines


def _names(record: Record) -> Name:
    kinds = (EseDatabase, EseLog)
    facts = (fact for attempt in record.attempts for fact in attempt.observations if isinstance(fact, kinds))
    called = told_apart(fact.file for fact in facts)
    return lambda file: printable(called(file))


def _sayable(data: Any) -> Any:
    """A name of a file that is no UTF-8 has its replacement character here; JSON has no word for it."""
    if isinstance(data, dict):
        return {key: _sayable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_sayable(each) for each in data]
    return data.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if isinstance(data, str) else data
