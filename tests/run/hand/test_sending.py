"""A message sent by hand: to the stage that was asked for, with an answer for each recipient."""

from __future__ import annotations

import msgspec
import pytest
from labrun import ALICE, HOST, NOW, WRONG, Meets, started

from dialogues import judged, play
from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.lab.embedded.server import OUTSIDE_ADDRESS, EmbeddedLab
from mailproof.model.attempt import Trouble
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.endpoint import TargetKind
from mailproof.model.record import Asked, Record
from mailproof.model.sent import SendReport
from mailproof.model.tls import TlsPolicy, TlsSettings
from mailproof.net.interface import Address, Handler
from mailproof.probes.terms import Terms
from mailproof.probes.transaction import Recipient, Sending, Until
from mailproof.report.build import build
from mailproof.report.sent import render_sent
from mailproof.run.endpoints import Wanted
from mailproof.run.hand.send_result import send_report
from mailproof.run.hand.sending import SendPlan, send_by_hand
from mailproof.run.targets import parse_target
from mailproof.script.authority import Authority

BOB = "bob@example.test"
DATA = b"Subject: x\n\n.dot\nlast\n"
REJECTED = """
given --from a@mx.test --to bob@mx.test
@ submission://mx.test send
S: 220 mx.test ESMTP
C: EHLO ~
S: 250-mx.test
S: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
* tls
C: EHLO ~
S: 250-mx.test
S: 250 AUTH PLAIN
C: MAIL FROM:<a@mx.test>
S: 250 2.1.0 Ok
C: RCPT TO:<bob@mx.test>
S: 554 5.7.1 <unknown[198.51.100.7]>: Client host rejected: Access denied
C: QUIT
S: 221 2.0.0 Bye
"""


class Done(msgspec.Struct):
    record: Record
    result: SendReport
    lab: EmbeddedLab
    dialled: list[str]

    @property
    def said(self) -> list[str]:
        """The commands of the last conversation."""
        turns = self.record.transcripts()[-1].turns
        return [line for turn in turns if turn.kind == "sent" for line in turn.text.split("\\r\\n") if line]


def run(
    authority: Authority,
    ca_file: str,
    target: str,
    *faults: str,
    meets: Meets | None = None,
    domain: bool = False,
    tls: TlsPolicy = TlsPolicy.AUTO,
    **changes: object,
) -> Done:
    fields: dict[str, object] = {"sender": "alice@example.test", "recipients": (Recipient(BOB),), "data": DATA}
    sending = Sending(**(fields | changes))  # type: ignore[arg-type]
    names = [
        DnsAnswer("mx2.example.test", "A", DnsStatus.OK, ("192.0.2.77",)),
        DnsAnswer("example.test", "MX", DnsStatus.OK, (f"20 {HOST}.", "10 mx2.example.test.")),
    ]
    dialled: list[str] = []

    def dial(to: Address, purpose: str) -> Handler | Trouble | None:
        dialled.append(f"{to.address}:{to.port}")
        return meets(to, purpose) if meets else None

    net, lab = started(authority, *faults, names=names, meets=dial)
    where = parse_target(target)
    where = msgspec.structs.replace(where, kind=TargetKind.DOMAIN) if domain else where
    plan = SendPlan(
        target=where,
        wanted=Wanted(families=("A",)),
        terms=Terms(ehlo="client.test", settings=TlsSettings(ca_file=ca_file), tls=tls, keep_bodies=True),
        asked=Asked(sender=sending.sender),
        sending=sending,
    )
    record = net.run(send_by_hand(net, plan, NOW))
    policy = load_profile("default")
    judgement = judge(record, policy)
    report = build(record, judgement, policy)
    return Done(record, send_report(record, judgement, report, sending.sender), lab, dialled)


@pytest.mark.parametrize("scheme", ["submission", "submissions"])
def test_a_message_with_login_arrives_to_the_byte(authority: Authority, ca_file: str, scheme: str) -> None:
    done = run(authority, ca_file, f"{scheme}://{HOST}", login=ALICE)
    assert (done.result.exit_code, done.result.stage) == (0, "data")
    assert done.result.queue_id and done.result.recipients[0].taken
    [message] = done.lab.mailboxes[BOB].messages
    assert message.data.endswith(b"Subject: x\r\n\r\n.dot\r\nlast\r\n")


def test_by_bdat_in_pieces_too(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"submission://{HOST}", login=ALICE, chunk=7)
    assert done.result.exit_code == 0
    [message] = done.lab.mailboxes[BOB].messages
    assert message.data.endswith(b"Subject: x\r\n\r\n.dot\r\nlast\r\n")
    assert [line for line in done.said if line.startswith("BDAT")][-1].endswith("LAST")


def test_in_one_go(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"submission://{HOST}", login=ALICE, pipelining=True)
    assert done.result.exit_code == 0 and len(done.lab.mailboxes[BOB].messages) == 1


