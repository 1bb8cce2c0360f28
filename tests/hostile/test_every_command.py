"""Every command that shows what a peer said, or what somebody pasted, shows it without an escape to the terminal."""

from __future__ import annotations

import base64
import json
import os
import pty
import select
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from showing import TEXT, shown
from skeletons import disturbing
from wild import USER, Keeper, Peer
from wildrun import Place
from wildsmtp import ESCAPES

import mailproof
from mailproof.cli.overview import COMMANDS
from mailproof.lab.embedded.settings import LabSettings
from mailproof.lab.embedded.threaded import LabServer, serving
from mailproof.script.authority import Authority

NOTHING_OF_A_PEER = {
    "completion": "prints its own words",
    "demo": "checks its own lab",
    "lab": "writes what it was told, and its own log",
}
"""Commands that show nothing of anybody else, and why."""


def _rude(peer: Peer) -> None:
    """Every line, of whatever protocol it is answered in, holds escapes."""
    peer.say(b"220 mx.test ESMTP " + ESCAPES + b"\r\n")
    while line := peer.hear():
        verb = line.split()[0].upper() if line.split() else b""
        if verb == b"EHLO":
            more = b"250-AUTH PLAIN\r\n" if peer.secure else b"250-STARTTLS\r\n"
            peer.say(
                b"250-mx.test " + ESCAPES + b"\r\n" + more + b"250-X-" + ESCAPES + b"\r\n250 OK " + ESCAPES + b"\r\n"
            )
        elif verb == b"STARTTLS":
            peer.say(b"220 go " + ESCAPES + b"\r\n")
            peer.start_tls()
        else:
            peer.say(b"535 5.7.8 " + ESCAPES + b"\r\n")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place.make(tmp_path_factory.mktemp("rude"))


@pytest.fixture(scope="module")
def port(place: Place) -> Iterator[int]:
    keeper = Keeper(_rude, "submission", place.context)
    yield keeper.port
    keeper.close()


LOGIN = ("--user", USER, "--password-env", "RUDE_PASSWORD", "--timeout", "10s")
FORMATS = {
    "check": ("text", "json", "nagios", "junit", "github", "markdown", "html"),
    "login": ("text", "json"),
    "ports": ("text", "json"),
    "send": ("text", "json"),
}


@pytest.mark.parametrize(("name", "shape"), [(name, shape) for name, shapes in FORMATS.items() for shape in shapes])
def test_a_server_full_of_escapes(name: str, shape: str, place: Place, port: int) -> None:
    target = f"submission://127.0.0.1:{port}"
    arguments: dict[str, tuple[str, ...]] = {
        "check": (target, "--ca-file", str(place.root), *LOGIN, "-v"),
        "login": (target, "--ca-file", str(place.root), *LOGIN, "-v"),
        "ports": ("127.0.0.1", "-p", str(port), "-v"),
        "send": (target, "--ca-file", str(place.root), "--from", "a@mx.test", "--to", "b@mx.test", "-v"),
    }
    for lang in ("en", "ja"):
        said = shown("--lang", lang, name, *arguments[name], "--format", shape)
        assert said.strip()
        assert not disturbing(said)


def test_a_session_by_script(place: Place, port: int) -> None:
    script = b"C: EHLO a\nS: 250 another answer\n"
    target = ("talk", f"submission://127.0.0.1:{port}", "--ca-file", str(place.root))
    for arguments in ((), ("--format", "json")):
        said = shown(*target, *arguments, given=script)
        assert "owned" in said
        assert not disturbing(said)


def test_a_session_on_a_terminal(place: Place, port: int) -> None:
    """The terminal itself is told where to write; what the server wants to tell it does not come through."""
    ours, theirs = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "mailproof",
        "talk",
        f"submission://127.0.0.1:{port}",
        "--ca-file",
        str(place.root),
    ]
    env = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    os.write(ours, b"NOOP\rQUIT\r")
    out = b""
    is_goodbye = False
    while process.poll() is None or select.select([ours], [], [], 0)[0]:
        assert select.select([ours], [], [], 30)[0], out
        try:
            out += os.read(ours, 1 << 16)
        except OSError:  # Linux says so when the other end is closed
            break
        if not is_goodbye and out.count(b"S: 535") == 2:  # this server does not let go at QUIT either
            is_goodbye = True
            os.write(ours, b"\x04")
    assert process.wait(30) == 0
    os.close(ours)
    assert b"mx.test" in out
    for piece in (b"\x1b]0;owned", b"\x1b[31mred", b"\xc2\x9b31m", b"\x9b2J", "\u202e".encode(), b"\x1bP+q"):
        assert piece in ESCAPES or piece == b"\x1b[31mred"
        assert piece not in out


