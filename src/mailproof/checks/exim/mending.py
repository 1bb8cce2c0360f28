"""What would mend a fault of Exim's files: the lines that set it right; on Debian those that they are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mailproof.checks.exim.configured import Configured
from mailproof.checks.exim.listed import Listed, listed
from mailproof.checks.mending import (
    Changes,
    appended,
    inserted,
    lines_of,
    quoted,
    remedy,
    replaced,
    taken_away,
)
from mailproof.model.configuration import FileState
from mailproof.model.remedy import Change, Remedy
from mailproof.parse.exim.configuration import Condition, Driver, Setting, Statement
from mailproof.parse.exim.debian import (
    GENERATED,
    LOCAL_MACROS,
    MAILNAME,
    OF_SETTINGS,
    SETTINGS,
    SPLIT,
    STARTED,
    is_split,
    settings,
)
from mailproof.parse.exim.text import BLANKS

_SPLIT_MACROS = f"{SPLIT}/main/000_localmacros"
# Macros of macros of macros: nobody has more.
_DEEPEST = 5
_CONDITIONAL = re.compile(r"[ \t]*\.(?:(if)n?def|(endif))\b")


class Place(NamedTuple):
    """Where a value is written: behind `head` on the first of `numbers`, and on the others."""

    file: str
    numbers: tuple[int, ...]
    head: str
    value: str
    tail: str = ""

    @property
    def listed(self) -> Listed:
        return listed(self.value, self.file == SETTINGS)


def mend(configured: Configured, *parts: Changes, then: Sequence[str] = (), restart: bool = False) -> Remedy | None:
    """These changes together; behind what else is to be run, what has Exim take them.

    `restart`: for what a daemon does not take anew while it runs: its command line, its groups.
    """
    return remedy(*parts, then=(*then, *_taken(configured, "restart" if restart else "reload")))


def _taken(configured: Configured, verb: str) -> tuple[str, ...]:
    path = configured.fact.path
    if path == GENERATED:
        return "update-exim4.conf", f"systemctl {verb} exim4"
    if path.startswith("/etc/exim4/"):
        return "exim4 -bV", f"systemctl {verb} exim4"
    if not configured.fact.here:
        return "exim -bV", f"systemctl {verb} exim"
    pid = configured.expanded(configured.value("pid_file_path"))
    hangup = f'kill -HUP "$(cat {quoted(pid)})"' if pid and verb == "reload" else f"systemctl {verb} exim"
    return f"exim -C {quoted(path)} -bV", hangup


def service(configured: Configured, verb: str) -> str:
    """`systemctl start exim4`, by the name that its packages have for it."""
    debian = configured.fact.path.startswith(("/etc/exim4/", "/var/lib/exim4/"))
    return f"systemctl {verb} {'exim4' if debian else 'exim'}"


def place_of(configured: Configured, found: Setting | Condition) -> Place | None:
    """Where the value of a setting or a condition is written, or that of the macro that it consists of.

    None where it is made of several, is quoted, or comes from nothing that could be changed.
    """
    return _place(configured, found.file, found.line, found.name, found.value, 0)


def _place(configured: Configured, file: str, line: int, name: str, value: str, depth: int) -> Place | None:
    at = configured.source(file, line)
    if at is None or at[0] == MAILNAME or depth > _DEEPEST:
        return None
    if at[0] == SETTINGS:
        return settings_place(configured, OF_SETTINGS.get(name, name))
    lines = lines_of(configured, at[0])
    numbers = extent(lines, at[1])
    first, *others = [lines[number - 1].rstrip() for number in numbers]
    match = re.match(rf"(.*?(?<!\w){re.escape(name)}[ \t]*==?[ \t]*)(.*)", first)
    if match is None:
        return None
    text = "".join(each.removesuffix("\\") for each in (match[2], *(other.lstrip(BLANKS) for other in others)))
    if text.rstrip() == value.rstrip():
        return Place(at[0], numbers, match[1], text.rstrip())
    defined = configured.configuration.defined.get(text.strip())
    if defined is None or _used(configured, text.strip()) > 1:
        return None
    return _place(configured, *defined, text.strip(), value, depth + 1)


def _used(configured: Configured, macro: str) -> int:
    """How many lines are made with a macro, but those that define it or ask whether it is."""
    word = re.compile(rf"(?<!\w){re.escape(macro)}(?!\w)")
    lines = [line for name in configured.fact.included for line in lines_of(configured, name) if macro in line]
    return sum(
        not line.lstrip().startswith(("#", ".")) and not re.match(rf"\s*{re.escape(macro)}\s*=", line)
        and word.search(line) is not None
        for line in lines
    )  # fmt: skip


def settings_place(configured: Configured, name: str, file: str = SETTINGS) -> Place | None:
    """A variable of a file that a shell reads: Debian's settings, or /etc/default/exim4."""
    given = settings((configured.data(file) or b"").decode("utf-8", "surrogateescape")).get(name)
    if given is None:
        return None
    text = lines_of(configured, file)[given.line - 1].rstrip()
    head, mark, _ = text.partition("=")
    quote = given.raw[:1] if given.raw[:1] in ("'", '"') else ""
    if not text.endswith(f"{mark}{quote}{given.text}{quote}"):
        return None  # something stands behind it
    return Place(file, (given.line,), f"{head}={quote}", given.text, quote)


