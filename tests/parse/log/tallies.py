"""Logs to be counted: made ones, any lines of the forms that there are, and both ways of counting them."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path

import msgspec
from hypothesis import strategies as st

from mailproof.model.log_summary import LogSummary
from mailproof.parse.log.tally.count import By, LogCounter
from mailproof.parse.log.tally.summary import summary_of
from mailproof.parse.log.tally.tally import Tally

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 21)


class Since:
    """A period that ends and begins at given times of the log's own clock."""

    def __init__(self, since: str, until: str) -> None:
        self.since, self.until = since, until

    def place(self, moment: str) -> int:
        return -1 if moment < self.since else 1 if moment >= self.until else 0


def tally_of(*blocks: bytes, by: By = By.COMPILED, first: bool = True, period: Since | None = None) -> Tally:
    tally = Tally(first=first)
    counter = LogCounter(tally, TODAY, period, by=by)
    for block in blocks:
        counter.count(block)
    return tally


def told(tally: Tally) -> LogSummary:
    return msgspec.structs.replace(summary_of(tally.tables, 0), samples=())


def every_way(*blocks: bytes, period: Since | None = None) -> LogSummary:
    """What all ways of counting come to. Without a compiler there is one less of them."""
    summary = told(tally_of(*blocks, by=By.LINE, period=period))
    for by in (By.PATTERN, By.COMPILED):
        assert told(tally_of(*blocks, by=by, period=period)) == summary, by
    return summary


@cache
def generated(*wish: str) -> bytes:
    command = (sys.executable, str(ROOT / "tools" / "make_mail_log.py"), *wish)
    return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout


WISHES = (
    ("--megabytes", "1", "--seed", "7"),
    ("--megabytes", "0.6", "--stamp", "rfc3339"),
    ("--megabytes", "0.6", "--days", "3", "--tls-field", "--seed", "2"),
)
Q = "4F1C2A3B5D"
PIECES = (
    *(
        "postfix/smtpd[7]: ",
        "postfix/submission/smtpd[7]: ",
        "postfix/qmgr[8]: ",
        "postfix/cleanup[9]: ",
        "dovecot: ",
    ),
    *("postfix/smtp[1]: ", "postfix/lmtp[1]: ", "postfix/postscreen[1]: ", "postfix/pickup[1]: ", "opendkim[1]: "),
    *(f"{Q}: ", "4F1C2A3B5E: ", "3nPDKq2Z3bz2nX: ", "NOQUEUE: ", "client=a.example[192.0.2.9]", "client=a b[1]"),
    *(", sasl_method=PLAIN, sasl_username=al", "message-id=<1@a>", "from=<a@b.example>, size=310, nrcpt=2"),
    *(
        " (queue active)",
        "removed",
        "from=<>, size=5, nrcpt=1 (queue active)",
        "uid=0 from=<root>",
        "to=<b@C.example>",
    ),
    *(
        ", relay=h[192.0.2.1]:25",
        ", relay=none",
        ", delay=1.1",
        ", delays=0.1/0/0.4/0.6",
        ", delays=1/2",
        ", tls=may",
    ),
    *(", dsn=2.0.0", ", status=sent (250 ok)", ", status=sent (forwarded as 4F1C2A3B5E)", ", status=deferred (no)"),
    *(
        ", status=bounced (host x[1] said: 550 5.1.1 <a@b>: no)",
        ", orig_to=<x@c>",
        ", conn_use=2",
        ", status=expired",
    ),
    *("connect from a.example[192.0.2.9]", "disconnect from a.example[192.0.2.9] ehlo=1 quit=1", "disconnect from x"),
    *("postfix-out/smtpd[7]: ", "postfix/mx2/qmgr[8]: ", "postfix-a/b/smtp[1]: ", "postfix/postgrey/smtpd[7]: "),
    *(", relay=<h>x", ", orig_to=<>", "NOQUEUE: reject: RCPT from a[192.0.2.9]: 450 no; x; from=<a@b> to=<x@y>"),
    *("lost connection after RCPT from a[192.0.2.9]", "Anonymous TLS connection established from a[192.0.2.9]: "),
    *("TLSv1.3 with cipher X (256/256 bits)", "Trusted TLS connection established to a[192.0.2.9]:25: ", "TLSv1.2"),
    *("reject: RCPT from a[192.0.2.9]: 554 5.7.1 <x@y>: no; from=<a@b> to=<x@y> proto=SMTP helo=<a>", "; from=<a"),
    *("warning: a[192.0.2.9]: SASL LOGIN authentication failed: x", "warning: x", "fatal: y", ", sasl_username=z"),
    *("imap-login: Login: user=<al>, method=PLAIN, rip=192.0.2.9, lip=x, mpid=1, TLS, session=<s>", "lmtp(1): "),
    *(
        "imap(al)<1><s>: ",
        "Disconnected: Logged out in=1 out=2",
        "Connect from local",
        "msgid=<1@a>: saved mail to INBOX",
    ),
    *(
        "postfix/dnsblog[1]: ",
        "postfix-out/tlsproxy[1]: ",
        "opendmarc[1]: ",
        "addr 192.0.2.9 listed by domain z",
        " as 1",
    ),
    *(" pass", "a.example none", "DISCONNECT [192.0.2.9]:1"),
    *("imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<x>, method=PLAIN, rip=192.0.2.9, TLS",),
    *("CONNECT from [192.0.2.9]:1 to [192.0.2.1]:25", "PASS OLD [192.0.2.9]:1", "DNSBL rank 5 for [192.0.2.9]:1"),
    *(
        "DKIM verification successful",
        "s=a d=b SSL ",
        "\x1b[31m",
        "é",
        "\r",
        "<",
        ">",
        ": ",
        ", ",
        "[",
        "]",
        " ",
        "0",
    ),
)
STAMPS = st.sampled_from(
    (
        *(
            "Nov 20 10:00:00 mx ",
            "Nov 20 10:00:01 mx ",
            "Nov 20 11:59:59 mx ",
            "Nov 20 10:00:00 mx2 ",
            "Nov 20 1:00:00 ",
        ),
        *("2026-11-20T10:00:00.123456+09:00 mx ", "2026-11-20T10:00:00+09:00 mx ", "Xyz 20 10:00:00 mx ", "", "<22>"),
        *("Nov 20 10:00:00 <mail.info> ", "Nov 20 10:00:00 +0900 ", "2026-11-20T10:00:00 +0900 "),
        *("Nov 20 10:00:00 ", "Nov 20 99:00:00 mx ", "{", "Nov 20 10:00:00.5 mx "),
    )
)
LINES = st.lists(
    st.tuples(STAMPS, st.lists(st.sampled_from(PIECES), min_size=1, max_size=7)).map(
        lambda parts: parts[0] + "".join(parts[1])
    ),
    max_size=30,
)
# Once known, the lines of every program go the quick way.
KNOWN = "".join(
    f"Nov 20 10:00:00 {host} {tag}connect from a[192.0.2.9]\n" for host in ("mx", "mx2") for tag in PIECES[:10]
).encode()
WARM = f"""Nov 20 10:00:00 mx postfix/smtpd[7]: {Q}: client=a.example[192.0.2.9]
Nov 20 10:00:00 mx postfix/qmgr[8]: {Q}: from=<a@b.example>, size=310, nrcpt=1 (queue active)
Nov 20 10:00:00 mx postfix/smtp[1]: {Q}: to=<b@C.example>, relay=h[192.0.2.1]:25, delay=1.1, delays=0.1/0/0.4/0.6, \
dsn=2.0.0, status=sent (250 ok)
""".encode()
