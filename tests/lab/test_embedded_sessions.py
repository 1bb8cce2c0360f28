"""What the embedded lab says to people who type by hand, word for word as Postfix and Dovecot do."""

from __future__ import annotations

import base64

import pytest
from embedded_check import NOW, place_of, say
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.lab.embedded.faults import FAULTS, parse_fault
from mailproof.lab.embedded.imap_fetch import render
from mailproof.lab.embedded.imap_search import search
from mailproof.lab.embedded.mailboxes import Mailbox
from mailproof.lab.embedded.server import in_memory
from mailproof.lab.embedded.settings import GREYLIST_DELAY, LabSettings, Limits
from mailproof.model.endpoint import Scheme
from mailproof.model.failure import UsageError
from mailproof.script.authority import Authority

PLAIN = base64.b64encode(b"\0alice@example.test\0alicepw")
MAIL = b"EHLO client.test\r\nMAIL FROM:<alice@example.test>\r\n"


def heard(authority: Authority, scheme: Scheme, said: bytes, ca_file: str = "", *faults: str) -> str:
    net, _ = in_memory(LabSettings(faults=faults), authority, NOW)
    return net.run(say(net, scheme, said, ca_file)).decode()


def test_port_25_takes_mail_for_its_own_and_for_nobody_else(authority: Authority) -> None:
    said = heard(
        authority,
        Scheme.SMTP,
        MAIL + b"RCPT TO:<x@example.com>\r\nRCPT TO:<nobody@example.test>\r\nRCPT TO:<bob@example.test>\r\nQUIT\r\n",
    )
    assert said.startswith("220 mail.example.test ESMTP\r\n250-mail.example.test\r\n250-PIPELINING\r\n")
    assert "554 5.7.1 <x@example.com>: Relay access denied\r\n" in said
    assert (
        "550 5.1.1 <nobody@example.test>: Recipient address rejected: User unknown in virtual mailbox table" in said
    )
    assert said.endswith("250 2.1.5 Ok\r\n221 2.0.0 Bye\r\n")


def test_a_message_in_chunks_is_taken_as_it_is(authority: Authority) -> None:
    net, lab = in_memory(LabSettings(), authority, NOW)
    begun = MAIL + b"RCPT TO:<bob@example.test>\r\n"
    said = b"BDAT 14\r\nSubject: x\r\n\r\nBDAT 4 last\r\n.\r\n.BDAT 6\r\nQUIT\r\nQUIT\r\n"
    heard = net.run(say(net, Scheme.SMTP, begun + said)).decode()
    assert "250 CHUNKING\r\n" in heard
    assert "250 2.0.0 Ok: 14 bytes\r\n250 2.0.0 Ok: queued as " in heard
    assert heard.endswith(
        "503 5.5.1 Error: need RCPT command\r\n221 2.0.0 Bye\r\n"
    )  # what was in the chunk is no QUIT
    (message,) = lab.mailboxes["bob@example.test"].messages
    assert message.data.endswith(b"Subject: x\r\n\r\n.\r\n.")


@pytest.mark.parametrize(
    ("chunk", "answer"),
    [
        (b"BDAT\r\n", "521 5.5.4 Syntax: BDAT count [LAST]\r\n"),
        (b"BDAT -1\r\n", "521 5.5.4 Syntax: BDAT count [LAST]\r\n"),
        (b"BDAT 5 LAST\r\nabc", ""),  # a chunk that is announced too long is waited for
        (b"BDAT 10240001\r\n" + b"x" * 10240001, "552 5.3.4 Error: message file too big\r\n"),
    ],
)
def test_a_wrong_length_of_a_chunk(chunk: bytes, answer: str, authority: Authority) -> None:
    said = heard(authority, Scheme.SMTP, MAIL + b"RCPT TO:<bob@example.test>\r\n" + chunk)
    assert said.endswith("250 2.1.5 Ok\r\n" + answer)


def test_submission_wants_tls_and_then_a_login(authority: Authority, ca_file: str) -> None:
    assert "530 5.7.0 Must issue a STARTTLS command first" in heard(authority, Scheme.SUBMISSION, MAIL)
    said = heard(authority, Scheme.SUBMISSIONS, MAIL + b"RCPT TO:<bob@example.test>\r\nQUIT\r\n", ca_file)
    assert "554 5.7.1 <bob@example.test>: Relay access denied" in said


