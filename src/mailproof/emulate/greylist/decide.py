"""The rules in their order, and what the one that decides makes of the mail (milter-greylist.c, real_envrcpt)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from mailproof.emulate.greylist.clauses import (
    Country,
    Reading,
    bare_text,
    clause_met,
    graphic,
    readings,
    stripped_sender,
)
from mailproof.model.greylist import (
    ClauseMet,
    Evaluated,
    GreylistConfig,
    GreylistDecision,
    GreylistMail,
    Met,
    Rule,
    RuleAction,
    RuleMet,
)
from mailproof.parse.greylist.vocabulary import seconds

# conf.c: greylisting for half an hour, the white list for a day.
_DELAY, _AUTOWHITE = 1800, 86400
_WHITE_MACRO = ("WHITE", "RELAY", "OK")
_OUTCOMES = (RuleAction.GREYLIST, RuleAction.WHITELIST, RuleAction.BLACKLIST)


def evaluate(config: GreylistConfig, mail: GreylistMail, country: Country) -> Evaluated:
    """What the program does, and what its manual says it does. Raises ValueError for a client that is no address."""
    ipaddress.ip_address(mail.client)
    built, documented = readings(config, mail, country)
    return Evaluated(_decision(built), _decision(documented))


def unanswered(config: GreylistConfig, mail: GreylistMail) -> tuple[str, ...]:
    """Of the clauses that were answered for, those that stand in no rule and no list of the file."""
    known = {bare_text(clause) for rule in config.rules for clause in rule.clauses}
    known |= {bare_text(item) for each in config.lists for item in each.items}
    return tuple(clause for clause, _ in mail.answers if clause not in known)


def _decision(reading: Reading) -> GreylistDecision:
    before = _before(reading)
    if before:
        return GreylistDecision(RuleAction.WHITELIST, before=before, key=_key(reading))
    asked: list[RuleMet] = []
    told = True
    for rule in reading.config.rules:
        if rule.stage != "racl" or rule.dropped:
            continue
        met = _rule_met(rule, reading)
        asked.append(met)
        if met.met is Met.UNTOLD:
            told = told and rule.action is RuleAction.CONTINUE
        elif met.met is Met.YES and rule.action is not RuleAction.CONTINUE:
            return _outcome(rule.action, rule, asked, told or _same(asked), reading)
    action = RuleAction.WHITELIST if reading.config.has("testmode") else RuleAction.GREYLIST
    return _outcome(action, None, asked, told, reading)


def _same(asked: Iterable[RuleMet]) -> bool:
    """Whether the rules that could not be told would have come to the same as the last one."""
    *unsure, last = [each for each in asked if each.met in (Met.YES, Met.UNTOLD) and each.rule.action in _OUTCOMES]
    return all(each.rule.action is last.rule.action and each.rule.values == last.rule.values for each in unsure)


def _before(reading: Reading) -> str:
    """What lets a mail in before any rule is asked; empty where nothing does."""
    config, mail = reading.config, reading.mail
    kinds = {clause.kind for rule in config.rules for clause in rule.clauses}
    if not (config.has("noauth") or kinds & {"auth", "tls"}):
        if mail.auth:
            return "auth"
        if mail.tls:
            return "tls"
    if mail.spf == "pass" and not (config.has("nospf") or "spf" in kinds):
        return "spf"
    greylist = dict(mail.macros).get("greylist", "")
    return "macro" if greylist in _WHITE_MACRO and not config.has("noaccessdb") else ""


def _rule_met(rule: Rule, reading: Reading) -> RuleMet:
    """Its clauses one after the other, up to the first that is not met."""
    met: list[ClauseMet] = []
    result = Met.YES
    for clause in rule.clauses:
        if clause.kind == "not":  # at the end of a rule, for the next one (gneg in acl.c); see `lint`
            continue
        if result is Met.NO:
            met.append(ClauseMet(clause, Met.NOT_ASKED))
            continue
        asked = clause_met(clause, reading)
        met.append(asked)
        if asked.met is Met.NO or (asked.met is Met.UNTOLD and result is Met.YES):
            result = asked.met
    return RuleMet(rule, result, tuple(met))


def _outcome(
    action: RuleAction, rule: Rule | None, asked: list[RuleMet], told: bool, reading: Reading
) -> GreylistDecision:
    config = reading.config
    delay = autowhite = 0
    reply = ""
    if action is RuleAction.GREYLIST:
        delay = _seconds(rule, "delay", "greylist", _DELAY, config)
        autowhite = _seconds(rule, "autowhite", "autowhite", _AUTOWHITE, config)
        later = "later" if config.has("quiet") else f"in {_clock(delay)}"
        reply = _reply(rule, "451", "4.7.1", f"Greylisting in action, please come back {later}", delay, reading)
    elif action is RuleAction.BLACKLIST:
        reply = _reply(rule, "551", "5.7.1", "Go away!", 0, reading)
    return GreylistDecision(
        action,
        tuple(asked),
        told,
        reply=reply,
        delay=delay,
        autowhite=autowhite,
        key=_key(reading),
        country=reading.country_code or "",
        ends=reading.built and reading.country.ends,
    )


def _seconds(rule: Rule | None, value: str, setting: str, otherwise: int, config: GreylistConfig) -> int:
    text = rule.value(value) if rule is not None else None
    if text is None:
        found = config.setting(setting)
        if found is None or not found.words:
            return otherwise
        text = found.words[0]
    return seconds(text)


def _reply(rule: Rule | None, code: str, ecode: str, words: str, delay: int, reading: Reading) -> str:
    value = rule.value if rule is not None else lambda name: None
    text = value("msg")
    told = words if text is None else _filled(text, delay, rule, reading)
    return f"{value('code') or code} {value('ecode') or ecode} {told}"


def _filled(text: str, delay: int, rule: Rule | None, reading: Reading) -> str:
    """The substitutions that depend on the mail alone (fstring_expand); the others stay as they are written."""
    mail = reading.mail
    known = {
        "r": mail.recipient,
        "f": stripped_sender(mail.sender).strip("<>"),
        "i": mail.client,
        "d": mail.host or f"[{mail.client}]",
        "h": mail.helo or "",
        "R": _clock(delay),
        "C": reading.country_code or "",
        "A": str(rule.last_line) if rule is not None else "",
        "%": "%",
    }
    out, at = "", 0
    while at < len(text):
        if text[at] == "%" and text[at + 1 : at + 2] in known:
            out += known[text[at + 1]]
            at += 2
        else:
            out += text[at]
            at += 1
    return out


def _clock(delay: int) -> str:
    return f"{delay // 3600:02d}:{delay // 60 % 60:02d}:{delay % 60:02d}"


def _key(reading: Reading) -> tuple[str, str, str]:
    address = ipaddress.ip_address(reading.mail.client)
    setting = reading.config.setting("subnetmatch6" if address.version == 6 else "subnetmatch")
    width: int = address.max_prefixlen
    if setting is not None and setting.words and setting.words[0].isdigit():
        width = min(int(setting.words[0]), width)
    network = ipaddress.ip_network(f"{address}/{width}", strict=False)
    return str(network), stripped_sender(reading.mail.sender), graphic(f"<{reading.mail.recipient}>")
