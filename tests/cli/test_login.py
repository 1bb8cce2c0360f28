"""`login` from the outside: the answer, the exit code of the stage, and where the password goes."""

from __future__ import annotations

import base64
import json
import os
import pty
import ssl
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from running import CLEAN, Server, mailproof, modules_imported_by, sentence_of, serving, smtp

from loopback import closed_port

Trusted = tuple[ssl.SSLContext, Path]

USER = "alice@example.test"
PASSWORD = "looking-glass-1871"
ENV = {"PW": PASSWORD}
LOGIN = ("-u", USER, "--password-env", "PW")


def answer(line: bytes) -> str:
    """Accepts this one account."""
    if not line.startswith(b"AUTH PLAIN "):
        return "502 5.5.1 no\r\n"
    _, user, password = base64.b64decode(line.split()[-1]).split(b"\0")
    if (user.decode(), password.decode()) == (USER, PASSWORD):
        return "235 2.7.0 Authentication successful\r\n"
    return "535 5.7.8 Error: authentication failed\r\n"


sound = partial(smtp, offers=("AUTH PLAIN",), answer=answer)


def submissions(server: Server) -> str:
    return f"submissions://127.0.0.1:{server.port}"


def test_one_line_answers(trusted: Trusted) -> None:
    context, root = trusted
    with serving(sound, context) as server:
        done = mailproof("login", submissions(server), *LOGIN, "--ca-file", str(root), env=ENV)
        heard = server.heard()
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == (
        f"OK: the server accepts {USER} with PLAIN: 235 2.7.0 Authentication successful"
    )
    assert done.stderr == "" and PASSWORD not in done.stdout
    assert [line.split()[0] for line in heard] == [b"EHLO", b"AUTH", b"QUIT"]


def test_a_login_imports_neither_what_parses_rare_certificates_nor_the_mechanisms_that_it_does_not_use(
    trusted: Trusted,
) -> None:
    context, root = trusted
    with serving(sound, context) as server:
        imported = modules_imported_by("login", submissions(server), *LOGIN, "--ca-file", str(root), env=ENV)
    assert {"OpenSSL.SSL", "mailproof.parse.certificate_form"} <= imported
    assert not imported & {"cryptography.x509.name", "email.utils", "hashlib", "rich.cells", "ssl", "asyncio"}
    assert not imported & {"mailproof.sasl.scram_syntax", "mailproof.sasl.digest_syntax", "mailproof.parse.secret"}
    assert not imported & {"mailproof.parse.refusal", "mailproof.parse.exim.reader", "mailproof.checks.mending"}


def test_a_refusal_in_japanese(trusted: Trusted) -> None:
    context, root = trusted
    with serving(sound, context) as server:
        words = ("login", submissions(server), *LOGIN, "--ca-file", str(root))
        done = mailproof("--lang", "ja", *words, env={"PW": "another"})
    assert done.returncode == 28
    assert done.stdout.startswith("判定: 拒否")
    assert "535 5.7.8 Error: authentication failed" in done.stdout
    assert "password-wrong" in done.stdout and "user-name-has-domain" in done.stdout


def test_json_is_the_same_in_both_languages(trusted: Trusted) -> None:
    context, root = trusted
    told = []
    for lang in ("en", "ja"):
        with serving(sound, context) as server:
            words = ("--format", "json", "--ca-file", str(root), *LOGIN)
            done = mailproof("--lang", lang, "login", submissions(server), *words, env={"PW": "another"})
        assert done.returncode == 28
        [login] = json.loads(done.stdout)["logins"]
        told.append({name: login[name] for name in ("end", "exit_code", "user", "mechanism", "reply", "can_be")})
        assert login["cause"]["name"] == "auth-rejected" and login["cause"]["message"].startswith("The server")
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        (lambda peer: peer.say("554 5.7.1 no\r\n"), 21),
        (lambda peer: None, 6),
        (lambda peer: (peer.say("220 x ESMTP\r\n"), peer.hear(), peer.say("421 4.3.2 bye\r\n")), 22),
    ],
    ids=["greeting refused", "hung up", "421 to EHLO"],
)
def test_the_exit_code_is_that_of_the_stage(trusted: Trusted, talk: object, code: int) -> None:
    context, root = trusted
    with serving(talk, context) as server:  # type: ignore[arg-type]
        done = mailproof("login", submissions(server), *LOGIN, "--ca-file", str(root), env=ENV)
    assert done.returncode == code, done.stdout


def test_a_closed_port_is_stage_2() -> None:
    with closed_port() as port:
        done = mailproof("login", f"submission://127.0.0.1:{port}", *LOGIN, env=ENV)
    assert done.returncode == 2
    assert done.stdout.startswith("FAILED: ") and "port-closed" in done.stdout