def test_after_starttls_ehlo_is_due_again_and_what_came_with_it_is_gone(authority: Authority) -> None:
    said = heard(authority, Scheme.SUBMISSION, b"EHLO c\r\nSTARTTLS\r\nRSET\r\n")
    assert said.endswith("220 2.0.0 Ready to start TLS\r\n")


def test_a_wrong_password_is_refused_in_each_protocol_s_words(authority: Authority, ca_file: str) -> None:
    wrong = base64.b64encode(b"\0alice@example.test\0wrong")
    submission = heard(authority, Scheme.SUBMISSIONS, b"EHLO c\r\nAUTH PLAIN " + wrong + b"\r\n", ca_file)
    assert "535 5.7.8 Error: authentication failed: " in submission
    pop3 = heard(authority, Scheme.POP3S, b"USER alice@example.test\r\nPASS wrong\r\n", ca_file)
    assert pop3.endswith("-ERR [AUTH] Authentication failed.\r\n")
    imap = heard(authority, Scheme.IMAPS, b"a LOGIN alice@example.test wrong\r\n", ca_file)
    assert imap.endswith("a NO [AUTHENTICATIONFAILED] Authentication failed.\r\n")


def test_without_tls_no_login_is_taken(authority: Authority) -> None:
    assert "-ERR [AUTH] Plaintext authentication disallowed" in heard(
        authority, Scheme.POP3, b"USER alice@example.test\r\n"
    )
    imap = heard(authority, Scheme.IMAP, b"a LOGIN alice@example.test alicepw\r\n")
    assert "LOGINDISABLED" in imap
    assert "a NO [PRIVACYREQUIRED] Plaintext authentication disallowed" in imap


def test_a_message_keeps_its_dots_and_is_read_by_pop3_and_imap(authority: Authority, ca_file: str) -> None:
    net, lab = in_memory(LabSettings(), authority, NOW)
    hand_in = (
        b"EHLO c\r\nAUTH PLAIN " + PLAIN + b"\r\nMAIL FROM:<alice@example.test>\r\nRCPT TO:<bob@example.test>\r\n"
        b"RCPT TO:<x@example.com>\r\nDATA\r\nSubject: dots\r\n\r\n..one\r\n...two\r\n.\r\nQUIT\r\n"
    )
    assert b"queued as" in net.run(say(net, Scheme.SUBMISSIONS, hand_in, ca_file))
    (message,) = lab.mailboxes["bob@example.test"].messages
    assert message.data.endswith(b"\r\n\r\n.one\r\n..two\r\n")
    assert [waiting.recipient for waiting in lab.site.post.queue] == ["x@example.com"]
    read = b"USER bob@example.test\r\nPASS bobpw\r\nSTAT\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n"
    assert b"\r\n..one\r\n...two\r\n.\r\n" in net_run(authority, ca_file, hand_in, Scheme.POP3S, read)
    read = (
        b"a LOGIN bob@example.test bobpw\r\nb SELECT INBOX\r\nc SEARCH SUBJECT DOTS\r\nd FETCH 1 BODY.PEEK[TEXT]\r\n"
    )
    imap = net_run(authority, ca_file, hand_in, Scheme.IMAPS, read)
    assert b"* 1 EXISTS" in imap
    assert b"* SEARCH 1\r\n" in imap
    assert b"* 1 FETCH (BODY[TEXT] {13}\r\n.one\r\n..two\r\n)\r\n" in imap
    assert any("status=sent" in line for line in lab.log.lines)
    assert any("sasl_method=PLAIN, sasl_username=alice@example.test" in line for line in lab.log.lines)


def net_run(authority: Authority, ca_file: str, hand_in: bytes, scheme: Scheme, read: bytes) -> bytes:
    """What a fresh lab says to the reader, after the message was handed in."""
    net, _ = in_memory(LabSettings(), authority, NOW)

    async def both() -> bytes:
        await say(net, Scheme.SUBMISSIONS, hand_in, ca_file)
        return await say(net, scheme, read, ca_file)

    return net.run(both())


