"""Servers of known providers, as a customer meets them: what their refusals mean, and what is left alone there.

The servers' words are those that the providers document or their customers have shown; names and addresses are
reserved ones.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogues import assert_as_marked, facts, judged, play
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.script.authority import Authority

FILES = sorted(Path(__file__).parent.glob("*.dialogue"))
AT_SUBMISSION = [file for file in FILES if "\n@ submission" in file.read_text("utf-8")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_marked_is_found_and_nothing_else(file: Path, authority: Authority, ca_file: str) -> None:
    script = file.read_text("utf-8")
    assert_as_marked(judged(play(script, authority, ca_file)).findings, script)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_single_bytes_tell_the_same(file: Path, authority: Authority, ca_file: str) -> None:
    whole, in_bytes = (facts(play(file.read_text("utf-8"), authority, ca_file, chunk=size)) for size in (1 << 16, 1))
    assert in_bytes == whole


@pytest.mark.parametrize("file", AT_SUBMISSION, ids=lambda file: file.stem)
def test_a_customer_tries_no_relay_and_says_so(file: Path, authority: Authority, ca_file: str) -> None:
    record = play(file.read_text("utf-8"), authority, ca_file)
    asked = {EnvelopePurpose.OUTSIDE, EnvelopePurpose.UNKNOWN}
    assert [sighting for sighting in record.seen(EnvelopeTried) if sighting.fact.purpose in asked] == []
    told = [skipped for attempt in record.attempts for skipped in attempt.skipped]
    assert ("relay-closed", "not-in-profile") in [(skipped.what, skipped.why) for skipped in told]