def _rude_message() -> bytes:
    """Escapes in every part of a message, as they are and in each encoding that hides them on the way."""
    word = b"=?utf-8?B?" + base64.b64encode(ESCAPES) + b"?= =?iso-8859-1?Q?=1B[31m=9B2J?="
    quoted = b"".join(b"=%02X" % byte for byte in ESCAPES)
    fields = [
        b"From: " + word + b" <a@x.test>",
        b'To: "' + ESCAPES.replace(b"\\", b"") + b'" <b@x.test>',
        b"Subject: " + ESCAPES + b" " + word,
        b"Date: Sat, 21 Nov 2026 10:00:00 +0000 (" + ESCAPES + b")",
        b"Received: from "
        + ESCAPES
        + b" (x [192.0.2.1]) by mx.test ("
        + ESCAPES
        + b") id 1; Sat, 21 Nov 2026 10:00:00 +0000",
        b"Message-ID: <" + ESCAPES + b"@x.test>",
        b'Content-Type: multipart/mixed; boundary="b"',
    ]
    parts = [
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + ESCAPES,
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted,
        b"Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(ESCAPES),
        b'Content-Type: application/x; name="'
        + word
        + b"\"\r\nContent-Disposition: attachment; filename*=utf-8''%1B%5B31m%C2%9B\r\n\r\nx",
        b"Content-Type: text/plain; charset=" + ESCAPES + b"\r\n\r\n" + ESCAPES,
    ]
    lines = (
        b"\r\n".join(fields) + b"\r\n\r\n" + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    )
    return lines.replace(b"\0", b"")


@contextmanager
def _with_a_rude_message(directory: Path) -> Iterator[tuple[LabServer, str, Path]]:
    """A sound server, the root to trust for it, and the file."""
    authority = Authority("Test")
    message = directory / "rude.eml"
    message.write_bytes(_rude_message())
    with serving(LabSettings(), authority) as lab:
        yield lab, str(authority.write_root(directory)), message


@pytest.mark.parametrize("scheme", ["imaps", "pop3s"])
def test_a_mailbox_full_of_escapes(scheme: str, tmp_path: Path) -> None:
    """`--raw` alone gives the bytes as they are: that is what it is for."""
    with _with_a_rude_message(tmp_path) as (lab, root, message):
        alice = lab.accounts[0]
        with smtplib.SMTP(*lab.address("smtp"), timeout=30) as client:
            client.sendmail("a@x.test", [alice.user], message.read_bytes(), ["BODY=8BITMIME"])
        lab.wait_for(alice.user)
        where = ("fetch", lab.urls[scheme], "--ca-file", root, "--user", alice.user, "--password-env", "LAB_PASSWORD")
        folders = (("--folders",),) if scheme == "imaps" else ()
        for wish in ((), ("--message", "last"), ("--message", "last", "--hops"), ("-v",), *folders):
            for shape in ("text", "json"):
                said = shown(*where, *wish, "--format", shape, env={"LAB_PASSWORD": alice.password})
                assert "INBOX" in said or "owned" in said
                assert not disturbing(said)
    for shape in ("text", "json"):
        assert not disturbing(shown("fetch", "--hops", str(message), "--format", shape))


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_message_of_escapes_there_and_back(shape: str, tmp_path: Path) -> None:
    with _with_a_rude_message(tmp_path) as (lab, root, message):
        alice = lab.accounts[0]
        places = (lab.urls["submission"], lab.urls["imaps"], "--ca-file", root, "-v", "--format", shape)
        login = ("--user", alice.user, "--password-env", "LAB_PASSWORD", "--message", str(message))
        for lang in ("en", "ja"):
            said = shown("--lang", lang, "roundtrip", *places, *login, env={"LAB_PASSWORD": alice.password})
            assert "INBOX" in said
            assert not disturbing(said)


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_scan_from_elsewhere(shape: str, port: int, tmp_path: Path) -> None:
    """`--compare` reads what somebody else may have written."""
    scanned = shown("ports", "127.0.0.1", "-p", str(port), "--format", "json")
    rude = json.dumps(TEXT.encode("utf-8", "replace").decode())[1:-1]
    texts = [text for text in ("mx.test", "ESMTP") if text in scanned]
    assert texts
    for text in texts:
        scanned = scanned.replace(text, rude)
    file = tmp_path / "there.json"
    file.write_text(scanned, "utf-8")
    said = shown("ports", "127.0.0.1", "-p", str(port), "-v", "--compare", str(file), "--format", shape)
    assert "127.0.0.1" in said
    assert not disturbing(said)


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_token_full_of_escapes(shape: str) -> None:
    plain, oauth = b"\0" + ESCAPES + b"\0" + ESCAPES, b"user=" + ESCAPES + b"\1auth=Bearer " + ESCAPES + b"\1\1"
    pastes = [base64.b64encode(plain), base64.b64encode(oauth), base64.b64encode(ESCAPES)]
    pastes += [ESCAPES, b"AUTH PLAIN " + base64.b64encode(plain), b"334 " + base64.b64encode(ESCAPES)]
    for pasted in pastes:
        assert not disturbing(shown("token", "read", "--format", shape, "--show-secret", given=pasted))
    assert not disturbing(shown("token", "read", "--format", shape, "--mechanism", "XOAUTH2", given=pastes[1]))


