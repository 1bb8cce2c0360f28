"""The plan for a database: of its case, the steps in their order, with the commands filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mailproof.emulate.ese import commands
from mailproof.emulate.ese.shell import Places, Wishes, places
from mailproof.emulate.ese.situation import Situation, Span, readiness
from mailproof.emulate.ese.table import rows
from mailproof.model.ese import EseLog, LogFlaw
from mailproof.model.ese_plan import Plan, PlanStep, Row
from mailproof.model.paths import bare
from mailproof.parse.ese.eseutil import STATE_WORDS
from mailproof.parse.ese.names import FileKind, file_name

# As many files as a command names one by one.
_NAMED = 40


def plan(situation: Situation, wishes: Wishes) -> Plan:
    """What to do, beginning with a copy. Nothing of it is done here."""
    at = places(situation, wishes)
    cases = rows(situation, wishes.nothing_left)
    steps = [copy_step(situation, at)]
    # Whoever has disks that make errors looks at them before he trusts them with anything else.
    for row in sorted(cases, key=lambda each: each is not Row.STORAGE):
        for step in _STEPS[row](situation, at):
            if step not in steps:
                steps.append(step)
    warning, params = _warning(situation)
    return Plan(
        situation.database.file,
        cases,
        tuple(steps),
        warning,
        params,
        *readiness(situation),
        size=situation.database.size + sum(log.size for log in (*situation.own, *situation.foreign)),
        paths=at.source,
    )


def copy_step(situation: Situation, at: Places) -> PlanStep:
    """The first of every plan, and all of `--copy-plan`."""
    names = (bare(log.file) for log in situation.own)
    return PlanStep("copy", {}, commands.copy(at, [name for name in names if file_name(name).kind is FileKind.OTHER]))


def hexadecimal(spans: tuple[Span, ...]) -> str:
    """`0x5A-0x5C, 0x60`, as the names of the files have it."""
    return ", ".join(f"0x{a:X}" if a == b else f"0x{a:X}-0x{b:X}" for a, b in spans)


def log_names(spans: tuple[Span, ...], at: Places) -> str:
    """`E000000005A.log`, `E000000005A.log - E000000005C.log`; the last may be the current one, without a number."""
    return ", ".join(
        f"{at.stem}{a:08X}.log" if a == b else f"{at.stem}{a:08X}.log - {at.stem}{b:08X}.log" for a, b in spans
    )


def _warning(situation: Situation) -> tuple[str, dict[str, str]]:
    """What moving all logs away would lose."""
    if not situation.dirty:
        return ("article-right" if situation.leftover else "", {})
    first, last = situation.database.required_first, situation.database.committed_last
    kept = [log for log in situation.own if first <= log.known <= max(last, situation.database.required_last)]
    if not situation.database.required or not kept:
        return "article-dirty", {}
    times = [log.created for log in kept if log.created]
    span = ((min(log.known for log in kept), max(log.known for log in kept)),)
    params = {"logs": hexadecimal(span)}
    if not times:
        return "article-loses", params
    return "article-loses-since", {**params, "since": min(times)[:16].replace("T", " ")}


def _mount(situation: Situation, at: Places) -> Iterator[PlanStep]:
    if situation.leftover:
        yield PlanStep("move-logs", {"stem": at.stem}, commands.move_logs(at))
        yield PlanStep("mount-without", {}, (commands.mount(at),))
        yield PlanStep("mount-force", {}, (commands.mount(at, "Force"),))
        return
    yield PlanStep("mount", {}, (commands.mount(at),))
    if situation.own or situation.foreign:
        yield PlanStep("move-if-refused", {"stem": at.stem}, (*commands.move_logs(at), commands.mount(at)))


def _evacuate(situation: Situation, at: Places) -> Iterator[PlanStep]:
    yield from _mount(situation, at)
    yield from _evacuation(at)


def _evacuation(at: Places) -> Iterator[PlanStep]:
    yield PlanStep("evacuate", {}, commands.evacuate(at))
    yield PlanStep("remove", {}, (commands.remove(at),))


def _replay(situation: Situation, at: Places) -> Iterator[PlanStep]:
    if situation.checkpoint_trouble and situation.checkpoint is not None:
        yield PlanStep("move-checkpoint", {}, commands.move([bare(situation.checkpoint.file)], at))
    yield PlanStep("replay", {}, (commands.recover(at),))
    yield PlanStep("expect-clean", {}, (commands.header(at.database),))
    yield PlanStep("mount", {}, (commands.mount(at),))
    if situation.database.repair_count:
        yield from _evacuation(at)


def _unneeded(situation: Situation, at: Places) -> Iterator[PlanStep]:
    files = [bare(log.file) for log in (*situation.other_damaged, *situation.foreign)]
    pieces = (files[start : start + _NAMED] for start in range(0, len(files), _NAMED))
    moves = dict.fromkeys(command for piece in pieces for command in commands.move(piece, at))
    yield PlanStep("move-unneeded", {"n": str(len(files))}, tuple(moves))


def _committed(situation: Situation, at: Places) -> Iterator[PlanStep]:
    lost = _first_lost(situation)
    last = max(situation.database.committed_last, lost)
    since = max((log.created for log in situation.own if 0 < log.known < lost), default="")
    yield PlanStep("find-committed", {"logs": log_names(((lost, last),), at)}, commands.copies(at))
    if any(not log.known or log.known >= lost for log in situation.own):
        yield PlanStep("move-later", {"first": f"0x{lost:X}"}, commands.move_later(_number_name(lost, situation), at))
    params = {"logs": hexadecimal(((lost, last),)), "since": since[:16].replace("T", " ") or "?"}
    yield PlanStep("replay-lossy", params, (commands.recover(at, lossy=True),), "loses-committed")
    yield PlanStep("expect-clean", {}, (commands.header(at.database),))
    yield PlanStep("mount-lossy", {}, (commands.mount(at, "AcceptDataLoss"),))


def _first_lost(situation: Situation) -> int:
    spans = [span[0] for span in situation.committed_missing]
    damaged = [log.known or situation.database.committed_last for log in situation.committed_damaged]
    return min((*spans, *damaged))


def _logs_unseen(situation: Situation, at: Places) -> Iterator[PlanStep]:
    yield PlanStep("where-logs", {}, (commands.where(at), commands.verify_logs(at)))
    spans = ((situation.database.required_first, situation.database.required_last),)
    yield PlanStep("replay-if-sound", {"logs": log_names(spans, at)}, (commands.recover(at),))
    yield PlanStep("expect-clean", {}, (commands.header(at.database),))


def _missing(situation: Situation, at: Places) -> Iterator[PlanStep]:
    yield from _good_copies(situation, at)
    yield from _then(at)


def _good_copies(situation: Situation, at: Places) -> Iterator[PlanStep]:
    """Of all required logs that are missing, damaged, or only have a wrong name."""
    renamed = [log for log in situation.required_damaged if log.flaw is LogFlaw.RENAMED]
    if renamed:
        renames = tuple(commands.rename_log(log, _right_name(log, situation), at) for log in renamed)
        yield PlanStep("rename-logs", {}, renames)
    if spans := situation.required_missing:
        yield PlanStep("find-required", {"logs": log_names(spans, at)}, commands.copies(at))
    if broken := _broken(situation):
        yield PlanStep("find-damaged", {"files": _files(broken)}, commands.copies(at))


def _broken(situation: Situation) -> list[EseLog]:
    return [log for log in situation.required_damaged if log.flaw is not LogFlaw.RENAMED]


def _damaged(situation: Situation, at: Places) -> Iterator[PlanStep]:
    yield from _good_copies(situation, at)
    if _broken(situation) or situation.required_missing:
        yield from _then(at)
        return
    torn = [log for log in situation.repairable if log.flaw is LogFlaw.TORN]
    if torn:
        yield PlanStep("patch-copy", {"files": _files(torn)}, tuple(commands.patch_copy(log, at) for log in torn))
    if situation.repairable:
        yield PlanStep("replay-copy", {"files": _files(situation.repairable)}, (commands.recover_copy(at),))
    yield from _replay(situation, at)


def _then(at: Places) -> Iterator[PlanStep]:
    """When they were found, and when they were not."""
    yield PlanStep("replay-when-there", {}, (commands.recover(at), commands.header(at.database)))
    yield PlanStep("restore-else")
    yield from _last_resort_of(at)


def _right_name(log: EseLog, situation: Situation) -> str:
    """The name for the generation in its header, with as many digits as its own has; of `E00.log.bak` what it was."""
    if log.number:
        return _numbered(bare(log.file), log.stem or "E00", log.generation)
    before = bare(log.file).rpartition(".")[0]
    name = file_name(before)
    if name.kind is FileKind.LOG and name.number in (0, log.generation):
        return before
    return _number_name(log.generation, situation)


def _numbered(like: str, stem: str, generation: int) -> str:
    name, _, ending = like.rpartition(".")
    digits = len(name) - len(stem)
    return f"{stem}{generation:0{digits if digits in (5, 8) else 8}X}.{ending}"


def _number_name(generation: int, situation: Situation) -> str:
    """The name of a log of this generation, as the others beside it are named."""
    like = next((bare(log.file) for log in situation.own if log.number), "E0000000001.log")
    return _numbered(like, situation.stem or "E00", generation)


def _files(logs: tuple[EseLog, ...] | list[EseLog]) -> str:
    names = [bare(log.file) for log in logs]
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _last_resort_of(at: Places) -> Iterator[PlanStep]:
    """What is left where no good copy can be had, and no backup."""
    yield PlanStep("repair", {}, (commands.repair(at), commands.header(at.database)), "repair-loses")
    yield PlanStep("move-after-repair", {"stem": at.stem}, (*commands.move_logs(at), commands.mount(at)))
    yield from _evacuation(at)


def _last_resort(situation: Situation, at: Places) -> Iterator[PlanStep]:
    yield PlanStep("restore")
    yield from _last_resort_of(at)


def _foreign(situation: Situation, at: Places) -> Iterator[PlanStep]:
    yield PlanStep("own-logs", {}, (commands.where(at), commands.header(at.database)))
    spans = ((situation.database.required_first, situation.database.required_last),)
    yield PlanStep("find-required", {"logs": log_names(spans, at)}, commands.copies(at))
    yield from _then(at)


def _shadow(situation: Situation, at: Places) -> Iterator[PlanStep]:
    yield PlanStep("use-shadow", {}, (commands.header(at.database),))


def _headers(situation: Situation, at: Places) -> Iterator[PlanStep]:
    yield PlanStep("restore")


def _not_by_hand(situation: Situation, at: Places) -> Iterator[PlanStep]:
    state = {"state": STATE_WORDS[situation.database.state]}
    yield PlanStep("reseed", state, (*commands.copies(at)[:1], commands.reseed(at)))
    yield PlanStep("restore-else")


def _never_made(situation: Situation, at: Places) -> Iterator[PlanStep]:
    yield PlanStep("set-aside", {}, commands.set_aside(at))
    yield PlanStep("make-anew", {}, (commands.mount(at, "Force"),), "makes-empty")


def _storage(situation: Situation, at: Places) -> Iterator[PlanStep]:
    if situation.pages is not None and situation.pages.bad_count:
        yield PlanStep("bad-pages", {"n": str(situation.pages.bad_count)}, (commands.page_check(at),))
    yield PlanStep("storage", {}, commands.disk(at))


_STEPS: dict[Row, Callable[[Situation, Places], Iterator[PlanStep]]] = {
    Row.MOUNT: _mount,
    Row.EVACUATE: _evacuate,
    Row.REPLAY: _replay,
    Row.UNNEEDED_DAMAGED: _unneeded,
    Row.COMMITTED_LOST: _committed,
    Row.REQUIRED_MISSING: _missing,
    Row.REQUIRED_DAMAGED: _damaged,
    Row.LAST_RESORT: _last_resort,
    Row.SHADOW: _shadow,
    Row.HEADERS_BAD: _headers,
    Row.NOT_BY_HAND: _not_by_hand,
    Row.NEVER_MADE: _never_made,
    Row.FOREIGN_LOGS: _foreign,
    Row.STORAGE: _storage,
    Row.LOGS_UNSEEN: _logs_unseen,
}