def test_some_recipients_refused_is_42_with_an_answer_for_each(authority: Authority, ca_file: str) -> None:
    recipients = (Recipient(BOB), Recipient("nobody-here@example.test"))
    for pipelining in (False, True):
        done = run(
            authority,
            ca_file,
            f"smtp://{HOST}",
            recipients=recipients,
            pipelining=pipelining,
            sender="x@elsewhere.test",
        )
        assert done.result.exit_code == 42
        assert [(each.address, each.taken) for each in done.result.recipients] == [
            (BOB, True),
            ("nobody-here@example.test", False),
        ]
        assert done.result.cause is not None and done.result.cause.name == "recipient-unknown"


def test_none_accepted_is_24(authority: Authority, ca_file: str) -> None:
    recipients = (Recipient("nobody-here@example.test"), Recipient("nor-here@example.test"))
    for pipelining in (False, True):
        done = run(authority, ca_file, f"smtp://{HOST}", recipients=recipients, pipelining=pipelining)
        assert done.result.exit_code == 24
        assert not any(each.taken for each in done.result.recipients)


def test_lmtp_answers_for_each_recipient(authority: Authority, ca_file: str) -> None:
    recipients = (Recipient(BOB), Recipient("alice@example.test"))
    done = run(authority, ca_file, f"lmtp://{HOST}", recipients=recipients)
    assert done.result.exit_code == 0
    assert all(each.taken and each.reply.startswith("250") for each in done.result.recipients)


def test_a_relay_without_login_is_refused_for_want_of_one(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"submission://{HOST}", recipients=(Recipient("x@elsewhere.test"),))
    assert done.result.exit_code in (23, 24)
    assert done.result.cause is not None and done.result.cause.name == "login-required"


def test_a_certificate_that_was_got_over_is_no_cause_of_a_refused_recipient(
    authority: Authority, ca_file: str
) -> None:
    """Nothing secret goes out, so the message is sent all the same; the certificate is told beside it."""
    where, nobody = f"smtp://{HOST}", (Recipient("nobody-here@example.test"),)
    refused = run(authority, ca_file, where, "certificate-expired", recipients=nobody).result
    assert refused.exit_code == 24
    assert refused.cause is not None and refused.cause.name == "recipient-unknown"
    taken = run(authority, ca_file, where, "certificate-expired").result
    shown = [render_sent(told, lang, False, 80) for told in (refused, taken) for lang in ("en", "ja")]
    assert taken.ok and all("TLSv1.3" in text and "2026-" in text for text in shown)
    assert all("certificate unverified" in text and "warn  The certificate" in text for text in shown[::2])


def test_a_port_of_submission_that_rejects_the_client_wants_a_login(authority: Authority, ca_file: str) -> None:
    """Restrictions of Debian's master.cf, old and new, end with `reject`; at port 25 that means the client."""
    today = REJECTED.replace("<unknown[198.51.100.7]>: Client host", "<bob@mx.test>: Recipient address")
    rows = [(text, "submission", "login-required") for text in (REJECTED, today)]
    for text, scheme, cause in [*rows, (REJECTED, "smtp", "recipient-rejected")]:
        record = play(text.replace("submission", scheme), authority, ca_file)
        judgement = judged(record)
        result = send_report(record, judgement, build(record, judgement, load_profile("default")), "a@mx.test")
        assert result.cause is not None and result.cause.name == cause
        assert ("--user" in render_sent(result, "en", False, 200)) is (cause == "login-required")


def test_a_wrong_password_ends_it_at_28(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"submission://{HOST}", login=WRONG)
    assert done.result.exit_code == 28
    assert done.result.cause is not None and done.result.cause.name == "auth-rejected"
    assert not any(line.startswith("MAIL") for line in done.said)


def test_no_password_where_the_certificate_does_not_verify(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"submission://{HOST}", "certificate-expired", login=ALICE)
    assert (done.result.exit_code, done.result.reason) == (29, "tls-not-verified")
    assert not any(line.startswith("AUTH") for line in done.said)


def test_with_tls_demanded_nothing_goes_in_clear(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"smtp://{HOST}", "starttls-not-offered@smtp", tls=TlsPolicy.REQUIRED)
    assert (done.result.exit_code, done.result.reason) == (29, "tls-not-available")
    assert not any(line.startswith("MAIL") for line in done.said)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (Until.BANNER, []),
        (Until.FIRST_EHLO, ["EHLO"]),
        (Until.TLS, ["EHLO", "STARTTLS"]),
        (Until.EHLO, ["EHLO", "STARTTLS", "EHLO"]),
        (Until.MAIL, ["EHLO", "STARTTLS", "EHLO", "MAIL"]),
        (Until.RCPT, ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT"]),
        (Until.DATA, ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA"]),
    ],
)
@pytest.mark.parametrize("drop", [False, True])
def test_it_ends_after_the_stage_that_was_asked_for(
    authority: Authority, ca_file: str, last: Until, said: list[str], drop: bool
) -> None:
    done = run(authority, ca_file, f"smtp://{HOST}", last=last, drop=drop, sender="x@elsewhere.test")
    assert done.result.exit_code == 0
    assert [line.split()[0].split(":")[0] for line in done.said] == said + (
        [] if drop or last is Until.DATA else ["QUIT"]
    )
    assert not done.lab.mailboxes[BOB].messages


