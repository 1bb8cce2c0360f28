"""Lines of the other mail servers and of filters, as Exim 4.96, OpenSMTPD 7.4, sendmail 8.17 … write them."""

from __future__ import annotations

from datetime import date

import pytest

from mailproof.model.log import (
    Addressed,
    Arrived,
    Delivered,
    Fact,
    LoggedIn,
    LoggedOut,
    LoginFailed,
    Notified,
    Refused,
    Removed,
    Routine,
    Sieved,
    Stored,
    Trouble,
)
from mailproof.model.log_connection import (
    Answered,
    Connected,
    Disconnected,
    Dropped,
    NoConnection,
    TlsFailed,
    TlsOpened,
)
from mailproof.model.log_filter import DkimSaid, Greylisted, Scanned
from mailproof.model.log_service import Managed, ServiceChanged
from mailproof.parse.log.envelope import LineReader
from mailproof.parse.log.facts import fact_of, is_mail

READER = LineReader(date(2026, 11, 29))
EXIM = "2026-11-29 04:50:16 "
ID = "1xXWrg-00000Y-2x"
SYSLOG = "Nov 29 04:50:44 mx "
X = "TLS1.3:ECDHE_X25519__ECDSA_SECP256R1_SHA256__AES_256_GCM:256"


def fact(raw: str) -> Fact | None:
    line = READER.read(raw.encode())
    assert line is not None, raw
    assert is_mail(line), raw
    return fact_of(line)


