"""What Cyrus 3.6.1 and Courier 1.0.16 (IMAP 5.0.13) wrote when they were asked; Cyrus 2.x as its source has it."""

from __future__ import annotations

from datetime import date

import pytest

from mailproof.model.explained import Pasted
from mailproof.model.log import (
    Addressed,
    Arrived,
    Delivered,
    Fact,
    LoggedIn,
    LoggedOut,
    LoginFailed,
    Refused,
    Removed,
    Routine,
    Sieved,
    Stored,
    Trouble,
)
from mailproof.model.log_connection import Answered, Connected, Disconnected, Dropped, TlsFailed, TlsOpened
from mailproof.model.log_service import ServiceChanged
from mailproof.parse.log.envelope import LineReader
from mailproof.parse.log.facts import fact_of, is_mail
from mailproof.parse.log.tally.count import LogCounter
from mailproof.parse.log.tally.summary import summary_of
from mailproof.parse.log.tally.tally import Tally
from mailproof.parse.pasted.kind import kind_of
from mailproof.run.log.explain import LogExplainer
from mailproof.run.log.files import lines_of
from mailproof.run.log.trace import LogTracer, Wanted

DAY = date(2026, 11, 29)
READER = LineReader(DAY)
SYSLOG = "Nov 29 09:05:07 mail "
ID = "0000000000EA20BC.000000006B0BEE07.000000D2"
END = f"id={ID},from=<sender@example.org>"


def fact(line: str) -> Fact | None:
    read = READER.read(line.encode())
    assert read is not None and is_mail(read), line
    return fact_of(read)


