"""`mailproof token`: made, read, and base64; beside the tools that people make tokens with."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import shutil
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path

import pytest
from running import CLEAN, mailproof, sentence_of, serving, smtp
from test_secrets import PASSWORD, TOKEN, USER, assert_silent

from mailproof.cli.program import _report_crash
from mailproof.cli.terminal import Terminal
from mailproof.cli.token import command

MADE = {
    "plain": (),
    "login": (),
    "cram-md5": ("--challenge", "PDEuMkBteC50ZXN0Pg=="),
    "digest-md5": (
        *("--host", "mx.test", "--challenge"),
        base64.b64encode(b'realm="mx.test",nonce="abc",qop="auth",charset=utf-8,algorithm=md5-sess').decode(),
    ),
    "xoauth2": (),
    "oauthbearer": ("--host", "mx.test"),
    "scram-sha-1": (),
    "scram-sha-256": (),
    "scram-sha-512": (),
    "anonymous": (),
    "external": ("--authzid", USER),
}


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"needs {tool}")


def made(name: str, *options: str) -> str:
    secret = "--token-env" if name in ("xoauth2", "oauthbearer") else "--password-env"
    login = () if name == "external" else ("--user", USER)
    done = mailproof("token", name, *login, secret, "PW", *MADE[name], *options, env={"PW": secret_of(name)})
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def secret_of(name: str) -> str:
    return TOKEN if name in ("xoauth2", "oauthbearer") else PASSWORD


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_is_read_as_sound(name: str) -> None:
    done = mailproof("token", "read", "--mechanism", name, "--format", "json", "-", given=made(name))
    read = json.loads(done.stdout)
    assert (done.returncode, read["ok"], read["mechanism"]) == (0, True, name.upper())
    assert read["authzid" if name == "external" else "user"] == USER
    assert_silent(done.stdout, done.stderr, secret=secret_of(name))


def test_plain_is_what_python_encodes() -> None:
    assert made("plain") == base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode() + "\n"
    acting = base64.b64encode(f"bob\0{USER}\0{PASSWORD}".encode()).decode()
    assert made("plain", "--authzid", "bob") == acting + "\n"
    assert json.loads(made("plain", "--authzid", "bob", "--format", "json")) == {
        "mechanism": "PLAIN",
        "tokens": [acting],
    }


def test_cram_md5_is_that_of_rfc_2195() -> None:
    challenge = "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"
    options = ("--user", "tim", "--password-env", "PW", "--challenge", f"334 {challenge}")
    done = mailproof("token", "cram-md5", *options, env={"PW": "tanstaaftanstaaf"})
    assert done.stdout == "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\n"


def test_scram_goes_on_as_in_rfc_7677() -> None:
    nonce = "rOprNGfwEbeRWgbNEkqO"
    first = f"r={nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    challenge = base64.b64encode(first.encode()).decode()
    options = ("--user", "user", "--password-env", "PW", "--nonce", nonce, "--challenge", challenge)
    done = mailproof("token", "scram-sha-256", *options, env={"PW": "pencil"})
    assert base64.b64decode(done.stdout).endswith(b",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    assert mailproof("token", "read", given=done.stdout).returncode == 0


@pytest.mark.parametrize("options", [(), ("--format", "json"), ("--user", "bob", "--password-env", "PW")], ids=str)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_no_secret_is_shown_unless_asked_for(options: tuple[str, ...], lang: str) -> None:
    whole = f"\0{USER}\0{PASSWORD}".encode()
    pastes = [
        *(whole, whole + b"\n", whole[1:], whole.replace(b"\0", b""), whole.replace(b"\0", rb"\0"), b"-ne " + whole),
        *(PASSWORD.encode(), base64.b64encode(whole), f"{USER}\0{USER}\0{PASSWORD}".encode(), whole + b"\0"),
    ]
    for paste in pastes:
        token = base64.b64encode(paste).decode()
        lines = (token, f"AUTH PLAIN {token}", f"334 UGFzc3dvcmQ6\n{token}", f"AUTH LOGIN\n334 UGFzc3dvcmQ6\n{token}")
        for text in lines:
            done = mailproof("--lang", lang, "token", "read", *options, "-", given=text, env={"PW": "other"})
            assert done.returncode in (0, 1), done.stderr
            assert_silent(done.stdout, done.stderr)
    shown = mailproof("token", "read", "--show-secret", base64.b64encode(whole).decode())
    assert PASSWORD in shown.stdout


@pytest.mark.parametrize(
    ("shell", "command", "name"),
    [
        ("sh", r"printf '\0user\0pass\n'", "trailing-newline"),
        ("bash", r"echo '\0user\0pass'", "backslash-zero"),
        ("dash", r"echo -ne '\0user\0pass'", "echo-option"),
        ("bash", r"printf '\0user\012345'", "octal-escape"),
        ("bash", r"echo -ne '\0user\012345'", "octal-escape"),
        ("bash", r"printf '\0user\0pa%sss'", "printf-percent"),
        ("bash", r'''printf "\0user\0pa$nothing"''', "shell-dollar"),
        ("bash", r'''printf '%b' "\0user\0hello\!"''', "shell-bang"),
        ("perl", r'print "\0user@jms1.net\0pass"', "perl-at"),
        ("perl", r'print "\000user\0123pw"', "octal-escape"),
    ],
)
def test_the_traps_as_the_tools_really_set_them(shell: str, command: str, name: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    option = "-e" if shell == "perl" else "-c"
    spoiled = subprocess.run([shell, option, command], capture_output=True, check=True).stdout
    meant = {
        "printf-percent": ("user", "pa%sss"),
        "shell-dollar": ("user", "pa$nothing"),
        "shell-bang": ("user", "hello!"),
        "perl-at": ("user@jms1.net", "pass"),
    }
    wish = ("--user", meant[name][0], "--password-env", "PW") if name in meant else ()
    env = {"PW": meant[name][1]} if name in meant else {}
    token = base64.b64encode(spoiled).decode()
    done = mailproof("token", "read", "--format", "json", *wish, token, env=env)
    read = json.loads(done.stdout)
    assert done.returncode == 1
    assert name in [each["name"] for each in read["flaws"] + read["differences"]], (spoiled, read)


@pytest.mark.real
@needs("nkf")
def test_what_nkf_makes_of_accents_is_known() -> None:
    typed = "\0user\0pässwörd".encode()
    spoiled = subprocess.run(["nkf", "-MB"], input=typed, capture_output=True, check=True).stdout.decode()
    assert base64.b64decode(spoiled) != typed
    done = mailproof("token", "read", "--user", "user", "--password-env", "PW", "--format", "json", spoiled.strip(),
                     env={"PW": "pässwörd"})  # fmt: skip
    assert [each["name"] for each in json.loads(done.stdout)["differences"]] == ["recoded"]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
@needs("swaks")
def test_what_swaks_says_is_read(mechanism: str) -> None:
    steps = {"LOGIN": ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"], "CRAM-MD5": ["334 PDEuMkBteC50ZXN0Pg==\r\n"]}
    answers = iter(steps.get(mechanism, []))
    talk = partial(smtp, offers=(f"AUTH {mechanism}",), answer=lambda line: next(answers, "235 2.7.0 ok\r\n"))
    with serving(talk) as server:
        login = ("--auth", mechanism, "-au", USER, "-ap", PASSWORD, "--quit-after", "AUTH")
        session = subprocess.run(
            ["swaks", "--server", f"127.0.0.1:{server.port}", *login], capture_output=True, text=True, check=False
        ).stdout
    auth = session[session.index("-> AUTH") - 1 : session.index("-> QUIT") - 1]
    done = mailproof("token", "read", "--show-secret", "--format", "json", given=auth)
    read = json.loads(done.stdout)
    assert (done.returncode, read["mechanism"], read["user"]) == (0, mechanism, USER), auth
    if mechanism != "CRAM-MD5":
        assert read["secret"] == PASSWORD


def run_base64(*options: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "mailproof", "token", "base64", *options]
    return subprocess.run(command, input=given, env=CLEAN, capture_output=True, check=False)


def archive(path: Path) -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as opened:
        opened.writestr("1.bin", random.Random(1).randbytes(20_000))
    return path.read_bytes()


@pytest.mark.parametrize("wrap", ["-w", "-b"])
@pytest.mark.parametrize("decode", ["-d", "-D"])
def test_an_archive_keeps_its_md5(wrap: str, decode: str, tmp_path: Path) -> None:
    data = archive(tmp_path / "1.zip")
    encoded = run_base64(wrap, "72", str(tmp_path / "1.zip"))
    assert max(map(len, encoded.stdout.split())) == 72 and encoded.stdout.endswith(b"\n")
    (tmp_path / "1.b64").write_bytes(encoded.stdout)
    back = run_base64(decode, str(tmp_path / "1.b64")).stdout
    assert hashlib.md5(back).digest() == hashlib.md5(data).digest()


@pytest.mark.real
@needs("nkf")
def test_nkf_loses_the_archive(tmp_path: Path) -> None:
    data = archive(tmp_path / "1.zip")
    encoded = subprocess.run(["nkf", "-MB"], input=data, capture_output=True, check=True).stdout
    assert subprocess.run(["nkf", "-mB"], input=encoded, capture_output=True, check=True).stdout != data


@needs("openssl")
def test_base64_is_that_of_openssl_and_python(tmp_path: Path) -> None:
    data = archive(tmp_path / "1.zip")
    theirs = subprocess.run(["openssl", "base64"], input=data, capture_output=True, check=True).stdout
    assert run_base64("-w", "64", given=data).stdout == theirs
    assert run_base64("-d", given=theirs).stdout == data
    assert run_base64(given=data).stdout == base64.b64encode(data) + b"\n"
    assert (run_base64().stdout, run_base64("-d").stdout) == (b"", b"")


def test_half_a_file_is_not_written() -> None:
    done = run_base64("-d", given=b"AAAA*AAA")
    assert (done.returncode, done.stdout) == (1, b"")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("rot13",), "token takes one of"),
        (("plain",), "a token needs a user name"),
        (("plain", "hunter2"), "token plain takes no argument"),
        (("plain", "--user", "a"), "there is no password and no terminal"),
        (("cram-md5", "--user", "a"), "CRAM-MD5 needs --challenge"),
        (("scram-sha-1", "--user", "a", "--challenge", "cg=="), "SCRAM-SHA-1 needs --nonce"),
        (("oauthbearer", "--user", "a"), "OAUTHBEARER needs --host"),
        (("oauthbearer", "--host", "\udcff"), "--host takes a host name or an address, not \\xff"),
        (("oauthbearer", "--host", "h\1auth=x"), "--host takes a host name or an address, not h\\x01auth=x"),
        (("cram-md5", "--user", "a", "--password-env", "PATH", "--challenge", "*"), "--challenge is no base64"),
        (("read",), "there is no token to read"),
        (("read", "/dev/null"), "there is no token to read"),
        (("read", "/dev"), "cannot read /dev: Is a directory"),
        (("read", ""), "there is no token to read"),
        (("base64", "/nonexistent"), "cannot read /nonexistent"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence(arguments: tuple[str, ...], complaint: str) -> None:
    done = mailproof("token", *arguments)
    assert done.returncode == 2
    assert sentence_of(done).startswith(complaint)
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    "said",
    [
        f"\0{USER}\0{PASSWORD}",
        PASSWORD,
        f"n,a={USER},\x01auth=Bearer {PASSWORD}\x01\x01",
        f'realm="mx.test",username="{USER}",response={PASSWORD}',
    ],
)
def test_a_token_behind_the_mark_of_a_challenge_is_not_shown(said: str) -> None:
    line = base64.b64encode(said.encode()).decode()
    done = mailproof("token", "read", "-", given=f"AUTH PLAIN\n334 {line}\n")
    assert_silent(done.stdout, done.stderr)
    assert "[secret]" in done.stdout


@pytest.mark.parametrize(
    "said",
    [
        "<1896.697170952@mx.test>",
        'realm="mx.test",nonce="abc",qop="auth",algorithm=md5-sess',
        "r=fyko3rfcNHrb,s=QSXCR+Q6sek8bf92,i=4096",
        '{"status":"401","schemes":"Bearer"}',
    ],
)
def test_a_challenge_of_the_server_is_shown(said: str) -> None:
    line = base64.b64encode(said.encode()).decode()
    assert said in mailproof("token", "read", "-", given=f"334 {line}\n").stdout


def test_what_was_pasted_is_taken_out_of_the_report_of_a_crash(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    token = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
    pasted = tmp_path / "pasted"
    pasted.write_text(token)
    terminal = Terminal("en")
    command(terminal).main(["read", str(pasted)], standalone_mode=False)
    try:
        raise LookupError(f"no such token: {token} of {PASSWORD}")
    except LookupError as error:
        _report_crash(error, terminal)
    assert_silent(*capsys.readouterr())
