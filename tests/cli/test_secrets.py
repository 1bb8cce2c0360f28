"""A password that was given is in no output of any command, whatever the server does with it."""

from __future__ import annotations

import base64
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from running import CLEAN, Peer, mailproof, serving, smtp

from mailproof.cli.program import _report_crash
from mailproof.cli.terminal import Terminal
from mailproof.cli.verdict import FORMATS

Trusted = tuple[ssl.SSLContext, Path]

USER = "alice@example.test"
PASSWORD = 'rab"bit\\hole-77'
TOKEN = "ya29.a-token-of-oauth-77"


def forms(secret: str) -> set[str]:
    """In which a server could say it and a reader recognise it."""
    raw = secret.encode()
    texts = {
        secret,
        secret.replace("\\", "\\\\").replace('"', '\\"'),
        base64.b64encode(raw).decode(),
        base64.b64encode(f"\0{USER}\0{secret}".encode()).decode(),
        base64.b64encode(f"{USER}\0{USER}\0{secret}".encode()).decode(),
        base64.b64encode(f"user={USER}\1auth=Bearer {secret}\1\1".encode()).decode(),
        raw.hex(),
    }
    # JSON doubles backslashes and quotes once more.
    texts |= {text.replace("\\", "\\\\").replace('"', '\\"') for text in texts}
    return texts | {text.upper() for text in texts}


def assert_silent(*outputs: str, secret: str = PASSWORD) -> None:
    for form in forms(secret):
        assert not any(form in output for output in outputs), f"{form!r} is told"


def raw(line: bytes) -> bytes:
    """What was really said in a line of AUTH."""
    try:
        return base64.b64decode(line.split()[-1]).replace(b"\0", b" ").replace(b"\1", b" ")
    except ValueError:
        return line


ECHOES: dict[str, Callable[[bytes], str]] = {
    "base64": lambda line: f"535 5.7.8 no: {line.decode()}\r\n",
    "raw": lambda line: f"535 5.7.8 no: {raw(line).decode()}\r\n",
    "every form": lambda line: f"535 5.7.8 no: {' '.join(forms(PASSWORD) | forms(TOKEN))}\r\n",
    "capitals": lambda line: f"500 5.5.1 unknown command: {line.decode().upper()}\r\n",
    "lines": lambda line: f"535-5.7.8 {PASSWORD}\r\n535-{TOKEN}\r\n535 5.7.8 {raw(line).decode()}\r\n",
    "accepted": lambda line: f"235 2.7.0 welcome, {raw(line).decode()}\r\n",
    "hangs up": lambda line: f"421 4.3.0 {raw(line).decode()}",
}


