"""Can the checkpoint be read, and is it of these logs? Without one, replaying begins with the first log."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.ese.shown import called
from mailproof.emulate.ese.situation import situations
from mailproof.model.ese import EseCheckpoint
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "ese-checkpoint-whole"
NEEDS = (EseCheckpoint,)
KINDS = (
    FindingKind(
        "ese-checkpoint-damaged",
        Layer.DATABASE,
        params=("file", "how"),
        references=("Extensible-Storage-Engine dev/ese/src/inc/log.hxx CHECKPOINT_FIXED",),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    name = called(record)
    for situation in situations(record):
        point, trouble = situation.checkpoint, situation.checkpoint_trouble
        if point is None:
            continue
        text = f"first copy: {point.primary}\nsecond copy: {point.shadow}\nCheckpoint: {point.position}"
        evidence = (Evidence(EvidenceKind.FILE, point.file, text),)
        if not trouble:
            yield Passed(NAME, evidence)
        elif situation.dirty:  # a clean database needs none; one that is left over is moved with its logs
            params: dict[str, Param] = {"file": name(point.file), "how": trouble}
            yield Finding("ese-checkpoint-damaged", evidence, params=params)
