"""`check` from the outside: what it prints, what it keeps, how it ends."""

from __future__ import annotations

import json
import ssl
import stat
from functools import partial
from pathlib import Path

import msgspec
import pytest
from running import Server, files_below, mailproof, sentence_of, serving, smtp

from loopback import closed_port
from mailproof.cli.options import with_domain
from mailproof.cli.verdict import FORMATS
from mailproof.model.record import Record
from mailproof.model.report import Verdict
from mailproof.report.json import decode

Trusted = tuple[ssl.SSLContext, Path]


def submission(server: Server) -> str:
    return f"submission://127.0.0.1:{server.port}"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a server without STARTTLS."""
    file = tmp_path_factory.mktemp("record") / "record.json"
    with serving(smtp) as server:
        assert mailproof("check", submission(server), "--record", str(file)).returncode == 1
    return file


def test_the_cause_is_named_and_shown() -> None:
    with serving(smtp) as server:
        done = mailproof("check", submission(server))
        assert done.returncode == 1
        assert done.stdout.startswith("FAIL: ")
        assert "S: 250-mail.example.test" in done.stdout
        assert "mailproof explain starttls-not-offered" in done.stdout
        assert done.stderr == ""
        assert server.heard()[-1] == b"QUIT"


def test_the_answer_in_japanese() -> None:
    with serving(smtp) as server:
        done = mailproof("--lang", "ja", "check", submission(server))
    assert done.returncode == 1
    assert done.stdout.startswith("判定: 異常")


def test_json_is_the_same_in_both_languages_and_reads_back(record: Path) -> None:
    english = mailproof("check", "--replay", str(record), "--format", "json")
    japanese = mailproof("--lang", "ja", "check", "--replay", str(record), "--format", "json")
    assert english.returncode == japanese.returncode == 1
    assert english.stdout == japanese.stdout
    report = decode(english.stdout)
    assert report.verdict is Verdict.FAIL
    assert report.causes[0].name == "starttls-not-offered"
    assert report.transcripts


def test_the_schema_knows_every_field_of_a_report(record: Path) -> None:
    schema = msgspec.json.decode(mailproof("check", "--schema").stdout)
    report = msgspec.json.decode(mailproof("check", "--replay", str(record), "--format", "json").stdout)
    properties = schema["$defs"]["Report"]["properties"]
    assert set(report) <= set(properties)
    assert set(schema["$defs"]["Report"]["required"]) <= set(report)


def test_one_line_for_nagios_and_its_exit_codes(record: Path) -> None:
    done = mailproof("check", "--replay", str(record), "--format", "nagios")
    assert done.returncode == 2
    assert done.stdout.startswith("MAIL CRITICAL - starttls-not-offered: ")
    assert done.stdout.count("\n") == 1


def test_nagios_may_be_told_how_long_it_may_take(record: Path, tmp_path: Path) -> None:
    slow = mailproof("check", "--replay", str(record), "--format", "nagios", "-w", "0.001ms", "-c", "1h")
    assert (slow.returncode, "; took 0." in slow.stdout) == (2, True)  # the finding is worse than the time
    assert "time=" in slow.stdout and ";0.000;3600.000;0 " in slow.stdout
    (tmp_path / "mailproof.toml").write_text('[check]\ncritical = "5s"\n')
    assert mailproof("check", "--replay", str(record), cwd=tmp_path).returncode == 1
    named = mailproof("check", "--replay", str(record), "--format", "nagios", cwd=tmp_path)
    assert ";5.000;0 " in named.stdout


def test_a_record_judges_as_the_server_did(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    with serving(smtp) as server:
        live = mailproof("check", submission(server), "-v", "--record", str(file))
    again = mailproof("check", "-v", "--replay", str(file), "--record", str(tmp_path / "again.json"))
    assert again.stdout == live.stdout
    assert (tmp_path / "again.json").read_bytes() == file.read_bytes()
    assert msgspec.json.decode(file.read_bytes(), type=Record).targets[0].host == "127.0.0.1"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert files_below(tmp_path) == ["again.json", "record.json"]


def test_a_record_can_be_masked_to_be_posted(record: Path, tmp_path: Path) -> None:
    masked = tmp_path / "masked.json"
    done = mailproof("check", "--replay", str(record), "--mask", "-v", "--record", str(masked))
    assert done.returncode == 1
    assert "mail.example.test" in record.read_text()
    assert "mail.example.test" not in done.stdout + masked.read_text()
    assert mailproof("check", "--replay", str(masked)).returncode == 1


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("shape", FORMATS)
def test_every_format_can_be_masked(shape: str, lang: str, record: Path) -> None:
    show = ("--lang", lang, "check", "--replay", str(record), "--format", shape)
    # What Nagios is told of this server has no name in it.
    assert ("mail.example.test" in mailproof(*show).stdout) is (shape != "nagios")
    done = mailproof(*show, "--mask")
    assert (done.returncode, done.stderr) == (2 if shape == "nagios" else 1, "")
    assert "mail.example.test" not in done.stdout


def test_a_warning_fails_only_if_it_is_asked_to(trusted: Trusted, record: Path, tmp_path: Path) -> None:
    profile = tmp_path / "mild.toml"
    profile.write_text('[severities]\nstarttls-not-offered = "warn"\n')
    replay = ("check", "--replay", str(record), "--profile", str(profile))
    assert mailproof(*replay).returncode == 0
    assert mailproof(*replay, "--fail-on", "warn").returncode == 1
    assert mailproof(*replay, "--format", "nagios").returncode == 1


@pytest.mark.usefixtures("own_resolver")
def test_a_name_that_does_not_resolve_is_a_finding_unless_a_profile_takes_it_lightly(tmp_path: Path) -> None:
    lightly = tmp_path / "lightly.toml"
    lightly.write_text('[severities]\nname-not-found = "info"\n')
    kept = tmp_path / "record.json"
    done = mailproof("check", "smtp://no-such-name.invalid", "--timeout", "20", "--record", str(kept))
    replay = ("check", "--replay", str(kept))
    if json.loads(mailproof(*replay, "--format", "json").stdout)["verdict"] == "fail":  # else DNS itself is silent
        assert done.returncode == 1
        assert mailproof(*replay, "--format", "nagios").returncode == 2
    else:
        assert done.returncode == 3
    assert mailproof(*replay, "--profile", str(lightly)).returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith("no address was found for no-such-name.invalid\n")


def test_a_port_that_is_closed_is_a_finding() -> None:
    with closed_port() as port:
        done = mailproof("check", f"submission://127.0.0.1:{port}", "--format", "json")
    assert done.returncode == 1
    assert [cause.name for cause in decode(done.stdout).causes] == ["port-closed"]


def test_a_login_goes_only_into_tls_that_verified(trusted: Trusted) -> None:
    context, root = trusted
    accepting = partial(smtp, offers=("AUTH PLAIN",), answer=lambda line: "235 2.7.0 ok\r\n")
    user = ("--user", "alice@example.test", "--password-env", "PW", "--format", "json")
    with serving(accepting, context) as server:
        url = f"submissions://127.0.0.1:{server.port}"
        stranger = mailproof("check", url, *user, env={"PW": "rabbit-hole"})
        assert not any(line.startswith(b"AUTH") for line in server.heard())
        trusting = mailproof("check", url, *user, "--ca-file", str(root), env={"PW": "rabbit-hole"})
        assert b"AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdAByYWJiaXQtaG9sZQ==" in server.heard()
    assert "certificate-untrusted-root" in {finding.name for finding in decode(stranger.stdout).findings}
    assert "login-accepted" in {item.name for item in decode(trusting.stdout).passed}


@pytest.mark.parametrize("source", ["env", "file", "fd", "command", "netrc"])
def test_a_password_is_the_first_line_of_its_source(source: str, trusted: Trusted, tmp_path: Path) -> None:
    context, root = trusted
    file = tmp_path / "password"
    file.write_text("rabbit-hole\r\nand a second line\n")
    file.chmod(0o644)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login alice@example.test password rabbit-hole\n")
    accepting = partial(smtp, offers=("AUTH PLAIN",), answer=lambda line: "235 2.7.0 ok\r\n")
    env = {"PW": "rabbit-hole", "NETRC": str(tmp_path / "netrc")}
    with serving(accepting, context) as server, file.open() as opened:
        options = {
            "env": ("--password-env", "PW"),
            "file": ("--password-file", str(file)),
            "fd": ("--password-fd", str(opened.fileno())),
            "command": ("--password-command", f"cat '{file}'"),
            "netrc": ("--netrc",),
        }[source]
        target = (f"submissions://127.0.0.1:{server.port}", "--ca-file", str(root), "--user", "alice@example.test")
        mailproof("check", *target, *options, env=env, pass_fds=(opened.fileno(),))
        assert b"AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdAByYWJiaXQtaG9sZQ==" in server.heard()


def test_a_mailbox_needs_a_login_of_its_own_password() -> None:
    done = mailproof("check", "smtp://127.0.0.1:9", "--mailbox-password-env", "HOME")
    assert done.returncode == 2
    assert "add --mailbox-user or --mailbox" in sentence_of(done)


@pytest.mark.usefixtures("own_resolver")
def test_on_the_server_itself_no_target_is_needed(tmp_path: Path) -> None:
    """`check --here` checks this machine; without it the usage says so."""
    kept = tmp_path / "record.json"
    name = ("--name", "mail.example.test")
    done = mailproof("check", "--here", *name, "--timeout", "2s", "--format", "json", "--record", str(kept))
    assert done.returncode in (0, 1, 3), done.stderr
    record = msgspec.json.decode(kept.read_bytes(), type=Record)
    assert [target.host for target in record.targets] == ["localhost"]
    assert all(
        attempt.endpoint is None or attempt.endpoint.name == "mail.example.test" for attempt in record.attempts
    )
    assert "mailproof check --here" in sentence_of(mailproof("check"))


@pytest.mark.parametrize(
    ("name", "resolved", "told"),
    [
        ("mail.example.test", "elsewhere.example.test", "mail.example.test"),
        ("mail", "mail.example.test", "mail.example.test"),
        ("mail", "mail", ""),
        ("mail", "localhost.localdomain", ""),
    ],
)
def test_the_certificate_is_held_against_the_name_with_its_domain(name: str, resolved: str, told: str) -> None:
    assert with_domain(name, lambda: resolved) == told