CYRUS = (
    ("imap", "login: localhost [192.0.2.9] alice@example.test plaintext+TLS User logged in SESSIONID=<cyrus-1-26>",
     LoggedIn("alice@example.test", "192.0.2.9", "plaintext", "cyrus-1-26", "imap", "TLS")),
    ("imaps", "login: [192.0.2.9] alice PLAIN+TLS User logged in",
     LoggedIn("alice", "192.0.2.9", "PLAIN", "", "imap", "TLS")),
    ("pop3", "login: c.example[192.0.2.9] alice plaintext User logged in",
     LoggedIn("alice", "192.0.2.9", "plaintext", "", "pop3", "")),
    ("sieve", "login: localhost [192.0.2.9] bob@example.test PLAIN+TLS User logged in",
     LoggedIn("bob@example.test", "192.0.2.9", "PLAIN", "", "managesieve", "TLS")),
    ("imap", "badlogin: localhost [192.0.2.9] plaintext (alice@example.test) "
     "[SASL(-13): authentication failure: checkpass failed]",
     LoginFailed("alice@example.test", "192.0.2.9", "SASL(-13): authentication failure: checkpass failed", "", "imap",
                 "plaintext")),
    ("imap", "badlogin: c.example[192.0.2.9] plaintext alice SASL(-13): authentication failure: checkpass failed",
     LoginFailed("alice", "192.0.2.9", "SASL(-13): authentication failure: checkpass failed", "", "imap",
                 "plaintext")),
    ("pop3", "badlogin: localhost [192.0.2.9] PLAIN (alice@example.test) [authentication failure]",
     LoginFailed("alice@example.test", "192.0.2.9", "authentication failure", "", "pop3", "PLAIN")),
    ("sieve", "badlogin: localhost [192.0.2.9] PLAIN authentication failure",
     LoginFailed("", "192.0.2.9", "authentication failure", "", "managesieve", "PLAIN")),
    ("pop3s", "example.test!user.alice: Logins must be at least 1 minute apart",
     LoginFailed("alice@example.test", "", "Logins must be at least 1 minute apart", "", "pop3")),
    ("imap", "starttls: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits new) no authentication",
     TlsOpened("", True, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "256/256")),
    ("imaps", "imaps TLS negotiation failed: localhost [192.0.2.9]",
     TlsFailed("[192.0.2.9]", incoming=True, reason="imaps TLS negotiation failed")),
    ("imap", "STARTTLS negotiation failed: localhost [192.0.2.9]",
     TlsFailed("[192.0.2.9]", incoming=True, reason="STARTTLS negotiation failed")),
    ("pop3", "[pop3d] STARTTLS failed: localhost [192.0.2.9]",
     TlsFailed("[192.0.2.9]", incoming=True, reason="STARTTLS failed")),
    ("sieve", "Lost connection to client -- exiting", Routine()),
    ("pop3s", "pop3s failed: localhost [192.0.2.9]", TlsFailed("[192.0.2.9]", incoming=True, reason="pop3s failed")),
    ("pop3s", "pop3s failed: [unix socket]", TlsFailed("[unix socket]", incoming=True, reason="pop3s failed")),
    ("pop3", "counts: retr=<1> top=<0> dele=<1>", LoggedOut("", "pop3", "", {"retr": "1", "top": "0", "dele": "1"})),
    ("lmtpunix", "Delivered: <1@example.org> to mailbox: example.test!user.alice",
     Stored("alice@example.test", "<1@example.org>", "INBOX")),
    ("lmtpunix", "Delivered: <1@example.org> to mailbox: example.test!user.a^b.Lists.cyrus",
     Stored("a.b@example.test", "<1@example.org>", "Lists.cyrus")),
    ("lmtp", "Delivered: <1@example.org> to mailbox: user/alice/Lists@example.test",
     Stored("alice@example.test", "<1@example.org>", "Lists")),
    ("lmtpunix", "Delivered: <1@example.org> to mailbox: shared.list", Stored("", "<1@example.org>", "shared.list")),
    ("lmtpunix", "sieve redirected: <1@example.org> to: carol@example.org",
     Sieved("", "<1@example.org>", "forwarded", "redirected: <1@example.org> to: carol@example.org")),
    ("lmtpunix", "sieve LMTP rejected: <1@example.org>",
     Sieved("", "<1@example.org>", "rejected", "LMTP rejected: <1@example.org>")),
    ("lmtpunix", "sieve discarded: <1@example.org>",
     Sieved("", "<1@example.org>", "discarded", "discarded: <1@example.org>")),
    ("lmtpunix", "sieve runtime error for alice@example.test id <1@example.org>: Vacation: Internal Error",
     Sieved("alice@example.test", "<1@example.org>", "failed", "Vacation: Internal Error")),
    ("lmtpunix", "verify_user(user.bob) failed: Over quota",
     Refused("", "reject", "RCPT", "", "Over quota", recipient="bob")),
    ("lmtpunix", "smptclient_open: can't open sendmail backend",
     Trouble("error", "smptclient_open: can't open sendmail backend")),
    ("imaps", "imaps: required OpenSSL options not present",
     Trouble("error", "imaps: required OpenSSL options not present")),
    ("imap", "Too many open connections (2 of 2 for bob@example.test)",
     Trouble("warning", "Too many open connections (2 of 2 for bob@example.test)")),
    ("imap", "IOERROR: opening /var/spool/cyrus/mail/u/user: Permission denied",
     Trouble("error", "IOERROR: opening /var/spool/cyrus/mail/u/user: Permission denied")),
    ("imap", "USAGE alice@example.test user: 0.044151 sys: 0.007358", Routine()),
    ("ctl_cyrusdb", "recovering cyrus databases", Routine()),
    ("imap", "a line that no Cyrus wrote yet", None),
)  # fmt: skip
IP = "ip=[::ffff:192.0.2.9], port=[53070]"
COURIER = (
    ("imapd", f"Connection, {IP}", Connected("[192.0.2.9]:53070")),
    ("imapd", f"LOGIN, user=alice@example.test, {IP}, protocol=IMAP",
     LoggedIn("alice@example.test", "192.0.2.9", service="imap", tls="not told")),
    ("pop3d-ssl", f"LOGIN, user=alice@example.test, {IP}",
     LoggedIn("alice@example.test", "192.0.2.9", service="pop3", tls="TLS")),
    ("imapd", f"LOGIN FAILED, user=nobody@example.test, {IP}",
     LoginFailed("nobody@example.test", "192.0.2.9", "LOGIN FAILED", "", "imap")),
    ("pop3d", f"LOGIN FAILED, method=PLAIN, {IP}", LoginFailed("", "192.0.2.9", "LOGIN FAILED", "", "pop3", "PLAIN")),
    ("imapd", f"LOGOUT, user=alice@example.test, {IP}, headers=0, body=0, rcvd=123, sent=491, time=0, starttls=1",
     LoggedOut("alice@example.test", "imap", "LOGOUT",
               {"headers": "0", "body": "0", "rcvd": "123", "sent": "491", "time": "0"})),
    ("pop3d", f"DISCONNECTED, user=alice@example.test, {IP}, top=0, retr=14, rcvd=6, sent=25, time=0, stls=1",
     LoggedOut("alice@example.test", "pop3", "DISCONNECTED",
               {"rcvd": "6", "sent": "25", "top": "0", "retr": "14", "time": "0"})),
    ("imapd", f"LOGOUT, {IP}, rcvd=13, sent=90", Disconnected("[192.0.2.9]:53070", reason="LOGOUT")),
    ("imapd", f"Disconnected, {IP}, time=5, starttls=1", Disconnected("[192.0.2.9]:53070")),
    ("imapd-ssl", "ip=[::ffff:192.0.2.9], An unexpected TLS packet was received.",
     TlsFailed("[192.0.2.9]", incoming=True, reason="An unexpected TLS packet was received.")),
    ("imapd", "ip=[::ffff:192.0.2.9], Unexpected SSL connection shutdown.", Routine()),
    ("courieresmtpd", "started,ip=[::ffff:192.0.2.9],port=[42444]", Connected("[192.0.2.9]:42444")),
    ("courieresmtpd", "error,relay=::ffff:192.0.2.9,port=42444,from=<a@example.org>,to=<b@example.test>: "
     "550 User <b@example.test> unknown",
     Refused("", "reject", "RCPT", "[192.0.2.9]:42444", "550 User <b@example.test> unknown", "a@example.org",
             "b@example.test", protocol="ESMTP")),
    ("courieresmtpd", 'error,relay=::ffff:192.0.2.9,port=51710,msg="535 Authentication failed.",cmd: AUTH PLAIN '
     "AGFsaWNlQGV4YW1wbGUu alice@example.test",
     LoginFailed("alice@example.test", "192.0.2.9", "535 Authentication failed.", "", "smtp", "PLAIN")),
    ("courieresmtpd", 'error,relay=::ffff:192.0.2.9,port=53848,msg="writev: Broken pipe",cmd: AUTH LOGIN YWxp',
     Dropped("[192.0.2.9]:53848", "writev: Broken pipe", "AUTH")),
    ("courieresmtpd", 'error,relay=::ffff:192.0.2.9,port=37544,msg="502 ESMTP command error",cmd: FOO', Routine()),
    ("courierd", f"newmsg,id={ID}: dns; client.example.org ([::ffff:192.0.2.9])",
     Arrived(ID, "client.example.org[192.0.2.9]")),
    ("courierd", f"newmsg,id={ID}, auth=alice@example.test: dns; client.example.org (c.example [192.0.2.9])",
     Arrived(ID, "c.example[192.0.2.9]", "not told", "alice@example.test")),
    ("courierd", f"started,{END},module=local,host=alice@example.test!!8!8!/var/spool/a!/var/spool/a/Maildir!,"
     "addr=<alice@example.test>", Addressed(ID, "sender@example.org", "alice@example.test")),
    ("courierd", f"started,id={ID},from=<>,module=dsn,host=,addr=<sender@example.org>", Routine()),
    ("courierlocal", f"{END},addr=<alice@example.test>,size=320,success: Message delivered.",
     Delivered(ID, "alice@example.test", "sent", "Message delivered.", "local")),
    ("courieresmtp", f"{END},addr=<ok@remote.test>: 250 2.0.0 Ok: queued as ABC123",
     Answered(ID, "remote.test", "250 2.0.0 Ok: queued as ABC123", why="reported")),
    ("courieresmtp", f"{END},addr=<ok@remote.test>,success: delivered: [192.0.2.25] [192.0.2.25]", Routine()),
    ("courieresmtp", f"{END},addr=<ok@remote.test>,status: success",
     Delivered(ID, "ok@remote.test", "sent", "status: success", "remote.test")),
    ("courieresmtp", f"{END},addr=<bad@remote.test>,status: failure",
     Delivered(ID, "bad@remote.test", "bounced", "status: failure", "remote.test")),
    ("courieresmtp", f"{END},addr=<temp@remote.test>,status: deferred",
     Delivered(ID, "temp@remote.test", "deferred", "status: deferred", "remote.test")),
    ("courierd", f"completed,id={ID}", Removed(ID)),
    ("courierd", "queuelo=200, queuehi=400", ServiceChanged("started")),
    ("courierd", "Started ./courieresmtp, pid=107, maxdels=40, maxhost=4, maxrcpt=100", Routine()),
    ("couriertcpd", "Maximum connection limit reached for ::ffff:192.0.2.9",
     Trouble("warning", "Maximum connection limit reached for ::ffff:192.0.2.9")),
    ("imapd", "a line that no Courier wrote yet", None),
)  # fmt: skip