EXIM_LINES = (
    (f"{ID} <= alice@example.test H=([192.0.2.2]) [127.0.0.1] P=esmtpsa X={X} CV=no A=plain:alice@example.test S=684 "
     "id=m.1@example.test",
     Arrived(ID, "([192.0.2.2]) [127.0.0.1]", "plain", "alice@example.test", sender="alice@example.test", size=684,
             message_id="<m.1@example.test>", protocol="esmtpsa", tls=X)),
    (f'{ID} <= a@b.example H=h.example [192.0.2.1] P=esmtp S=9 id=1@x T="a S=99 A=plain:root \\" H=" from '
     f'<a@b.example>',
     Arrived(ID, "h.example [192.0.2.1]", sender="a@b.example", size=9, message_id="<1@x>", protocol="esmtp")),
    (f"{ID} <= <> R=1xXWrg-00000H-1Y U=mail P=local S=2000", Arrived(ID, uid="mail", size=2000, protocol="local",
                                                                    original="1xXWrg-00000H-1Y")),
    (f"{ID} => bob <bob@example.test> R=r_local T=t_maildir",
     Delivered(ID, "bob@example.test", "sent", "", "t_maildir", original="bob")),
    (f'{ID} => c@d.example R=dnslookup T=remote_smtp H=mx.d.example [192.0.2.25] X={X} CV=yes C="250 2.0.0 Ok: '
     f'queued as '
     '4F1C2A3B5" QT=1.2s DT=0.5s',
     Delivered(ID, "c@d.example", "sent", "250 2.0.0 Ok: queued as 4F1C2A3B5", "mx.d.example [192.0.2.25]",
               delay="1.2", tls=X, child="4F1C2A3B5")),
    (f'{ID} => c@d.example R=x T=y H=127.0.0.1 [127.0.0.1] C="250 OK id=1xXWrg-00000b-37"',
     Delivered(ID, "c@d.example", "sent", "250 OK id=1xXWrg-00000b-37", "127.0.0.1 [127.0.0.1]",
               child="1xXWrg-00000b-37")),
    (f"{ID} ** no@d.example R=dnslookup T=remote_smtp H=mx.d.example [192.0.2.25]: SMTP error from remote mail "
     f"server "
     "after RCPT TO:<no@d.example>: 550 5.1.1 User unknown",
     Delivered(ID, "no@d.example", "bounced",
               "SMTP error from remote mail server after RCPT TO:<no@d.example>: 550 5.1.1 User unknown",
               "mx.d.example [192.0.2.25]: SMTP error from remote mail server after RCPT TO:<no@d.example>: 550 "
               "5.1.1 "
               "User unknown")),
    (f"{ID} == z@e.example R=dnslookup T=remote_smtp defer (111): Connection refused",
     Delivered(ID, "z@e.example", "deferred", "Connection refused", "remote_smtp defer (111): Connection refused")),
    (f"{ID} Completed", Removed(ID)),
    (f"{ID} Frozen", Managed(ID, "Frozen")),
    (f"{ID} DKIM: d=example.com s=mail c=relaxed/relaxed a=rsa-sha256 b=2048 [verification succeeded]",
     DkimSaid(ID, "verification succeeded", "example.com", "mail")),
    (f"{ID} mx.d.example [192.0.2.25] Connection refused",
     NoConnection("mx.d.example [192.0.2.25]", "Connection refused")),
    (f"{ID} H=mx.d.example [192.0.2.25]: SMTP error from remote mail server after initial connection: 421 busy",
     Answered(ID, "mx.d.example [192.0.2.25]",
      "SMTP error from remote mail server after initial connection: 421 busy")),
    ("H=(c.example) [127.0.0.1] F=<x@outside.example> rejected RCPT <no@example.test>: Unrouteable address",
     Refused("", "reject", "RCPT", "(c.example) [127.0.0.1]", "Unrouteable address", "x@outside.example",
             "no@example.test")),
    ("H=mx.example [192.0.2.9] F=<a@b.example> temporarily rejected RCPT <b@example.test>: greylisted",
     Refused("", "defer", "RCPT", "mx.example [192.0.2.9]", "greylisted", "a@b.example", "b@example.test")),
    (f"H=([192.0.2.2]) [127.0.0.1] X={X} CV=no rejected MAIL <alice@example.test>: authentication required",
     Refused("", "reject", "MAIL", "([192.0.2.2]) [127.0.0.1]", "authentication required", "alice@example.test")),
    ("plain authenticator failed for ([192.0.2.2]) [127.0.0.1]: 535 Incorrect authentication data (set_id=alice)",
     LoginFailed("alice", "([192.0.2.2]) [127.0.0.1]", "535 Incorrect authentication data (set_id=alice)", "",
                 "smtp", "plain")),
    ("TLS error on connection from [127.0.0.1] (gnutls_handshake): An unexpected TLS packet was received.",
     TlsFailed("[127.0.0.1]", True, "gnutls_handshake An unexpected TLS packet was received.")),
    ("exim 4.96 daemon started: pid=1, no queue runs, listening for SMTP on [127.0.0.1]:25",
     ServiceChanged("started", "4.96")),
    ("unexpected disconnection while reading SMTP command from (x) [192.0.2.9] D=0s",
     Dropped("(x) [192.0.2.9]", "unexpected disconnection while reading SMTP command", "")),
    ("Start queue run: pid=7", Routine()),
)  # fmt: skip

