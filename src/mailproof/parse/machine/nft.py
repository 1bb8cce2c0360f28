"""The rules of `nft list ruleset` (nft(8)).

Read from the left as far as they are understood. Behind the first word that is not, only the verdict at the end of
the rule is looked for, for the words between may mean anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from mailproof.parse.machine.chain import (
    WORDS,
    Chain,
    Outcome,
    Packet,
    Sets,
    address_in,
    any_of,
    comes_in_by,
    of_state,
    port_in,
)

_BASE = re.compile(r"type (\w+) hook (\w+) (?:device \S+ )?priority ([^;]+);(?: policy (\w+);)?")
_PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}


def chains(printed: str) -> Iterator[Chain]:
    """Each chain of each table that is in force, with the sets and maps of the table."""
    family, name, kind, hook, policy, policy_text, priority = "", "", "", "", "accept", "", 0
    rules: list[str] = []
    sets: dict[str, tuple[str, ...]] = {}
    inside: list[str] | None = None
    dormant = False
    depth = 0
    for raw in printed.splitlines():
        line = raw.strip()
        if line.startswith("table ") and line.endswith("{"):
            family, depth, sets, dormant = line[6:-1].strip(), 1, {}, False
        elif depth == 1 and line.startswith("flags "):
            dormant = "dormant" in line
        elif depth == 1 and line.startswith(("set ", "map ")) and line.endswith("{"):
            depth, inside, name = 2, [], ""
            of_set = line[4:-1].strip()
        elif inside is not None and depth == 2:
            if line == "}":
                sets[f"@{of_set}"] = _members(" ".join(inside))
                depth, inside = 1, None
            else:
                inside.append(line)
        elif line.startswith("chain ") and line.endswith("{"):
            name, kind, hook, policy, policy_text = line[6:-1].strip(), "", "", "accept", ""
            priority, rules, depth = 0, [], 2
        elif line == "}":
            if depth == 2 and name and not dormant:
                yield Chain(name, hook, policy, policy_text, priority, tuple(rules), family, kind == "nat", sets)
            name = "" if depth == 2 else name
            depth -= 1
        elif line.endswith("{") and depth:
            depth += 1  # a counter, or a chain without a name: what is in that is not looked into
            if name and depth == 3:
                rules.append(line)
        elif depth == 2 and name and (base := _BASE.match(line)):
            kind, hook, policy, policy_text = base[1], base[2], base[4] or "accept", line
            priority = _priority(base[3])
        elif depth == 2 and name and line:
            rules.append(line)


# What may stand behind an element: for how long it is in the set, how often it was met, a remark.
_BEHIND = re.compile(r" (?:timeout|expires|counter|comment|last) [^:]*")
# And that it holds only so often: such an element is none that is understood.
_SO_OFTEN = re.compile(r" (?:limit|quota|ct count) ")


def _members(body: str) -> tuple[str, ...]:
    """Of what is printed of a set; none where it is empty."""
    elements = body.partition("elements = {")[2].rpartition("}")[0]
    found = _elements(elements) if elements else []
    return tuple(each if _SO_OFTEN.search(each) else _BEHIND.sub("", each) for each in found)


def _priority(text: str) -> int:
    word, _, more = text.strip().partition(" ")
    if re.fullmatch(r"-?[0-9]{1,9}", word):
        return int(word)
    behind = re.fullmatch(r"([-+]) ([0-9]{1,9})", more)
    return _PRIORITIES.get(word, 0) + (int(behind[1] + behind[2]) if behind is not None else 0)


_VERDICTS = ("accept", "drop", "reject", "return", "jump", "goto", "continue")
_TRANSLATIONS = ("dnat", "redirect", "tproxy")
# Statements that let the packet go on, with the number of words behind each of their options.
_PASSING: Mapping[str, Mapping[str, int]] = {
    "counter": {"packets": 1, "bytes": 1, "name": 1},
    "log": {"prefix": 1, "level": 1, "group": 1, "snaplen": 1, "queue-threshold": 1, "flags": 1},
    "comment": {},
}


def read(text: str, packet: Packet, sets: Sets) -> Outcome:
    words = WORDS.findall(text)
    matched: bool | None = True
    at = 0
    while at < len(words):
        word, rest = words[at], words[at + 1 :]
        if word in _PASSING:
            at += 1 + _options(word, rest)
            continue
        if word in (*_VERDICTS, *_TRANSLATIONS):
            # nft leaves out the `meta nfproto` that these words stand for.
            if rest[:2] in (["with", "icmp"], ["with", "icmpv6"]) and (rest[1] == "icmpv6") is not packet.is_ipv6:
                return Outcome(False)
            return _verdict(words[at:])._replace(matched=matched)
        holds, used = _condition(words[at:], packet, sets)
        if isinstance(holds, Outcome):
            return holds if matched or not holds.matched else holds._replace(matched=None)
        if holds is False:
            return Outcome(False)
        if holds is None:
            matched = None
        if not used:
            end = _verdict(_last(words[at:]))
            return Outcome(None, end.verdict or "unknown", end.target)
        at += used
    return Outcome(matched)


def _options(statement: str, rest: Sequence[str]) -> int:
    """How many words belong to a statement that lets the packet go on."""
    if statement == "comment":
        return 1
    at = 0
    while at < len(rest) and rest[at] in _PASSING[statement]:
        at += 2 + (rest[at] == "flags" and rest[at + 1 : at + 2] in (["tcp"], ["ip"]))
    return at


def _verdict(words: Sequence[str]) -> Outcome:
    """Of words that begin with one; no verdict where they do not."""
    word, target = (*words, "", "")[:2]
    if word in ("jump", "goto"):
        return Outcome(True, word, target)
    if word in _TRANSLATIONS:
        return Outcome(True, "translate")
    return Outcome(True, word if word in _VERDICTS and word != "continue" else "")


def _last(words: Sequence[str]) -> Sequence[str]:
    """From the last word that is a verdict; behind a map of verdicts nothing is known."""
    if "vmap" in words or "map" in words:
        return ()
    found = [at for at, word in enumerate(words) if word in (*_VERDICTS, *_TRANSLATIONS)]
    return words[found[-1] :] if found else ()


_Test = Callable[[str, Packet], bool | None]


def _protocol(value: str, _: Packet) -> bool | None:
    return value in ("tcp", "6")


def _family(value: str, packet: Packet) -> bool | None:
    return (value == "ipv6") is packet.is_ipv6 if value in ("ipv4", "ipv6") else None


def _address_type(value: str, _: Packet) -> bool | None:
    """Of the address that was connected to, which is one of the machine's own."""
    return None if value in ("anycast", "unicast") else value == "local"