def echo_imap(peer: Peer) -> None:
    peer.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n")
    while line := peer.hear():
        tag, command = line.split()[:2]
        if command.upper() == b"LOGOUT":
            peer.say(f"* BYE\r\n{tag.decode()} OK\r\n")
            return
        if command.upper() == b"CAPABILITY":
            peer.say(f"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n{tag.decode()} OK\r\n")
        else:
            peer.say(f"{tag.decode()} NO [AUTHENTICATIONFAILED] {line.decode()} {raw(line).decode()} {PASSWORD}\r\n")


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(
    "options", [(), ("-v",), ("--mask", "-v"), *(("--format", shape) for shape in FORMATS)], ids=str
)
def test_an_echo_is_not_passed_on(options: tuple[str, ...], lang: str, trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    record = tmp_path / "record.json"
    talk = partial(smtp, offers=("AUTH PLAIN LOGIN",), answer=ECHOES["lines"])
    with serving(talk, context) as first, serving(echo_imap, context) as second:
        targets = (f"submissions://127.0.0.1:{first.port}", f"imaps://127.0.0.1:{second.port}")
        login = ("--user", USER, "--password-env", "PW", "--ca-file", str(root), "--record", str(record))
        done = mailproof("--lang", lang, "check", *targets, *login, *options, env={"PW": PASSWORD})
        assert done.returncode in (1, 2)
        assert any(b"AUTH" in line for line in first.heard())
        assert any(b"AUTHENTICATE" in line for line in second.heard())
    assert_silent(done.stdout, done.stderr, record.read_text())
    again = mailproof("check", "--replay", str(record), *options)
    assert_silent(again.stdout, again.stderr)


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN", "CRAM-MD5", "PLAIN LOGIN XOAUTH2"])
def test_however_it_is_echoed(echo: str, mechanisms: str, trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    source, secret = ("--token-env", TOKEN) if "XOAUTH2" in mechanisms else ("--password-env", PASSWORD)
    record = tmp_path / "record.json"
    steps = iter(["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"] if mechanisms == "LOGIN" else [])
    talk = partial(smtp, offers=(f"AUTH {mechanisms}",), answer=lambda line: next(steps, "") or ECHOES[echo](line))
    with serving(talk, context) as server:
        url = f"submissions://127.0.0.1:{server.port}"
        login = ("--user", USER, source, "SECRET", "--ca-file", str(root), "--record", str(record), "-v")
        done = mailproof("check", url, *login, "--all-mechanisms", env={"SECRET": secret})
        assert any(b"AUTH" in line for line in server.heard())
    assert done.returncode in (0, 1, 3), done.stderr
    assert_silent(done.stdout, done.stderr, record.read_text(), secret=secret)


COMMANDS = {
    "login": (),
    "send": ("--from", USER, "--to", "bob@example.test"),
    "roundtrip": ("imaps://127.0.0.1:1",),
}


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("shape", ["text", "json"])
def test_nor_by_the_commands_by_hand(command: str, echo: str, shape: str, trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    record = tmp_path / "record.json"
    talk = partial(smtp, offers=("AUTH PLAIN",), answer=ECHOES[echo])
    with serving(talk, context) as server:
        url = f"submissions://127.0.0.1:{server.port}"
        login = ("--user", USER, "--password-env", "PW", "--ca-file", str(root), "--record", str(record), "-v")
        done = mailproof(command, url, *COMMANDS[command], *login, "--format", shape, env={"PW": PASSWORD})
        assert any(b"AUTH" in line for line in server.heard())
    assert "Traceback" not in done.stderr
    assert_silent(done.stdout, done.stderr, record.read_text())


@pytest.mark.parametrize("shape", ["text", "json"])
def test_nor_by_who_reads_a_mailbox(shape: str, trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    record = tmp_path / "record.json"
    with serving(echo_imap, context) as server:
        url = f"imaps://127.0.0.1:{server.port}"
        login = ("--user", USER, "--password-env", "PW", "--ca-file", str(root), "--record", str(record), "-v")
        done = mailproof("fetch", url, *login, "--format", shape, env={"PW": PASSWORD})
        assert any(b"AUTHENTICATE" in line for line in server.heard())
    assert done.returncode == 28
    assert_silent(done.stdout, done.stderr, record.read_text())


def test_what_fails_before_the_check_does_not_tell_either(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD + "\n")
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login alice passwort {PASSWORD}\n")
    (tmp_path / "profile.toml").write_text(f"password = {PASSWORD}\n")
    known = {"PW": PASSWORD, "NETRC": str(tmp_path / "netrc")}
    file = str(tmp_path / "password")
    failures = [
        ("--user", USER, "--password-env", "PW", "--password-file", file),
        ("--user", USER, "--password-file", file, "--ca-file", file),
        ("--user", USER, "--password-env", "PW", "--mechanism", "ROT13"),
        ("--user", USER, "--password-env", "PW", "--profile", str(tmp_path / "profile.toml")),
        ("--user", USER, "--password", PASSWORD),
        ("--user", USER, f"--password={PASSWORD}"),
        ("--user", USER, f"-p{PASSWORD}"),
        ("--user", USER, f"--pasword={PASSWORD}"),
        ("--netrc",),
        ("--proxy", f"socks5://{USER}:{PASSWORD}@proxy.test"),
        ("--proxy", f"http://jo:{PASSWORD}@proxy.test:8080"),
        ("--proxy", "socks5h://jo@proxy.test", "--proxy-password-env", "PW"),
        ("--replay", file),
        ("--user", USER, "--password-command", f"false '{PASSWORD}'"),
    ]
    for arguments in failures:
        done = mailproof("check", "smtp://127.0.0.1:9", *arguments, env=known)
        assert done.returncode == 2, arguments
        assert_silent(done.stdout, done.stderr)


def http_proxy(peer: Peer) -> None:
    lines = []
    while line := peer.hear():
        lines.append(line)
        if not line.strip():
            break
    peer.say(f"HTTP/1.1 407 {' '.join(line.decode() for line in lines)}\r\nX: {PASSWORD}\r\n\r\n")


def socks_proxy(peer: Peer) -> None:
    peer.say("\x05\x02")
    peer.say(f"\x01\x01{PASSWORD}")


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("options", [("-v",), ("--format", "json"), ("--format", "html")], ids=str)
def test_the_password_of_a_proxy_is_told_nowhere(kind: str, options: tuple[str, ...], tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    with serving(http_proxy if kind == "http" else socks_proxy) as proxy:
        way = ("--proxy", f"{kind}://jo@127.0.0.1:{proxy.port}", "--proxy-password-env", "PW", "--timeout", "60")
        done = mailproof("check", "smtp://192.0.2.25", *way, *options, "--record", str(record), env={"PW": PASSWORD})
    assert done.returncode == 3, done.stderr
    assert_silent(done.stdout, done.stderr, record.read_text())
    assert base64.b64encode(f"jo:{PASSWORD}".encode()).decode() not in done.stdout + record.read_text()
    assert "proxy-refused" in done.stdout


def test_no_process_shows_it(trusted: Trusted) -> None:
    context, root = trusted
    held, free = threading.Event(), threading.Event()

    def hold(line: bytes) -> str:
        held.set()
        free.wait(30)
        return "535 5.7.8 no\r\n"

    with serving(partial(smtp, offers=("AUTH PLAIN",), answer=hold), context) as server:
        url = f"submissions://127.0.0.1:{server.port}"
        login = ("--user", USER, "--password-env", "PW", "--ca-file", str(root))
        command = [sys.executable, "-m", "mailproof", "check", url, *login]
        with subprocess.Popen(
            command, env={**CLEAN, "PW": PASSWORD}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child:
            assert held.wait(30)
            assert_silent(Path(f"/proc/{child.pid}/cmdline").read_text(), Path(f"/proc/{child.pid}/comm").read_text())
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
            free.set()
    assert child.returncode == 130
    assert_silent(out, err)


def test_a_crash_is_reported_without_it(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal("en")
    terminal.secrets.add(PASSWORD.encode())
    try:
        raise LookupError(f"no such key: {PASSWORD}\x1b[31m")
    except LookupError as error:
        _report_crash(error, terminal)
    told = capsys.readouterr().err
    assert told.startswith("mailproof: this is a mistake in mailproof itself. Please report it")
    assert "LookupError: no such key: [secret]\\x1b[31m" in told
    assert_silent(told)


def test_who_names_a_mechanism_of_tokens_means_the_token(trusted: Trusted, tmp_path: Path) -> None:
    """As swaks takes it; a password that no mechanism could use was not tried at all."""
    context, root = trusted
    with serving(partial(smtp, offers=("AUTH PLAIN XOAUTH2",)), context) as server:
        login = ("--user", USER, "--password-env", "SECRET", "--ca-file", str(root), "--mechanism", "XOAUTH2")
        done = mailproof("check", f"submissions://127.0.0.1:{server.port}", *login, env={"SECRET": TOKEN})
        assert any(line.startswith(b"AUTH XOAUTH2 ") for line in server.heard())
    assert_silent(done.stdout, done.stderr, secret=TOKEN)