SENDMAIL_LINES = (
    ("6ATB3Wqo000044: smtps: TLS not available, exiting",
     Trouble("error", "smtps: TLS not available, exiting", "6ATB3Wqo000044")),
    ("6AT4oi3b000046: from=<alice@example.test>, size=423, class=0, nrcpts=1, msgid=<m.7@example.test>, "
     "proto=ESMTPSA, "
     "daemon=MSP-v4, relay=localhost [127.0.0.1]",
     Arrived("6AT4oi3b000046", "localhost [127.0.0.1]", sender="alice@example.test", size=423, recipients=1,
             message_id="<m.7@example.test>", protocol="ESMTPSA")),
    ("6AT4oi3b000046: to=<bob@example.test>, ctladdr=<alice@example.test> (63990/8), delay=00:00:00, "
     "xdelay=00:00:00, "
     "mailer=local, pri=30718, relay=local, dsn=2.1.5, stat=Sent",
     Delivered("6AT4oi3b000046", "bob@example.test", "sent", "Sent", "local", "2.1.5", "00:00:00")),
    ("6AT4oi3b000046: to=<a@b.example>,<c@b.example>, delay=00:00:01, mailer=esmtp, relay=mx.b.example. [192.0.2.1], "
     "dsn=2.0.0, stat=Sent (Ok: queued as 4F1C2A3B5)",
     Delivered("6AT4oi3b000046", "a@b.example,c@b.example", "sent", "Sent (Ok: queued as 4F1C2A3B5)",
               "mx.b.example. [192.0.2.1]", "2.0.0", "00:00:01", child="4F1C2A3B5")),
    ("6AT4oi3b000046: to=<z@e.example>, delay=00:00:00, mailer=esmtp, relay=e.example., dsn=4.0.0, stat=Deferred: "
     "Connection refused by e.example., dsn=5.0.0",
     Delivered("6AT4oi3b000046", "z@e.example", "deferred", "Deferred: Connection refused by e.example., dsn=5.0.0",
               "e.example.", "4.0.0", "00:00:00")),
    ("6AT4oiWV000067: 6AT4oiWU000069: DSN: Host unknown (Name server: e.example.: host not found)",
     Notified("6AT4oiWV000067", "6AT4oiWU000069", why="Host unknown (Name server: e.example.: host not found)")),
    ("ruleset=check_rcpt, arg1=<x@y.example>, relay=a.example [192.0.2.9], reject=550 5.7.1 <x@y.example>... "
     "Relaying "
     "denied", Refused("", "reject", "RCPT", "a.example [192.0.2.9]", "550 5.7.1 <x@y.example>... Relaying "
                                                                      "denied", "",
                       "x@y.example")),
    ("6AT4oirg000042: <no@example.test>... User unknown",
     Refused("6AT4oirg000042", "reject", "RCPT", "", "User unknown", "", "no@example.test")),
    ("6AT4oiN5000061: AUTH failure (PLAIN): authentication failure (-13) SASL(-13): authentication failure: Password "
     "verification failed, user=alice@example.test, relay=localhost [127.0.0.1]",
     LoginFailed("alice@example.test", "localhost [127.0.0.1]",
                 "authentication failure (-13) SASL(-13): authentication failure: Password verification failed", "",
                 "smtp", "PLAIN")),
    ("AUTH=server, relay=localhost [127.0.0.1], authid=alice@example.test, mech=PLAIN, bits=0",
     LoggedIn("alice@example.test", "localhost [127.0.0.1]", "PLAIN", service="smtp")),
    ("STARTTLS=server, relay=localhost [127.0.0.1], version=TLSv1.3, verify=NO, cipher=TLS_AES_256_GCM_SHA384, "
     "bits=256/256", TlsOpened("localhost [127.0.0.1]", True, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "256/256", "NO")),
    ("STARTTLS=server, error: accept failed=-1, reason=wrong version number, SSL_error=1, errno=0, retry=-1, "
     "relay=localhost [127.0.0.1]", TlsFailed("localhost [127.0.0.1]", True, "wrong version number")),
    ("6AT4oibM000047: localhost [127.0.0.1] did not issue MAIL/EXPN/VRFY/ETRN during connection to TLS-v4",
     Dropped("localhost [127.0.0.1]", "did not issue MAIL/EXPN/VRFY/ETRN during connection to TLS-v4", "",
             queue_id="6AT4oibM000047")),
    ("starting daemon (8.17.1.9): SMTP+queueing@01:00:00", ServiceChanged("started", "8.17.1.9")),
    ("SYSERR(root): hash map \"Alias0\": missing map file", Trouble("error", "SYSERR(root): hash map \"Alias0\": "
                                                                             "missing "
                                                                   "map file")),
)  # fmt: skip