@pytest.mark.parametrize(("program", "text", "expected"), CYRUS)
def test_cyrus(program: str, text: str, expected: Fact | None) -> None:
    """Debian's has `cyrus/` before the name of the program; others do not."""
    assert fact(f"{SYSLOG}cyrus/{program}[266]: {text}") == expected
    assert fact(f"<21>Nov 29 09:05:07 cyrus/{program}[266]: {text}") == expected
    if program != "ctl_cyrusdb":
        assert fact(f"{SYSLOG}{program}[266]: {text}") == expected


@pytest.mark.parametrize(("program", "text", "expected"), COURIER)
def test_courier(program: str, text: str, expected: Fact | None) -> None:
    assert fact(f"{SYSLOG}{program}: {text}") == expected
    assert fact(f"2026-11-29T09:05:07.123456+09:00 mail {program}[7]: {text}") == expected


@pytest.mark.parametrize("text", ["imap: login failed", "pop3: no answer", "lmtp: 550 no such user", "imapd: x"])
def test_a_word_of_every_day_is_no_line_of_a_log(text: str) -> None:
    assert READER.read(text.encode()) is None
    assert kind_of(text.encode()) is not Pasted.LOG


def test_a_line_of_courier_is_known_as_people_quote_it() -> None:
    text = f"imapd: LOGIN FAILED, user=nobody@example.test, {IP}"
    assert fact(text) == LoginFailed("nobody@example.test", "192.0.2.9", "LOGIN FAILED", "", "imap")
    assert kind_of(text.encode()) is Pasted.LOG