@pytest.mark.parametrize("shape", ["text", "json"])
def test_what_is_pasted_for_an_explanation(shape: str) -> None:
    for said in (f"550 5.1.1 {TEXT}", TEXT, f"535 5.7.8 {TEXT}"):
        given = said.replace("\0", "").encode("utf-8", "surrogateescape")
        assert not disturbing(shown("explain", "--format", shape, "--", given))
        assert not disturbing(shown("explain", "--format", shape, "-", given=given))


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_bounce_full_of_escapes(shape: str) -> None:
    rude = ESCAPES.replace(b"\n", b"").replace(b"\0", b"")
    head = b"From: MAILER-DAEMON " + rude + b"\nSubject: Undelivered " + rude + b"\n\n"
    notices = (
        b"This is the mail system at host "
        + rude
        + b".\n\n<b@mx.test>: host mx.test[192.0.2.1] said: 550 5.1.1 "
        + rude,
        b"Final-Recipient: rfc822; b@mx.test" + rude + b"\nDiagnostic-Code: smtp; 550 5.1.1 " + rude,
        b"Hi. This is the qmail-send program at "
        + rude
        + b".\n\n<b@mx.test>:\n"
        + rude
        + b"\n--- Below this line\n\n"
        + head,
    )
    for notice in notices:
        for lang in ("en", "ja"):
            said = shown("--lang", lang, "explain", "--format", shape, "-", given=head + notice)
            assert "owned" in said
            assert not disturbing(said)


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_log_full_of_escapes(shape: str) -> None:
    heads = (b"Jan 18 20:28:39 mx postfix/smtpd[1]: ", b"Jan 18 20:28:39 mx dovecot: imap-login: Error: ", b"")
    tails = (
        b"warning: " + ESCAPES,
        b"fatal: open database " + ESCAPES.replace(b" ", b"") + b": No such file",
        ESCAPES,
    )
    given = b"\n".join(head + tail.replace(b"\n", b"") for head in heads for tail in tails)
    for lang in ("en", "ja"):
        said = shown("--lang", lang, "log", "explain", "-v", "--format", shape, "-", given=given)
        assert "owned" in said
        assert not disturbing(said)
        story = (
            b"Jan 18 20:28:39 mx postfix/smtp[1]: AAAAAA1: to=<b@mx.test>, relay=r, dsn=2.0.0, status=sent ("
            + ESCAPES
            + b")"
        )
        said = shown("--lang", lang, "log", "trace", "--to", "b@mx.test", "--format", shape, "-", given=story)
        assert "owned" in said
        assert not disturbing(said)
        said = shown("--lang", lang, "log", "follow", "--format", shape, "-", given=given + story)
        assert "owned" in said
        assert not disturbing(said)


RUDE = ESCAPES.replace(b" ", b"").replace(b"\n", b"").replace(b",", b"")
COUNTED = (
    b"smtpd[1]: AAAAAA1: client=" + RUDE + b"[192.0.2.9], sasl_method=" + RUDE + b", sasl_username=x",
    b"qmgr[1]: AAAAAA1: from=<a@" + RUDE + b">, size=310, nrcpt=1 (queue active)",
    b"smtp[1]: AAAAAA1: to=<b@"
    + RUDE
    + b">, relay="
    + RUDE
    + b", delay=1, dsn=2.0.0, status=deferred ("
    + RUDE
    + b")",
    b"smtp[1]: AAAAAA1: to=<b@" + RUDE + b">, relay=" + RUDE + b", delay=1, dsn=2.0.0, status=sent (ok)",
    RUDE + b"/smtpd[1]: NOQUEUE: reject: RCPT from x[" + RUDE + b"]: 550 " + RUDE + b"; from=<a> to=<b>",
    b"smtpd[1]: warning: " + RUDE,
)