_OPERATORS = ("/", ".", "&", "|", "<", ">", "<=", ">=", "==", "and", "or", "map")
_KEYS: Mapping[tuple[str, ...], _Test] = {
    ("tcp", "sport"): lambda *_: None,
    ("tcp", "dport"): lambda value, packet: port_in(value, packet.port),
    ("th", "dport"): lambda value, packet: port_in(value, packet.port),
    ("iif",): comes_in_by,
    ("iifname",): comes_in_by,
    ("ip", "saddr"): lambda value, packet: address_in(value, packet.source),
    ("ip6", "saddr"): lambda value, packet: address_in(value, packet.source),
    ("ip", "daddr"): lambda value, packet: address_in(value, packet.destination),
    ("ip6", "daddr"): lambda value, packet: address_in(value, packet.destination),
    ("ct", "state"): of_state,
    # Of a connection whose address or port was translated: then nothing is said at all (packet_filter.py).
    ("ct", "status"): lambda value, _: False if value in ("dnat", "snat") else None,
    ("meta", "l4proto"): _protocol,
    ("ip", "protocol"): _protocol,
    ("ip6", "nexthdr"): _protocol,
    ("meta", "nfproto"): _family,
    ("fib", "daddr", "type"): _address_type,
}
# `udp dport 53` stands for `meta l4proto udp` too.
_OTHER_PROTOCOLS = ("udp", "icmp", "icmpv6", "sctp", "dccp", "esp", "ah", "igmp", "arp", "udplite")


