"""What milter-greylist takes without a word, and does not do as it looks."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from mailproof.emulate.greylist.clauses import compiled_of
from mailproof.model.greylist import (
    BinarySeen,
    Clause,
    DatabaseSeen,
    GreylistConfig,
    Rule,
    RuleAction,
    Slip,
    Slips,
)
from mailproof.parse.geoip.legacy import CODES
from mailproof.parse.greylist.grammar import LONGEST_LINE, MOST_SLIPS
from mailproof.parse.greylist.tokens import excerpt
from mailproof.parse.regex.posix_syntax import takes

# MaxMind and DB-IP publish anew at least monthly; what is older than a year is no picture of today.
_OLD = 365 * 86400
# Of a word of the file, where it is shown: two lines of a screen.
_LONGEST_WORD = 200
_V4 = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_COUNTRIES = frozenset(CODES) - {"--"} | {"ZZ"}
# What a build may lack, by the clauses that leave their whole rule out there (acl_drop in conf_yacc.y).
LACKS = {
    "geoip": "GeoIP",
    "spf": "SPF",
    "dkim": "DKIM",
    "dnsrbl": "DNSRBL",
    "urlcheck": "CURL",
    "ldapcheck": "LDAP",
    "p0f": "p0f",
    "mx": "MX",
}


def lint(config: GreylistConfig, databases: Sequence[DatabaseSeen], now: int) -> Slips:
    """In the order of the lines; `now` is in seconds since 1970."""
    found = (config.slips, _rules(config), _lists(config), _countries(config, databases), _files(databases, now))
    return _first((slip for each in found for slip in each), config.more_slips, lambda slip: slip.line)


def stopping(config: GreylistConfig) -> Slips:
    """With what milter-greylist does not start."""
    found = (slip for each in (config.slips, _rules(config), _lists(config)) for slip in each if slip.stops)
    return _first(found, config.more_slips, lambda slip: slip.line)


def diagnose(config: GreylistConfig, binary: BinarySeen, databases: Sequence[DatabaseSeen]) -> Slips:
    """What the file asks of a program that was built without it."""
    found = _diagnosed(config, binary, databases)
    return _first(found, 0, lambda slip: (slip.severity == "info", slip.line))


def _diagnosed(config: GreylistConfig, binary: BinarySeen, databases: Sequence[DatabaseSeen]) -> Iterator[Slip]:
    for rule, kind in _lacking(config, binary):
        if kind:
            params = {"clause": kind, "what": LACKS[kind], "binary": binary.path}
            yield Slip("rule-left-out", rule.line, "fail", params, rule.text)
    for each in databases:
        if each.kind and binary.country_kind and each.kind != binary.country_kind:
            params = {"path": each.path, "kind": each.kind, "wants": binary.country_kind}
            yield Slip("database-of-wrong-kind", each.line, "fail", params)
        elif not binary.country_kind:
            yield Slip("database-not-used", each.line, "fail", {"setting": each.setting, "binary": binary.path})
    if not binary.postfix and binary.unread is None:
        yield Slip("postfix-not-built", 0, "info", {"binary": binary.path})


def _first(found: Iterable[Slip], more: int, order: Callable[[Slip], Any]) -> Slips:
    """The first of them; `more` were left off before."""
    counts = Counter({"fail": more})

    def counted() -> Iterator[Slip]:
        for slip in found:
            counts[slip.severity] += 1
            yield slip

    first = tuple(map(_short, heapq.nsmallest(MOST_SLIPS, counted(), key=order)))
    return Slips(first, {severity: n for severity, n in counts.items() if n})


def _short(slip: Slip) -> Slip:
    """As much of the file's own words as is shown."""
    params = {name: excerpt(value, _LONGEST_WORD) for name, value in slip.params.items()}
    return msgspec.structs.replace(slip, params=params, text=excerpt(slip.text, LONGEST_LINE))


def without(config: GreylistConfig, binary: BinarySeen) -> GreylistConfig:
    """The configuration as such a build reads it: rules with what it lacks are not there."""
    rules = (msgspec.structs.replace(rule, dropped=kind) for rule, kind in _lacking(config, binary))
    return msgspec.structs.replace(config, rules=tuple(rules))


def _lacking(config: GreylistConfig, binary: BinarySeen) -> Iterator[tuple[Rule, str]]:
    """Each rule, and the first clause that such a build lacks, in a list that it names too; empty for none."""
    in_list = {each.name: _lacked(each.items, binary) for each in config.lists}
    for rule in config.rules:
        kinds = (
            in_list.get(clause.value, "") if clause.kind == "list" else _lacked((clause,), binary)
            for clause in rule.clauses
        )
        yield rule, next(filter(None, kinds), "")


def _lacked(clauses: Iterable[Clause], binary: BinarySeen) -> str:
    return next((clause.kind for clause in clauses if LACKS.get(clause.kind) in binary.lacks), "")


