"""Judgement: one small file per check, in folders by subject. A check never talks and never reads the clock.

A check is a module `checks/<subject>/<name>.py` with

    NAME: str                               what holds, if nothing is wrong: `starttls-offered`
    NEEDS: tuple[type[Observation], ...]    the facts without which there is nothing to say
    KINDS: tuple[FindingKind, ...]          the faults it can name
    def check(record: Record, policy: Policy) -> Iterable[Answer]

A module without a `check` is shared by its neighbours and is not collected.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import NamedTuple

from mailproof.model.configuration import DovecotFiles, EximFiles, PostfixFiles
from mailproof.model.ese import EseDatabase, EseLog
from mailproof.model.finding import Answer, FindingKind
from mailproof.model.followed import Followed
from mailproof.model.lookups import LookupsSeen
from mailproof.model.machine import MachineSeen
from mailproof.model.observed import Observation
from mailproof.model.policy import Policy
from mailproof.model.policy_service import PolicyServiceSeen
from mailproof.model.record import Record
from mailproof.model.server_log import LogRead, LogSaid, LogStored
from mailproof.model.space import SpaceSeen


class Check(NamedTuple):
    """A check module, as it is collected."""

    name: str
    needs: tuple[type[Observation], ...]
    kinds: tuple[FindingKind, ...]
    check: Callable[[Record, Policy], Iterable[Answer]]
    module: str
    """Dotted name: `mailproof.checks.tls.starttls_offered`."""


WIRE = ("certificate", "delivery", "login", "reach", "relay", "retrieval", "tls")
"""Folders of the checks that judge what a conversation showed."""
BY_SOURCE: dict[str, tuple[type[Observation], ...]] = {
    "dovecot": (DovecotFiles,),
    "ese": (EseDatabase, EseLog),
    "exim": (EximFiles,),
    "log": (LogRead, LogSaid, LogStored, Followed),
    "machine": (MachineSeen, LookupsSeen, SpaceSeen, PolicyServiceSeen),
    "postfix": (PostfixFiles,),
}
"""The others, by the observations that they judge."""


def subjects_of(record: Record) -> tuple[str, ...]:
    """The folders that have something to say of a record; importing those that have not takes its time."""
    seen = [fact for attempt in record.attempts for fact in attempt.observations]
    return (*WIRE, *(name for name, kinds in BY_SOURCE.items() if any(isinstance(fact, kinds) for fact in seen)))


@lru_cache
def all_checks(*subjects: str) -> tuple[Check, ...]:
    """Every check there is, or those of these folders, by the name of its module; only these are imported.

    Raises AttributeError for a module that has a `check` but not the rest, ValueError for a name used twice.
    """
    checks: list[Check] = []
    for module_name in sorted(_module_names(subjects)):
        module = importlib.import_module(module_name)
        if hasattr(module, "check"):
            checks.append(Check(module.NAME, module.NEEDS, module.KINDS, module.check, module_name))
    _refuse_duplicates((check.name for check in checks), "check")
    return tuple(checks)


def kinds() -> dict[str, FindingKind]:
    """Every finding that a check can make, by name. Raises ValueError for a name that two checks declare.

    A check of files makes findings that one of the wire declares, and takes that declaration: it is the same one.
    """
    declared = {id(kind): kind for check in all_checks() for kind in check.kinds}.values()
    _refuse_duplicates((kind.name for kind in declared), "finding")
    return {kind.name: kind for kind in declared}


def _module_names(subjects: Collection[str]) -> Iterable[str]:
    for subject in pkgutil.iter_modules(__path__, f"{__name__}."):
        if subject.ispkg and (not subjects or subject.name.rpartition(".")[2] in subjects):
            package = importlib.import_module(subject.name)
            for module in pkgutil.iter_modules(package.__path__, f"{subject.name}."):
                yield module.name


def _refuse_duplicates(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"two declarations of the {what} {name}")
        seen.add(name)
