"""Do virtual aliases come to an end, and leave the mailboxes alone?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mailproof.checks.delivery.mail_taken_now import KINDS as OF_THE_WIRE
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.model.configuration import PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.tables import Answer as Entry

NAME = "aliases-end"
NEEDS = (PostfixFiles,)
KINDS = (
    next(kind for kind in OF_THE_WIRE if kind.name == "alias-loop"),
    FindingKind(
        "alias-overrides-mailbox",
        Layer.DELIVERY,
        ("alias", "mailboxes"),
        (Explains("not-delivered", Scope.SERVER), Explains("delivered-elsewhere", Scope.SERVER)),
        ("virtual(5)", "Postfix VIRTUAL_README"),
    ),
)

# In a message; a domain can have thousands.
_SHOWN = 3
# A configuration with more circles is told of the first.
_MOST = 5


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        entries, places = _aliases(configured)
        answers = bounded(NAME, _loops(entries, places), _overridden(configured, entries, places))
        yield from answers or [Passed(NAME, (configured.at(configured.main.setting("virtual_alias_maps")),))]


def _aliases(configured: Configured) -> tuple[Mapping[str, Entry], Mapping[str, Evidence]]:
    """The entries of all tables; of two with one key the first."""
    entries: dict[str, Entry] = {}
    places: dict[str, Evidence] = {}
    for table in configured.tables("virtual_alias_maps"):
        for key, entry in table.entries.items() if table.fixed else ():
            if key not in entries:
                entries[key] = entry
                places[key] = configured.entry("virtual_alias_maps", table, entry)
    return entries, places


def _loops(entries: Mapping[str, Entry], places: Mapping[str, Evidence]) -> Iterator[Answer]:
    """Addresses that lead back to themselves over another; one that only names itself ends there (virtual(5))."""
    done: set[str] = set()
    found = 0
    for start in entries:
        path: list[str] = []
        on_path: dict[str, int] = {}
        waiting = [(start, 0)]
        while waiting and found < _MOST:
            key, depth = waiting.pop()
            for left in path[depth:]:
                on_path.pop(left)
            del path[depth:]
            if key in on_path:
                circle = path[on_path[key] :]
                found += 1
                yield fault("alias-loop", *(places[each] for each in circle[:8]))
                continue
            if key in done:
                continue
            done.add(key)
            on_path[key] = len(path)
            path.append(key)
            waiting += [(target, len(path)) for target in _targets(key, entries)]


def _targets(key: str, entries: Mapping[str, Entry]) -> Iterator[str]:
    targets = [each.strip().lower() for each in entries[key].value.split(",")]
    if key in targets:
        return  # kept as it is: the expansion ends here
    for target in targets:
        if target in entries:
            yield target


def _overridden(
    configured: Configured, entries: Mapping[str, Entry], places: Mapping[str, Evidence]
) -> Iterator[Answer]:
    mailboxes: dict[str, list[str]] = {}
    for table in configured.tables("virtual_mailbox_maps"):
        for key in table.entries if table.fixed else ():
            user, _, domain = key.rpartition("@")
            if user:
                mailboxes.setdefault(domain, []).append(key)
    for key, entry in entries.items():
        if not key.startswith("@") or entry.value.strip().lower() == key:
            continue
        lost = [
            each for each in mailboxes.get(key[1:], ()) if each not in entries and each not in entry.value.lower()
        ]
        if lost:
            yield fault("alias-overrides-mailbox", places[key], alias=key, mailboxes=tuple(lost[:_SHOWN]))
