"""What the ACL for recipients does with a stranger who names a recipient (specification, chapter 44)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from mailproof.checks.exim.configured import INSIDE, STRANGER, Configured
from mailproof.parse.exim.configuration import Condition, Setting, Statement
from mailproof.parse.exim.known import known
from mailproof.parse.exim.lists import Judge, in_list, network_of

# Nobody has a larger piece of the Internet to himself: a /8 is the largest block that was ever given away.
_WIDEST = {4: 8, 6: 16}
# What Exim knows of a stranger who says his first recipient.
_STRANGER: Mapping[str, str] = {
    **INSIDE,
    "sender_host_authenticated": "",
    "authenticated_id": "",
    "sender_host_address": STRANGER,
    "rcpt_count": "1",
    "recipients_count": "0",
    "received_port": "25",
    "interface_port": "25",
}
# What a stranger may pass: a verified sender, TLS. Whom these stop is not all strangers.
_PASSED = frozenset({"verify", "spf", "encrypted", "mime_regex", "regex", "dkim_status", "dmarc_status", "seen"})
# What hardly any recipient or client meets.
_SELDOM = frozenset({"dnslists", "ratelimit", "malware", "spam", "local_parts", "recipients", "dkim_signers"})
CHOSEN = frozenset({"senders", "sender_domains"})
"""Conditions of what a stranger says himself."""
_MODIFIERS = frozenset(
    {
        "add_header", "continue", "control", "delay", "endpass", "log_message", "log_reject_target", "logwrite",
        "message", "queue", "remove_header", "set", "udpsend",
    }
)  # fmt: skip
_DECIDING = ("condition", "acl", "hosts", "domains")
"""Where one of these cannot be told, it could be what keeps strangers out; a list of senders is not."""


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNTOLD = "untold"


class Outcome(msgspec.Struct, frozen=True):
    """What becomes of the recipient, and by which statement of which ACL; None where it simply ends."""

    verdict: Verdict
    acl: str = ""
    statement: Statement | None = None


class Stranger:
    """A client from anywhere, without a login. `judge` says which items of domain lists have the recipient's."""

    def __init__(self, configured: Configured, domain: str, judge: Judge, without: Statement | None = None) -> None:
        """`without`: as if this statement were not there."""
        self.configured, self.judge, self.without = configured, judge, without
        self.variables = {**_STRANGER, "domain": domain, "local_part": "somebody"}
        self._told: dict[str, bool | None] = {}
        """What ACLs that are called say: each is gone through once, and a circle is not told."""

    def outcome(self, setting: Setting) -> Outcome:
        """Of `acl_smtp_rcpt`."""
        name = self.configured.expanded(setting.value, self.variables)
        if name is None:
            return Outcome(Verdict.UNTOLD)
        acl = self.configured.configuration.acls.get(name.strip())
        if acl is not None:
            return self._acl(acl.name, acl.statements)
        verb, _, conditions = name.strip().partition(" ")
        if verb not in known()["verb"] or conditions:
            return Outcome(Verdict.UNTOLD)
        return Outcome(Verdict.ACCEPTED if verb in ("accept", "discard") else Verdict.REFUSED)

    def _acl(self, name: str, statements: Sequence[Statement]) -> Outcome:
        doubt = False
        for statement in statements:
            if statement is self.without:
                continue
            fits = self._fits(statement.conditions)
            match statement.verb:
                case "accept" | "discard" if fits:
                    return Outcome(Verdict.UNTOLD if doubt else Verdict.ACCEPTED, name, statement)
                case "deny" | "drop" | "defer":
                    if fits:
                        return Outcome(Verdict.REFUSED, name, statement)
                    doubt = doubt or (fits is None and self._could_stop_all(statement))
                case "require":
                    if fits is False:
                        return Outcome(Verdict.REFUSED, name, statement)
                    doubt = doubt or fits is None
        return Outcome(Verdict.REFUSED, name)

    def _could_stop_all(self, statement: Statement) -> bool:
        return any(each.name in _DECIDING for each in statement.conditions)

    def _fits(self, conditions: Iterable[Condition]) -> bool | None:
        found: bool | None = True
        for each in conditions:
            if each.name in _MODIFIERS:
                continue
            fits = self._condition(each)
            if fits is not None and each.negated:
                fits = not fits
            if fits is False:
                return False
            found = None if fits is None else found
        return found

    def _condition(self, condition: Condition) -> bool | None:
        name = condition.name
        if name in _SELDOM or name == "authenticated":
            return False
        if name in _PASSED:
            return condition.value != "certificate"
        value = self.configured.expanded(condition.value, self.variables)
        if value is None:
            return None
        match name:
            case "condition":
                return value.strip().lower() not in ("", "0", "no", "false")
            case "hosts":
                return in_list(value, "hostlist", self.configured.lists, host_is_wide)
            case "domains":
                return in_list(value, "domainlist", self.configured.lists, self.judge)
            case "senders" | "sender_domains":
                return bool(value.strip(" :"))  # he says whom he likes to be
            case "acl":
                name = value.split()[0] if value.split() else ""
                if name not in self._told:
                    self._told[name] = None
                    self._told[name] = self._called(name)
                return self._told[name]
        return None

    def _called(self, name: str) -> bool | None:
        acl = self.configured.configuration.acls.get(name)
        if acl is None:
            return None
        for statement in acl.statements:
            fits = self._fits(statement.conditions)
            if fits is None:
                return None
            if statement.verb in ("accept", "discard") and fits:
                return True
            if (statement.verb in ("deny", "drop", "defer") and fits) or (statement.verb == "require" and not fits):
                return False
        return False


def host_is_wide(item: str) -> bool | None:
    """Whether an item has strangers in it; a table of hosts is taken for one of friends."""
    if item == "*":
        return True
    network = network_of(item)
    return network is not None and network.prefixlen < _WIDEST[network.version] and not network.is_private
