"""The header of a message tells its way; a pasted session of openssl tells what is wrong with a certificate."""

from __future__ import annotations

import pytest

from mailproof.model.explained import Pasted, Side
from mailproof.run.explaining.texts import explain_text

HEADER = b"""\
Delivered-To: bob@example.com
Received: from gateway.example.com (gateway.example.com [192.0.2.2]) by store.example.com with LMTP
\tid 3; Sun, 29 Nov 2026 10:20:05 +0900
Authentication-Results: gateway.example.com; spf=fail (not designated) smtp.mailfrom=example.org;
\tdkim=none; dmarc=fail (p=REJECT) header.from=example.org
X-Spam-Flag: YES
Received: from mail.example.org (mail.example.org [192.0.2.1]) by gateway.example.com with ESMTPS
\tid 2 for <bob@example.com>; Sun, 29 Nov 2026 10:20:00 +0900
Received: from client.example.org by mail.example.org with ESMTPSA id 1; Sun, 29 Nov 2026 10:00:00 +0900
From: Alice <alice@example.org>
To: bob@example.com
Subject: Minutes
Message-ID: <1@example.org>

Hello.
"""


def test_the_header_of_a_message_tells_its_way() -> None:
    told = explain_text(HEADER)
    assert told.pasted is Pasted.MESSAGE
    assert [(leg.by, leg.seconds) for leg in told.legs] == [
        ("mail.example.org", None), ("gateway.example.com", 1200.0), ("store.example.com", 5.0),
    ]  # fmt: skip
    assert {(each.name, each.side) for each in told.causes} == {
        ("message-unauthenticated", Side.YOURS),
        ("delayed-on-the-way", Side.NETWORK),
        ("marked-as-spam", Side.SENDER),
    }
    assert [(each.method, each.result, each.about) for each in told.verdicts] == [
        ("spf", "fail", "example.org"), ("dkim", "none", ""), ("dmarc", "fail", "example.org"),
    ]  # fmt: skip


def test_a_sound_message_has_no_cause() -> None:
    """DMARC passes by DKIM where SPF fails, as after forwarding."""
    sound = HEADER.replace(b"dkim=none; dmarc=fail", b"dkim=pass; dmarc=pass").replace(b"X-Spam-Flag: YES\n", b"")
    told = explain_text(sound.replace(b"10:20", b"10:00"))
    assert told.causes == ()
    assert len(told.legs) == 3


def test_a_message_that_goes_round_is_told() -> None:
    again = b"Received: from a.example by b.example with ESMTP id 1; Sun, 29 Nov 2026 10:00:00 +0900\n"
    told = explain_text(again * 9 + HEADER.partition(b"\n")[2].replace(b"X-Spam-Flag: YES\n", b""))
    assert "mail-loop" in {each.name for each in told.causes}


SESSIONS = [
    ("CONNECTED(00000003)\ndepth=0 CN = mail.example.com\nverify error:num=10:certificate has expired\n",
     ["certificate-expired"]),
    ("CONNECTED(00000003)\nverify error:num=18:self-signed certificate\n",
     ["certificate-self-signed"]),
    ("depth=0 CN = a\nverify error:num=20:unable to get local issuer certificate\n"
     "verify error:num=21:unable to verify the first certificate\n", ["certificate-chain-incomplete"]),
    ("    Verify return code: 62 (hostname mismatch)\n", ["certificate-name-mismatch"]),
    ("CONNECTED(00000003)\n4007C1:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:a.c:354:\n"
     "no peer certificate available\n", ["implicit-tls-missing"]),
    ("CONNECTED(00000003)\ndidn't found starttls in server response, try anyway...\n", ["starttls-not-offered"]),
    ("connect:errno=111\n", ["port-closed"]),
    ("error:1408F10B:SSL routines:ssl3_get_record:wrong version number\n", ["implicit-tls-missing"]),
    ("140735:error:0A000126:SSL routines::unexpected eof while reading:a.c:308:\n", ["tls-handshake-failed"]),
    ("error:0A000102:SSL routines::unsupported protocol", ["tls-version-obsolete"]),
    ("error:0A000410:SSL routines::sslv3 alert handshake failure", ["tls-no-shared-cipher"]),
    ("error:0A000418:SSL routines::tlsv1 alert unknown ca", ["certificate-not-accepted"]),
    ("error:0A00045C:SSL routines::tlsv13 alert certificate required", ["client-certificate-required"]),
    ("error:0A00018A:SSL routines::dh key too small", ["tls-handshake-failed"]),
    ("Didn't find STARTTLS in server response, trying anyway...\n", ["starttls-not-offered"]),
    ("RENEGOTIATING", ["renegotiating"]),
    ("RCPT TO:<a@example.com>\nRENEGOTIATING\ndepth=0 CN = a\n", ["renegotiating"]),
    ("telnet: Unable to connect to remote host: Connection refused\n", ["port-closed"]),
    ("nc: connect to mail.example.com port 25 (tcp) failed: Connection timed out\n", ["port-filtered"]),
    ("nc: connect to mail.example.com port 25 (tcp) failed: No route to host\n", ["port-filtered"]),
    ("curl: (7) Failed to connect to mail.example.com port 587: Connection refused\n", ["port-closed"]),
    ("*** Error connecting to mail.example.com:25:\n*** \tIO::Socket::INET: connect: Connection refused\n",
     ["port-closed"]),
    ("*** Host did not advertise STARTTLS\n", ["starttls-not-offered"]),
    ("*** TLS startup failed (connect(): error:0A00010B:SSL routines::wrong version number)\n",
     ["implicit-tls-missing"]),
    ("CONNECTED(00000003)\n    Verify return code: 0 (ok)\n250 SMTPUTF8\n", ["certificate-verified"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "names"), SESSIONS)
def test_a_session_of_openssl_is_explained(text: str, names: list[str]) -> None:
    told = explain_text(text.encode())
    assert told.pasted is Pasted.SESSION
    assert [each.name for each in told.causes] == names
