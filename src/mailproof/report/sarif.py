"""SARIF 2.1.0: findings with file and line, as code hosts and editors read them.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from mailproof.catalog.pages import load
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Severity
from mailproof.model.remedy import Change, Remedy
from mailproof.model.report import Judged, Report
from mailproof.report.json import text_of
from mailproof.report.lint import in_order, place_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {Severity.FAIL: "error", Severity.WARN: "warning", Severity.INFO: "note"}


def render(report: Report) -> str:
    """One run, in English: programs read it. What could not be read is a notification, and no result."""
    found = in_order(report.findings)
    names = sorted({item.name for item in found})
    run = {
        "tool": {
            "driver": {"name": "mailproof", "version": report.mailproof, "rules": [_rule(name) for name in names]}
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning" if item.asked else "note", "message": {"text": item.why}}
                    for item in report.not_tested
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, names) for item in found],
    }
    return text_of({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(name: str) -> dict[str, Any]:
    page = load(name, "en")
    return {
        "id": name,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.sections["meaning"]},
        "help": {"text": page.sections["mend"]},
    }


def _result(item: Judged, names: list[str]) -> dict[str, Any]:
    first, *rest = item.evidence
    result: dict[str, Any] = {
        "ruleId": item.name,
        "ruleIndex": names.index(item.name),
        "level": _LEVELS[item.severity],
        "message": {"text": item.message},
        "locations": [{"physicalLocation": _place(first)}],
    }
    if rest:
        result["relatedLocations"] = [{"physicalLocation": _place(each)} for each in rest]
    if item.remedy is not None and item.remedy.changes:
        result["fixes"] = [_fix(item.remedy)]
    return result


def _fix(remedy: Remedy) -> dict[str, Any]:
    """Proposed changes (section 3.55); nobody has made them."""
    files = dict.fromkeys(change.file for change in remedy.changes)
    described: dict[str, Any] = {"description": {"text": "; ".join(remedy.then)}} if remedy.then else {}
    return {
        **described,
        "artifactChanges": [
            {
                "artifactLocation": {"uri": _uri(file)},
                "replacements": [_replacement(change) for change in remedy.changes if change.file == file],
            }
            for file in files
        ],
    }


def _replacement(change: Change) -> dict[str, Any]:
    """Whole lines with their newlines; a region ends before its last column."""
    if change.old and change.new:
        last = change.line + len(change.old) - 1
        region = {"startLine": change.line, "startColumn": 1, "endLine": last, "endColumn": len(change.old[-1]) + 1}
        return {"deletedRegion": region, "insertedContent": {"text": "\n".join(change.new)}}
    first = change.line if change.old else change.line + 1
    region = {"startLine": first, "startColumn": 1, "endLine": first + len(change.old), "endColumn": 1}
    return {"deletedRegion": region, "insertedContent": {"text": "".join(f"{line}\n" for line in change.new)}}


def _uri(path: str) -> str:
    return Path(path).as_uri() if path.startswith("/") else quote(path.removeprefix("./"), errors="surrogateescape")


def _place(evidence: Evidence) -> dict[str, Any]:
    path, line = place_of(evidence)
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(path)}}
    if line:
        place["region"] = {"startLine": line}
        if evidence.text:
            place["region"]["snippet"] = {"text": evidence.text}
    return place
