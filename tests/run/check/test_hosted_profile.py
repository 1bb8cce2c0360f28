"""`--profile hosted` leaves out what a customer may not test: relay, and who has a mailbox."""

from __future__ import annotations

import msgspec
from labrun import ALICE, BOB, HOST, PROOF, plan, run

from mailproof.catalog.profiles import load_profile
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.record import Record
from mailproof.script.authority import Authority

_URLS = (f"smtp://{HOST}", f"submission://{HOST}", f"imaps://{HOST}")


def checked(authority: Authority, ca_file: str, profile: str) -> Record:
    wanted = plan(ca_file, *_URLS, login=ALICE, mailbox_login=BOB, message=PROOF, mailbox="bob@example.test")
    terms = msgspec.structs.replace(wanted.terms, skip=load_profile(profile).skip)
    return run(authority, msgspec.structs.replace(wanted, terms=terms))[0]


def purposes(record: Record) -> set[EnvelopePurpose]:
    return {sighting.fact.purpose for sighting in record.seen(EnvelopeTried)}


def said(record: Record) -> str:
    return "\n".join(turn.text for transcript in record.transcripts() for turn in transcript.turns)


def test_nobody_outside_and_no_invented_name_is_asked_about(authority: Authority, ca_file: str) -> None:
    record = checked(authority, ca_file, "hosted")
    assert purposes(record) == {EnvelopePurpose.MAILBOX}
    assert "outside@example.com" not in said(record)
    assert "mailproof-no-such-mailbox" not in said(record)
    told = {(skip.what, skip.why) for attempt in record.attempts for skip in attempt.skipped}
    assert {("relay-closed", "not-in-profile"), ("unknown-recipient-refused", "not-in-profile")} <= told


def test_one_s_own_server_is_asked_about_both(authority: Authority, ca_file: str) -> None:
    record = checked(authority, ca_file, "default")
    assert purposes(record) == set(EnvelopePurpose)
    assert "mailproof-no-such-mailbox" in said(record)
