"""IMAP4rev2 in the lab (RFC 9051): enabled, or spoken from the start; and literals that come unasked."""

from __future__ import annotations

import msgspec
import pytest
from embedded_check import NOW, place_of, say

from mailproof.lab.embedded.behaviour import Revision, healthy
from mailproof.lab.embedded.server import EmbeddedLab, in_memory
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.attempt import Job
from mailproof.model.endpoint import Scheme
from mailproof.model.retrieval import Retrieved
from mailproof.model.tls import TlsSettings
from mailproof.net.memory import MemoryNet
from mailproof.probes.fetch import fetch
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish
from mailproof.sasl.credentials import Credentials
from mailproof.script.authority import Authority

LOGIN = b"a0 LOGIN bob@example.test bobpw\r\n"
MESSAGES = (
    b"Subject: one\r\nX-Mailproof-Token: first\r\n\r\none\r\n",
    b"Subject: two\r\nContent-Transfer-Encoding: base64\r\n\r\nQUIAQw==\r\n",
    b"Subject: three\r\n\r\nthree\r\n",
)


def lab_of(authority: Authority, revision: Revision) -> tuple[MemoryNet, EmbeddedLab]:
    """With three messages in bob's mailbox."""
    net, lab = in_memory(LabSettings(changes={"imaps": {"revision": revision}}), authority, NOW)
    for message in MESSAGES:
        lab.mailboxes["bob@example.test"].add(message, NOW)
    return net, lab


def heard(authority: Authority, ca_file: str, said: bytes, revision: Revision = Revision.BOTH) -> str:
    net, _ = lab_of(authority, revision)
    return net.run(say(net, Scheme.IMAPS, LOGIN + said + b"z LOGOUT\r\n", ca_file)).decode()


def test_what_is_offered(authority: Authority, ca_file: str) -> None:
    said = {revision: heard(authority, ca_file, b"", revision).split("\r\n")[0] for revision in Revision}
    assert "IMAP4rev1 LITERAL+ SASL-IR" in said[Revision.ONE] and "IMAP4rev2" not in said[Revision.ONE]
    assert "IMAP4rev1 IMAP4rev2 LITERAL+" in said[Revision.BOTH]
    assert "IMAP4rev2" in said[Revision.TWO] and "IMAP4rev1" not in said[Revision.TWO]
    assert "IDLE" not in said[Revision.TWO]  # a part of it, and need not be named
    assert healthy(Scheme.IMAPS).revision is Revision.BOTH


def test_without_enable_all_is_as_it_was(authority: Authority, ca_file: str) -> None:
    said = heard(authority, ca_file, b"a1 SELECT INBOX\r\na2 SEARCH ALL\r\n")
    assert "* 0 RECENT\r\n" in said and "[UNSEEN 1]" in said and "* LIST" not in said
    assert "* SEARCH 1 2 3\r\na2 OK" in said


@pytest.mark.parametrize("revision", [Revision.BOTH, Revision.TWO])
def test_rev2(revision: Revision, authority: Authority, ca_file: str) -> None:
    enable = b"a1 ENABLE CONDSTORE IMAP4rev2\r\n" if revision is Revision.BOTH else b""
    said = heard(
        authority, ca_file, enable + b"a2 SELECT INBOX\r\na3 SEARCH SUBJECT o\r\na4 SELECT INBOX\r\n", revision
    )
    assert ("* ENABLED IMAP4rev2\r\na1 OK" in said) is bool(enable)
    assert "RECENT" not in said and "[UNSEEN" not in said
    assert '* LIST () "." INBOX\r\n' in said
    assert '* ESEARCH (TAG "a3") ALL 1:2\r\na3 OK' in said
    assert "* OK [CLOSED]" in said


