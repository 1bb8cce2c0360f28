"""What is to be changed, in every format: the same lines, and nothing of them can break out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from markdown_it import MarkdownIt

from configurations import files_of, linted, record_of_files
from mailproof.catalog.profiles import load_profile
from mailproof.catalog.words import words
from mailproof.model.configuration import FileSeen
from mailproof.model.remedy import hunks
from mailproof.model.report import Judged, Report
from mailproof.report import github, html, lint, markdown, sarif, text
from mailproof.report.build import build
from mailproof.report.json import decode, encode
from mailproof.report.mask import Mask
from remedied import applied

PATH = "/etc/postfix/main.cf"
CONFIGURATION = """== main.cf
compatibility_level = 3.6
myhostname = mail.example.com
mynetworks = 127.0.0.1,
  # <b>all</b> `of` them
  0.0.0.0/0
smtpd_recipient_restrictions =
	reject_unauth_destinaton, permit
relayhost = smtp.example.net:587
smtpd_helo_required = on
smtpd_sender_restrictions = check_sender_access regexp:{{/<x>/ REJECT}}, reject_unlisted_sendr
"""


@pytest.fixture(scope="module")
def files() -> dict[str, FileSeen]:
    return files_of(CONFIGURATION)


@pytest.fixture(scope="module")
def report(files: dict[str, FileSeen]) -> Report:
    record = record_of_files(dict(files))
    return build(record, linted(record), load_profile("default"))


def with_remedy(report: Report) -> list[Judged]:
    found = [item for item in report.findings if item.remedy is not None]
    assert len(found) >= 5
    return found


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_format_for_people_shows_the_diff_as_it_is(report: Report, lang: str) -> None:
    say = words(lang)
    shown = {
        "lint": lint.render(report, lang, width=40),
        "text": text.render(report, lang, width=40),
        "github": github.render(report, lang).replace("%0A", "\n").replace("%25", "%"),
        "markdown": markdown.render(report, lang),
    }
    causes = {item.name for item in report.causes}
    for item in with_remedy(report):
        assert item.remedy is not None
        for shape, told in shown.items():
            if shape in ("text", "markdown") and item.name not in causes:
                continue  # a consequence stands there in one line
            lines = [line.removeprefix("    ") for line in told.split("\n")]
            at = [n for n, line in enumerate(lines) if line == f"--- {PATH}"]
            wanted = list(hunks(item.remedy))
            assert any(lines[n : n + len(wanted)] == wanted for n in at), (shape, wanted)
            assert say("report.remedy") in told or shape in ("text", "lint")
            assert "postfix reload" in lines
    assert "\n    +\treject_unauth_destination, permit\n" in shown["lint"]


def test_html_and_markdown_take_nothing_of_it_for_markup(report: Report) -> None:
    page = html.render(report, "en")
    assert "<x>" not in page and "+smtpd_sender_restrictions = check_sender_access regexp:{{/&lt;x&gt;/" in page
    blocks = [token for token in MarkdownIt().parse(markdown.render(report, "en")) if token.type == "fence"]
    assert any(token.info == "diff" and "/<x>/" in token.content for token in blocks)


def test_json_has_it_and_reads_back(report: Report) -> None:
    told = json.loads(encode(report))
    assert decode(encode(report)) == report
    items = {item["name"]: item for item in told["findings"]}
    assert items["relayhost-mx-lookup"]["remedy"] == {
        "changes": [
            {
                "file": PATH,
                "line": 8,
                "old": ["relayhost = smtp.example.net:587"],
                "new": ["relayhost = [smtp.example.net]:587"],
            }
        ],
        "then": ["postfix reload"],
    }
    assert all("remedy" not in item or item["remedy"] for item in told["findings"])


def test_a_program_that_carries_out_the_fixes_of_sarif_gets_the_same(
    report: Report, files: dict[str, FileSeen]
) -> None:
    results = [each for each in json.loads(sarif.render(report))["runs"][0]["results"] if "fixes" in each]
    found = {item.message: item for item in with_remedy(report)}
    assert len(results) == len(found)
    for result in results:
        remedy = found[result["message"]["text"]].remedy
        (fix,) = result["fixes"]
        (artifact,) = fix["artifactChanges"]
        assert artifact["artifactLocation"]["uri"] == f"file://{PATH}"
        assert fix["description"]["text"] == "postfix reload"
        assert remedy is not None
        assert carried_out(files[PATH].data.decode(), artifact["replacements"]) == (
            applied(files[PATH].data, list(remedy.changes)).decode()
        )


def carried_out(before: str, replacements: list[dict[str, Any]]) -> str:
    lines = before.splitlines(keepends=True)
    starts = [sum(map(len, lines[:at])) for at in range(len(lines) + 1)]
    for each in reversed(replacements):
        region = each["deletedRegion"]
        begin = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        before = before[:begin] + each["insertedContent"]["text"] + before[end:]
    return before


def test_names_in_it_have_stand_ins_where_the_rest_has(report: Report, files: dict[str, FileSeen]) -> None:
    masked = Mask(record_of_files(dict(files))).apply(report)
    assert any(item.remedy is not None for item in masked.findings)
    told = lint.render(masked, "en")
    assert "smtp.example.net" in lint.render(report, "en")
    assert "smtp.example.net" not in told
