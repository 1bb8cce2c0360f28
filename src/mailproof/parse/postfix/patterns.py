"""regexp, pcre and cidr tables: rules in their order, the first that matches decides."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence

import msgspec

from mailproof.parse.postfix.lines import BLANKS, Line, Trouble, logical_lines
from mailproof.parse.regex.pattern import Pattern, read_table_pattern
from mailproof.parse.regex.tree import Refused, Unread

# RFC 5321 section 4.5.3.1: 64 octets, an @ and 255. Of a longer key the pattern is not asked.
_LONGEST_KEY = 320
BROKEN, NOT_READ = "bad-pattern", "pattern-not-read"
"""The trouble of a rule that Postfix leaves out, for its library takes no such pattern; of one not evaluated here."""
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


def read_patterns(data: bytes, kind: str) -> tuple[Sequence[Rule], Sequence[Trouble]]:
    """`/pattern/flags result`, `!/pattern/`, `if` and `endif`. Never raises, and no pattern can hang it."""
    lines, first = logical_lines(data)
    troubles, rules = list(first), []
    guards: list[tuple[bool, Pattern] | None] = []
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
        compiled = None
        try:
            compiled = read_table_pattern(*pattern, kind)
        except Refused:
            troubles.append(Trouble(line.number, BROKEN, line.text))
            continue
        except Unread:
            troubles.append(Trouble(line.number, NOT_READ, line.text))
            rules.append(Rule(line.number, lambda _: None, True, pattern[0], result))
        if guard:
            guards.append(None if compiled is None else (negated, compiled))
        elif compiled is not None and not _is_sound(result, negated, compiled):
            troubles.append(Trouble(line.number, "bad-replacement", line.text))
        elif compiled is not None:
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


def _is_sound(result: str, negated: bool, compiled: Pattern) -> bool:
    numbers = numbers_of(result)
    if numbers is None or (numbers and negated):
        return False
    return max(numbers, default=0) <= compiled.groups


def _parts(text: str) -> tuple[bool, tuple[str, str] | None, str]:
    body = text.lstrip(BLANKS)
    bare = body.lstrip("!" + BLANKS) if body.startswith("!") else body
    negated = body[: len(body) - len(bare)].count("!") % 2 == 1
    body = bare
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
    guards: Sequence[tuple[bool, Pattern] | None], negated: bool, compiled: Pattern, result: str
) -> Callable[[str], str | None]:
    plain = not numbers_of(result)

    def match(key: str) -> str | None:
        """Raises Unread."""
        if len(key) > _LONGEST_KEY:
            return None
        for guard in guards:
            if guard is not None and guard[1].found(key) == guard[0]:
                return None
        if plain:
            return result.replace("$$", "$") if compiled.found(key) != negated else None
        parts = compiled.parts(key)
        return None if parts is None else _substituted(result, parts)

    return match


def _substituted(result: str, parts: Sequence[str]) -> str:
    def part(dollar: re.Match[str]) -> str:
        return "$" if dollar[1] else parts[int(dollar[2] or dollar[3] or dollar[4])]

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
    bare = text.lstrip("!")
    negated = (len(text) - len(bare)) % 2 == 1
    try:
        network = ipaddress.ip_network(re.sub(r"[\[\]]", "", bare))
    except ValueError:
        return None

    def inside(key: str) -> bool:
        try:
            address = ipaddress.ip_address(key)
        except ValueError:
            return False
        return address.version == network.version and (address in network) != negated

    return inside