def _rules(config: GreylistConfig) -> Iterator[Slip]:
    default: dict[str, Rule] = {}
    is_extended = config.has("extendedregex")
    for rule in config.rules:
        if rule.stage in default:
            params = {"default": str(default[rule.stage].line)}
            yield Slip("rule-after-default", rule.line, "fail", params, rule.text)
        elif rule.is_default and rule.action is not RuleAction.CONTINUE:
            default[rule.stage] = rule
        if rule.clauses and rule.clauses[-1].kind == "not":
            yield Slip("not-at-the-end", rule.line, "fail", {}, rule.text)
        for clause in rule.clauses:
            yield from _octal(clause, rule.line, rule.text)
            if clause.regex:
                yield from _regex(clause, rule.line, rule.text, is_extended)
            if clause.kind in ("from", "rcpt", "rawfrom") and clause.regex:
                yield from _anchored(clause, rule)


def _anchored(clause: Clause, rule: Rule) -> Iterator[Slip]:
    """The address is compared with its angle brackets, so `$` behind the domain never meets its end."""
    if (clause.value.endswith("$") and not clause.value.endswith((">$", ">?$", ".$", "*$", "\\$"))) or (
        clause.value.startswith("^") and not clause.value.startswith(("^<", "^.", "^["))
    ):
        params = {"pattern": clause.value, "clause": clause.kind}
        yield Slip("regex-without-bracket", rule.line, "fail", params, rule.text)


def _octal(clause: Clause, line: int, text: str) -> Iterator[Slip]:
    written = _V4.search(clause.text) if clause.kind == "addr" else None
    if written is not None and written[0] != clause.value.partition("/")[0]:
        yield Slip("octal-address", line, "fail", {"written": written[0], "read": clause.value}, text)


def _regex(clause: Clause, line: int, text: str, is_extended: bool) -> Iterator[Slip]:
    if not takes(clause.value, extended=is_extended):
        yield Slip("regex-broken", line, "fail", {"pattern": clause.value}, text)
    elif compiled_of(clause.value, is_extended) is None:
        yield Slip("regex-not-read", line, "warn", {"pattern": clause.value}, text)


def _lists(config: GreylistConfig) -> Iterator[Slip]:
    is_extended = config.has("extendedregex")
    known: set[str] = set()
    lines = {each.name: each.line for each in config.lists}
    for each in config.lists:
        if each.name in known:
            yield Slip("list-twice", each.line, "fail", {"list": each.name})
        known.add(each.name)
        for item in each.items:
            yield from _octal(item, each.line, item.text)
            if item.regex:
                yield from _regex(item, each.line, item.text, is_extended)
    defined = {setting.words[0] for setting in config.settings if setting.name == "dnsrbl" and setting.words}
    for rule in config.rules:
        for clause in rule.clauses:
            if clause.kind == "list" and lines.get(clause.value, rule.line + 1) > rule.line:
                yield Slip("no-such-list", rule.line, "fail", {"list": clause.value}, rule.text)
            if clause.kind == "dnsrbl" and clause.value not in defined:
                yield Slip("no-such-dnsrbl", rule.line, "fail", {"name": clause.value}, rule.text)


def _countries(config: GreylistConfig, databases: Sequence[DatabaseSeen]) -> Iterator[Slip]:
    asked: list[int] = []
    for rule in config.rules:
        codes = [clause.value for clause in rule.clauses if clause.kind == "geoip" and not clause.negated]
        if len(set(codes)) > 1:
            yield Slip("two-countries", rule.line, "fail", {"countries": ", ".join(codes)}, rule.text)
        for clause in rule.clauses:
            if clause.kind == "geoip":
                asked.append(rule.line)
                yield from _code(clause.value, rule.line, rule.text)
    for each in config.lists:
        if each.kind == "geoip":
            asked.append(each.line)
            for item in each.items:
                yield from _code(item.value, each.line, item.text)
    if asked and not {each.setting for each in databases} & {"geoipdb", "geoip2db"}:
        yield Slip("no-database", min(asked), "fail")


def _code(code: str, line: int, text: str) -> Iterator[Slip]:
    if code.upper() in _COUNTRIES and code not in _COUNTRIES:
        yield Slip("country-in-small-letters", line, "fail", {"country": code, "right": code.upper()}, text)
    elif code not in _COUNTRIES:
        yield Slip("no-such-country", line, "fail", {"country": code}, text)


def _files(databases: Iterable[DatabaseSeen], now: int) -> Iterator[Slip]:
    known = tuple(databases)
    for each in known:
        if each.unread is not None:
            yield Slip("database-not-read", each.line, "fail", {"path": each.path}, unread=each.unread)
        elif each.built and now - each.built > _OLD:
            params = {"path": each.path, "days": str((now - each.built) // 86400)}
            yield Slip("database-old", each.line, "warn", params)
        elif each.kind == "dat":
            yield Slip("database-of-unknown-age", each.line, "info", {"path": each.path, "type": each.type})
        if each.setting == "geoip2db" and each.kind == "dat":
            params = {"path": each.path, "kind": "dat", "wants": "mmdb"}
            yield Slip("database-of-wrong-kind", each.line, "fail", params)
    legacy = next((each for each in known if each.setting == "geoipdb" and each.kind == "dat"), None)
    if legacy is not None and not any(each.setting == "geoipv6db" for each in known):
        yield Slip("ends-at-ipv6", legacy.line, "warn", {"path": legacy.path})