def test_imap_knows_what_mail_programs_ask(authority: Authority, ca_file: str) -> None:
    hand_in = (
        b"EHLO c\r\nAUTH PLAIN " + PLAIN + b"\r\nMAIL FROM:<alice@example.test>\r\nRCPT TO:<bob@example.test>\r\n"
        b'DATA\r\nFrom: "A" <alice@example.test>\r\n'
        b"To: bob@example.test\r\nSubject: =?utf-8?q?x?=\r\n\r\nhi\r\n.\r\nQUIT\r\n"
    )
    read = b"".join(
        line + b"\r\n"
        for line in (
            b"a LOGIN bob@example.test {5}",
            b"bobpw",
            b'b LIST "" *',
            b"c STATUS INBOX (MESSAGES UNSEEN UIDNEXT)",
            b"d SELECT INBOX",
            b"e UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)",
            b"f FETCH 1 BODY[HEADER.FIELDS (SUBJECT)]",
            b"g UID SEARCH OR FROM alice NOT ALL UNSEEN",
            b"h SEARCH SEEN",
            b"i STORE 1 +FLAGS (\\Deleted)",
            b"j EXPUNGE",
            b"k NOOP",
            b"l FETCH 1 NONSENSE",
            b"m LOGOUT",
        )
    )
    said = net_run(authority, ca_file, hand_in, Scheme.IMAPS, read).decode()
    assert '* LIST (\\HasNoChildren) "." INBOX' in said
    assert "* STATUS INBOX (MESSAGES 1 UNSEEN 1 UIDNEXT 2)" in said
    assert '"=?utf-8?q?x?=" (("A" NIL "alice" "example.test"))' in said
    assert '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 4 1)' in said
    assert "* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {26}\r\nSubject: =?utf-8?q?x?=\r\n\r\n FLAGS (\\Seen))" in said
    assert "* SEARCH\r\ng OK" in said
    assert "* SEARCH 1\r\nh OK" in said
    assert "* 1 EXPUNGE\r\nj OK" in said
    assert "l BAD " in said
    assert said.endswith("* BYE Logging out\r\nm OK Logout completed.\r\n")


def test_limits_end_what_would_go_on_for_ever(authority: Authority) -> None:
    assert heard(authority, Scheme.SMTP, b"x\r\n" * 30).endswith(
        "421 4.7.0 mail.example.test Error: too many errors\r\n"
    )
    assert heard(authority, Scheme.IMAP, b"a X\r\n" * 30).endswith("* BYE Too many invalid IMAP commands.\r\n")
    assert heard(authority, Scheme.POP3, b"X\r\n" * 30).endswith("-ERR Too many invalid commands.\r\n")
    assert "552 5.3.4 Message size exceeds fixed limit" in heard(
        authority, Scheme.SMTP, b"EHLO c\r\nMAIL FROM:<> SIZE=99999999\r\n"
    )
    assert heard(authority, Scheme.SMTP, b"GET / HTTP/1.1\r\n").endswith("Goodbye.\r\n")


def test_who_is_silent_or_drips_is_sent_away(authority: Authority) -> None:
    net, lab = in_memory(LabSettings(), authority, NOW)

    async def drip() -> bytes:
        stream = await net.connect(place_of(Scheme.SMTP), net.now() + 1, purpose="test")
        heard = b""
        while data := await stream.read(net.now() + 400):
            heard += data
            for _ in range(290 if heard == data else 0):
                await stream.write(b"x", net.now() + 1)
                await net.sleep(1.0)
        return heard

    assert net.run(drip()).endswith(b"421 4.4.2 mail.example.test Error: timeout exceeded\r\n")
    assert net.now() == 300
    assert "disconnect from unknown[198.51.100.7]" in lab.log.lines[-1]


