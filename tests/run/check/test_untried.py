"""What came to nothing: guessed ports are told of once, and no question that was asked is left without an answer."""

from __future__ import annotations

import msgspec
import pytest
from labrun import ALICE, BOB, HOST, PROOF, logins, notes, plan, run, skipped

from mailproof.model.attempt import Job, Trouble
from mailproof.model.connection import Connection
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.endpoint import Endpoint, Scheme
from mailproof.model.record import Record
from mailproof.net.interface import Address
from mailproof.run.endpoints import Wanted
from mailproof.script.authority import Authority


def surveyed(record: Record) -> list[str]:
    return [a.endpoint.scheme for a in record.attempts if a.job is Job.SURVEY and a.endpoint is not None]


def test_guessed_ports_that_do_not_answer_are_told_once_for_each_host(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, "example.test", login=ALICE), "port-closed@pop3", "port-filtered@imap")
    assert surveyed(record) == ["smtp", "submission", "submissions", "pop3s", "imaps"]
    assert notes(record, "port-open") == [{"schemes": "pop3, imap", "host": HOST}]
    assert skipped(record, "login-accepted") == []


def test_a_promised_port_that_does_not_answer_stays(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, f"pop3://{HOST}"), "port-closed@pop3")
    assert surveyed(record) == ["pop3"] and notes(record, "port-open") == []


def test_a_port_that_answered_once_stays_although_it_is_closed_later(authority: Authority, ca_file: str) -> None:
    def closed_later(to: Address, purpose: str) -> Trouble | None:
        return Trouble.REFUSED if purpose in (Job.VERSION, Job.LOGIN) and to.port == 587 else None

    wanted = plan(ca_file, f"[{HOST}]", login=ALICE)
    record, _ = run(authority, wanted, meets=closed_later)
    assert "submission" in surveyed(record) and notes(record, "port-open") == []
    assert any(s.fact.trouble for s in record.seen(Connection) if s.endpoint.scheme is Scheme.SUBMISSION)


def test_a_host_of_which_no_port_answers_stays_in_the_record(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, f"[{HOST}]"), meets=lambda to, purpose: Trouble.REFUSED)
    assert len(surveyed(record)) == 7 and notes(record, "port-open") == []


def test_a_port_that_answers_at_one_of_two_addresses_is_not_said_to_be_silent(
    authority: Authority, ca_file: str
) -> None:
    dead = DnsAnswer(HOST, "AAAA", DnsStatus.OK, ("2001:db8::25",))
    wanted = plan(ca_file, f"[{HOST}]")
    wanted = msgspec.structs.replace(wanted, wanted=Wanted(families=("A", "AAAA")))
    record, _ = run(authority, wanted, "port-closed@pop3", names=[dead])
    assert len(surveyed(record)) == 6
    assert notes(record, "port-open") == [{"schemes": "pop3", "host": HOST}]


def test_a_mailbox_for_which_nobody_took_mail_is_told(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, f"imaps://{HOST}", mailbox="bob@example.test"))
    assert skipped(record, "mailbox-accepted") == [(None, "no-place-to-try")]
    record, _ = run(authority, plan(ca_file, f"smtp://{HOST}", mailbox="bob@example.test"))
    assert skipped(record, "mailbox-accepted") == []


def test_xclient_that_no_session_came_to_is_told(authority: Authority, ca_file: str) -> None:
    asked = ("ADDR=192.0.2.1",)
    record, _ = run(authority, plan(ca_file, f"imaps://{HOST}", xclient=asked))
    assert skipped(record, "relay-closed") == [(None, "xclient-not-tried")]
    record, _ = run(authority, plan(ca_file, f"smtp://{HOST}", xclient=asked))
    assert [why for _, why in skipped(record, "relay-closed")] == ["xclient-refused"]


@pytest.mark.parametrize("targets", [(f"smtp://{HOST}",), ("nowhere.test",)])
def test_a_login_without_a_place_is_told(authority: Authority, ca_file: str, targets: tuple[str, ...]) -> None:
    record, _ = run(authority, plan(ca_file, *targets, login=ALICE))
    assert logins(record) == [] and skipped(record, "login-accepted") == [(None, "no-place-to-try")]


def test_a_login_whose_connection_failed_is_told(authority: Authority, ca_file: str) -> None:
    def closed_later(to: Address, purpose: str) -> Trouble | None:
        return Trouble.REFUSED if purpose == Job.LOGIN else None

    record, _ = run(authority, plan(ca_file, f"imaps://{HOST}", login=ALICE), meets=closed_later)
    assert skipped(record, "login-accepted") == [(None, "not-reached")]


def test_each_of_two_logins_must_have_been_tried(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, f"submissions://{HOST}", login=ALICE, mailbox_login=BOB))
    assert logins(record) == [("submissions", True)]
    assert skipped(record, "login-accepted") == [(None, "no-place-to-try")]
    record, _ = run(authority, plan(ca_file, f"imaps://{HOST}", login=ALICE, mailbox_login=BOB))
    assert logins(record) == [("imaps", True)] * 2
    assert skipped(record, "login-accepted") == []


def test_what_says_already_why_it_was_not_tried_is_not_told_twice(authority: Authority, ca_file: str) -> None:
    wanted = plan(ca_file, f"submissions://{HOST}", login=ALICE, mailbox_login=BOB, message=PROOF)
    record, _ = run(authority, wanted)
    assert skipped(record, "message-delivered") == [(None, "no-mailbox-endpoint")]
    assert skipped(record, "login-accepted") == []
    record, _ = run(authority, plan(ca_file, f"imaps://{HOST}", login=ALICE), "certificate-expired")
    assert skipped(record, "login-accepted") == [(f"imaps://{HOST}", "tls-not-verified")]


def test_a_guess_at_an_address_and_a_promise_of_it_are_one_place(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, f"[{HOST}]", f"imaps://{HOST}"))
    places = [a.endpoint for a in record.attempts if a.job is Job.SURVEY and a.endpoint is not None]
    assert len(places) == 7 and all(isinstance(place, Endpoint) for place in places)
    assert [place.scheme for place in places if place.promised] == ["imaps"]
