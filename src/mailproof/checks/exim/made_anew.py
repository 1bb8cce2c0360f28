"""Has Exim what stands in Debian's files?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mailproof.checks.exim.configured import Configured, configurations
from mailproof.checks.exim.mending import mend, settings_place, written
from mailproof.checks.files import fault
from mailproof.checks.mending import lines_of
from mailproof.checks.nearest import misspelt, nearest
from mailproof.model.configuration import EximFiles, FileState
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.exim.debian import (
    GENERATED,
    KINDS_OF_SETTINGS,
    LOCAL_MACROS,
    OF_SETTINGS,
    SETTINGS,
    SPLIT,
    TEMPLATE,
    Source,
    comparable,
    is_split,
    settings,
)

NAME = "exim-config-made-anew"
NEEDS = (EximFiles,)
_REFERENCES = ("update-exim4.conf(8)", "Debian's README for Exim")
KINDS = (
    FindingKind("exim-config-outdated", Layer.CONFIGURATION, ("file", "made"), (), _REFERENCES),
    FindingKind("exim-config-without-effect", Layer.CONFIGURATION, ("file", "instead"), (), _REFERENCES),
    FindingKind(
        "exim-config-type-unknown",
        Layer.CONFIGURATION,
        ("kind",),
        tuple(
            Explains(name, Scope.SERVER)
            for name in ("domain-not-configured", "own-domain-rejected", "relay-denied", "not-delivered")
        ),
        _REFERENCES,
    ),
)

_OWN = "/etc/exim4/exim4.conf"
# Debian's files all come with the package; a file that was changed a day after the others was changed by hand.
_DAY = 86_400.0
_PACKAGED = re.compile(r"exim4-config|/mmm_mail4root\Z")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        if configured.fact.path not in (GENERATED, _OWN) or configured.data(SETTINGS) is None:
            continue
        answers = [*_outdated(configured), *_unused(configured)]
        yield from answers
        if configured.made_of is not None and not any(isinstance(each, Finding) for each in answers):
            yield Passed(NAME, (configured.line(SETTINGS, 1),))


def _outdated(configured: Configured) -> Iterator[Answer]:
    """What update-exim4.conf would make now is another text than the one that Exim reads."""
    ours = configured.made_of
    if ours is None:
        return
    theirs = comparable(GENERATED, configured.data(GENERATED) or b"")
    there = [each.text.strip() for each in theirs]
    if [each.text.strip() for each in ours] == there:
        return
    new = _first_new(ours, there)
    shown = new if new is not None else (theirs[-1] if theirs else Source("", GENERATED, 1))
    evidence = Evidence(EvidenceKind.CONFIG, f"{shown.file}:{shown.line}", shown.text.strip()[:200])
    file = new.file if new is not None else SETTINGS
    found = fault("exim-config-outdated", evidence, configured.begin, file=file, made=GENERATED)
    # Of what Exim cannot read none is made.
    yield found.mended_by(mend(configured) if not configured.to_be else None)


def _first_new(ours: Sequence[Source], there: Sequence[str]) -> Source | None:
    """The first line that is not in what was made."""
    known = set(there)
    return next((each for each in ours if each.text.strip() not in known), ours[0] if ours else None)


def _unused(configured: Configured) -> Iterator[Answer]:
    """Files that were changed by hand, and that nothing is made of."""
    if configured.fact.path == _OWN:
        yield from _without_effect(configured, SETTINGS, _OWN)
        return
    yield from _no_type(configured)
    split = is_split(settings((configured.data(SETTINGS) or b"").decode("utf-8", "replace")))
    parts = [name for name in configured.files if name.startswith(f"{SPLIT}/")]
    oldest = min(
        (configured.files[name].changed for name in (TEMPLATE, *parts) if name in configured.files), default=0.0
    )
    for name in (TEMPLATE, LOCAL_MACROS) if split else parts:
        seen = configured.files.get(name)
        if seen is None or seen.state is not FileState.FILE:
            continue
        if seen.changed > oldest + _DAY or (_is_ones_own(name) and comparable(name, seen.data)):
            yield from _without_effect(configured, name, SPLIT if split else TEMPLATE)


def _is_ones_own(name: str) -> bool:
    """Whether it comes with no package of Debian's, and was made today or ever."""
    return name == LOCAL_MACROS or (name.startswith(f"{SPLIT}/") and _PACKAGED.search(name) is None)


def _no_type(configured: Configured) -> Iterator[Answer]:
    """With a type that there is not, update-exim4.conf makes no macro of the settings."""
    given = settings((configured.data(SETTINGS) or b"").decode("utf-8", "replace"))
    kind = given.get("dc_eximconfig_configtype")
    wanted = [name for name in OF_SETTINGS if any(name in line.text for line in configured.made_of or ())]
    if kind is None or kind.text.lower() in KINDS_OF_SETTINGS or not wanted:
        return
    shown = (configured.line(SETTINGS, kind.line), configured.line(GENERATED, _line_with(configured, wanted)))
    found = fault("exim-config-type-unknown", *shown, kind=kind.text)
    near = nearest(kind.text.lower(), KINDS_OF_SETTINGS)
    meant = written(configured, settings_place(configured, "dc_eximconfig_configtype"), near)
    yield found.mended_by(mend(configured, meant) if misspelt(kind.text, near) else None)


def _line_with(configured: Configured, names: Sequence[str]) -> int:
    """The first line of the configuration in which a macro that was not made still stands."""
    lines = lines_of(configured, GENERATED)
    found = (number for number, line in enumerate(lines, 1) if any(name in line for name in names))
    return next((number for number in found if not lines[number - 1].lstrip().startswith(".")), 1)


def _without_effect(configured: Configured, name: str, instead: str) -> Iterator[Answer]:
    shown = (configured.line(name, 1), configured.line(SETTINGS, _line_of_split(configured)))
    yield fault("exim-config-without-effect", *shown, file=name, instead=instead)


def _line_of_split(configured: Configured) -> int:
    given = settings((configured.data(SETTINGS) or b"").decode("utf-8", "replace"))
    return given["dc_use_split_config"].line if "dc_use_split_config" in given else 1