def test_one_client_has_so_many_connections_and_no_more(authority: Authority) -> None:
    net, _ = in_memory(LabSettings(), authority, NOW)

    async def crowd() -> bytes:
        streams = [
            await net.connect(place_of(Scheme.SMTP), 1.0, purpose="test") for _ in range(Limits().connections + 1)
        ]
        return [await stream.read(10.0) for stream in streams][-1]

    assert net.run(crowd()).startswith(b"421 4.7.0 mail.example.test Error: too many connections")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from((Scheme.SMTP, Scheme.LMTP, Scheme.POP3, Scheme.IMAP, Scheme.SUBMISSIONS)), st.binary(max_size=200)
)
def test_any_bytes_give_an_answer_or_the_end_and_never_an_exception(scheme: Scheme, said: bytes) -> None:
    net, _ = in_memory(LabSettings(), _AUTHORITY, NOW)
    net.run(say(net, scheme, said + b"\r\n"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([
    b"LOGIN bob@example.test bobpw", b"SELECT INBOX", b"FETCH 1:* ALL", b"SEARCH NOT (OR ALL 1)", b"STORE 1 FLAGS ()",
    b"UID FETCH * BODY[1.1]<0.5>", b"IDLE", b"DONE", b"CLOSE", b"LIST a b", b"STATUS INBOX ()", b"AUTHENTICATE PLAIN",
    b"AUTHENTICATE CRAM-MD5", b"*", b"SEARCH HEADER", b"FETCH 0 ()", b"CAPABILITY", b"EXPUNGE",
]), max_size=12), st.binary(max_size=12))  # fmt: skip
def test_imap_commands_in_any_order_never_break_it(commands: list[bytes], odd: bytes) -> None:
    net, lab = in_memory(LabSettings(faults=("auth-offered-in-clear@imap",)), _AUTHORITY, NOW)
    lab.mailboxes["bob@example.test"].add(b"Subject: x\n\n" + odd, NOW)
    net.run(say(net, Scheme.IMAP, b"".join(b"a " + command + b" " + b"\r\n" for command in commands)))
    net.run(say(net, Scheme.IMAP, b"".join(b"a " + command + b"\r\n" for command in commands) + odd))


_AUTHORITY = Authority("Fuzz")


def test_an_unknown_fault_says_which_are_near() -> None:
    with pytest.raises(UsageError, match=r"no-such-fault-but-near: .*certificate-expired"):
        parse_fault("certificate-expird")
    with pytest.raises(UsageError, match="no-such-fault: "):
        parse_fault("")
    with pytest.raises(UsageError, match=r"fault-not-there: .*pop3"):
        parse_fault("open-relay@pop3")
    with pytest.raises(UsageError, match="fault-not-there"):
        parse_fault("open-relay@")
    assert all(spec.schemes for spec in FAULTS.values())


_HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ("Content-Type", "From", "To", "Subject", "Date", "Content-Transfer-Encoding", "MIME-Version")
        ),
        st.one_of(
            st.text(max_size=40),
            st.sampled_from(
                ('multipart/mixed; boundary="x"', "text/plain; charset*0*=x''%zz", "message/rfc822", "a@b, <")
            ),
        ),
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(_HEADERS, st.binary(max_size=60))
def test_any_message_can_be_described(headers: list[tuple[str, str]], body: bytes) -> None:
    data = (
        "".join(f"{name}: {value}\r\n" for name, value in headers).encode("utf-8", "replace") + b"\r\n--x\r\n" + body
    )
    message = Mailbox(1).add(data, NOW)
    items = ["FLAGS", "INTERNALDATE", "ENVELOPE", "BODYSTRUCTURE", "BODY[1.2.MIME]", "BODY[HEADER.FIELDS (TO)]<1.5>"]
    assert render(message, items).endswith(b")")
    for keys in (("SENTSINCE", "1-Feb-2020"), ("FROM", b"a"), ("NOT", "TEXT", b"x")):
        search(keys, [message])


def test_parts_within_parts_without_end_are_not_followed() -> None:
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(2000))
    assert b"BODYSTRUCTURE (" in render(Mailbox(1).add(deep, NOW), ["BODYSTRUCTURE"])


def test_a_greylisted_triplet_is_taken_the_second_time(authority: Authority) -> None:
    net, _ = in_memory(LabSettings(faults=("greylisted",)), authority, NOW)
    asked = MAIL + b"RCPT TO:<bob@example.test>\r\nQUIT\r\n"

    async def twice() -> tuple[bytes, bytes]:
        first = await say(net, Scheme.SMTP, asked)
        await net.sleep(GREYLIST_DELAY)
        return first, await say(net, Scheme.SMTP, asked)

    first, second = net.run(twice())
    assert b"450 4.2.0 <bob@example.test>: Recipient address rejected: Greylisted" in first
    assert b"250 2.1.5 Ok" in second
