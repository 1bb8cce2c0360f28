"""Regular expressions of POSIX and PCRE as Python's own, where both mean the same and none can take for ever."""

from __future__ import annotations

import re
import warnings

# Trying back takes time in the power of the repetitions; three over 320 characters take a second.
_REPETITIONS = 3
_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z",
    "space": r"\s", "blank": r" \t", "xdigit": "0-9a-fA-F", "punct": r"!-/:-@\[-`{-~",
}  # fmt: skip


def read_regex(pattern: str, flags: str, kind: str) -> re.Pattern[str] | None:
    """None for what Python's `re` reads in another way, or what could take for ever."""
    if set(flags) - set("imsx" if kind == "pcre" else "imx") or (kind == "pcre" and "x" in flags):
        return None
    if re.search(r"\\[1-9]|\(\?|[*+?}][*+]", pattern) or _nested(pattern):
        return None
    if kind == "regexp" and "x" in flags:  # turns extended expressions off (regexp_table(5))
        return None
    text = re.sub(r"\[:(\w+):\]", lambda match: _CLASSES.get(match[1], match[0]), pattern)
    options = re.ASCII if "i" in flags else re.ASCII | re.IGNORECASE
    options |= re.DOTALL if kind == "regexp" or "s" not in flags else 0
    options |= re.MULTILINE if "m" in flags else 0
    try:
        # Postfix's libraries know bytes and no letters but those of ASCII.
        text = bytes_of(text)
        with warnings.catch_warnings():
            # Of sets that a later Python might read in another way; this one reads them as POSIX does.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(text.replace(r"\<", r"\b").replace(r"\>", r"\b"), options)
    except (re.error, OverflowError, RecursionError):
        return None


def _nested(pattern: str) -> bool:
    """Whether a repetition stands over a group with a choice or a repetition in it, or there are too many."""
    stack, repetitions, inside, at = [False], 0, False, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 2
            continue
        if inside:
            inside = char != "]"
        elif char == "[":
            inside = True
            at += 2 if pattern.startswith("^", at + 1) else 1  # a bracket here is one of the set
        elif char == "(":
            stack.append(False)
        elif char == ")" and len(stack) > 1:
            many = stack.pop()
            if many and pattern[at + 1 : at + 2] in ("*", "+", "{"):
                return True
            stack[-1] |= many
        elif char in "*+{":
            repetitions += 1
            stack[-1] = True
        elif char in "|?":
            stack[-1] = True
        at += 1
    return repetitions > _REPETITIONS


def bytes_of(text: str) -> str:
    """Each byte of its UTF-8 as a character of its own."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def extended(pattern: str) -> str:
    """A basic expression (regex(7), as glibc has it) as an extended one."""
    out, at, inside = "", 0, False
    while at < len(pattern):
        char = pattern[at]
        if inside:
            inside = char != "]"
        elif char == "[":
            inside = True
            more = 2 if pattern.startswith("^", at + 1) else 1
            out += pattern[at : at + more]  # a bracket here is one of the set
            at += more
            char = pattern[at : at + 1]
        elif char == "\\" and at + 1 < len(pattern):
            following = pattern[at + 1]
            out += following if following in "(){}+?|" else char + following
            at += 2
            continue
        elif char in "(){}+?|" or (char == "*" and out in ("", "^", "(")):
            char = "\\" + char
        out += char
        at += 1
    return out
