"""What reads whatever people paste: bounces of every program, headers, replies, sessions."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mailproof.model.escape import printable
from mailproof.parse.bounce.entities import LONGEST, decoded, entity, walk
from mailproof.parse.bounce.notice import MOST_RECIPIENTS
from mailproof.parse.bounce.reader import FORMATS, read
from mailproof.parse.bounce.statements import statement
from mailproof.parse.bounce.status import groups
from mailproof.parse.hindrance import hindrance
from mailproof.parse.meanings import LONGEST as LONGEST_STATEMENT
from mailproof.parse.pasted.openssl import findings_in
from mailproof.parse.pasted.replies import replies_in
from mailproof.parse.undelivered import meaning
from mailproof.report.explained import explained_text_as_json, render_explained_text
from mailproof.run.explaining.texts import explain_text

_BOUNCES = Path(__file__).parents[1] / "parse" / "bounce"


def bounce(data: bytes) -> None:
    """One that is any bytes, and one whose text is."""
    text = data.decode("utf-8", "replace")
    for part in walk(entity(data), into_messages=True):
        assert len(part.body) <= LONGEST
        decoded(part.body, part.get("content-transfer-encoding"), part.charset)
    made = read(data)
    assert made == read(data)
    if made is not None:
        assert len(made.recipients) <= MOST_RECIPIENTS
        for each in made.recipients:
            assert all(len(said.text) <= LONGEST_STATEMENT for said in each.said)
            assert meaning(each).name
    for each_format in FORMATS:
        each_format.read(text)
    groups(text)
    statement(text)
    hindrance(text)


def pasted(data: bytes) -> None:
    told = explain_text(data)
    for text in _texts(msgspec.to_builtins(told)):
        assert printable(text) == text
    for lang in ("en", "ja"):
        shown = render_explained_text(told, None, lang, color=False, width=80)
        assert printable(shown, keep_newlines=True) == shown
    explained_text_as_json(told, None)
    text = data.decode("utf-8", "replace")
    replies_in(text)
    findings_in(text)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, (list, tuple)):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def samples() -> list[bytes]:
    """A short one of each format."""
    by_format: dict[str, bytes] = {}
    for path in sorted(_BOUNCES.glob("*/*.eml")):
        data = path.read_bytes()
        made = read(data)
        if made is not None and len(data) < len(by_format.get(made.format, b"x" * 4097)):
            by_format[made.format] = data
    return list(by_format.values())


BOUNCE_WORDS = (
    *(
        b"Content-Type: multipart/report; boundary=b\n\n--b\n",
        b"Content-Type: message/delivery-status\n\n",
        b"--b--\n",
    ),
    *(b"Content-Type: message/rfc822\n\n", b"Final-Recipient: rfc822; a@b.example\n", b"Action: delayed\n"),
    *(
        b"Status: 5.1.1\n",
        b"Diagnostic-Code: smtp; 550 5.1.1 no\n",
        b"Remote-MTA: dns; mx.example\n",
        b"From: postmaster\n",
    ),
    *(b"Content-Transfer-Encoding: quoted-printable\n", b"<a@b.example>: ", b"host mx.example[192.0.2.1] said: 550-"),
    *(b"(in reply to RCPT TO command)", b"This is the mail system at host a.example.\n", b"  a@b.example\n    "),
    *(b"This message was created automatically by mail delivery software\n", b"<<< 550 no\n", b">>> DATA\n"),
    *(
        b"   ----- The following addresses had permanent fatal errors -----\n",
        b"   ----- Transcript of session follows -----\n",
    ),
    *(
        b"This is the qmail-send program at a.\n",
        b"Diagnostic information for administrators:\n",
        b"Generating server: a\n",
    ),
    *(
        "管理者向けの診断情報:\n".encode(),
        b"Remote Server returned '550 5.1.10 no'\n",
        b"\x1b$B",
        b"was not delivered to:\n",
    ),
)
PASTED_WORDS = (
    *BOUNCE_WORDS[:8],
    *(b"C: RCPT TO:<a@b.example>\n", b"S: 550 5.7.1 no\n", b"-ERR [AUTH] no\n", b"a1 NO [AUTHENTICATIONFAILED] no\n"),
    *(
        b"Received: from a by b with ESMTP id 1; Sun, 29 Nov 2026 10:00:00 +0900\n",
        b"Authentication-Results: a; spf=fail\n",
    ),
    *(
        b"CONNECTED(00000003)\n",
        b"verify error:num=10:no\n",
        b"Relay access denied",
        b"Subject: =?utf-8?B?",
        b"X-Spam-Flag: YES\n",
    ),
)
