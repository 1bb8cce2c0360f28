"""The report for programs, `message/delivery-status` (RFC 3464), as servers write it: with lines that are not folded,
with fields in any order, with one group where there should be two.
"""

from __future__ import annotations

import re

from mailproof.model.bounce import Action, Statement, Undelivered
from mailproof.parse.bounce.notice import LONGEST, MOST_RECIPIENTS, Notice
from mailproof.parse.bounce.statements import flat, statement

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*(.*)$")
_TYPED = re.compile(r"([A-Za-z0-9-]{1,40})[ \t]*;[ \t]*(.*)", re.DOTALL)
_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
# `550-5.7.1 …` at the beginning of a line is a reply that was not folded, and no field.
_FIELDS = frozenset(
    [
        "original-envelope-id",
        "reporting-mta",
        "dsn-gateway",
        "received-from-mta",
        "arrival-date",
        "original-recipient",
        "final-recipient",
        "action",
        "status",
        "remote-mta",
        "diagnostic-code",
        "last-attempt-date",
        "final-log-id",
        "will-retry-until",
    ]
)


def groups(text: str) -> list[dict[str, str]]:
    """Fields by their names in lower case, a group for the message and one for each recipient."""
    found: list[dict[str, str]] = [{}]
    last = ""
    for line in text[:LONGEST].split("\n"):
        line = line.rstrip("\r")
        field = _FIELD.match(line)
        if not line.strip():
            if found[-1]:
                found.append({})
            last = ""
        elif field and (field[1].lower() in _FIELDS or field[1].lower().startswith("x-")):
            last = field[1].lower()
            if last in found[-1] and last in ("final-recipient", "action"):
                found.append({})
            found[-1].setdefault(last, field[2].strip())
        elif last and len(found[-1][last]) < 8000:
            found[-1][last] += "\n" + line.strip()
    return [group for group in found if group]


def read(text: str) -> Notice:
    """The recipients that the report names."""
    reporter = ""
    recipients: list[Undelivered] = []
    for group in groups(text):
        reporter = reporter or _typed(group.get("reporting-mta", ""))
        if "final-recipient" in group or "original-recipient" in group:
            recipients.append(_recipient(group))
    return Notice(tuple(recipients[:MOST_RECIPIENTS]), flat(reporter)[:255])


def _recipient(group: dict[str, str]) -> Undelivered:
    name = _typed(group.get("final-recipient", "")) or _typed(group.get("original-recipient", ""))
    code = _CODE.search(group.get("status", ""))
    # A report without an Action has the class of its status.
    otherwise = Action.DELIVERED if code and code[0].startswith("2") else Action.FAILED
    given = group.get("action", "").split()
    try:
        action = Action(given[0].lower()) if given else otherwise
    except ValueError:
        action = otherwise
    remote = _HOST.match(_typed(group.get("remote-mta", "")))
    said: list[Statement] = []
    for field in ("diagnostic-code", "x-supplementary-info", "x-display-text"):
        if value := group.get(field, ""):
            typed = _TYPED.match(value) if field == "diagnostic-code" else None
            said.append(statement(typed[2] if typed else value, remote[0] if remote else ""))
    return Undelivered(
        flat(name).strip("<>")[:320], action, code[0] if code else "", remote[0] if remote else "", tuple(said)
    )


def _typed(value: str) -> str:
    """`dns; mx.example.com` without its type."""
    found = _TYPED.match(value)
    return (found[2] if found else value).strip()