def test_what_cannot_be_enabled_is_not(authority: Authority, ca_file: str) -> None:
    said = heard(authority, ca_file, b"a1 ENABLE IMAP4rev2 X\r\na2 SELECT INBOX\r\n", Revision.ONE)
    assert "* ENABLED\r\na1 OK" in said and "* 0 RECENT" in said


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"SEARCH RETURN (MIN MAX COUNT) ALL", '* ESEARCH (TAG "a2") MIN 1 MAX 3 COUNT 3\r\na2 OK'),
        (b"UID SEARCH RETURN () SUBJECT t", '* ESEARCH (TAG "a2") UID ALL 2:3\r\na2 OK'),
        (b"SEARCH RETURN (COUNT ALL) SUBJECT nothing", '* ESEARCH (TAG "a2") COUNT 0\r\na2 OK'),
        (
            b"SEARCH RETURN (SAVE) SUBJECT two\r\na3 FETCH $ (UID)",
            "a2 OK Search completed.\r\n* 2 FETCH (UID 2)\r\na3 OK",
        ),
        (b"SEARCH RETURN (SAVE) SUBJECT none\r\na3 SEARCH $", "* SEARCH\r\na3 OK"),
        (b"SEARCH RETURN (NO) ALL", "a2 BAD Unknown option of RETURN."),
        (b"SEARCH RETURN ALL", "a2 BAD Missing options of RETURN."),
        (b"COPY 1,3 INBOX", "* OK [COPYUID "),
        (b"MOVE 1 INBOX", " 1 4] Moved.\r\n* 1 EXPUNGE\r\n* 3 EXISTS"),
        (b"MOVE 1 Trash", "a2 NO [TRYCREATE]"),
        (b"STORE 1:2 +FLAGS.SILENT (\\Deleted)\r\na3 UID EXPUNGE 2", "* 2 EXPUNGE\r\na3 OK"),
        (b"STATUS INBOX (MESSAGES SIZE DELETED)", "* STATUS INBOX (MESSAGES 3 SIZE "),
        (
            b'LIST (SUBSCRIBED) "" (INBOX *) RETURN (STATUS (MESSAGES))',
            "INBOX\r\n* STATUS INBOX (MESSAGES 3)\r\na2 OK",
        ),
        (b"FETCH 2 (BINARY.SIZE[1] BINARY.PEEK[1])", "* 2 FETCH (BINARY[1] "),
        (b"FETCH 2 BINARY.SIZE[1]", "* 2 FETCH (BINARY.SIZE[1] 4)"),
        (b"FETCH 2 BINARY[1]", "(BINARY[1] ~{4}\r\nAB\0C FLAGS (\\Seen))"),
        (
            b"APPEND INBOX (\\Seen) {12+}\r\nSubject: x\r\n\r\na3 STATUS INBOX (MESSAGES UNSEEN)",
            "(MESSAGES 4 UNSEEN 3)",
        ),
        (b"APPEND INBOX", "a2 BAD Invalid arguments."),
        (b"APPEND Sent {2+}\r\nab", "a2 NO [NONEXISTENT]"),
    ],
)
def test_commands_of_rev2(command: bytes, answer: str, authority: Authority, ca_file: str) -> None:
    said = heard(authority, ca_file, b"a1 SELECT INBOX\r\na2 " + command + b"\r\n")
    if "BINARY.SIZE[1] BINARY.PEEK" in command.decode():
        assert "* 2 FETCH (BINARY.SIZE[1] 4 BINARY[1] ~{4}\r\nAB\0C)" in said
    else:
        assert answer in said


def test_a_literal_that_should_have_been_asked_for(authority: Authority, ca_file: str) -> None:
    small = b"a1 STATUS {5+}\r\nINBOX (MESSAGES)\r\n"
    large = b"a2 APPEND INBOX {4097+}\r\n" + b"x" * 4097 + b"\r\n"
    said = heard(authority, ca_file, small + large + b"a3 NOOP\r\n", Revision.TWO)
    assert "a1 OK" in said and "a2 BAD" in said and "without asking" in said and "a3 OK" in said
    assert "a2 OK" in heard(authority, ca_file, large, Revision.BOTH)


@pytest.mark.parametrize("revision", Revision)
def test_a_probe_finds_its_message_whatever_is_spoken(revision: Revision, authority: Authority, ca_file: str) -> None:
    net, lab = lab_of(authority, revision)
    password = "pass\N{LATIN SMALL LETTER U WITH DIAERESIS}wort"
    account = msgspec.structs.replace(lab.accounts[1], password=password)
    lab.site.accounts = (lab.accounts[0], account)
    terms = Terms(ehlo="client.test", settings=TlsSettings(ca_file=ca_file))
    wish = LoginWish(Credentials("bob@example.test", password), "nonce", "LOGIN")
    made = net.run(fetch(net, place_of(Scheme.IMAPS), terms, wish, "first", 0.0, 5.0))
    [found] = [seen for seen in made.observations if isinstance(seen, Retrieved)]
    assert found.found and found.messages == 3 and made.job is Job.FETCH