def extent(lines: Sequence[str], number: int) -> tuple[int, ...]:
    """The physical lines of the logical one that begins here, without the comments between them."""
    numbers = [number]
    text = lines[number - 1].rstrip()
    while text.endswith("\\") and number < len(lines):
        number += 1
        if not lines[number - 1].lstrip().startswith("#"):
            numbers.append(number)
            text = lines[number - 1].rstrip()
    return tuple(numbers)


def written(configured: Configured, place: Place | None, value: str) -> Changes:
    """Another value at a place; its other lines go."""
    if place is None or (place.file == SETTINGS and not re.fullmatch(r"[^'\"$`\\]*", value)):
        return None
    blank = " " if place.head.endswith((" =", "\t=")) else ""
    text = f"{place.head}{blank}{value}{place.tail}".rstrip()
    if place.file in (SETTINGS, STARTED) and not place.tail and value != place.value:
        text = f"{place.head}'{value}'"
    first, *others = place.numbers
    begin = replaced(configured, place.file, first, text)
    rest = taken_away(configured, place.file, others) if others else ()
    return None if begin is None or rest is None else (*begin, *rest)


def items_gone(
    configured: Configured, place: Place | None, items: Iterable[str], instead: str | None = None
) -> Changes:
    """A list without some of its items; `instead` where nothing is left, and None where that may not be."""
    if place is None:
        return None
    there, gone = place.listed, set(items)
    left = [item for item in there.items if item not in gone]
    if len(left) == len(there.items) or (not left and instead is None):
        return None
    return written(configured, place, there.text(left) if left else instead or "")


def item_added(configured: Configured, place: Place | None, item: str) -> Changes:
    """One more item at the end of a list."""
    if place is None:
        return None
    there = place.listed
    return written(configured, place, there.text([*there.items, item]))


def main_set(configured: Configured, name: str, value: str) -> Changes:
    """A main option, where it is set; else where a new one belongs."""
    setting = configured.main.get(name)
    if setting is None:
        return main_added(configured, f"{name} = {value}")
    return () if setting.value == value else written(configured, place_of(configured, setting), value)


def main_added(configured: Configured, *new: str) -> Changes:
    """Lines of the main section: behind its last; on Debian in the file for macros and options of one's own."""
    if configured.fact.path == GENERATED:
        return _of_ones_own(configured, *new)
    sections = configured.configuration.sections.values()
    first = next(iter(sections), None)
    if first is None:
        return appended(configured, configured.fact.path, *new)
    if first.file != configured.fact.path:
        return None
    before = lines_of(configured, first.file)[: first.line - 1]
    inside = sum(1 if found[1] else -1 for line in before if (found := _CONDITIONAL.match(line)))
    return inserted(configured, first.file, 0 if inside else first.line - 1, *new)


