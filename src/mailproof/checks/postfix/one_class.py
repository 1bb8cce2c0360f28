"""Is every domain in one class?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import items_gone, mend
from mailproof.model.configuration import PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.postfix.lines import split_list
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
            Explains("delivery-bounced", Scope.SERVER),
            Explains("delivery-deferred", Scope.SERVER),
        ),
        ("Postfix ADDRESS_CLASS_README", "postconf(5) mydestination"),
    ),
)

# In the order in which trivial-rewrite(8) asks them; the first that has the domain wins.
_LISTS = ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _named_twice(configured, {name: dict(_domains(configured, name)) for name in _LISTS}))
        yield from answers or [Passed(NAME, (configured.at(configured.main.setting("mydestination")),))]


def _named_twice(configured: Configured, lists: dict[str, dict[str, Evidence]]) -> Iterator[Answer]:
    for domain in dict.fromkeys(domain for named in lists.values() for domain in named):
        classes = tuple(name for name in _LISTS if domain in lists[name])
        if len(classes) > 1:
            shown = [lists[name][domain] for name in classes]
            found = fault("domain-in-two-classes", *shown, domain=domain, classes=classes)
            yield found.mended_by(_left_out(configured, domain, classes))


def _left_out(configured: Configured, domain: str, classes: tuple[str, ...]) -> Remedy | None:
    """A virtual domain is never in mydestination (VIRTUAL_README); of other classes nobody knows which was meant."""
    setting = configured.main.setting("mydestination")
    if classes[0] != setting.name or len(classes) > 2 or not classes[1].startswith("virtual_") or not setting.line:
        return None
    named = [item for item in split_list(setting.value) if _filled(configured, item).lower() == domain]
    if len(named) != 1 or named[0] == "$myhostname":
        return None  # without it the machine's own mail is lost
    return mend(items_gone(configured, setting, named))


def _filled(configured: Configured, item: str) -> str:
    return configured.main.with_options({"item": item}, 0).value("item").text


def _domains(configured: Configured, parameter: str) -> Iterator[tuple[str, Evidence]]:
    """Domains that the list has by name, and the line of each. Patterns and other programs name none."""
    setting = configured.main.setting(parameter)
    if parameter == "relay_domains" and not setting.line:
        return  # below compatibility level 2 it is mydestination, and that is no second class
    main = configured.main
    if parameter == "relay_domains":  # nor is it one where `$mydestination` is written there
        main = main.with_options({"mydestination": ""}, 0)
    for _, item in listed(main.value(parameter).text):
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