@pytest.mark.usefixtures("own_resolver")
def test_a_name_that_does_not_resolve_is_stage_2() -> None:
    done = mailproof("login", "imaps://no-such-host.invalid", *LOGIN, "--timeout", "20s", env=ENV)
    assert done.returncode == 2 and done.stdout.startswith("FAILED: ")


def test_no_password_goes_to_a_certificate_that_does_not_verify(trusted: Trusted) -> None:
    with serving(sound, trusted[0]) as server:
        done = mailproof("login", submissions(server), *LOGIN, env=ENV)
        assert done.returncode == 29
        assert done.stdout.startswith("NOT TRIED: ")
        assert not any(line.startswith(b"AUTH") for line in server.heard())


def test_accounts_from_a_file_and_from_standard_input(trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    text = f"\ufeffPassword;Username\r\n{PASSWORD};{USER}\r\nnot-this-one;bob@example.test\r\n"
    file = tmp_path / "accounts.csv"
    file.write_text(text, encoding="utf-8")
    for where, given in ((str(file), ""), ("-", text)):
        with serving(sound, context) as server:
            words = ("--accounts", where, "--pace", "1ms", "--ca-file", str(root))
            done = mailproof("login", submissions(server), *words, given=given)
        assert done.returncode == 28
        assert done.stdout.startswith("1 of 2 logins was accepted.")
        assert "bob@example.test" in done.stdout
        assert PASSWORD not in done.stdout + done.stderr and "not-this-one" not in done.stdout + done.stderr


def test_masked_it_can_be_posted(trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    file = tmp_path / "accounts.csv"
    file.write_text(f"{USER},{PASSWORD}\nmarigold,wrong\n", encoding="utf-8")
    with serving(sound, context) as server:
        words = ("--accounts", str(file), "--pace", "1ms", "--ca-file", str(root), "--mask", "--format", "json")
        done = mailproof("login", submissions(server), *words)
    assert done.returncode == 28
    assert "alice" not in done.stdout and "marigold" not in done.stdout


def test_a_record_of_it_can_be_judged_again(trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    file = tmp_path / "record.json"
    with serving(sound, context) as server:
        words = ("--ca-file", str(root), "--record", str(file), *LOGIN)
        mailproof("login", submissions(server), *words, env={"PW": "another"})
    done = mailproof("check", "--replay", str(file))
    assert "auth-rejected" in done.stdout
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "TARGET"),
        (("mail.example.test",), "--user"),
        (("lmtp://mail.example.test", "-u", "alice"), "LMTP"),
        (("imaps://192.0.2.1", "-u", "alice", "--password-env", "PW", "--try-names"), "--try-names"),
        (("mail.example.test", "--accounts", "/nonexistent"), "/nonexistent"),
        (("mail.example.test", "--accounts", "-", "-u", "alice"), "--user"),
        (("mail.example.test", "--accounts", "-"), "no account"),
        (("mail.example.test", "-u", "alice", "--password", "x"), "never an argument"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(words: tuple[str, ...], says: str) -> None:
    done = mailproof("login", *words, env=ENV)
    assert done.returncode == 1
    assert says in sentence_of(done)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("alice\n", "line 1"),
        ("user,password\nalice,x\nbob,\n", "line 3"),
        ('alice,"x\n', "CSV"),
        ("user,password\n", "no account"),
        ("name,email,password\nBob,bob@example.test,S3cretWord\n", "heading"),
        ("email,password\nbob@example.test,S3cretWord\n", "heading"),
        ("bob@example.test,a,Secret\n", "line 1"),
        ("alice,x\nbob,S3cretWord\0\n", "csv:2: what is in there is no text"),
    ],
)
def test_a_file_of_accounts_that_is_none(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(text, encoding="utf-8")
    done = mailproof("login", "mail.example.test", "--accounts", str(file))
    assert done.returncode == 1
    assert says in sentence_of(done)


def test_on_a_terminal_many_accounts_have_a_bar_that_is_gone_afterwards(trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    file = tmp_path / "accounts.csv"
    file.write_text(f"{USER},{PASSWORD}\n{USER},{PASSWORD}\n", encoding="utf-8")
    with serving(sound, context) as server:
        ours, theirs = pty.openpty()
        command = (sys.executable, "-m", "mailproof", "login", submissions(server), "--accounts", str(file))
        options = ("--pace", "1ms", "--ca-file", str(root))
        done = subprocess.run(
            [*command, *options], env={**CLEAN, "TERM": "xterm"}, stdout=subprocess.PIPE, stderr=theirs, check=False
        )
        os.close(theirs)
        shown = os.read(ours, 65536).decode()
        os.close(ours)
    assert done.returncode == 0
    assert "2 of 2 logins" in shown and "[####" in shown
    assert shown.endswith("\r\x1b[K")