def test_the_exchangers_of_a_domain_are_tried_in_their_order(authority: Authority, ca_file: str) -> None:
    done = run(
        authority,
        ca_file,
        "example.test",
        domain=True,
        sender="x@elsewhere.test",
        meets=lambda to, purpose: Trouble.REFUSED if to.address == "192.0.2.77" else None,
    )
    assert done.dialled == ["192.0.2.77:25", f"{OUTSIDE_ADDRESS}:25"]
    assert done.result.exit_code == 0 and done.result.endpoint == f"smtp://{HOST}"


def test_a_refusal_of_the_recipient_is_no_reason_to_ask_the_next_exchanger(
    authority: Authority, ca_file: str
) -> None:
    nobody = (Recipient("nobody-here@example.test"),)
    names = "192.0.2.77"
    done = run(
        authority,
        ca_file,
        "example.test",
        domain=True,
        recipients=nobody,
        meets=lambda to, purpose: Trouble.REFUSED if to.address == names else None,
    )
    assert done.result.exit_code == 24 and len(done.dialled) == 2


def test_what_is_not_offered_is_said_and_asked_for_only_when_told_to(authority: Authority, ca_file: str) -> None:
    needs = (("REQUIRETLS", "REQUIRETLS"),)
    done = run(authority, ca_file, f"submission://{HOST}", login=ALICE, needs=needs)
    assert (done.result.reason, done.result.params) == ("extension-not-offered", {"extension": "REQUIRETLS"})
    assert done.result.exit_code == 23
    assert not any(line.startswith("MAIL") for line in done.said)
    anyway = run(authority, ca_file, f"submission://{HOST}", login=ALICE, needs=needs, anyway=True)
    assert "MAIL FROM:<alice@example.test> REQUIRETLS" in anyway.said


def test_raw_bytes_go_as_they_are(authority: Authority, ca_file: str) -> None:
    raw = b"Subject: x\r\n\r\nbare\nline feed\r\n.\r\n"
    done = run(authority, ca_file, f"submission://{HOST}", login=ALICE, data=raw, raw=True)
    assert any("bare\\nline feed" in line for line in done.said)


def test_a_message_is_handed_over_once_even_where_the_server_hangs_up_after_it(
    authority: Authority, ca_file: str
) -> None:
    done = run(authority, ca_file, f"[{HOST}]", "message:hang-up", login=ALICE)
    assert {place.rpartition(":")[2] for place in done.dialled} == {"587"}


def test_chunks_too_are_not_sent_where_it_is_to_end_before_them(authority: Authority, ca_file: str) -> None:
    for pipelining in (False, True):
        wish = {"login": ALICE, "chunk": 10, "last": Until.DATA, "pipelining": pipelining}
        done = run(authority, ca_file, f"submission://{HOST}", **wish)
        assert (done.result.exit_code, done.said[-2:]) == (0, [f"RCPT TO:<{BOB}>", "QUIT"])
        assert done.lab.mailboxes[BOB].messages == []


def test_with_a_verified_certificate_demanded_nothing_goes_to_another(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"smtp://{HOST}", "certificate-expired", verified=True)
    assert (done.result.exit_code, done.result.reason) == (29, "certificate-demanded")
    assert not any(line.startswith("MAIL") for line in done.said)
    sound = run(authority, ca_file, f"smtp://{HOST}", verified=True)
    assert sound.result.ok


def test_helo_is_said_where_helo_is_wanted(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"smtp://{HOST}", helo=True)
    assert done.result.ok and [line.split()[0] for line in done.said][:2] == ["HELO", "MAIL"]


def test_a_login_that_is_optional_is_left_out_only_where_none_is_offered(authority: Authority, ca_file: str) -> None:
    none = run(authority, ca_file, f"smtp://{HOST}", login=ALICE, login_if_offered=True)
    assert none.result.ok and not any(line.startswith("AUTH") for line in none.said)
    demanded = run(authority, ca_file, f"smtp://{HOST}", login=ALICE)
    assert demanded.result.exit_code == 28
    refused = run(authority, ca_file, f"submission://{HOST}", login=WRONG, login_if_offered=True)
    assert refused.result.exit_code == 28
