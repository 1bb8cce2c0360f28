"""What milter-greylist takes without a word, and does not do as it looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mailproof.model.greylist import BinarySeen, Clause, DatabaseSeen, GreylistConfig, Rule, RuleAction, Slip
from mailproof.parse.geoip.legacy import CODES
from mailproof.parse.posix_regex import extended, read_regex, unbalanced

# MaxMind and DB-IP publish anew at least monthly; what is older than a year is no picture of today.
_OLD = 365 * 86400
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


def lint(config: GreylistConfig, databases: Sequence[DatabaseSeen], now: int) -> tuple[Slip, ...]:
    """In the order of the lines; `now` is in seconds since 1970."""
    found = [*config.slips, *_rules(config), *_lists(config), *_countries(config, databases), *_files(databases, now)]
    return tuple(sorted(found, key=lambda slip: slip.line))


def diagnose(config: GreylistConfig, binary: BinarySeen, databases: Sequence[DatabaseSeen]) -> tuple[Slip, ...]:
    """What the file asks of a program that was built without it."""
    found: list[Slip] = []
    for rule in config.rules:
        for clause in _with_lists(rule, config):
            if LACKS.get(clause.kind) in binary.lacks:
                params = {"clause": clause.kind, "what": LACKS[clause.kind], "binary": binary.path}
                found.append(Slip("rule-left-out", rule.line, "fail", params, rule.text))
                break
    for each in databases:
        if each.kind and binary.country_kind and each.kind != binary.country_kind:
            params = {"path": each.path, "kind": each.kind, "wants": binary.country_kind}
            found.append(Slip("database-of-wrong-kind", each.line, "fail", params))
        elif not binary.country_kind:
            params = {"setting": each.setting, "binary": binary.path}
            found.append(Slip("database-not-used", each.line, "fail", params))
    if not binary.postfix and not binary.trouble:
        found.append(Slip("postfix-not-built", 0, "info", {"binary": binary.path}))
    return tuple(sorted(found, key=lambda slip: (slip.severity == "info", slip.line)))


def without(config: GreylistConfig, binary: BinarySeen) -> GreylistConfig:
    """The configuration as such a build reads it: rules with what it lacks are not there."""
    rules = []
    for rule in config.rules:
        lacking = (clause.kind for clause in _with_lists(rule, config) if LACKS.get(clause.kind) in binary.lacks)
        rules.append(msgspec.structs.replace(rule, dropped=next(lacking, "")))
    return msgspec.structs.replace(config, rules=tuple(rules))


def _with_lists(rule: Rule, config: GreylistConfig) -> Iterator[Clause]:
    """Its clauses, and what stands in the lists that it names."""
    lists = {each.name: each for each in config.lists}
    for clause in rule.clauses:
        yield clause
        if clause.kind == "list" and clause.value in lists:
            yield from lists[clause.value].items


def _rules(config: GreylistConfig) -> Iterator[Slip]:
    default: dict[str, Rule] = {}
    for rule in config.rules:
        if rule.stage in default:
            params = {"default": str(default[rule.stage].line)}
            yield Slip("rule-after-default", rule.line, "fail", params, rule.text)
        elif rule.is_default and rule.action is not RuleAction.CONTINUE:
            default[rule.stage] = rule
        if rule.clauses and rule.clauses[-1].kind == "not":
            yield Slip("not-at-the-end", rule.line, "fail", {}, rule.text)
        for clause in rule.clauses:
            if clause.regex:
                yield from _regex(clause, rule, config)
            if clause.kind in ("from", "rcpt", "rawfrom") and clause.regex:
                yield from _anchored(clause, rule)


def _anchored(clause: Clause, rule: Rule) -> Iterator[Slip]:
    """The address is compared with its angle brackets, so `$` behind the domain never meets its end."""
    if (clause.value.endswith("$") and not clause.value.endswith((">$", ">?$", ".$", "*$", "\\$"))) or (
        clause.value.startswith("^") and not clause.value.startswith(("^<", "^.", "^["))
    ):
        params = {"pattern": clause.value, "clause": clause.kind}
        yield Slip("regex-without-bracket", rule.line, "fail", params, rule.text)


def _regex(clause: Clause, rule: Rule, config: GreylistConfig) -> Iterator[Slip]:
    pattern = clause.value if config.has("extendedregex") else extended(clause.value)
    if unbalanced(pattern):
        yield Slip("regex-broken", rule.line, "fail", {"pattern": clause.value}, rule.text)
    elif read_regex(pattern, "", "regexp") is None:
        yield Slip("regex-not-read", rule.line, "warn", {"pattern": clause.value}, rule.text)


def _lists(config: GreylistConfig) -> Iterator[Slip]:
    known: set[str] = set()
    lines = {each.name: each.line for each in config.lists}
    for each in config.lists:
        if each.name in known:
            yield Slip("list-twice", each.line, "fail", {"list": each.name})
        known.add(each.name)
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
        if each.trouble:
            params = {"path": each.path, "why": each.trouble}
            yield Slip("database-not-read", each.line, "fail", params)
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