@pytest.mark.parametrize("shape", ["text", "json", "html", "prometheus"])
def test_a_summary_full_of_escapes(shape: str) -> None:
    given = b"".join(
        b"Jan 18 20:28:39 " + host + b" postfix/" + line + b"\n" for host in (b"mx", RUDE) for line in COUNTED
    )
    for lang in ("en", "ja"):
        said = shown("--lang", lang, "log", "summary", "-v", "--format", shape, "-", given=given)
        assert said.strip() and (shape == "prometheus" or "owned" in said)
        assert not disturbing(said)


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_database_full_of_escapes(shape: str, tmp_path: Path) -> None:
    """Its name, and what was pasted of it."""
    rude = ESCAPES.replace(b"/", b"").replace(b"\0", b"")[:100]
    (tmp_path / "x").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "x") + b"/" + rude + b".edb")).write_bytes(b"x" * 9000)
    pasted = b"Database: D:\\owned" + rude.replace(b"\n", b"") + b".edb\nState: Dirty Shutdown\nLog Required: 5-6\n"
    pasted += b"Log file: D:\\" + rude.replace(b"\n", b"") + b"E00.log - OK\n"
    for lang in ("en", "ja"):
        for wish in ((), ("-v",), ("--copy-plan",)):
            there = shown("--lang", lang, "ese", "check", *wish, "--format", shape, str(tmp_path / "x"))
            here = shown("--lang", lang, "ese", "plan", *wish, "--format", shape, "-", given=pasted)
            assert "owned" in here
            assert not disturbing(there)
            assert not disturbing(here)


@pytest.mark.parametrize("shape", ["text", "json", "sarif", "github"])
def test_configurations_full_of_escapes(shape: str, tmp_path: Path) -> None:
    text = ESCAPES.replace(b"\n", b"").replace(b"\r", b"")
    (tmp_path / "main.cf").write_bytes(
        b"smtpd_helo_required = "
        + text
        + b"\nno_such = "
        + text
        + b"\n"
        + text
        + b"\nvirtual_alias_maps = hash:/etc/"
        b"postfix/"
        + text
        + b", texthash:/etc/postfix/t\nsmtpd_client_restrictions = "
        + text
        + b"\nmynetworks = $nobody"
        b"\nsmtpd_tls_chain_files = /" + text + b"\n"
    )
    (tmp_path / "master.cf").write_bytes(b"smtp inet n - n - - smtpd -o " + text + b"=1\n" + text + b"\n")
    (tmp_path / "t").write_bytes(text + b"\n" + text + b" x\n" + text + b" y\n")
    (tmp_path / "dovecot.conf").write_bytes(
        b"ssl = " + text + b"\nno_such = " + text + b"\n" + text + b"\n" + text + b" {\n"
    )
    for lang in ("en", "ja"):
        for arguments in (
            ("postfix", "lint", "-c", str(tmp_path), "--dovecot-conf", str(tmp_path / "dovecot.conf")),
            ("dovecot", "lint", "-c", str(tmp_path / "dovecot.conf")),
        ):
            said = shown("--lang", lang, *arguments, "--format", shape)
            assert "owned" in said
            assert not disturbing(said)


@pytest.mark.parametrize("shape", ["text", "json", "html", "markdown"])
def test_a_configuration_of_exim_full_of_escapes(shape: str, tmp_path: Path) -> None:
    """Beside a port that nobody answers: what is shown is the configuration's."""
    text = TEXT.replace("\0", "").replace("\n", "").encode("utf-8", "surrogateescape")
    conf = tmp_path / "exim.conf"
    conf.write_bytes(b"no_such = " + text + b"\n" + text + b"\n.include /" + text + b"\nbegin acl\n" + text + b"\n")
    for lang in ("en", "ja"):
        said = shown("--lang", lang, "check", "smtp://127.0.0.1:1", "--exim-conf", str(conf), "--format", shape)
        assert "owned" in said
        assert not disturbing(said)
        if shape in ("text", "json"):
            said = shown("--lang", lang, "exim", "lint", "--exim-conf", str(conf), "--format", shape)
            assert "owned" in said
            assert not disturbing(said)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_usage_mistake_full_of_escapes(name: str, tmp_path: Path) -> None:
    rude = TEXT.replace("\0", "").encode("utf-8", "surrogateescape")
    for arguments in ((rude,), (b"--" + rude,), (b"--format", rude), (b"--record", rude + b"/x", b"a.test")):
        assert not disturbing(shown(name, *arguments))


def test_json_is_written_in_one_place() -> None:
    """`report.json.text_of` escapes what JSON itself leaves as it is."""
    package = Path(mailproof.__file__).parent
    wrong = [path.name for path in package.rglob("*.py") if "json.format(" in path.read_text("utf-8")]
    assert wrong == ["json.py"]


def test_every_command_is_looked_at() -> None:
    here = {
        *FORMATS,
        "talk",
        "fetch",
        "roundtrip",
        "token",
        "postfix",
        "dovecot",
        "exim",
        "explain",
        "log",
        "ese",
        "milter",
        "greylist",
    } | {*NOTHING_OF_A_PEER}
    assert here == set(COMMANDS)