def log(*lines: str) -> list[bytes]:
    return [f"{SYSLOG}{line}\n".encode() for line in lines]


ACCEPTED = f"courierd: newmsg,id={ID}: dns; client.example.org ([::ffff:192.0.2.9])"
BOUNCED = log(
    ACCEPTED,
    f"courierd: started,{END},module=esmtp,host=remote.test,addr=<bad@remote.test>",
    f"courieresmtp: {END},addr=<bad@remote.test>: 550 5.1.1 User unknown",
    f"courieresmtp: {END},addr=<bad@remote.test>,status: failure",
    f"courierd: completed,id={ID}",
    f"courierd: started,id={ID},from=<>,module=dsn,host=,addr=<sender@example.org>",
)


def test_the_story_of_a_message_in_courier() -> None:
    tracer = LogTracer()
    tracer.take(lines_of(BOUNCED, DAY))
    (trace,) = tracer.traces(Wanted(recipient="bad@remote.test"))
    assert (trace.outcome, trace.sender, trace.recipients) == ("bounced", "sender@example.org", ("bad@remote.test",))
    assert [leg.kind for leg in trace.legs] == ["arrived", "addressed", "answered", "bounced", "removed"]


def test_what_courier_was_told_is_counted_and_explained_once() -> None:
    explainer = LogExplainer()
    explainer.take(lines_of(BOUNCED, DAY))
    assert [(cause.name, cause.count) for cause in explainer.result().causes] == [("delivery-user-unknown", 1)]
    tally = Tally()
    LogCounter(tally, DAY).count(b"".join(BOUNCED))
    summary = summary_of(tally.tables, 0)
    assert (summary.totals.received, summary.totals.bounced, summary.unknown) == (1, 1, 0)


def test_a_message_in_the_mailbox_of_cyrus_is_found_by_its_id() -> None:
    lines = log(
        "postfix/cleanup[7]: 4F1C2A3B5: message-id=<1@example.org>",
        "postfix/qmgr[7]: 4F1C2A3B5: from=<a@example.org>, size=310, nrcpt=1 (queue active)",
        "cyrus/lmtpunix[284]: Delivered: <1@example.org> to mailbox: example.test!user.alice.Lists",
        "postfix/lmtp[7]: 4F1C2A3B5: to=<alice@example.test>, relay=mail[/run/cyrus/socket/lmtp], delay=0.1, "
        "delays=0/0/0/0.1, dsn=2.1.5, status=sent (250 2.1.5 Success SESSIONID=<cyrus-1-284-2-1>)",
    )
    tracer = LogTracer()
    tracer.take(lines_of(lines, DAY))
    (trace,) = tracer.traces(Wanted(recipient="alice@example.test"))
    (stored,) = [leg for leg in trace.legs if leg.kind == "stored"]
    assert (stored.params["user"], stored.params["folder"]) == ("alice@example.test", "Lists")
    assert trace.outcome == "delivered"


def test_logins_of_both_are_told_apart() -> None:
    lines = log(
        "cyrus/imap[1]: login: c [192.0.2.9] alice@example.test plaintext+TLS User logged in",
        "cyrus/imap[1]: badlogin: c [192.0.2.9] plaintext (alice) [SASL(-13): user not found: checkpass failed]",
        f"imapd: LOGIN FAILED, user=carol@example.test, {IP}",
    )
    explainer = LogExplainer()
    explainer.take(lines_of(lines, DAY))
    assert {cause.name for cause in explainer.result().causes} == {"user-name-lacks-domain", "login-failed"}
    tally = Tally()
    LogCounter(tally, DAY).count(b"".join(lines))
    told = {(each.service, each.mechanism): each for each in summary_of(tally.tables, 0).logins}
    assert (told["imap", "plaintext"].accepted, told["imap", "plaintext"].without_tls) == (1, 0)
