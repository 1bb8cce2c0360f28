"""Is there everything that the configuration calls by a name: ACLs, named lists, transports?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import mend, word_set
from mailproof.checks.files import bounded, fault
from mailproof.checks.nearest import misspelt, nearest
from mailproof.model.configuration import EximFiles
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.exim.configuration import Condition, Setting
from mailproof.parse.exim.known import known
from mailproof.parse.exim.text import split_list

NAME = "exim-names-defined"
NEEDS = (EximFiles,)
KINDS = (
    FindingKind(
        "exim-name-undefined",
        Layer.RELAY,
        ("named", "kind"),
        tuple(
            Explains(name, Scope.SERVER)
            for name in (
                *("temporary-reject", "server-config-problem", "recipient-lookup-failed", "relay-deferred"),
                *("recipient-rejected", "greeting-refused", "not-delivered"),
            )
        ),
        ("Exim specification: access control lists", "Exim specification: named lists"),
    ),
)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# Which kind of list a condition or an option holds.
_KIND = {
    "hosts": "hostlist", "domains": "domainlist", "sender_domains": "domainlist", "senders": "addresslist",
    "local_parts": "localpartlist", "recipients": "addresslist",
}  # fmt: skip
_HOSTS = re.compile(r".*_hosts\Z|host_lookup|hosts_.*")
_TRANSPORTS = ("transport", "file_transport", "pipe_transport", "directory_transport", "reply_transport")
# Words with a plus that are no names of lists (specification, 10.14).
_WORDS = ("caseful", "include_unknown", "ignore_unknown", "include_defer", "ignore_defer", "allow_fail")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        answers = bounded(NAME, _acls(configured), _lists(configured), _transports(configured))
        yield from answers or [Passed(NAME, (configured.begin,))]


def _acls(configured: Configured) -> Iterator[Answer]:
    acls = configured.configuration.acls
    for name, setting in configured.main.items():
        value = setting.value.strip()
        if name.startswith("acl_") and _NAME.fullmatch(value) and value not in (*acls, *known()["verb"]):
            yield _undefined(configured, setting, value, "acl", acls)
    for condition in _conditions(configured):
        called = condition.value.split()[:1]
        if condition.name == "acl" and called and _NAME.fullmatch(called[0]) and called[0] not in acls:
            yield _undefined(configured, condition, called[0], "acl", acls)


def _undefined(
    configured: Configured, found: Setting | Condition, name: str, kind: str, there: Iterable[str]
) -> Finding:
    """What was meant is said where only one name of its kind is so like it."""
    near = nearest(name, there)
    told = fault("exim-name-undefined", configured.at(found), named=f"+{name}" if "list" in kind else name, kind=kind)
    if not misspelt(name, near):
        return told
    return told.mended_by(mend(configured, word_set(configured, found, name, near)))


def _conditions(configured: Configured) -> Iterator[Condition]:
    for acl in configured.configuration.acls.values():
        for statement in acl.statements:
            yield from statement.conditions


def _lists(configured: Configured) -> Iterator[Answer]:
    there = configured.configuration.lists
    for kind, found in uses(configured):
        if "$" in found.value:
            continue
        for item in split_list(found.value):
            name = item.lstrip("! ")[1:].partition("/")[0]
            named = item.lstrip("! ").startswith("+") and _NAME.fullmatch(name)
            if named and name not in _WORDS and (kind, name) not in there:
                yield _undefined(configured, found, name, kind, [each for of, each in there if of == kind])


def uses(configured: Configured) -> Iterator[tuple[str, Setting | Condition]]:
    """Every list, with its kind."""
    for (kind, _), setting in configured.configuration.lists.items():
        yield kind, setting
    for condition in _conditions(configured):
        if condition.name in _KIND:
            yield _KIND[condition.name], condition
    for setting in configured.main.values():
        if _HOSTS.fullmatch(setting.name):
            yield "hostlist", setting
    for router in configured.configuration.routers:
        for setting in router.settings:
            if setting.name in _KIND and setting.name != "hosts":
                yield _KIND[setting.name], setting


def _transports(configured: Configured) -> Iterator[Answer]:
    there = [each.name for each in configured.configuration.transports]
    for router in configured.configuration.routers:
        for setting in router.settings:
            value = setting.value.strip()
            if setting.name in _TRANSPORTS and _NAME.fullmatch(value) and value not in there:
                yield _undefined(configured, setting, value, "transport", there)
