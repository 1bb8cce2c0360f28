"""The rules of `iptables-save`; behind a line `# ip6tables` those of ip6tables-save (iptables-extensions(8)).

What `ipset save` prints may stand behind them (ipset(8)): the sets that `--match-set` asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

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

IPV6 = "# ip6tables"
"""Stands between what the two programs print."""

_HOOKS = {("filter", "INPUT"): "input", ("nat", "PREROUTING"): "prerouting"}


def chains(printed: str) -> Iterator[Chain]:
    """Each chain of the tables `filter` and `nat`, with the sets that there are."""
    family, table, sets = "ip", "", _sets(printed)
    policies: dict[tuple[str, str], str] = {}
    rules: dict[tuple[str, str], list[str]] = {}
    for raw in (*printed.splitlines(), IPV6):
        line = raw.strip()
        if line == IPV6:
            for (of, name), policy in policies.items():
                told = f":{name} {policy.upper()}"
                hook = _HOOKS.get((of, name), "")
                of_chain = tuple(rules.get((of, name), ()))
                yield Chain(name, hook, policy, told, 0, of_chain, f"{family} {of}", of == "nat", sets)
            family, policies, rules = "ip6", {}, {}
        elif line.startswith("*"):
            table = line[1:]
        elif table in ("filter", "nat") and line.startswith(":"):
            name, _, policy = line[1:].partition(" ")
            policies[table, name] = policy.partition(" ")[0].lower()
        elif table in ("filter", "nat") and line.startswith("-A "):
            rules.setdefault((table, line.split(" ", 2)[1]), []).append(line)


# Of one address or network; what a set of others (`hash:ip,port`, `list:set`) has is not understood.
_ONE_ADDRESS = ("hash:ip", "hash:net", "bitmap:ip")


def _sets(printed: str) -> Sets:
    found: dict[str, list[str]] = {}
    for line in printed.splitlines():
        word, name, member, *more = (*line.split(" "), "", "")
        if word == "create" and member in _ONE_ADDRESS:
            found[name] = []
        elif word == "add" and name in found:
            found[name].append(f"!{member}" if "nomatch" in more else member)
    return {name: tuple(members) for name, members in found.items()}


class _Option(NamedTuple):
    name: str
    values: tuple[str, ...]
    negated: bool


def _options(words: Sequence[str]) -> Iterator[_Option]:
    """Each with what stands behind it, up to the next: some have two arguments, some none."""
    name, negated, next_negated = "", False, False
    values: list[str] = []
    for word in (*words, "-"):
        if word.startswith("-") and not word[1:2].isdigit():
            if name:
                yield _Option(name, tuple(values), negated)
            name, values, negated, next_negated = word, [], next_negated, False
        elif word == "!":
            next_negated = True
        else:
            values.append(word)


_Test = Callable[[Sequence[str], Packet], bool | None]


def _ports(values: Sequence[str], packet: Packet) -> bool | None:
    return any_of(port_in(each.replace(":", "-"), packet.port) for each in values[0].split(","))


def _flags(values: Sequence[str], _: Packet) -> bool | None:
    """Which flags are looked at, and which of them must be set: a connection begins with SYN alone."""
    looked, must = (set(each.split(",")) for each in values)
    return must - {"NONE"} == ({"SYN"} if looked & {"SYN", "ALL"} else set())


def _state(values: Sequence[str], packet: Packet) -> bool | None:
    return any_of(of_state(each, packet) for each in values[0].split(","))


def _address_type(values: Sequence[str], _: Packet) -> bool | None:
    """Of the address that was connected to, which is one of the machine's own."""
    return any_of(None if each in ("ANYCAST", "UNICAST") else each == "LOCAL" for each in values[0].split(","))


# Those that choose only by the options that follow them.
_MODULES = ("tcp", "udp", "multiport", "conntrack", "state", "comment", "addrtype", "set")
# The tests, with the number of values that each must have to be understood.
_TESTS: Mapping[str, tuple[int, _Test]] = {
    "-m": (1, lambda values, _: True if values[0] in _MODULES else None),
    "-p": (1, lambda values, _: values[0] in ("tcp", "6", "all")),
    "--dport": (1, _ports),
    "--dports": (1, _ports),
    "-s": (1, lambda values, packet: address_in(values[0], packet.source)),
    "-d": (1, lambda values, packet: address_in(values[0], packet.destination)),
    "-i": (1, lambda values, packet: comes_in_by(values[0].replace("+", "*"), packet)),
    "--ctstate": (1, _state),
    "--state": (1, _state),
    "--tcp-flags": (2, _flags),
    "--dst-type": (1, _address_type),
}
# They do not choose: they belong to a target, or are remarks.
_NO_TESTS = {"-A", "-j", "-g", "--comment", "--reject-with", "--set-xmark", "--set-mark", "--nflog-group"}
_NO_TESTS |= {"--nflog-prefix", "--log-prefix", "--log-level", "--log-uid", "--log-tcp-options", "--log-ip-options"}
_VERDICTS = ("ACCEPT", "DROP", "REJECT", "RETURN")
_TRANSLATIONS = ("DNAT", "REDIRECT", "NETMAP")
_PASSING = ("", "LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "CONNSECMARK", "SECMARK", "AUDIT", "TRACE", "SET", "CT")


def read(text: str, packet: Packet, sets: Sets) -> Outcome:
    matched: bool | None = True
    verdict, target = "", ""
    for option in _options(WORDS.findall(text)):
        if option.name in ("-j", "-g"):
            verdict, target = _target(option)
        holds = _in_set(option, packet, sets) if option.name == "--match-set" else _holds(option, packet)
        if holds is False:
            return Outcome(False)
        if holds is None:
            matched = None
    return Outcome(matched, verdict, target)


def _holds(option: _Option, packet: Packet) -> bool | None:
    if option.name in _NO_TESTS:
        return True
    count, test = _TESTS.get(option.name, (-1, _flags))
    holds = test(option.values, packet) if len(option.values) == count else None
    return holds if holds is None or not option.negated else not holds


def _in_set(option: _Option, packet: Packet, sets: Sets) -> bool | None:
    """`--match-set NAME src`."""
    name, by = (*option.values, "", "")[:2]
    address = {"src": packet.source, "dst": packet.destination}.get(by)
    if address is None or name not in sets or len(option.values) != 2:
        return None
    excepted = any_of(address_in(each[1:], address) for each in sets[name] if each.startswith("!"))
    holds = any_of(address_in(each, address) for each in sets[name] if not each.startswith("!"))
    if excepted is not False and holds is not False:
        return None  # the narrower of the two decides
    return holds if holds is None or not option.negated else not holds


def _target(option: _Option) -> tuple[str, str]:
    name = (*option.values, "")[0]
    if name in _VERDICTS:
        return name.lower(), ""
    if name in _TRANSLATIONS:
        return "translate", ""
    return ("", "") if name in _PASSING else ("goto" if option.name == "-g" else "jump", name)
