"""Is every domain in one class?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.model.configuration import PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.listed import file_of, listed

NAME = "domains-in-one-class"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "domain-in-two-classes",
        Layer.DELIVERY,
        ("domain", "classes"),
        (
            Explains("recipient-unknown", Scope.SERVER),
            Explains("not-delivered", Scope.SERVER),
            Explains("own-domain-rejected", Scope.SERVER),
        ),
        ("Postfix ADDRESS_CLASS_README", "postconf(5) mydestination"),
    ),
)

# In the order in which trivial-rewrite(8) asks them; the first that has the domain wins.
_LISTS = ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _named_twice({name: dict(_domains(configured, name)) for name in _LISTS}))
        yield from answers or [Passed(NAME, (configured.at(configured.main.setting("mydestination")),))]


def _named_twice(lists: dict[str, dict[str, Evidence]]) -> Iterator[Answer]:
    for domain in dict.fromkeys(domain for named in lists.values() for domain in named):
        classes = tuple(name for name in _LISTS if domain in lists[name])
        if len(classes) > 1:
            shown = [lists[name][domain] for name in classes]
            yield fault("domain-in-two-classes", *shown, domain=domain, classes=classes)


def _domains(configured: Configured, parameter: str) -> Iterator[tuple[str, Evidence]]:
    """Domains that the list has by name, and the line of each. Patterns and other programs name none."""
    setting = configured.main.setting(parameter)
    if parameter == "relay_domains" and not setting.line:
        return  # below compatibility level 2 it is mydestination, and that is no second class
    for _, item in listed(configured.main.value(parameter).text):
        if item.startswith("!"):
            continue
        if file_of(item):
            text = (configured.data(item) or b"").decode("utf-8", "replace")
            for number, domain in listed(text):
                yield domain.lower(), configured.line(item, number)
        elif ":" in item and not item.startswith("["):
            table = configured.postfix.tables.table(item)
            for key, answer in table.entries.items() if table.fixed else ():
                if "@" not in key and "." in key:
                    yield key, configured.entry(parameter, table, answer)
        else:
            yield item.lower(), configured.at(setting, item)
