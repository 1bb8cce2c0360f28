"""What would let Exim read its configuration again."""

from __future__ import annotations

import re

from mailproof.checks.exim.configured import Configured
from mailproof.checks.exim.mending import extent, line_word_set, mend
from mailproof.checks.mending import lines_of, replaced, taken_away
from mailproof.checks.nearest import misspelt, nearest
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.debian import MAILNAME, SETTINGS
from mailproof.parse.exim.known import known
from mailproof.parse.exim.lines import Trouble

# What people write for a boolean, as a shell or another server has it.
_TRUE, _FALSE = ("on", "1", "enable", "enabled", "y"), ("off", "0", "disable", "disabled", "n")


def readable(configured: Configured, trouble: Trouble, near: str) -> Remedy | None:
    """For a misspelt word, a missing sign, a line that is there twice; of all else it is not known what was meant."""
    place = (trouble.file, trouble.line)
    match trouble.name:
        case "option-unknown" | "condition-unknown" | "verb-unknown":
            # The closest name must also be one for that section.
            if misspelt(trouble.text, near):
                return mend(configured, line_word_set(configured, [place], trouble.text, near))
        case "option-before-driver" | "driver-unknown":
            return _driver(configured, trouble)
        case "not-a-boolean":
            word = trouble.text.strip().lower()
            value = "yes" if word in _TRUE else "no" if word in _FALSE else ""
            return (
                mend(configured, line_word_set(configured, [place], trouble.text.strip(), value)) if value else None
            )
        case "equals-missing":
            return _with_equals(configured, trouble)
        case "option-twice":
            return _once(configured, trouble)
    return None


def _driver(configured: Configured, trouble: Trouble) -> Remedy | None:
    if trouble.name != "driver-unknown":
        return None
    drivers = [group.partition(".")[2] for group in known() if "." in group]
    near = nearest(trouble.text, dict.fromkeys(drivers))
    if not misspelt(trouble.text, near):
        return None
    return mend(configured, line_word_set(configured, [(trouble.file, trouble.line)], trouble.text, near))


def _with_equals(configured: Configured, trouble: Trouble) -> Remedy | None:
    """`name value` of an option that there is."""
    at = configured.source(trouble.file, trouble.line)
    if at is None or at[0] in (SETTINGS, MAILNAME):
        return None
    text = lines_of(configured, at[0])[at[1] - 1].removesuffix("\r")
    found = re.fullmatch(rf"(.*?\b{re.escape(trouble.text)})[ \t]*:?[ \t]+([^=:\s].*)", text)
    return mend(configured, replaced(configured, at[0], at[1], f"{found[1]} = {found[2]}")) if found else None


def _once(configured: Configured, trouble: Trouble) -> Remedy | None:
    """The second of two lines that say the same."""
    at = configured.source(trouble.file, trouble.line)
    if at is None or at[0] in (SETTINGS, MAILNAME):
        return None
    lines = lines_of(configured, at[0])
    numbers = extent(lines, at[1])
    same = [line for line in lines[: at[1] - 1] if line.strip() == lines[at[1] - 1].strip()]
    if len(numbers) > 1 or not same:
        return None
    return mend(configured, taken_away(configured, at[0], numbers))
