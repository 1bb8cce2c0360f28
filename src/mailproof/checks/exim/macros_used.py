"""Is every macro defined before the lines that ask for it?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import line_word_set, macro_gone, macro_moved, mend
from mailproof.checks.files import bounded, fault
from mailproof.checks.mending import lines_of
from mailproof.checks.nearest import misspelt, nearest
from mailproof.model.configuration import EximFiles
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "exim-macros-used"
NEEDS = (EximFiles,)
KINDS = (
    FindingKind(
        "exim-macro-without-effect",
        Layer.CONFIGURATION,
        ("macro", "near"),
        (),
        ("Exim specification: macros in the configuration file", "Debian's README for Exim"),
    ),
)

_ASKED = re.compile(r"[ \t]*\.(?:el)?ifn?def[ \t]+(.*)")
_NAME = re.compile(r"[A-Z][A-Za-z0-9_]*")
# Macros that are looked for within other words, and names that are held beside others: more than anybody has.
_MOST = 200


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        answers = bounded(NAME, _unused(configured))
        yield from answers
        if not answers and configured.configuration.defined:
            yield Passed(NAME, (configured.begin,))


def _unused(configured: Configured) -> Iterator[Answer]:
    """Exim replaces the name of a macro in the lines behind its definition, and asks nobody whether there are any."""
    if len(configured.fact.included) > 1:
        return  # which line comes before which is not told by their numbers
    lines = [line if not line.lstrip().startswith("#") else "" for line in lines_of(configured, configured.fact.path)]
    words: dict[str, list[int]] = {}
    asked: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        for name in _NAME.findall(line):
            words.setdefault(name, []).append(number)
        if found := _ASKED.match(line):
            for name in _NAME.findall(found[1]):
                asked.setdefault(name, number)
    undefined = [each for each in asked if each not in configured.configuration.macros]
    looked = 0
    for name, (file, number) in configured.configuration.defined.items():
        guarded = lines[number - 2 : number - 1] == [f".ifndef {name}"]
        if file != configured.fact.path or guarded or words.get(name, [0])[-1] > number:
            continue
        late = asked.get(name, number) < number
        looked += late or bool(undefined)
        # What is a part of another word is replaced too.
        if looked > _MOST or not (late or undefined) or any(name in line for line in lines[number:]):
            continue
        if late:
            yield _late(configured, name, asked[name])
        elif words.get(name) == [number] and misspelt(name, near := nearest(name, undefined)):
            yield _misspelt(configured, name, near, asked[near])


def _late(configured: Configured, name: str, asked: int) -> Finding:
    at = configured.configuration.defined[name]
    shown = (configured.line(*at), configured.line(configured.fact.path, asked))
    found = fault("exim-macro-without-effect", *shown, macro=name, near="-")
    return found.mended_by(mend(configured, macro_gone(configured, name), macro_moved(configured, name, asked)))


def _misspelt(configured: Configured, name: str, near: str, asked: int) -> Finding:
    at = configured.configuration.defined[name]
    shown = (configured.line(*at), configured.line(configured.fact.path, asked))
    found = fault("exim-macro-without-effect", *shown, macro=name, near=near)
    return found.mended_by(mend(configured, line_word_set(configured, [at], name, near)))
