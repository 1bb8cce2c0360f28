"""What smtpd's restrictions say about the route: FILTER and REDIRECT of access tables (access(5), smtpd_check.c).

They are walked in their order, as far as files tell: a list ends where something permits or refuses.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence

import msgspec

from mailproof.emulate.postfix.clients import in_mynetworks, is_own, untold_network
from mailproof.emulate.postfix.lists import Membership
from mailproof.emulate.postfix.maps import Hit, Missing, with_parents, without_extension
from mailproof.emulate.postfix.rewrite import Way
from mailproof.emulate.postfix.server import from_table, untold
from mailproof.model.postfix import Kind, Outcome, Step
from mailproof.parse.postfix.addresses import quote
from mailproof.parse.postfix.lines import split_list

_LISTS = {
    "smtpd_client_restrictions": "check_client_access",
    "smtpd_helo_restrictions": "check_helo_access",
    "smtpd_sender_restrictions": "check_sender_access",
    "smtpd_relay_restrictions": "check_recipient_access",
    "smtpd_recipient_restrictions": "check_recipient_access",
    "smtpd_data_restrictions": "check_recipient_access",
    "smtpd_end_of_data_restrictions": "check_recipient_access",
}
"""With what a table alone stands for there."""
_COMPUTED = ("check_client_access", "check_sender_access", "check_recipient_access", "check_sasl_access")
# What takes a word that is no restriction itself.
_WITH_ARGUMENT = (
    "check_policy_service", "reject_rbl_client", "reject_rhsbl_client", "reject_rhsbl_helo", "reject_rhsbl_recipient",
    "reject_rhsbl_reverse_client", "reject_rhsbl_sender", "permit_dnswl_client", "permit_rhswl_client", "sleep",
)  # fmt: skip
# smtpd_check.c allows a hundred levels of restriction classes.
_DEEPEST = 20


class _Verdict(enum.StrEnum):
    GO_ON = "go-on"
    PERMIT = "permit"
    REFUSE = "refuse"


class Actions(msgspec.Struct):
    """What an access table asks of the queue manager, and the steps that say so."""

    filter: str = ""
    redirect: str = ""
    steps: list[Step] = []


def actions_of(way: Way, sender: str, recipient: str, domain_class: str, *, known: bool) -> Actions:
    """Addresses without quotes. `known` is whether a client was named: else nothing is refused for who it is."""
    walk = _Walk(way, sender, recipient, domain_class, known)
    if way.client.kind is not Kind.SENDMAIL:
        for name in _lists(way):
            if walk.list_of(name) is _Verdict.REFUSE and not walk.doubts:
                break
    return walk.actions


def _lists(way: Way) -> Iterator[str]:
    names = list(_LISTS)
    if not way.smtpd.yes("smtpd_relay_before_recipient_restrictions"):
        names[3], names[4] = names[4], names[3]
    return (name for name in names if way.smtpd.value(name))


class _Walk:
    def __init__(self, way: Way, sender: str, recipient: str, domain_class: str, known: bool) -> None:
        self.way, self.sender, self.recipient = way, sender, recipient
        self.domain_class, self.known = domain_class, known
        self.actions = Actions()
        self.doubts: list[Step] = []
        """Why the list that is walked may have ended before, or, after a refusal, may not have refused."""
        self._classes = split_list(way.smtpd.value("smtpd_restriction_classes"))

    def list_of(self, name: str) -> _Verdict:
        verdict = self._walked(split_list(self.way.smtpd.value(name)), name, 0)
        if verdict is not _Verdict.REFUSE:
            self.doubts = []
        return verdict

    def _walked(self, items: Sequence[str], name: str, depth: int) -> _Verdict:
        words = iter(_unbraced(items))
        for word in words:
            verdict = self._one(word, words, name, depth)
            if verdict is not _Verdict.GO_ON:
                return verdict
        return _Verdict.GO_ON

    def _one(self, word: str, words: Iterator[str], name: str, depth: int) -> _Verdict:
        lower = word.lower()
        if lower.startswith("check_") and lower.endswith("_access"):
            return self._table(lower, next(words, ""), name, depth)
        if lower in _WITH_ARGUMENT:
            argument = next(words, "")
            if lower == "check_policy_service":
                self._note("access-not-computed", name, f"{lower} {argument}")
            return _Verdict.GO_ON
        if ":" in word:
            return self._table(_LISTS[name], word, name, depth)
        if word in self._classes and depth < _DEEPEST:
            return self._walked(split_list(self.way.smtpd.value(word)), name, depth + 1)
        if self._permits(lower):
            self._note("access-permits", name, lower)
            return _Verdict.PERMIT
        if lower in ("reject", "defer") or (lower.endswith("_unauth_destination") and self._strange()):
            if self.known:
                self._note("access-refuses", name, lower)
            return _Verdict.REFUSE if self.known else _Verdict.GO_ON
        return _Verdict.GO_ON

    def _permits(self, word: str) -> bool:
        smtpd, client = self.way.smtpd, self.way.client
        match word:
            case "permit":
                return True
            case "permit_mynetworks":
                return self.known and self._in_mynetworks()
            case "permit_sasl_authenticated":
                return bool(client.user or client.kind is Kind.LOGIN) and smtpd.yes("smtpd_sasl_auth_enable")
            case "permit_inet_interfaces":
                own = client.kind is Kind.ADDRESS and is_own(smtpd, client.address)
                return self.known and (client.kind is Kind.OWN or own)
            case "permit_auth_destination":
                return not self._strange()
        return False

    def _in_mynetworks(self) -> bool:
        found = in_mynetworks(self.way.smtpd, self.way.client)
        if isinstance(found, Missing):
            self.doubts.append(untold_network(found))
        return isinstance(found, Membership)

    def _strange(self) -> bool:
        return self.domain_class == "default"

    def _note(self, step: str, name: str, item: str) -> None:
        setting = self.way.smtpd.main.setting(name)
        params = {"parameter": name, "item": item}
        self.actions.steps.append(Step(step, Outcome.NOTE, params, setting.file, setting.line))

    def _table(self, kind: str, spec: str, name: str, depth: int) -> _Verdict:
        if kind not in _COMPUTED:
            self._note("access-not-computed", name, f"{kind} {spec}")
            return _Verdict.GO_ON
        maps = self.way.smtpd.one_table(name, spec)
        found = maps.first(self._keys(kind))
        if isinstance(found, Missing):
            self.actions.steps.append(untold(name, found))
            return _Verdict.GO_ON
        if found is None:
            if kind == "check_client_access" and not self.way.client.address:
                self._note("access-not-computed", name, f"{kind} {spec}")
            return _Verdict.GO_ON
        return self._action(found, name, depth)

    def _keys(self, kind: str) -> list[tuple[str, bool, str]]:
        smtpd, client = self.way.smtpd, self.way.client
        if kind == "check_sasl_access":
            return [(client.user, False, "")]
        if kind == "check_client_access":
            return [(key, at > 0, "") for at, key in enumerate(_networks(client.address))]
        address = self.sender if kind == "check_sender_access" else self.recipient
        if not address:
            return [(smtpd.value("smtpd_null_access_lookup_key"), False, "")]
        user, _, domain = address.rpartition("@")
        bare, extension = without_extension(user, smtpd.delimiter)
        users = [user, bare] if extension else [user]
        keys = [(form, at > 0, "") for at, each in enumerate(users) for form in _forms(f"{each}@{domain}")]
        keys += [(each, True, "") for each in with_parents(domain, bare=smtpd.takes_parents("smtpd_access_maps"))]
        return [*keys, *((f"{each}@", True, "") for each in users)]

    def _action(self, hit: Hit, name: str, depth: int) -> _Verdict:
        word, _, text = hit.value.partition(" ")
        word, text = word.upper(), text.strip()

        def step(outcome: Outcome, action: str) -> None:
            if outcome is Outcome.WON:
                self.actions.steps += [each for each in self.doubts if each not in self.actions.steps]
            self.actions.steps.append(from_table(f"access-{action}", outcome, name, hit))

        if word == "FILTER" and ":" in text:
            self.actions.filter = text
            step(Outcome.WON, "filter")
        elif word == "REDIRECT" and "@" in text:
            self.actions.redirect = text
            step(Outcome.WON, "redirect")
        elif word in ("HOLD", "DISCARD", "BCC"):
            step(Outcome.NOTE, "action")
            return _Verdict.PERMIT if word == "DISCARD" else _Verdict.GO_ON
        elif word in ("OK", "RELAY") or hit.value.isdigit():
            step(Outcome.NOTE, "ok")
            return _Verdict.PERMIT
        elif word in ("REJECT", "DEFER") or (len(word) == 3 and word.isdigit() and word[0] in "45" and text):
            step(Outcome.NOTE, "no")
            return _Verdict.REFUSE
        elif word not in ("DUNNO", "WARN", "INFO", "PREPEND", "FILTER", "REDIRECT", "HANGUP") and depth < _DEEPEST:
            return self._walked(split_list(hit.value), name, depth + 1)
        return _Verdict.GO_ON


def _unbraced(items: Sequence[str]) -> Iterator[str]:
    """`{ check_sender_access type:table }` is two words of the list."""
    for item in items:
        yield from split_list(item[1:-1]) if item.startswith("{") and item.endswith("}") else (item,)


def _networks(address: str) -> Iterator[str]:
    """`192.0.2.1`, `192.0.2`, `192.0`, `192`."""
    while address:
        yield address
        address = address.rpartition(":" if ":" in address else ".")[0]


def _forms(address: str) -> Iterator[str]:
    yield quote(address)
    if quote(address) != address:
        yield address