OPENSMTPD_LINES = (
    ("4752b1abce974839 smtp connected address=127.0.0.1 host=localhost",
     Connected("localhost[127.0.0.1]", session="4752b1abce974839")),
    ("4752b1abce974839 smtp tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256",
     TlsOpened("", True, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "256", session="4752b1abce974839")),
    ("4752b1abce974839 smtp authentication user=alice@example.test result=ok",
     LoggedIn("alice@example.test", "", session="4752b1abce974839", service="smtp")),
    ("4752b1abce974839 smtp authentication user=alice@example.test result=permfail",
     LoginFailed("alice@example.test", "", "permfail", "4752b1abce974839", "smtp")),
    ("4752b1abce974839 smtp failed-command command=\"RCPT TO:<o@e.example>\" result=\"550 Invalid recipient: "
     "<o@e.example>\"",
     Refused("", "reject", "RCPT", "", "550 Invalid recipient: <o@e.example>", "", "o@e.example")),
    ("4752b1ae8b75531c smtp message msgid=a600e8f8 size=637 nrcpt=1 proto=ESMTP",
     Arrived("a600e8f8", size=637, recipients=1, protocol="ESMTP")),
    ("4752b1ae8b75531c smtp envelope evpid=a600e8f8db6912f0 from=<alice@example.test> to=<bob@example.test>",
     Addressed("a600e8f8", "alice@example.test", "bob@example.test")),
    ("4752b1b6d3c9a89f mda delivery evpid=a600e8f8db6912f0 from=<alice@example.test> to=<b@example.test> "
     "rcpt=<bob@example.test> user=mail delay=0s result=Ok stat=Delivered",
     Delivered("a600e8f8", "bob@example.test", "sent", "Delivered", "mail", delay="0s", original="b@example.test")),
    ("4752b1c9f1d4c1c5 mta delivery evpid=6bdc7e2ee614a7a9 from=<a@b.example> to=<c@d.example> rcpt=<c@d.example> "
     'source="192.0.2.1" relay="192.0.2.25 (mx.d.example)" delay=1s result="TempFail" stat="451 try later"',
     Delivered("6bdc7e2e", "c@d.example", "deferred", "451 try later", "192.0.2.25 (mx.d.example)", delay="1s")),
    ("4752b1c9f1d4c1c5 mta error reason=IO Error: Connection refused",
     NoConnection("", "IO Error: Connection refused")),
    ("4752b1c6e357618d smtp disconnected reason=\"io-error: handshake failed: error:0A00010B:SSL routines::wrong "
     "version "
     "number\"", TlsFailed("", True, "io-error: handshake failed: error:0A00010B:SSL routines::wrong version "
                                     "number")),
    ("4752b1c6e357618d smtp disconnected reason=quit", Disconnected("", session="4752b1c6e357618d", reason="quit")),
    ("info: OpenSMTPD 7.4.0-portable starting", ServiceChanged("started", "7.4.0-portable")),
)  # fmt: skip

