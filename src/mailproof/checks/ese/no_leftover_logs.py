"""Do logs of another signature lie beside a clean database? They keep it from mounting, and it needs none of them."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.ese.shown import called, header_lines, names
from mailproof.emulate.ese.situation import situations
from mailproof.model.ese import DatabaseState, EseDatabase, EseLog, Signature
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "ese-no-leftover-logs"
NEEDS = (EseDatabase, EseLog)
KINDS = (
    FindingKind(
        "ese-leftover-logs",
        Layer.DATABASE,
        params=("file", "logs"),
        references=("Extensible-Storage-Engine dev/ese/src/ese/repair.cxx",),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    name = called(record)
    for situation in situations(record):
        database, logs = situation.database, (*situation.own, *situation.foreign)
        if database.state is not DatabaseState.CLEAN:
            continue
        evidence = header_lines(database, f"Log Signature: {_told(database.log_signature)}")
        if situation.leftover:
            signed = next((log for log in logs if log.signature.there), None)
            if signed is not None:
                text = f"Signature: {_told(signed.signature)}"
                evidence = (*evidence, Evidence(EvidenceKind.FILE, signed.file, text))
            params: dict[str, Param] = {"file": name(database.file), "logs": names(logs, name)}
            yield Finding("ese-leftover-logs", evidence, params=params)
        elif logs:
            yield Passed(NAME, evidence)
        else:
            yield Untold(NAME, "ese-no-logs")


def _told(signature: Signature) -> str:
    created = signature.created or "00/00/1900 00:00:00.000"
    return f"Create time:{created} Rand:{signature.random}"