def _of_ones_own(configured: Configured, *new: str) -> Changes:
    """Debian's README: both come before anything that could ask for a macro."""
    if configured.made_of is None:
        return None
    given = settings((configured.data(SETTINGS) or b"").decode("utf-8", "replace"))
    file = _SPLIT_MACROS if is_split(given) else LOCAL_MACROS
    seen = configured.files.get(file)
    if seen is None or seen.state is FileState.MISSING or (seen.state is FileState.FILE and not seen.data):
        return (Change(file, 0, (), new),)
    return appended(configured, file, *new)


def statement_gone(configured: Configured, statement: Statement) -> Changes:
    """A statement of an ACL; None where a condition (`.ifdef`) stands between its lines."""
    found = [configured.source(statement.file, statement.line)]
    found += [configured.source(each.file, each.line) for each in statement.conditions]
    places = [each for each in found if each is not None]
    if len(places) < len(found) or len({file for file, _ in places}) > 1:
        return None
    file = places[0][0]
    lines = lines_of(configured, file)
    numbers = sorted({number for _, line in places for number in extent(lines, line)})
    between = lines[numbers[0] - 1 : numbers[-1]]
    if any(line.lstrip().startswith(".") for line in between):
        return None
    return taken_away(configured, file, numbers)


def word_set(configured: Configured, found: Setting | Condition, old: str, new: str) -> Changes:
    """One word of a value by another, on its line or on that of a macro in it; None where it is not there once."""
    raw = configured.text(found.file, found.line)
    macros = [at for name, at in configured.configuration.defined.items() if name in raw]
    return line_word_set(configured, [(found.file, found.line), *macros], old, new)


def line_word_set(configured: Configured, places: Iterable[tuple[str, int]], old: str, new: str) -> Changes:
    """The same of logical lines."""
    hits: dict[tuple[str, int], str] = {}
    for file, line in places:
        at = configured.source(file, line)
        if at is None:
            return None
        lines = lines_of(configured, at[0])
        for number in extent(lines, at[1]) if at[1] <= len(lines) else ():
            text = lines[number - 1].removesuffix("\r")
            if (count := len(re.findall(rf"(?<!\w){re.escape(old)}(?!\w)", text))) == 1:
                hits[at[0], number] = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text)
            elif count:
                return None
    if len(hits) != 1:
        return None
    ((file, number), text) = next(iter(hits.items()))
    return None if file in (SETTINGS, MAILNAME) else replaced(configured, file, number, text)


def driver_filled(configured: Configured, driver: Driver, line: str) -> Changes:
    """One more option of a driver, below the line that says which it is."""
    setting = driver.get("driver")
    at = configured.source(setting.file, setting.line) if setting is not None else None
    if at is None:
        return None
    text = lines_of(configured, at[0])[at[1] - 1]
    indent = text[: len(text) - len(text.lstrip())]
    return inserted(configured, at[0], at[1], f"{indent}{line}")


def macro_moved(configured: Configured, name: str, before: int) -> Changes:
    """Its definition anew before a line of the configuration; on Debian in the file for macros of one's own."""
    line = f"{name} = {configured.configuration.macros.get(name, '')}".rstrip()
    if configured.fact.path == GENERATED:
        return _of_ones_own(configured, line)
    lines = lines_of(configured, configured.fact.path)[: before - 1]
    inside = sum(1 if found[1] else -1 for each in lines if (found := _CONDITIONAL.match(each)))
    return None if inside else inserted(configured, configured.fact.path, before - 1, line)


def macro_gone(configured: Configured, name: str) -> Changes:
    """The line that defines it; None where it is defined by default, between `.ifndef` and `.endif`."""
    defined = configured.configuration.defined.get(name)
    at = configured.source(*defined) if defined is not None else None
    if at is None or at[0] == MAILNAME:
        return None
    lines = lines_of(configured, at[0])
    before = lines[at[1] - 2].split() if at[1] > 1 else []
    if at[0] != SETTINGS and before == [".ifndef", name]:
        return None
    return taken_away(configured, at[0], extent(lines, at[1]))