FILTER_LINES = (
    ("opendkim[7]: 4F1C2A3B5: DKIM-Signature field added (s=mail, d=example.com)",
     DkimSaid("4F1C2A3B5", "signed", "example.com", "mail")),
    ("opendkim[7]: 4F1C2A3B5: DKIM verification successful",
     DkimSaid("4F1C2A3B5", "verified", detail="DKIM verification successful")),
    ("opendkim[7]: 4F1C2A3B5: s=mail d=example.com SSL ",
     DkimSaid("4F1C2A3B5", "signature", "example.com", "mail")),
    ("opendkim[7]: 4F1C2A3B5: s=mail d=example.com a=rsa-sha256 SSL error:0200008A:rsa routines::invalid padding",
     DkimSaid("4F1C2A3B5", "failed", "example.com", "mail", "error:0200008A:rsa routines::invalid padding")),
    ("opendkim[7]: 4F1C2A3B5: key retrieval failed (s=x, d=example.com): 'x._domainkey.example.com' record not found",
     DkimSaid("4F1C2A3B5", "key retrieval failed", "example.com", "x",
              "'x._domainkey.example.com' record not found")),
    ("opendkim[7]: OpenDKIM Filter v2.11.0 starting (args: -f)", ServiceChanged("started", "2.11.0")),
    ("opendkim[7]: mail: key data is not secure: /etc/dkim/mail.private is in group 5",
     Trouble("error", "mail: key data is not secure: /etc/dkim/mail.private is in group 5")),
    ("opendmarc[7]: 4F1C2A3B5: example.com fail", DkimSaid("4F1C2A3B5", "dmarc fail", "example.com")),
    ("rspamd[7]: <1f2a3b>; task; rspamd_task_write_log: id: <1@a.example>, qid: <4F1C2A3B5>, ip: 192.0.2.9, user: "
     "al, "
     "from: <a@a.example>, (default: T (reject): [17.21/15.00] [BAYES_SPAM(5.10){99.99%;},R_SPF_FAIL(1.00){-all;}]), "
     "len: 1234, time: 62.500ms, dns req: 12, digest: <ab>, rcpts: <b@example.com,c@example.com>, mime_rcpts: "
     "<b@example.com>",
     Scanned("4F1C2A3B5", "reject", "17.21", "192.0.2.9", "a@a.example", ("b@example.com", "c@example.com"),
             "<1@a.example>", 1234, 62.5, "", "BAYES_SPAM(5.10){99.99%;},R_SPF_FAIL(1.00){-all;}", "al")),
    ("rspamd[7]: <1f2a3b>; proxy; proxy_accept_socket: accepted milter connection from 127.0.0.1 port 4711",
     Routine()),
    ("amavis[7]: (11205-08) Passed CLEAN {RelayedInbound}, [192.0.2.9]:4711 [192.0.2.9] <a@a.example> -> "
     "<b@example.com>,"
     "<c@example.com>, Queue-ID: 4F1C2A3B5, Message-ID: <1@a.example>, mail_id: xY, Hits: -1.9, size: 1234, "
     "queued_as: "
     "AAAAAA1, 123 ms",
     Scanned("4F1C2A3B5", "Passed CLEAN", "-1.9", "192.0.2.9", "a@a.example", ("b@example.com", "c@example.com"),
             "<1@a.example>", 1234, 123.0, "AAAAAA1")),
    ("amavis[7]: (11205-09) Blocked INFECTED (Eicar-Test) {DiscardedInbound,Quarantined}, [192.0.2.9]:4711 "
     "<a@a.example> "
     "-> <b@example.com>, quarantine: q, Queue-ID: 4F1C2A3B5, mail_id: xY, Hits: -, size: 9, 12 ms",
     Scanned("4F1C2A3B5", "Blocked INFECTED (Eicar-Test)", "", "192.0.2.9", "a@a.example", ("b@example.com",),
      "", 9, 12.0)),
    ("amavis[7]: (11205-09) (!)connect to /run/clamav/clamd.ctl failed, attempt #1: Can't connect",
     Trouble("warning", "connect to /run/clamav/clamd.ctl failed, attempt #1: Can't connect")),
    ("postgrey[7]: action=greylist, reason=new, client_name=a.example, client_address=192.0.2.9, sender=a@a.example, "
     "recipient=b@example.com", Greylisted("greylist", "new", "a.example[192.0.2.9]", "a@a.example",
      "b@example.com")),
    ("postgrey[7]: action=greylist, reason=new, client_name=a.example, client_address=192.0.2.9, "
     "sender=\", action=pass, reason=x, \"@a.example, recipient=b@example.com",
     Greylisted("greylist", "new", "a.example[192.0.2.9]", '"', "b@example.com")),
    ("postgrey[7]: 4F1C2A3B5: action=pass, reason=triplet found, delay=301, client_name=a.example, "
     "client_address=192.0.2.9, sender=a@a.example, recipient=b@example.com",
     Greylisted("pass", "triplet found", "a.example[192.0.2.9]", "a@a.example", "b@example.com", "301", "4F1C2A3B5")),
    ("milter-greylist: 4F1C2A3B5: addr a.example[192.0.2.9] from <a@a.example> to <b@example.com> delayed for "
     "00:30:00 "
     "(ACL 12)", Greylisted("greylist", "(ACL 12)", "a.example[192.0.2.9]", "a@a.example", "b@example.com", "1800",
                            "4F1C2A3B5")),
    ("milter-greylist: (unknown id): addr 192.0.2.9 from <a@a.example> rcpt <b@example.com>: autowhitelisted for "
     "24:00:00",
     Greylisted("pass", "autowhitelisted", "192.0.2.9", "a@a.example", "b@example.com", "86400")),
    ("milter-greylist: 4F1C2A3B5: skipping greylist because address 192.0.2.9 is whitelisted, (from=<a@a.example>, "
     "rcpt=<b@example.com>, addr=a.example[192.0.2.9])",
     Greylisted("pass", "address 192.0.2.9 is whitelisted", "a.example[192.0.2.9]", "a@a.example",
      "b@example.com", "",
                "4F1C2A3B5")),
)  # fmt: skip

