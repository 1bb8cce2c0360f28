"""Does the ACL for recipients let a stranger hand in mail for a stranger?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mailproof.checks.exim.configured import INSIDE, Configured, running
from mailproof.checks.files import fault
from mailproof.checks.postfix.relay_protected import KINDS as RELAY
from mailproof.model.configuration import EximFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.exim.known import known
from mailproof.parse.exim.lists import in_list, network_of
from mailproof.parse.exim.reader import Condition, Setting, Statement
from mailproof.parse.exim.text import split_list

NAME = "exim-relay-protected"
NEEDS = (EximFiles,)
KINDS = tuple(kind for kind in RELAY if kind.name.startswith("open-relay-by-"))

# Nobody has a larger piece of the Internet to himself: a /8 is the largest block that was ever given away.
_WIDEST = {4: 8, 6: 16}
_DEEPEST = 10
_STRANGERS_DOMAIN = "elsewhere.invalid"
# What Exim knows of a stranger who says his first recipient.
_STRANGER = {
    **INSIDE,
    "sender_host_authenticated": "",
    "authenticated_id": "",
    "sender_host_address": "203.0.113.7",
    "domain": _STRANGERS_DOMAIN,
    "local_part": "somebody",
    "rcpt_count": "1",
    "recipients_count": "0",
    "received_port": "25",
    "interface_port": "25",
}
# What a stranger may pass: a blocklist, a verified sender. Whom these stop is not all strangers.
_PASSED = frozenset({"verify", "spf", "encrypted", "mime_regex", "regex", "dkim_status", "dmarc_status", "seen"})
_SELDOM = frozenset({"dnslists", "ratelimit", "malware", "spam", "local_parts", "recipients", "dkim_signers"})
_CHOSEN = frozenset({"senders", "sender_domains"})
_MODIFIERS = frozenset(
    {
        "add_header", "continue", "control", "delay", "endpass", "log_message", "log_reject_target", "logwrite",
        "message", "queue", "remove_header", "set", "udpsend",
    }
)  # fmt: skip


class _Way(msgspec.Struct, frozen=True):
    """How a stranger is let through; without a name, that it cannot be told whether he is."""

    name: str
    shown: tuple[Evidence, ...]
    params: dict[str, str | tuple[str, ...]]


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        setting = configured.main.get("acl_smtp_rcpt")
        if setting is None:
            continue
        judge = _Stranger(configured)
        way = judge.through(setting)
        if way is None:
            yield Passed(NAME, (configured.at(setting),))
        elif way.name:
            yield fault(way.name, *way.shown, configured.at(setting), **way.params, service="Exim")


class _Stranger:
    def __init__(self, configured: Configured) -> None:
        self.configured = configured

    def through(self, setting: Setting) -> _Way | None:
        """None where he is refused."""
        name = self.configured.expanded(setting.value, _STRANGER)
        untold = _Way("", (), {})
        if name is None:
            return untold
        acl = self.configured.configuration.acls.get(name.strip())
        if acl is None:
            verb, _, conditions = name.strip().partition(" ")
            if verb in known()["verb"] and not conditions:
                # An ACL of one verb can stand in place of a name.
                if verb not in ("accept", "discard", "warn"):
                    return None
                shown = (self.configured.at(setting),)
                return _Way("open-relay-by-restriction", shown, {"restriction": f"{verb} (acl_smtp_rcpt)"})
            return untold
        return self._acl(acl.name, acl.statements)

    def _acl(self, name: str, statements: Sequence[Statement]) -> _Way | None:
        doubt = False
        for statement in statements:
            fits = self._fits(statement.conditions, 0)
            match statement.verb:
                case "accept" | "discard":
                    if fits:
                        return _Way("", (), {}) if doubt else self._way(name, statement)
                case "deny" | "drop" | "defer":
                    if fits:
                        return None
                    doubt = doubt or (fits is None and self._could_stop_all(statement))
                case "require":
                    if fits is False:
                        return None
                    doubt = doubt or fits is None
        return None

    def _could_stop_all(self, statement: Statement) -> bool:
        """One whose condition cannot be told could be what keeps strangers out; a list of senders is not."""
        return any(each.name in ("condition", "acl", "hosts", "domains") for each in statement.conditions)

    def _fits(self, conditions: Iterable[Condition], depth: int) -> bool | None:
        found: bool | None = True
        for each in conditions:
            if each.name == "endpass" or each.name in _MODIFIERS:
                continue
            fits = self._condition(each, depth)
            if fits is not None and each.negated:
                fits = not fits
            if fits is False:
                return False
            found = None if fits is None else found
        return found

    def _condition(self, condition: Condition, depth: int) -> bool | None:
        name = condition.name
        if name in _SELDOM or name == "authenticated":
            return False
        if name in _PASSED:
            return condition.value != "certificate"
        value = self.configured.expanded(condition.value, _STRANGER)
        if value is None:
            return None
        match name:
            case "condition":
                return value.strip().lower() not in ("", "0", "no", "false")
            case "hosts":
                return self._is_wide(value)
            case "domains":
                return in_list(value, "domainlist", self.configured.lists, _domain)
            case "senders" | "sender_domains":
                return bool(value.strip(" :"))  # he says whom he likes to be
            case "acl":
                return self._called(value, depth)
        return None

    def _called(self, value: str, depth: int) -> bool | None:
        acl = self.configured.configuration.acls.get(value.split()[0] if value.split() else "")
        if acl is None or depth >= _DEEPEST:
            return None
        for statement in acl.statements:
            fits = self._fits(statement.conditions, depth + 1)
            if fits is None:
                return None
            if statement.verb in ("accept", "discard") and fits:
                return True
            if (statement.verb in ("deny", "drop", "defer") and fits) or (statement.verb == "require" and not fits):
                return False
        return False

    def _is_wide(self, text: str) -> bool | None:
        return in_list(text, "hostlist", self.configured.lists, _host)

    def _way(self, acl: str, statement: Statement) -> _Way:
        configured = self.configured
        at = configured.at(statement)
        for condition in statement.values("hosts"):
            networks = [] if condition.negated else list(self._networks(condition.value, configured.at(condition), 0))
            if networks:
                shown = (*(evidence for _, evidence in networks), configured.at(condition))
                return _Way("open-relay-by-mynetworks", shown, {"networks": tuple(text for text, _ in networks)})
        chosen = [each for each in statement.conditions if each.name in _CHOSEN and not each.negated]
        told = f"{statement.verb} ({acl})"
        if chosen:
            rule = f"{chosen[0].name} = {chosen[0].value}"[:80]
            shown = (configured.at(chosen[0]), at)
            return _Way("open-relay-by-access-rule", shown, {"rule": rule, "restriction": told})
        domains = [each for each in statement.values("domains") if not each.negated]
        shown = (*(self._lines(each) for each in domains), at)
        return _Way("open-relay-by-restriction", shown, {"restriction": told})

    def _networks(self, text: str, at: Evidence, depth: int) -> Iterator[tuple[str, Evidence]]:
        """The items of a list that have strangers in them, each with its line."""
        for item in split_list(text):
            if item.startswith("+") and depth < _DEEPEST:
                named = self.configured.configuration.lists.get(("hostlist", item[1:]))
                value = self.configured.lists.get(("hostlist", item[1:]))
                if named is not None and value is not None:
                    yield from self._networks(value, self.configured.at(named), depth + 1)
            elif _host(item):
                yield item, at

    def _lines(self, condition: Condition) -> Evidence:
        """Of the list that a condition names, where it names one."""
        for item in split_list(condition.value):
            named = self.configured.configuration.lists.get(("domainlist", item.lstrip("!+ ")))
            value = self.configured.lists.get(("domainlist", item.lstrip("!+ ")))
            if named is not None and value is not None and "*" in split_list(value):
                return self.configured.at(named)
        return self.configured.at(condition)


def _host(item: str) -> bool | None:
    """Whether an item has strangers in it; a table of hosts is taken for one of friends."""
    if item == "*":
        return True
    network = network_of(item)
    return network is not None and network.prefixlen < _WIDEST[network.version] and not network.is_private


def _domain(item: str) -> bool | None:
    """Whether an item has a domain that nobody has; a table of domains is taken for one of one's own."""
    return item == "*"
