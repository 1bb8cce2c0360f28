"""JSON is the canonical form of a report: it reads back, whatever it holds."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Severity
from mailproof.model.report import Judged, Report
from mailproof.report.build import build
from mailproof.report.json import decode, encode
from records import record_of, sound, without_starttls


def report() -> Report:
    record = record_of(without_starttls(), sound("imaps://mail.example.com"))
    return build(record, judge(record, load_profile()), load_profile())


def test_a_report_reads_back() -> None:
    assert decode(encode(report())) == report()


def test_the_fields_come_in_the_order_of_the_contract() -> None:
    order = ["mailproof", "schema", "started", "seconds", "verdict", "causes", "findings", "passed", "not_tested"]
    assert list(json.loads(encode(report())))[:11] == [*order, "endpoints", "transcripts"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PARAM = st.one_of(
    TEXT, st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.tuples(TEXT, TEXT)
)


@given(st.dictionaries(TEXT, PARAM, max_size=3), TEXT, st.sampled_from(Severity))
@settings(max_examples=100)
def test_any_finding_reads_back(params: dict[str, str], text: str, severity: Severity) -> None:
    evidence = (Evidence(EvidenceKind.LOG, text, text),)
    finding = Judged("a-fault", severity, None, text, (text,), params, text, (text,), evidence)
    whole = msgspec.structs.replace(report(), findings=(finding,), causes=(finding,))
    assert decode(encode(whole)) == whole


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"mailproof": 1}'])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(text)