DOVECOT_LINES = (
    # 1.x
    ("dovecot: POP3(alice): Disconnected: Logged out top=0/0, retr=1/530, del=0/5, size=1234",
     LoggedOut("alice", "pop3", "Disconnected: Logged out", {"top": "0/0", "retr": "1/530", "del": "0/5",
                                                             "size": "1234"})),
    ("dovecot: auth(default): pam(alice,192.0.2.9): pam_authenticate() failed: Authentication failure",
     LoginFailed("alice", "192.0.2.9", "pam_authenticate() failed: Authentication failure", method="pam")),
    ("dovecot: imap-login: Login: user=<alice>, method=PLAIN, rip=::ffff:192.0.2.9, lip=::ffff:192.0.2.1, TLS",
     LoggedIn("alice", "192.0.2.9", "PLAIN", "", "imap", "TLS")),
    ("dovecot: deliver(alice): msgid=<1@a>: saved mail to INBOX", Stored("alice", "<1@a>", "INBOX")),
    ("dovecot: Dovecot v1.2.9 starting up (core dumps disabled)", ServiceChanged("started", "1.2.9")),
    # 2.0 to 2.2
    ("dovecot: lmtp(123, alice@example.com): 5oGyLoRnNVJ7AAAA5Kk2Yw: msgid=<1@a>: saved mail to INBOX",
     Stored("alice@example.com", "<1@a>", "INBOX", "5oGyLoRnNVJ7AAAA5Kk2Yw")),
    ("dovecot: imap(alice): Disconnected: Logged out in=703 out=12338",
     LoggedOut("alice", "imap", "Disconnected: Logged out", {"in": "703", "out": "12338"})),
    # 2.3
    ("dovecot: imap(alice)<12><sEs>: Disconnected: Logged out in=703 out=12338 deleted=0",
     LoggedOut("alice", "imap", "Disconnected: Logged out", {"in": "703", "out": "12338", "deleted": "0"}, "sEs")),
    ("dovecot: lmtp(alice)<12><sEs>: sieve: msgid=<1@a>: forwarded to <b@example.net>",
     Sieved("alice", "<1@a>", "forwarded", "forwarded to <b@example.net>", "sEs")),
    ("dovecot: lmtp(alice)<12><sEs>: msgid=<1@a>: save failed to open mailbox INBOX: Permission denied",
     Sieved("alice", "<1@a>", "failed", "save failed to open mailbox INBOX: Permission denied", "sEs")),
    ("dovecot: imap-login: Disconnected: Connection closed: SSL_accept() failed: error:0A000418:SSL "
     "routines::tlsv1 alert "
     "unknown ca: SSL alert number 48 (no auth attempts in 0 secs): user=<>, rip=192.0.2.9, lip=192.0.2.1, "
     "session=<s>",
     TlsFailed("192.0.2.9", True,
               "SSL_accept() failed: error:0A000418:SSL routines::tlsv1 alert unknown ca: SSL alert number 48")),
    ("dovecot: imap-login: Disconnected: Inactivity (no auth attempts in 180 secs): user=<>, rip=192.0.2.9, "
     "session=<s>",
     Disconnected("192.0.2.9", session="s", reason="Disconnected: Inactivity (no auth attempts in 180 secs)")),
    ("dovecot: managesieve(alice)<12><sEs>: Disconnected: Logged out bytes=119/1133",
     LoggedOut("alice", "managesieve", "Disconnected: Logged out", {"bytes": "119/1133"}, "sEs")),
    ("dovecot: master: Warning: Killed with signal 15 (by pid=1 uid=0 code=kill)", ServiceChanged("stopped",
     signal="15")),
    # 2.4
    ("dovecot: imap-login: Logged in: user=<alice>, method=PLAIN, rip=192.0.2.9, lip=192.0.2.1, mpid=7, TLS, "
     "session=<s>",
     LoggedIn("alice", "192.0.2.9", "PLAIN", "s", "imap", "TLS")),
    ("dovecot: imap-login: Login aborted: Connection closed (auth failed, 3 attempts in 16 secs) (auth_failed): "
     "user=<alice>, method=PLAIN, rip=192.0.2.9, lip=192.0.2.1, TLS, session=<s>",
     LoginFailed("alice", "192.0.2.9",
                 "Login aborted: Connection closed (auth failed, 3 attempts in 16 secs) (auth_failed)", "s", "imap",
                 "PLAIN")),
    ("dovecot: auth-worker(9): conn unix:auth-worker (pid=8,uid=97): auth-worker<4>: sql(alice,192.0.2.9,<s>): "
     "unknown user",
     LoginFailed("alice", "192.0.2.9", "unknown user", method="sql")),
)  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), EXIM_LINES)
def test_exim(text: str, expected: Fact) -> None:
    assert fact(EXIM + text) == expected
    assert fact(f"2026-11-29 04:50:16.123 +0900 [77] {text}") == expected
    assert fact(f"{SYSLOG}exim[7]: {EXIM}{text}") == expected


