"""Log lines are written by strangers: any bytes are a fact or none, and time grows with the length of the line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import seconds
from mailproof.parse.log.envelope import LONGEST, LineReader
from mailproof.parse.log.facts import fact_of, is_mail

READER = LineReader(date(2026, 3, 5))
STAMP = "Mar  5 18:56:52 mx "
EXIM = "2026-03-05 18:56:52 "
TAGS = (
    *("postfix/smtpd[7]: ", "postfix/smtp[7]: 4F1C2A3B5: ", "postfix/postscreen[7]: ", "dovecot: ", "dovecot-auth: "),
    *("exim[7]: ", "sm-mta[7]: ", "smtpd[7]: ", "opendkim[7]: ", "opendmarc[7]: ", "rspamd[7]: ", "amavis[7]: "),
    *("postgrey[7]: ", "milter-greylist: ", "cyrus/imap[7]: ", "cyrus/lmtpunix[7]: ", "imapd: ", "courieresmtpd: "),
    *("courierd: ", "courieresmtp: "),
)
# What stands around a line, or instead of its stamp.
AROUND = (
    *(
        "[pod/",
        "mail-1 ",
        "mail-1  | ",
        "17:",
        "mail.log:",
        "2026-03-05T18:56:52Z stdout F ",
        "<22>1 2026-03-05T18:56:52Z m t 1 - [",
    ),
    *(
        "Thu 2026-03-05 18:56:52 JST ",
        "[ 1234.567890] ",
        "2026-03-05 18:56:52+0900 0x1 Default 0x0 7 0 ",
        "Mar  5 18:56:52 mail.info ",
    ),
)
HEADS = (*(STAMP + tag for tag in TAGS), EXIM, EXIM + "1xXWrg-00000Y-2x ", EXIM + "#7(main) ", *AROUND, "")

# How the lines begin that have a pattern of their own.
STARTS = (
    *("login: a [1] ", "badlogin: a [1] ", "starttls: ", "Delivered: <", "sieve redirected: <", " id <", "dupelim: "),
    *(
        "LOGIN, user=",
        ", ip=[",
        "newmsg,id=1: dns; ",
        "started,id=1,from=<a>,module=local,host=",
        ",addr=<",
        "a ([1])",
    ),
    *("id=1,from=<a>,addr=<b>", 'error,relay=1,port=2,msg="5', '",cmd: AUTH ', "counts: a=<1> ", "verify_user("),
    *(
        "",
        "to=<a>, ",
        "from=<a>, ",
        "reject: header ",
        "NOQUEUE: reject: RCPT from a[1]: ",
        "warning: ",
        "lost connection",
    ),
    *(" after ", "host a[1] said: ", "Trusted TLS connection established to a[1]: ", "client=", "proxy-reject: x: "),
    *(
        "disconnect from a[1]",
        "statistics: max ",
        "cache ",
        "HANGUP after 1 from ",
        "SASL authentication failed; server ",
    ),
    *(
        "auth: conn ",
        "imap-login: Login: ",
        "imap-login: Disconnected: ",
        "lmtp(a)<1><s>: sieve: msgid=",
        "imap(a): ",
    ),
    *("auth: pam(", "<= a@b H=", "=> a <b> R=", "** a: ", "== a ", "H=a [1] F=<a> rejected RCPT ", "DKIM: d="),
    *("plain authenticator failed for ", "TLS error on connection from ", "SMTP connection from ", "AUTH=server, "),
    *("STARTTLS=server, ", "6AT4oi3b000046: to=<a>, ", "ruleset=check_rcpt, ", "AUTH failure (PLAIN): "),
    *("4752b1abce974839 smtp ", "4752b1abce974839 mta delivery ", "s=a d=b a=c SSL ", "key retrieval failed (s="),
    *(
        "<1>; task; rspamd_task_write_log: id: <1>, ",
        "(1-1) Passed CLEAN {a}, ",
        "(1-1) Blocked BANNED (",
        "action=a, ",
    ),
    *("addr a from b to c ", "skipping greylist because (from=", "pam_unix(dovecot:auth): ", "AAAAAA: queued as "),
)
PIECES = (
    *("a", "A", "1", "[", "]", "<", ">", "(", ")", ",", ":", "=", '"', "\\", "/", " ", " a", "a ", ": ", ", ", "; "),
    *(", a=", ", a=<", " H=", ' T="', "(a", "a(", "a[", "[a] ", "<a>,", " from ", " from <", "msgid=", "id=", "::"),
    *(
        "in reply to ",
        " (default: T (a): [",
        "a=",
        "a=b ",
        "<a> -> ",
        "reject: ",
        "\x1b[",
        "é",
        "A A",
        "key-exchange a ",
    ),
)


def look(raw: bytes) -> None:
    line = READER.read(raw)
    if line is not None and is_mail(line):
        fact_of(line)


@given(st.sampled_from(HEADS), st.sampled_from(STARTS), st.binary(max_size=300))
def test_any_bytes_are_a_fact_or_none(head: str, start: str, rest: bytes) -> None:
    look(head.encode() + start.encode() + rest)


@given(
    st.sampled_from(HEADS),
    st.lists(st.sampled_from((*STARTS, *PIECES)), max_size=40).map("".join),
)
def test_any_bits_of_the_grammars(head: str, rest: str) -> None:
    look(head.encode() + rest.encode())


@pytest.mark.parametrize("head", HEADS)
def test_a_line_made_to_blow_up_does_not(head: str) -> None:
    """A line as long as one is read takes some milliseconds at most, whatever it repeats."""
    slow = []
    for start in STARTS:
        for piece in PIECES:
            raw = (head + start + piece * (LONGEST // len(piece))).encode()
            if (took := seconds(lambda raw=raw: look(raw), enough=0.1)) > 0.1:
                slow.append((start, piece, took))
    assert slow == []


def test_of_an_endless_line_only_the_beginning_is_read() -> None:
    line = READER.read(STAMP.encode() + b"postfix/smtpd[1]: " + b"a" * 100_000)
    assert line is not None
    assert len(line.text) < LONGEST
