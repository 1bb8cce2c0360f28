"""Is there no way for a stranger to hand in mail for a stranger?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mailproof.checks.files import fault
from mailproof.checks.postfix.configured import Configured, Daemon, configurations
from mailproof.checks.postfix.relay_mending import strangers_left_out, strangers_refused
from mailproof.model.configuration import PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.restrictions import REQUIRED, TABLES, Restriction, restrictions
from mailproof.parse.postfix.tables import Answer as Entry

NAME = "relay-protected"
NEEDS = (PostfixFiles,)
_OPEN = (Explains("open-relay", Scope.SERVER), Explains("submission-without-login", Scope.SERVER))
_REFERENCES = ("Postfix SMTPD_ACCESS_README", "postconf(5) smtpd_relay_restrictions")
KINDS = (
    FindingKind(
        "relay-restrictions-missing",
        Layer.REACH,
        ("service",),
        (Explains("no-greeting", Scope.SERVER), Explains("closed-unexpectedly", Scope.SERVER)),
        _REFERENCES,
        gathered=("service",),
    ),
    FindingKind(
        "open-relay-by-mynetworks",
        Layer.RELAY,
        ("networks", "service"),
        _OPEN,
        (*_REFERENCES, "postconf(5) mynetworks"),
        gathered=("service",),
    ),
    FindingKind(
        "open-relay-by-access-rule",
        Layer.RELAY,
        ("rule", "restriction", "service"),
        _OPEN,
        (*_REFERENCES, "access(5)"),
        gathered=("service",),
    ),
    FindingKind(
        "open-relay-by-restriction",
        Layer.RELAY,
        ("restriction", "service"),
        _OPEN,
        _REFERENCES,
        gathered=("service",),
    ),
)

# Nobody has a larger piece of the Internet to himself: a /8 is the largest block that was ever given away.
_WIDEST = {4: 8, 6: 16}
# More than any that was seen by two orders of magnitude.
_MOST_CLASSES = 400
_LISTS = ("smtpd_relay_restrictions", "smtpd_recipient_restrictions")
# These go by where mail is for, and here it may be for anywhere.
_BY_DESTINATION = frozenset(
    {"reject_unauth_destination", "defer_unauth_destination", "permit_auth_destination", "check_relay_domains"}
)
_OUR_OWN = ("relay_domains", "mydestination", "virtual_alias_domains", "virtual_mailbox_domains")
# What a stranger chooses freely; addresses and names of clients he does not.
_CHOSEN = frozenset({"check_sender_access", "check_helo_access"})
_EVERYTHING = frozenset({"//", "/./", "/.*/", "/^/", "/^.*$/", "/.+/", "/@/", "0.0.0.0/0", "::/0", "."})


class _Way(msgspec.Struct, frozen=True):
    """How a list lets a stranger through."""

    name: str
    shown: tuple[Evidence, ...]
    params: dict[str, str | tuple[str, ...]]
    remedy: Remedy | None = None


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers: list[Answer] = []
        for daemon in configured.servers:
            answers += _of_service(configured, daemon)
        yield from answers
        if configured.servers and not any(isinstance(answer, Finding) for answer in answers):
            yield Passed(NAME, (configured.service(configured.servers[0]),))


def _of_service(configured: Configured, daemon: Daemon) -> Iterable[Answer]:
    named = split_list(daemon.value("smtpd_restriction_classes"))
    classes = {name.lower(): restrictions(daemon.value(name)) for name in named}
    lists = {name: restrictions(daemon.value(name)) for name in _LISTS}
    if not any(_required(items, classes, set()) for items in lists.values()):
        shown = [_at(configured, daemon, name) for name in _LISTS]
        found = fault("relay-restrictions-missing", configured.service(daemon), *shown, service=daemon.name)
        yield found.mended_by(strangers_refused(configured, daemon))
        return
    ways: list[_Way] = []
    for name, items in lists.items():
        way = _through(configured, daemon, name, _expanded(items, classes, set()))
        if way is None:
            return  # a list that refuses a stranger is enough
        ways += [way] if way.name else []
    for way in ways[:1]:
        yield fault(way.name, *way.shown, **way.params, service=daemon.name).mended_by(way.remedy)


Classes = Mapping[str, Sequence[Restriction]]


def _expanded(items: Sequence[Restriction], classes: Classes, done: set[str]) -> list[Restriction]:
    """With what restriction classes stand for; where one comes again, it decides nothing that it did not before."""
    found: list[Restriction] = []
    for item in items:
        if item.name not in classes:
            found.append(item)
        elif item.name not in done and len(done) < _MOST_CLASSES:
            done.add(item.name)
            found += _expanded(classes[item.name], classes, done)
    return found


def _required(items: Sequence[Restriction], classes: Classes, done: set[str]) -> bool:
    """As has_required() of smtpd_check.c: before a bare permit, but one inside a class ends only that."""
    for item in items:
        if item.warns:
            continue
        if item.name == "permit":
            return False
        if item.name in REQUIRED:
            return True
        if item.name in classes and item.name not in done and len(done) < _MOST_CLASSES:
            done.add(item.name)
            if _required(classes[item.name], classes, done):
                return True
    return False


def _through(configured: Configured, daemon: Daemon, parameter: str, items: Sequence[Restriction]) -> _Way | None:
    """None where the list refuses a stranger; a way without a name where it only ends, and the other list decides."""
    for item in items:
        if (
            item.name in _BY_DESTINATION
            and (way := _everywhere(configured, daemon, parameter, item.name)) is not None
        ):
            return way
        if item.name in REQUIRED and not item.warns:
            return None
        at = _at(configured, daemon, parameter, item.name)
        if item.name == "permit":
            return _Way("open-relay-by-restriction", (at,), {"restriction": f"permit ({parameter})"})
        if item.name == "permit_mynetworks":
            networks = _wide(configured, daemon)
            if networks:
                shown = (*(evidence for _, evidence in networks), at)
                named = tuple(text for text, _ in networks)
                left = strangers_left_out(configured, daemon, named)
                return _Way("open-relay-by-mynetworks", shown, {"networks": named}, left)
        if item.name in TABLES or ":" in item.name:
            way = _by_table(configured, item, parameter, at)
            if way is not None:
                return way
    return _Way("", (), {})


def _by_table(configured: Configured, item: Restriction, parameter: str, at: Evidence) -> _Way | None:
    """A rule that lets a stranger through: for a sender or HELO name that he may choose, or for every client."""
    # A table alone is one of what the list is for.
    name = item.name if item.name in TABLES else "check_recipient_access"
    table = configured.postfix.tables.table(item.argument if item.name in TABLES else item.name)
    listed = dict(table.entries)
    if table.spec.startswith("static:"):
        always = table.ask("")
        listed = {"0.0.0.0/0": always} if isinstance(always, Entry) else {}
    for key, answer in listed.items():
        if not _permits(answer.value):
            continue
        pattern = key.partition(" ")[2] if " " in key else key
        everything = pattern in _EVERYTHING
        if everything or name in _CHOSEN:
            shown = (at, configured.line(table.file, answer.line)) if table.file else (at,)
            rule = f"{pattern} {answer.value}"[:80] if table.file else table.spec
            return _Way("open-relay-by-access-rule", shown, {"rule": rule, "restriction": f"{name} ({parameter})"})
    return None


def _everywhere(configured: Configured, daemon: Daemon, parameter: str, restriction: str) -> _Way | None:
    """Where the domains that count as ours are all there are, what goes by the domain refuses nobody."""
    for name in _OUR_OWN:
        setting = daemon.main.setting(name)
        for item in split_list(daemon.value(name)) if setting.line else ():
            table = configured.postfix.tables.table(item) if ":" in item and item[0] not in "!/" else None
            every = (
                next((entry for key, entry in table.entries.items() if key in _EVERYTHING), None) if table else None
            )
            if not item.startswith("static:") and every is None:
                continue
            lines = [configured.at(setting, item)]
            if table is not None and table.file and every is not None:
                lines.append(configured.line(table.file, every.line))
            lines.append(_at(configured, daemon, parameter, restriction))
            params: dict[str, str | tuple[str, ...]] = {
                "rule": f"{name} = {item}"[:80],
                "restriction": f"{restriction} ({parameter})",
            }
            return _Way("open-relay-by-access-rule", tuple(lines), params)
    return None


def _permits(value: str) -> bool:
    """OK, permit, or a number that is no SMTP code (access(5))."""
    word = value.split()[0].lower() if value.split() else ""
    return word in ("ok", "permit", "relay") or (word.isdigit() and not word.startswith(("4", "5")))


def _wide(configured: Configured, daemon: Daemon) -> list[tuple[str, Evidence]]:
    """Networks of mynetworks that have strangers in them."""
    setting = daemon.main.setting("mynetworks")
    if not setting.line:
        style = daemon.main.setting("mynetworks_style")
        if style.value.strip() == "class":
            return [("mynetworks_style = class", configured.at(style))]
        return []
    found = []
    for item in split_list(daemon.value("mynetworks")):
        if not item.startswith("!") and _is_wide(item):
            found.append((item, configured.at(setting, item)))
        elif ":" in item and not item.startswith(("!", "[")):
            table = configured.postfix.tables.table(item)
            for key, answer in table.entries.items():
                network = key.partition(" ")[2] if table.spec.startswith("cidr:") else key
                if _is_wide(network):
                    found.append((network, configured.line(table.file, answer.line)))
            if item.startswith("static:"):
                found.append((item, configured.at(setting, item)))
    return found


def _is_wide(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return False
    return network.prefixlen < _WIDEST[network.version] and not network.is_private


def _at(configured: Configured, daemon: Daemon, parameter: str, text: str = "") -> Evidence:
    return configured.at(daemon.main.setting(parameter), text)
