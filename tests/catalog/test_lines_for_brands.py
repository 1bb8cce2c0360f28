"""Remedies for other brands of servers are complete in both languages, and stand nowhere twice."""

from __future__ import annotations

import pytest

from mailproof.catalog import CATALOG
from mailproof.catalog.brands import findings, remedies
from mailproof.catalog.pages import names
from mailproof.report.servers import on_servers

OF_ALL = ("exim", "sendmail", "opensmtpd", "cyrus", "courier", "exchange")


def test_they_are_for_findings_that_there_are() -> None:
    assert findings() <= set(names())
    assert len(findings()) >= 50


@pytest.mark.parametrize("finding", sorted(findings()))
def test_each_says_the_same_in_both_languages(finding: str) -> None:
    english, japanese = remedies(finding, "en"), remedies(finding, "ja")
    assert english
    for one, other in zip(english, japanese, strict=True):
        assert one[:-1] == other[:-1]
        assert bool(one.note) == bool(other.note)
        assert one.lines or one.note


@pytest.mark.parametrize("finding", sorted(findings()))
def test_no_line_stands_on_the_page_as_well(finding: str) -> None:
    for lang in ("en", "ja"):
        page = (CATALOG / lang / f"{finding}.md").read_text("utf-8")
        assert [line for remedy in remedies(finding) for line in remedy.lines if line in page] == []


def test_the_documentation_counts_them() -> None:
    docs = CATALOG.parents[2] / "docs"
    assert f"({len(findings())} findings)" in (docs / "servers.md").read_text("utf-8")
    assert f"({len(findings())} の検出事項)" in (docs / "servers.ja.md").read_text("utf-8")


def test_every_brand_has_remedies_of_its_own() -> None:
    told = {remedy.brand for finding in findings() for remedy in remedies(finding)}
    assert told == set(OF_ALL)


def test_a_finding_without_them_has_no_section() -> None:
    assert on_servers("alias-loop", "en") == ""
    assert "/etc/mail/access" in on_servers("connection-rate-limited", "ja")
