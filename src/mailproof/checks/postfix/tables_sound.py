"""Does every line of the lookup tables count?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.files import bounded, fault, not_told, or_passed
from mailproof.checks.mending import lines_of, remedy, taken_away
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import taken_up
from mailproof.checks.postfix.tables_there import OF_RECIPIENTS
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.postfix.tables import FILES, LITERAL, PATTERNS, tables_named

NAME = "lookup-table-lines-read"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "lookup-table-line-ignored",
        Layer.DELIVERY,
        params=("table", "text", "problem", "parameter"),
        explains=tuple(
            Explains("recipient-unknown", Scope.SERVER, when=(("parameter", each),)) for each in OF_RECIPIENTS
        ),
        references=("postmap(1)", "regexp_table(5)", "pcre_table(5)", "cidr_table(5)"),
    ),
    FindingKind("lookup-table-key-twice", Layer.DELIVERY, params=("table", "key"), references=("postmap(1)",)),
)

# A table with more such lines is of another kind than it is said to be.
_SHOWN = 20
_OF_ADDRESSES = frozenset(
    [
        "canonical_maps", "recipient_canonical_maps", "relay_domains", "relay_recipient_maps",
        "sender_canonical_maps", "smtp_generic_maps", "transport_maps", "virtual_alias_domains",
        "virtual_alias_maps", "virtual_mailbox_domains", "virtual_mailbox_maps",
]
)  # fmt: skip
# `name: value`, which postalias(1) reads.
_ALIASES = ("alias_maps", "alias_database")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _lines(configured))
        yield from or_passed(NAME, answers, configured.line("main.cf", 1))


def _lines(configured: Configured) -> Iterable[Answer]:
    told: set[tuple[str, bool]] = set()
    for setting, main in configured.assignments():
        if setting.name in _ALIASES:
            continue
        for named in tables_named(main.value(setting.name).text):
            spec, literal = f"{named.kind}:{named.name}", setting.name in LITERAL
            if (spec, literal) in told or named.name not in configured.files or named.kind not in (*FILES, *PATTERNS):
                continue
            others = [each for each in (True, False) if (spec, each) in told]
            told.add((spec, literal))
            yield from _of_table(configured, setting.name, spec, named.name, literal, others)
            if named.kind in FILES:
                yield from _never_asked(configured, setting.name, spec, named.name)


def _of_table(
    configured: Configured, parameter: str, spec: str, file: str, literal: bool, others: Iterable[bool]
) -> Iterable[Answer]:
    """What was said of it for a parameter of the other kind is not said again."""
    table = configured.postfix.tables.table
    said = [each for other in others for each in table(spec, literal=other).troubles]
    troubles = [each for each in table(spec, literal=literal).troubles if each not in said]
    for each in troubles[:_SHOWN]:
        shown = (configured.line(file, each.line),)
        if each.name == "second-entry":
            found = fault("lookup-table-key-twice", *shown, table=spec, key=each.text[:80])
            yield found.mended_by(_said_again(configured, parameter, spec, file, each.line))
        elif each.name == "pattern-not-read":
            yield not_told(NAME, "pattern-not-read", table=file, line=str(each.line))
        else:
            params = {"table": spec, "text": each.text[:80], "problem": each.name, "parameter": parameter}
            yield fault("lookup-table-line-ignored", *shown, **params)


def _never_asked(configured: Configured, parameter: str, spec: str, file: str) -> Iterable[Answer]:
    """Keys of a form that no lookup of this parameter has: `*@example.com`, and of transport_maps `@example.com`."""
    if parameter not in _OF_ADDRESSES:
        return
    entries = configured.postfix.tables.table(spec).entries
    of_transport = parameter == "transport_maps"
    never = [key for key in entries if (of_transport and key[0] == "@") or (key != "*" and key[0] == "*")]
    for key in never[:_SHOWN]:
        shown = configured.line(file, entries[key].line)
        params = {"table": spec, "text": key[:80], "problem": "never-asked", "parameter": parameter}
        yield fault("lookup-table-line-ignored", shown, **params)


def _said_again(configured: Configured, parameter: str, spec: str, file: str, line: int) -> Remedy | None:
    """Without the second entry, where it says the same as the first; otherwise nobody knows which was meant."""
    lines = lines_of(configured, file)
    key, *value = lines[line - 1].split()
    first = configured.postfix.tables.table(spec).entries.get(key.lower())
    if first is None or first.line == line or first.value.split() != value:
        return None
    if line < len(lines) and lines[line][:1] in (" ", "\t"):
        return None  # it goes on below
    return remedy(taken_away(configured, file, [line]), then=taken_up(spec, parameter))
