"""Does the ACL for recipients let a stranger hand in mail for a stranger?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import items_gone, mend, place_of, statement_gone
from mailproof.checks.exim.stranger import CHOSEN, Outcome, Stranger, Verdict, host_is_wide
from mailproof.checks.files import fault
from mailproof.checks.mending import Changes
from mailproof.checks.postfix.relay_protected import KINDS as RELAY
from mailproof.model.configuration import EximFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Finding, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.configuration import Condition, Setting, Statement
from mailproof.parse.exim.lists import Judge
from mailproof.parse.exim.text import split_list

NAME = "exim-relay-protected"
NEEDS = (EximFiles,)
KINDS = tuple(kind for kind in RELAY if kind.name.startswith("open-relay-by-"))

_STRANGERS_DOMAIN = "elsewhere.invalid"
# This machine alone, as Exim's default configuration has it.
_THIS_MACHINE = "127.0.0.1 : ::::1"


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        setting = configured.main.get("acl_smtp_rcpt")
        if setting is None:
            continue
        outcome = Stranger(configured, _STRANGERS_DOMAIN, _is_any_domain).outcome(setting)
        at = configured.at(setting)
        if outcome.verdict is Verdict.REFUSED:
            yield Passed(NAME, (at,))
        elif outcome.verdict is Verdict.ACCEPTED:
            found = _finding(configured, outcome, at)
            yield found.mended_by(_closed(configured, setting, outcome))


def _closed(configured: Configured, setting: Setting, outcome: Outcome) -> Remedy | None:
    """Lists without what has strangers in it; else the ACL without the statement that lets them through.

    None where the ACL does not refuse them then, or refuses them too who write to a domain of the server's own.
    """
    statement = outcome.statement
    if statement is None:
        return None
    wide = _wide(configured, outcome)
    if wide is not None:
        return mend(configured, *wide)

    def becomes(judge: Judge) -> Verdict:
        return Stranger(configured, _STRANGERS_DOMAIN, judge, without=statement).outcome(setting).verdict

    if becomes(_is_any_domain) is not Verdict.REFUSED or becomes(lambda _: True) is Verdict.REFUSED:
        return None
    return mend(configured, statement_gone(configured, statement))


def _asked(configured: Configured, outcome: Outcome) -> list[Statement]:
    """The statement that lets a stranger through, and what it requires of him before."""
    acl = configured.configuration.acls.get(outcome.acl)
    found: list[Statement] = []
    for each in acl.statements if acl is not None else ():
        if each is outcome.statement:
            return [each, *found]
        if each.verb == "require":
            found.append(each)
    return [outcome.statement] if outcome.statement is not None else []


def _wide(configured: Configured, outcome: Outcome) -> list[Changes] | None:
    """What goes from the named lists of hosts and domains that are asked; None where none of them is too wide."""
    parts: list[Changes] = []
    conditions = [
        condition
        for statement in _asked(configured, outcome)
        for condition in statement.values("hosts") + statement.values("domains")
        if not condition.negated
    ]
    for condition in conditions:
        kind, judge = ("hostlist", host_is_wide) if condition.name == "hosts" else ("domainlist", _is_any_domain)
        for holder in _holders(configured, condition, kind, set()):
            items = split_list(configured.expanded(holder.value) or "")
            gone = [item for item in items if judge(item)]
            if gone and isinstance(holder, Condition):
                return None
            if gone and isinstance(holder, Setting):
                # A list of domains of one's own cannot be nothing, and what it should have is not known.
                empty = _THIS_MACHINE if kind == "hostlist" else "" if "relay" in holder.name else None
                parts.append(_without(configured, holder, gone, empty))
    return parts or None


def _without(configured: Configured, holder: Setting, gone: list[str], empty: str | None) -> Changes:
    place = place_of(configured, holder)
    # Debian adds this machine itself.
    return items_gone(
        configured, place, gone, "" if place is not None and place.tail and empty is not None else empty
    )


def _holders(
    configured: Configured, holder: Setting | Condition, kind: str, done: set[str]
) -> Iterator[Setting | Condition]:
    """A list, and those that it names, each once."""
    yield holder
    for item in split_list(configured.expanded(holder.value) or ""):
        named = configured.configuration.lists.get((kind, item.removeprefix("+")))
        if item.startswith("+") and named is not None and item not in done:
            done.add(item)
            yield from _holders(configured, named, kind, done)


def _is_any_domain(item: str) -> bool | None:
    """Whether an item has a domain that nobody has; a table of domains is taken for one of one's own."""
    return item == "*"


def _finding(configured: Configured, outcome: Outcome, at: Evidence) -> Finding:
    statement = outcome.statement
    if statement is None:  # an ACL of one verb in place of a name
        return fault("open-relay-by-restriction", at, restriction="accept (acl_smtp_rcpt)", service="Exim")
    here = configured.at(statement)
    told = f"{statement.verb} ({outcome.acl})"
    for condition in statement.values("hosts"):
        shown_there = configured.shown(condition)
        networks = [] if condition.negated else list(_networks(configured, condition.value, shown_there, set()))
        if networks:
            shown = (*(piece for _, pieces in networks for piece in pieces), configured.at(condition), at)
            named = tuple(dict.fromkeys(text for text, _ in networks))
            return fault("open-relay-by-mynetworks", *shown, networks=named, service="Exim")
    chosen = [each for each in statement.conditions if each.name in CHOSEN and not each.negated]
    if chosen:
        rule = f"{chosen[0].name} = {chosen[0].value}"[:80]
        shown = (configured.at(chosen[0]), here, at)
        return fault("open-relay-by-access-rule", *shown, rule=rule, restriction=told, service="Exim")
    shown = (*(piece for each in _asked(configured, outcome) for piece in _domains(configured, each)), here, at)
    return fault("open-relay-by-restriction", *shown, restriction=told, service="Exim")


def _networks(
    configured: Configured, text: str, shown: tuple[Evidence, ...], done: set[str]
) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """The items of a list that have strangers in them, each with its lines."""
    for item in split_list(text):
        named = configured.configuration.lists.get(("hostlist", item.removeprefix("+")))
        value = configured.lists.get(("hostlist", item.removeprefix("+")))
        if item.startswith("+") and named is not None and value is not None:
            if item not in done:
                done.add(item)
                yield from _networks(configured, value, configured.shown(named), done)
        elif host_is_wide(item):
            yield item, shown


def _domains(configured: Configured, statement: Statement) -> Iterator[Evidence]:
    """The lines that say for which domains mail is taken, where that is all of them."""
    for condition in statement.values("domains"):
        if not condition.negated:
            yield from _lists_of(configured, condition)


def _lists_of(configured: Configured, condition: Condition) -> Iterator[Evidence]:
    for item in split_list(condition.value):
        key = ("domainlist", item.lstrip("!+ "))
        named, value = configured.configuration.lists.get(key), configured.lists.get(key)
        if named is not None and value is not None and "*" in split_list(value):
            yield from configured.shown(named)
    yield configured.at(condition)