def _condition(words: Sequence[str], packet: Packet, sets: Sets) -> tuple[bool | Outcome | None, int]:
    """Whether the condition at the beginning holds, or what is done where it is a map of verdicts.

    And how many words it has, 0 where it is of a kind that is not understood.
    """
    word = words[0]
    if word in _OTHER_PROTOCOLS or (word in ("ip", "ip6") and (word == "ip6") is not packet.is_ipv6):
        return False, 1
    if word in ("limit", "ct") and (often := _LIMIT.match(" ".join(words[:8]))):
        return None, len(often[0].split())
    if words[:2] == ["tcp", "flags"]:
        return _of_flags(words)
    key = next((key for key in _KEYS if tuple(words[: len(key)]) == key), ())
    operator, value = (*words[len(key) :], "", "")[:2]
    if not key or not operator or operator in _OPERATORS:
        return None, 0
    if operator == "vmap":
        return _mapped(_KEYS[key], _asked(value, sets), packet), len(key) + 2
    negated = operator == "!="
    elements = _asked(value if negated else operator, sets)
    holds = None if elements is None else any_of(_KEYS[key](each, packet) for each in elements)
    return holds if holds is None or not negated else not holds, len(key) + 1 + negated


# How often, or how many at a time: nobody can tell of one packet.
_LIMIT = re.compile(r"limit rate (over )?\S+( burst \S+ \S+)?|ct count (over )?\d+")
# What begins a connection.
_SYN = {"syn"}
_FLAGS = {*_SYN, "fin", "rst", "psh", "ack", "urg", "ecn", "cwr"}


def _of_flags(words: Sequence[str]) -> tuple[bool | None, int]:
    """`tcp flags syn,ack`, one of them; `== syn`, `{ syn, syn | ack }`, these alone; `syn / fin,syn`, these of those.

    And `! fin,syn`, none of them. With the number of its words, 0 where it is of another kind.
    """
    operator = words[2] if words[2:3] and words[2] in ("==", "!=", "!") else ""
    at = 3 if operator else 2
    value, slash, mask = (*words[at : at + 3], "", "", "")[:3]
    if value.startswith("{") and not operator:
        return any(set(each.split(" | ")) == _SYN for each in _elements(value)), at + 1
    told, looked = _flags(value), _flags(mask) if slash == "/" else _FLAGS
    if told is None or looked is None or slash in _OPERATORS[1:]:
        return None, 0
    if slash == "/" or operator in ("==", "!="):
        return (_SYN & looked == told) is (operator != "!="), at + (3 if slash == "/" else 1)
    return bool(_SYN & told) is (operator != "!"), at + 1


def _flags(text: str) -> set[str] | None:
    names = {*text.split(",")} - {"0x0"}
    return names if names <= _FLAGS else None


_APART = re.compile(r'(?:"[^"]*"|[^,"])+')


def _elements(value: str) -> list[str]:
    """Of `{ a, b }`, and of `a,b`."""
    return [element.strip() for element in _APART.findall(value.strip("{} "))]


def _asked(value: str, sets: Sets) -> Sequence[str] | None:
    """The elements of a set that stands there, or elsewhere by its name (`@allowed`); None where it is not known."""
    return sets.get(value) if value.startswith("@") else _elements(value)


def _mapped(test: _Test, elements: Sequence[str] | None, packet: Packet) -> Outcome:
    """`vmap { established : accept, 587 : jump mail }`."""
    for element in ("",) if elements is None else elements:
        key, colon, verdict = element.rpartition(" : ")
        holds = test(key.strip(), packet) if colon else None
        if holds is None or not colon:
            return Outcome(None, "unknown")
        if holds:
            return _verdict(verdict.split())
    return Outcome(False)
