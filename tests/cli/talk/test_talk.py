"""`mailproof talk` with scripts, as programs start it: answers checked, exit by stage, no secret in any output."""

from __future__ import annotations

import json
import ssl
from functools import partial
from pathlib import Path

import pytest
from running import mailproof, sentence_of, serving, smtp
from test_secrets import PASSWORD, USER, assert_silent

from loopback import closed_port

Trusted = tuple[ssl.SSLContext, Path]


def accepting(line: bytes) -> str:
    return "235 2.7.0 ok\r\n" if line.upper().startswith(b"AUTH") else "250 2.0.0 ok\r\n"


def test_a_broken_script_is_told_in_the_language_of_the_user() -> None:
    escape = "line 2: no such escape: '\\q'; write", "2 行目: 「\\q」というエスケープはありません"
    for lang, said in zip(("en", "ja"), escape, strict=True):
        done = mailproof("--lang", lang, "talk", "smtp://127.0.0.1:9", "--script", "-", given="S: 220 a\nC: \\q\n")
        assert done.returncode == 1 and said in sentence_of(done)


def test_a_script_from_standard_input_is_played_and_told() -> None:
    with serving(smtp) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        done = mailproof("talk", url, "--ehlo", "me.test", given="C: NOOP\nS: 250~\nC: QUIT\nS: 221~\n")
        assert (done.returncode, done.stdout) == (0, "OK: every answer was as the script has it.\n")
        assert server.heard() == [b"EHLO me.test", b"NOOP", b"QUIT"]
        again = mailproof("talk", url, "--lang", "ja", given="C: NOOP\nS: 251~\n")
        assert again.returncode == 40
        assert again.stdout == "2 行目: サーバーの応答が違います\n  期待: 251~\n  応答: 250 ok\n"
        assert mailproof("talk", url, given="C: RCPT TO:<a@b.test>\nS: 250~\n").returncode == 24


def test_the_result_as_json_and_the_session_with_it() -> None:
    with serving(smtp) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        done = mailproof("talk", url, "--format", "json", given="C: RCPT TO:<a@b.test>\nS: 250~\n")
        shown = mailproof("talk", url, "-v", given="C: NOOP\nS: 250 ok\n")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"], told["exit_code"], told["reason"], told["line"]) == (
        24,
        False,
        24,
        "mismatch",
        2,
    )
    assert told["said"] == "554 5.7.1 Relay access denied"
    assert "received" in [turn["kind"] for turn in told["transcript"]["turns"]]
    assert "S: 250 ok" in shown.stdout.splitlines()


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_login_leaves_no_secret(trusted: Trusted, tmp_path: Path, shape: str) -> None:
    context, root = trusted
    record = tmp_path / "session.dialogue"
    talk = partial(smtp, offers=("AUTH PLAIN LOGIN",), answer=lambda line: f"235 ok {line.decode()} {PASSWORD}\r\n")
    with serving(talk, context) as server:
        url = f"submissions://127.0.0.1:{server.port}"
        options = ("--ca-file", str(root), "--user", USER, "--password-env", "PW", "-v", "--record", str(record))
        done = mailproof(
            "talk", url, *options, "--format", shape, env={"PW": PASSWORD}, given="* auth\nC: QUIT\nS: 221~\n"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert any(line.startswith(b"AUTH PLAIN") for line in server.heard())
        assert "* auth PLAIN" in record.read_text()
        assert record.stat().st_mode & 0o777 == 0o600
        assert_silent(done.stdout, done.stderr, record.read_text())
        again = mailproof("talk", url, *options[:6], "--script", str(record), env={"PW": PASSWORD})
        assert again.returncode == 0, again.stdout


def test_keys_for_wireshark_are_kept_where_the_environment_says(trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    keys = tmp_path / "keys"
    with serving(smtp, context) as server:
        url = f"submissions://127.0.0.1:{server.port}"
        done = mailproof(
            "talk", url, "--ca-file", str(root), given="C: NOOP\nS: 250~\n", env={"SSLKEYLOGFILE": str(keys)}
        )
    assert done.returncode == 0
    assert "CLIENT_TRAFFIC_SECRET_0 " in keys.read_text()
    assert keys.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_reached_ends_with_2() -> None:
    with closed_port() as port:
        done = mailproof("talk", f"smtp://127.0.0.1:{port}", given="C: NOOP\nS: 250~\n")
    assert done.returncode == 2
    assert done.stdout.startswith("Before the script began: no connection: Connection refused")


@pytest.mark.usefixtures("own_resolver")
def test_a_name_without_an_address_ends_with_2() -> None:
    done = mailproof("talk", "smtp://no-such-host.invalid", given="C: A\n")
    assert done.returncode == 2
    assert "no address was found for no-such-host.invalid" in sentence_of(done)


@pytest.mark.parametrize(
    ("arguments", "given", "complaint"),
    [
        ((), "", "URL is missing"),
        (("mail.example.test",), "", "name what is spoken there, such as submission://mail.example.test"),
        (("gopher://mail.example.test",), "", "unknown scheme 'gopher'; known are smtp, submission"),
        (("tls://mail.example.test",), "", "tls:// has no usual port; write tls://mail.example.test:PORT"),
        (("smtp://alice:secret@mail.example.test",), "", "a target holds no login"),
        (("smtp://127.0.0.1:9",), "", "there is nothing to play"),
        (("smtp://127.0.0.1:9",), "EHLO x\nQUIT\n", "a line to the server begins with C:"),
        (("smtp://127.0.0.1:9",), "C: NOOP\nQUIT\n", "line 2"),
        (("imap://127.0.0.1:9", "--xclient", "ADDR=192.0.2.1"), "C: A\n", "--xclient is for SMTP and LMTP"),
        (("smtp://127.0.0.1:9", "--xclient", "ADDR=192.0.2.1", "--by-hand"), "C: A\n", "/xclient"),
        (("smtp://127.0.0.1:9",), "C: A\nX: what\n", "neither `S:`, `C:`, `*` nor `@`"),
        (("smtp://127.0.0.1:9",), "@ smtp://a\nC: A\n@ smtp://b\nC: B\n", "and this has 2"),
        (("smtp://127.0.0.1:9", "--script", "/nonexistent"), "", "cannot read /nonexistent"),
        (("smtp://127.0.0.1:9", "--by-hand"), "", "--by-hand and --lf are for sessions on a terminal"),
        (("smtp://127.0.0.1:9", "--record", "/nonexistent/file"), "C: A\n", "cannot write /nonexistent/file"),
        (("smtp://127.0.0.1:9", "--all-mechanisms"), "C: A\n", "there is no option --all-mechanisms"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence(arguments: tuple[str, ...], given: str, complaint: str) -> None:
    done = mailproof("talk", *arguments, given=given)
    assert done.returncode == 1
    assert complaint in sentence_of(done)
    assert "secret" not in done.stderr


def test_a_masked_session_names_nobody(trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    record = tmp_path / "session.dialogue"
    with serving(partial(smtp, answer=lambda line: "250 ok alice@example.test\r\n"), context) as server:
        url = f"submissions://127.0.0.1:{server.port}"
        options = ("--ca-file", str(root), "--mask", "--record", str(record), "-v")
        given = "C: VRFY alice@example.test\nS: 250~\nC: RCPT TO:<bob@example.test>\nS: 250~\n"
        done = mailproof("talk", url, *options, given=given)
    for text in (done.stdout, record.read_text()):
        assert "alice" not in text and "bob" not in text and "mail.example.test" not in text
        assert "554 5.7.1 Relay access denied" in text
