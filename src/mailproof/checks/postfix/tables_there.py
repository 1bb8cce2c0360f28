"""Are the lookup tables there, built, and newer than their texts; and does this Postfix know their kinds?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.files import fault, not_told, or_passed
from mailproof.checks.mending import remedy
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import RELOAD
from mailproof.checks.postfix.mending import built as command
from mailproof.model.configuration import FileSeen, FileState, PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.listed import LISTS, file_of, listed
from mailproof.parse.postfix.parameters import MainFile, Setting
from mailproof.parse.postfix.restrictions import LISTS as RESTRICTION_LISTS
from mailproof.parse.postfix.restrictions import TABLES, restrictions
from mailproof.parse.postfix.tables import BUILT, PATTERNS, Named, tables_named
from mailproof.parse.postfix.tables import KINDS as KNOWN

NAME = "lookup-tables-there"
NEEDS = (PostfixFiles,)
_WHEN_MISSING = (
    Explains("recipient-lookup-failed", Scope.SERVER),
    Explains("server-config-problem", Scope.SERVER),
    Explains("queue-write-error", Scope.SERVER),
    Explains("temporary-reject", Scope.SERVER),
)
# Which a daemon makes itself, in a directory that must be there (verify(8), postscreen(8)).
_MADE = ("address_verify_map", "postscreen_cache_map")
# Who is in the text and not yet in what was built of it is not known (postconf(5) smtpd_reject_unlisted_recipient).
OF_RECIPIENTS = (
    "virtual_mailbox_maps",
    "virtual_alias_maps",
    "local_recipient_maps",
    "relay_recipient_maps",
    "alias_maps",
)
_REFERENCES = ("Postfix DATABASE_README", "postmap(1)")
KINDS = (
    FindingKind(
        "lookup-table-missing",
        Layer.DELIVERY,
        ("table", "parameter"),
        # A cache in a directory that is not there: its daemon says the same as of a table that nobody built.
        _WHEN_MISSING
        + tuple(
            Explains("lookup-table-not-built", Scope.SERVER, when=(("parameter", parameter),)) for parameter in _MADE
        ),
        _REFERENCES,
    ),
    FindingKind(
        "lookup-table-not-built",
        Layer.DELIVERY,
        ("table", "parameter"),
        # tls_server_sni_maps, whose keys and certificates `postmap -F` puts into the table.
        (*_WHEN_MISSING, Explains("tls-handshake-failed", Scope.SERVER)),
        _REFERENCES,
    ),
    FindingKind(
        "lookup-table-outdated",
        Layer.DELIVERY,
        params=("table", "parameter"),
        explains=tuple(
            Explains("recipient-unknown", Scope.SERVER, when=(("parameter", parameter),))
            for parameter in OF_RECIPIENTS
        ),
        references=_REFERENCES,
    ),
    FindingKind(
        "lookup-table-type-missing", Layer.DELIVERY, ("type", "table", "parameter"), _WHEN_MISSING, _REFERENCES
    ),
    FindingKind(
        "header-checks-file-missing",
        Layer.DELIVERY,
        ("table", "parameter"),
        _WHEN_MISSING,
        ("header_checks(5)", "cleanup(8)"),
    ),
)

_UNREAD = {
    FileState.UNREADABLE: "table-unreadable",
    FileState.OTHER: "table-other",
    FileState.TOO_LARGE: "table-too-large",
    FileState.DIRECTORY: "table-directory",
}
_LIST = ""
"""The kind of a file whose lines are items of a list."""
_TEXTS = ("texthash", *PATTERNS, _LIST)
_OF_TABLES = re.compile(r".*(?:_maps|_checks|_map|_table|_tables|_classes_maps|_domains)|mydestination|mynetworks")
# Its own daemon makes these.
_CACHES = re.compile(r".*_cache_(?:database|map)|address_verify_map|.*scache.*|alias_database")
_PASSWORDS = re.compile(r"(?:smtp|lmtp)_sasl_password_maps")
_CHECKS = re.compile(r"(?:header|body|mime_header|nested_header)_checks")
# postmap(1) and the text itself may be written in the same second; Postfix only warns from 100 seconds on.
_YOUNGER = 1.0


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers: list[Answer] = []
        told: set[tuple[Named, str]] = set()
        for parameter, named, table in _named(configured):
            if (table, parameter) not in told:
                told.add((table, parameter))
                answers += _judged(configured, parameter, named, table)
        answers += _made(configured)
        yield from or_passed(NAME, answers, configured.line("main.cf", 1))


def _made(configured: Configured) -> Iterator[Answer]:
    for parameter in _MADE:
        setting, value = configured.main.setting(parameter), configured.main.value(parameter).text.strip()
        folder = configured.files.get(value.partition(":")[2].rpartition("/")[0])
        if setting.line and folder is not None and folder.state is FileState.MISSING:
            shown = (configured.at(setting), configured.file(folder))
            yield fault("lookup-table-missing", *shown, table=value[:100], parameter=parameter)


def _named(configured: Configured) -> Iterator[tuple[str, Evidence, Named]]:
    """Every table, and every file of a list, with the parameter and the line that names it."""
    for setting, main in configured.assignments():
        for table in _tables(setting, main):
            yield setting.name, configured.at(setting, table.name), table
        if setting.name in LISTS:
            for named, table in _listed(configured, setting, main):
                yield setting.name, named, table


def _listed(configured: Configured, setting: Setting, main: MainFile) -> Iterator[tuple[Evidence, Named]]:
    """The files of a list, those that they name, and the tables in them."""
    items = ((configured.at(setting, file_of(item)), item) for _, item in listed(main.value(setting.name).text))
    waiting = [(named, file_of(item)) for named, item in items if file_of(item)]
    done: set[str] = set()
    while waiting:
        named, file = waiting.pop()
        if file in done:
            continue
        done.add(file)
        yield named, Named(_LIST, file)
        text = (configured.data(file) or b"").decode("utf-8", "surrogateescape")
        for number, item in listed(text):
            shown = configured.line(file, number)
            if file_of(item):
                waiting.append((shown, file_of(item)))
            # An address of IPv6 has colons too.
            for table in tables_named(item):
                if table.kind in KNOWN or table.name.startswith("/"):
                    yield shown, table


def _tables(setting: Setting, main: MainFile) -> Iterator[Named]:
    value = main.value(setting.name).text
    if _CACHES.fullmatch(setting.name):
        return
    if setting.name in RESTRICTION_LISTS:
        for item in restrictions(value):
            yield from tables_named(item.argument if item.name in TABLES else item.name)
    elif _OF_TABLES.fullmatch(setting.name):
        yield from tables_named(value)
    else:
        yield from (each for each in tables_named(value) if each.kind in KNOWN and each.name.startswith("/"))


def _judged(configured: Configured, parameter: str, named: Evidence, table: Named) -> Iterator[Answer]:
    spec = table.name if table.kind == _LIST else f"{table.kind}:{table.name}"
    params: dict[str, Param] = {"table": spec[:100], "parameter": parameter}
    installed = configured.fact.types
    if table.kind == _LIST:
        pass
    elif table.kind not in KNOWN or (installed and table.kind not in installed):
        yield fault("lookup-table-type-missing", named, type=table.kind[:40], **params)
        return
    text = configured.files.get(table.name)
    if text is None:
        return
    built = configured.files.get(table.name + BUILT[table.kind]) if table.kind in BUILT else None
    if text.state in _UNREAD:
        # A table of passwords is for root alone, and nothing is wrong where nobody else may read it.
        asked = _PASSWORDS.fullmatch(parameter) is None
        yield not_told(NAME, _UNREAD[text.state], asked=asked, table=text.path)
    elif not configured.fact.here:
        if text.state is not FileState.FILE:
            yield not_told(NAME, "table-not-in-copy", table=table.name)
    elif built is not None:
        yield from _database(configured, named, text, built, params)
    elif table.kind in _TEXTS and text.state is FileState.MISSING:
        yield _missing(configured, named, text, params)


def _database(
    configured: Configured, named: Evidence, text: FileSeen, built: FileSeen, params: dict[str, Param]
) -> Iterator[Answer]:
    spec, parameter = str(params["table"]), str(params["parameter"])
    # A name that was cut is none that a command could be given.
    made = (command(spec, parameter),) if spec.endswith(f":{text.name}") else ()
    if built.state is FileState.MISSING and text.state is FileState.MISSING:
        yield _missing(configured, named, text, params)
    elif built.state is FileState.MISSING:
        # A daemon that found no table does not look again (dict_surrogate of its source).
        again = remedy(then=(*made, RELOAD)) if made else None
        yield fault("lookup-table-not-built", named, configured.file(built), **params).mended_by(again)
    elif text.state is FileState.FILE and text.changed > built.changed + _YOUNGER:
        yield fault("lookup-table-outdated", named, configured.file(built), **params).mended_by(remedy(then=made))


def _missing(configured: Configured, named: Evidence, text: FileSeen, params: dict[str, Param]) -> Finding:
    shown = (named, configured.file(text))
    if _CHECKS.fullmatch(str(params["parameter"])):
        return fault("header-checks-file-missing", *shown, **params)
    return fault("lookup-table-missing", *shown, **params)
