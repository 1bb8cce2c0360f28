"""A message sent and found: in time, in whatever folder, or not at all."""

from __future__ import annotations

import msgspec
import pytest
from labrun import ALICE, BOB, HOST, NOW, WRONG

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.lab.embedded.server import EmbeddedLab, in_memory
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.authentication import LoginTried
from mailproof.model.record import Asked, Record
from mailproof.model.roundtrip import RoundtripReport
from mailproof.model.tls import TlsSettings
from mailproof.probes.terms import Terms
from mailproof.probes.transaction import Recipient, Sending
from mailproof.report.build import build
from mailproof.report.roundtrip import render_roundtrip
from mailproof.run.endpoints import Wanted
from mailproof.run.hand.roundtrip import RoundtripPlan, roundtrip
from mailproof.run.hand.roundtrip_result import roundtrip_report
from mailproof.run.targets import parse_target
from mailproof.script.authority import Authority

TOKEN = "token-of-this-trip"
HEAD = f"X-Mailproof-Token: {TOKEN}\nFrom: alice@example.test\nTo: bob@example.test\nSubject: x\n\n"
DATA = HEAD.encode() + b".dot\nFrom me\n"


class Done(msgspec.Struct):
    record: Record
    told: RoundtripReport
    lab: EmbeddedLab


def run(authority: Authority, ca_file: str, submit: str, read: str, *faults: str, reader=BOB, **changes) -> Done:  # type: ignore[no-untyped-def]
    net, lab = in_memory(LabSettings(faults=faults), authority, NOW)
    sending = Sending(
        sender="alice@example.test",
        recipients=(Recipient("bob@example.test"),),
        data=DATA,
        login=None if submit.startswith("smtp:") else ALICE,
    )
    plan = RoundtripPlan(
        submit=parse_target(submit),
        read=parse_target(read),
        wanted=Wanted(families=("A",)),
        terms=Terms(ehlo="client.test", settings=TlsSettings(ca_file=ca_file)),
        asked=Asked(user="alice@example.test", deliver=True),
        sending=sending,
        reader=reader,
        token=TOKEN,
        within=60.0,
        **changes,
    )
    record, arrived, times = net.run(roundtrip(net, plan, NOW))
    policy = load_profile("default")
    judgement = judge(record, policy)
    told = roundtrip_report(record, judgement, build(record, judgement, policy), plan, arrived, times)
    return Done(record, told, lab)


@pytest.mark.parametrize("read", ["imaps", "imap", "pop3s", "pop3"])
@pytest.mark.parametrize("submit", ["submission", "smtp"])
def test_it_arrives_to_the_byte_and_is_removed(authority: Authority, ca_file: str, submit: str, read: str) -> None:
    done = run(authority, ca_file, f"{submit}://{HOST}", f"{read}://{HOST}")
    told = done.told
    assert (told.ok, told.exit_code, told.folder, told.body) == (True, 0, "INBOX", "same")
    assert [leg.name for leg in told.legs] == ["submission", "delivery", "retrieval"]
    assert told.queue_ids and told.removed
    assert done.lab.mailboxes["bob@example.test"].messages == []


def test_a_host_alone_serves_for_both(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"[{HOST}]", f"[{HOST}]")
    assert (done.told.submitted, done.told.found) == (f"submission://{HOST}", f"imaps://{HOST}")


def test_it_is_left_where_that_is_asked_for(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"submission://{HOST}", f"imaps://{HOST}", keep=True)
    assert not done.told.removed and len(done.lab.mailboxes["bob@example.test"].messages) == 1


def test_a_filter_that_put_it_into_another_folder_is_told(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"submission://{HOST}", f"imaps://{HOST}", "filtered-into-folder")
    assert done.told.ok and done.told.folder not in ("", "INBOX")


@pytest.mark.parametrize("read", ["imaps", "pop3s"])
def test_one_that_never_arrives_is_41_and_says_where_it_was_last_seen(
    authority: Authority, ca_file: str, read: str
) -> None:
    done = run(authority, ca_file, f"submission://{HOST}", f"{read}://{HOST}", "not-delivered")
    told = done.told
    assert (told.ok, told.exit_code, told.found) == (False, 41, "")
    assert told.reply.startswith("250") and told.queue_ids
    assert told.looked[0] == f"{read}://{HOST} INBOX"
    first = render_roundtrip(told, "en", False, 200).splitlines()[0]
    assert told.cause is not None or first.endswith("and not found in time.")


def test_pop3_is_not_logged_in_to_without_end(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"submission://{HOST}", f"pop3s://{HOST}", "not-delivered")
    reads = [s for s in done.record.seen(LoginTried) if s.url.startswith("pop3s")]
    assert 3 <= len(reads) <= 9


def test_a_refused_submission_ends_it_there(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"submission://{HOST}", f"imaps://{HOST}", "mailbox-full")
    assert done.told.exit_code in (24, 26) and done.told.looked == ()
    assert done.told.cause is not None and done.told.cause.name == "mailbox-full"


def test_a_wrong_password_of_the_mailbox_is_28_and_tried_once(authority: Authority, ca_file: str) -> None:
    for read in ("imaps", "pop3s"):
        done = run(authority, ca_file, f"submission://{HOST}", f"{read}://{HOST}", reader=WRONG)
        assert done.told.exit_code == 28
        assert sum(s.url.startswith(read) for s in done.record.seen(LoginTried)) == 1


def test_only_the_message_with_our_marker_is_taken_and_removed(authority: Authority, ca_file: str) -> None:
    """A number of SEARCH can be another message by the time it is used."""
    from mailproof.probes.arrival import _holds

    assert _holds(f"X-Mailproof-Token: {TOKEN}\r\nSubject: x\r\n\r\n".encode(), TOKEN)
    assert not _holds(f"Subject: PRECIOUS\r\n\r\nX-Mailproof-Token: {TOKEN}\r\n".encode(), TOKEN)