@pytest.mark.parametrize(("text", "expected"), SENDMAIL_LINES)
def test_sendmail(text: str, expected: Fact) -> None:
    assert fact(f"{SYSLOG}sm-mta[7]: {text}") == expected
    assert fact(f"<22>Nov 29 04:50:44 sendmail[7]: {text}") == expected


@pytest.mark.parametrize(("text", "expected"), OPENSMTPD_LINES)
def test_opensmtpd(text: str, expected: Fact) -> None:
    assert fact(text) == expected
    assert fact(f"{SYSLOG}smtpd[7]: {text}") == expected


@pytest.mark.parametrize(("text", "expected"), FILTER_LINES)
def test_filters(text: str, expected: Fact) -> None:
    assert fact(SYSLOG + text) == expected


@pytest.mark.parametrize(("text", "expected"), DOVECOT_LINES)
def test_dovecot_from_1_to_2_4(text: str, expected: Fact) -> None:
    assert fact(SYSLOG + text) == expected


def test_rspamd_has_a_log_of_its_own() -> None:
    line = READER.read(b"2026-11-29 04:50:16 #17(rspamd_proxy) <1f2a3b>; milter; rspamd_milter_consume_input: x")
    assert line is not None
    assert (line.program, line.pid, fact_of(line)) == ("rspamd", "17", Routine())
