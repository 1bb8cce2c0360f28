"""regexp, pcre and cidr tables: rules in their order, the first that matches decides."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence

import msgspec

from mailproof.parse.posix_regex import bytes_of, read_regex
from mailproof.parse.postfix.lines import BLANKS, Line, Trouble, logical_lines

# RFC 5321 section 4.5.3.1: 64 octets, an @ and 255. Of a longer key the pattern is not asked.
_LONGEST_KEY = 320
# src/util/mac_parse.c: a name ends where no letter, digit or underscore follows, so `$1a` is no `$1`.
_SUBSTITUTE = re.compile(r"\$(?:(\$)|([A-Za-z0-9_]+)|\{([^{}]*)\}|\(([^()]*)\)|)", re.ASCII)
_BLANK = re.compile(r"[ \t\n\v\f\r]+")


class Rule(msgspec.Struct, frozen=True):
    line: int
    match: Callable[[str], str | None]
    unread: bool = False
    pattern: str = ""
    """As it stands, with the marks around it."""
    result: str = ""
    """As it stands, with its $1."""

    @property
    def substitutes(self) -> bool:
        """Whether its result has a $1, which some parameters allow in no line."""
        return bool(numbers_of(self.result))


Test = Callable[[str], re.Match[str] | None]


def read_patterns(data: bytes, kind: str) -> tuple[Sequence[Rule], Sequence[Trouble]]:
    """`/pattern/flags result`, `!/pattern/`, `if` and `endif`. Never raises, and no pattern can hang it."""
    lines, first = logical_lines(data)
    troubles, rules = list(first), []
    guards: list[tuple[bool, re.Pattern[str]] | None] = []
    for line in lines:
        word = _BLANK.split(line.text, 1)[0].lower()
        if word == "endif":
            if guards:
                guards.pop()
            else:
                troubles.append(Trouble(line.number, "endif-without-if", line.text))
            continue
        guard = word == "if" or word.startswith(("if/", "if!"))
        negated, pattern, result = _parts(line.text[2:] if guard else line.text)
        if pattern is None:
            troubles.append(Trouble(line.number, "no-pattern", line.text))
            continue
        compiled = read_regex(*pattern, kind)
        if guard:
            guards.append(None if compiled is None else (negated, compiled))
        if compiled is None:
            troubles.append(Trouble(line.number, "pattern-not-read", line.text))
            rules.append(Rule(line.number, lambda _: None, True, pattern[0], result))
        elif not guard and not _is_sound(result, negated, compiled):
            troubles.append(Trouble(line.number, "bad-replacement", line.text))
        elif not guard:
            match = _matcher(tuple(guards), negated, compiled, result)
            rules.append(Rule(line.number, match, False, ("!" if negated else "") + f"/{pattern[0]}/", result))
    if guards:
        troubles.append(Trouble(lines[-1].number, "if-without-endif"))
    return rules, troubles


def result_of(line: str) -> str:
    """The right-hand side of a logical line of regexp or pcre; "" for `if` and `endif`."""
    word = _BLANK.split(line, 1)[0].lower()
    if word in ("if", "endif") or word.startswith(("if/", "if!")):
        return ""
    return _parts(line)[2]


def numbers_of(result: str) -> Sequence[int] | None:
    """Of each `$1` in a right-hand side; None where Postfix skips the rule for what stands behind a `$`."""
    numbers = []
    for dollar in _SUBSTITUTE.finditer(result):
        name = dollar[2] or dollar[3] or dollar[4] or ""
        if dollar[1]:
            continue
        if not (name.isascii() and name.isdigit() and len(name) <= 3 and int(name)):
            return None
        numbers.append(int(name))
    return numbers


def _is_sound(result: str, negated: bool, compiled: re.Pattern[str]) -> bool:
    numbers = numbers_of(result)
    if numbers is None or (numbers and negated):
        return False
    return max(numbers, default=0) <= compiled.groups


def _parts(text: str) -> tuple[bool, tuple[str, str] | None, str]:
    body = text.lstrip(BLANKS)
    negated = body.startswith("!")
    body = body.lstrip("!" + BLANKS) if negated else body
    if not body or body[0].isalnum():
        return negated, None, ""
    at = 1
    while at < len(body) and body[at] != body[0]:
        at += 2 if body[at] == "\\" else 1
    if at >= len(body):
        return negated, None, ""
    flags, _, result = body[at + 1 :].replace("\t", " ").partition(" ")
    return negated, (body[1:at], flags), result.strip(BLANKS)


def _matcher(
    guards: Sequence[tuple[bool, re.Pattern[str]] | None], negated: bool, compiled: re.Pattern[str], result: str
) -> Callable[[str], str | None]:
    def match(key: str) -> str | None:
        if len(key) > _LONGEST_KEY:
            return None
        key = bytes_of(key)
        for guard in guards:
            if guard is not None and (guard[1].search(key) is None) != guard[0]:
                return None
        found = compiled.search(key)
        if negated:
            return result.replace("$$", "$") if found is None else None
        return None if found is None else _substituted(result, found)

    return match


def _substituted(result: str, match: re.Match[str]) -> str:
    def part(dollar: re.Match[str]) -> str:
        if dollar[1]:
            return "$"
        number = int(dollar[2] or dollar[3] or dollar[4])
        found = match[number] or ""
        return found if found.isascii() else found.encode("latin-1").decode("utf-8", "surrogateescape")

    return _SUBSTITUTE.sub(part, result)


def read_networks(data: bytes) -> tuple[Sequence[Rule], Sequence[Trouble]]:
    """`network/mask result`, `!network`, `if` and `endif` (cidr_table(5)); a network with host bits is left out."""
    lines, first = logical_lines(data)
    troubles, rules = list(first), []
    guards: list[Callable[[str], bool]] = []
    for line in lines:
        words = _BLANK.split(line.text, 1)
        if words[0].lower() == "endif":
            if guards:
                guards.pop()
            continue
        guard = words[0].lower() == "if"
        body = _BLANK.split(words[1], 1) if guard and len(words) > 1 else words
        inside = _inside(body[0])
        if inside is None or (not guard and len(body) < 2):
            troubles.append(Trouble(line.number, "no-network", line.text))
            continue
        if guard:
            guards.append(inside)
        else:
            rules.append(_network_rule(line, (*guards, inside), body[1]))
    return rules, troubles


def _network_rule(line: Line, tests: Sequence[Callable[[str], bool]], result: str) -> Rule:
    pattern = _BLANK.split(line.text, 1)[0]
    return Rule(line.number, lambda key: result if all(test(key) for test in tests) else None, False, pattern, result)


def _inside(text: str) -> Callable[[str], bool] | None:
    negated = text.startswith("!")
    try:
        network = ipaddress.ip_network(re.sub(r"[\[\]]", "", text.lstrip("!")))
    except ValueError:
        return None

    def inside(key: str) -> bool:
        try:
            address = ipaddress.ip_address(key)
        except ValueError:
            return False
        return address.version == network.version and (address in network) != negated

    return inside
