"""Are the copies in a chroot, which its daemons read for names, those of today?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Scope
from mailproof.model.lookups import CopySeen, LookupsSeen
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "chroot-copies-current"
NEEDS = (LookupsSeen,)
KINDS = (
    FindingKind(
        "chroot-copy-stale",
        Layer.REACH,
        ("files", "services"),
        (Explains("resolver-down", Scope.SERVER, only=(("where", "chroot"),)),),
        ("Postfix BASIC_CONFIGURATION_README chroot_setup", "master(5)"),
    ),
)
_NEEDED = ("/etc/resolv.conf",)
"""Without a copy of this one the local name server is asked. Without the others, names are found all the same."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(LookupsSeen):
        fact = sighting.fact
        if not fact.chroot:
            continue
        stale = [each for each in fact.copies if each.same is False or (each.missing and each.path.endswith(_NEEDED))]
        if stale:
            params: dict[str, Param] = {"files": tuple(each.path for each in stale), "services": fact.services}
            yield Finding("chroot-copy-stale", tuple(map(_shown, stale)), params=params)
        elif any(each.same for each in fact.copies):
            yield Passed(NAME, tuple(_shown(each) for each in fact.copies if each.same))


def _shown(copy: CopySeen) -> Evidence:
    sign = "=" if copy.same else "-" if copy.missing else "≠"
    return Evidence(EvidenceKind.FILE, copy.path, f"{copy.path} {sign} {copy.original}")
