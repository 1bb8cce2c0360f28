"""`demo` and `lab`: they start, they are what they say, and they leave nothing behind."""

from __future__ import annotations

import json
import os
import poplib
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running import CLEAN, files_below, mailproof, sentence_of

from mailproof.catalog.pages import load
from mailproof.lab.articles import town
from mailproof.lab.embedded.chaos import Step
from mailproof.lab.embedded.faults import FAULTS, GROUPS
from mailproof.lab.real.ports import ClaimedPorts
from mailproof.lab.real.server import DOVECOT_SCHEMES, POSTFIX_SCHEMES, RealLab
from mailproof.model.endpoint import Scheme
from mailproof.report.json import decode

_SCHEMES = (*POSTFIX_SCHEMES, *DOVECOT_SCHEMES)
URLS = re.compile(r"^  (\w+://\S+)$", re.MULTILINE)


@contextmanager
def lab(*arguments: str, home: Path) -> Iterator[str]:
    """A lab in a process of its own, ended by Ctrl-C; what it said of itself."""
    command = [sys.executable, "-m", "mailproof", "lab", *arguments]
    with subprocess.Popen(
        command, env={**CLEAN, "TMPDIR": str(home)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        said = ""
        try:
            while "--password-env PW --deliver" not in said and not said.startswith("{"):
                line = child.stdout.readline()
                assert line, child.stderr.read() if child.stderr else ""
                said += line
            yield said
        finally:
            child.send_signal(signal.SIGINT)
            _, err = child.communicate(timeout=30)
    assert child.returncode == 0
    assert err == "The mail server has ended.\n"


def free_base() -> int:
    """Such that its mail ports are free, and below those that the system gives to anybody who connects."""
    for base in range(20000 + os.getpid() % 1000, 31000, 1000):
        try:
            with ClaimedPorts(_SCHEMES, {name: base + Scheme(name).default_port for name in _SCHEMES}):
                return base
        except OSError:
            continue
    raise AssertionError("every base has a port that is taken")


def urls(said: str) -> list[str]:
    return [url for url in URLS.findall(said) if not url.startswith("lmtp")]


def ca_file(said: str) -> str:
    match = re.search(r"^  (/\S+root\.pem)$", said, re.MULTILINE)
    assert match is not None
    return match[1]


def test_the_demo_passes_and_names_the_fault(tmp_path: Path) -> None:
    done = mailproof("demo", env={"TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stdout
    sound, _, broken = done.stdout.partition("\n2. ")
    assert "PASS: " in sound
    assert broken.startswith("The same server with a fault: certificate-expired\n\nFAIL: The certificate of")
    assert done.stderr == ""
    assert files_below(tmp_path) == []


def test_the_demo_in_japanese() -> None:
    done = mailproof("--lang", "ja", "demo")
    assert done.returncode == 0
    assert "判定: 正常" in done.stdout
    assert "判定: 異常" in done.stdout


def test_a_lab_can_be_checked_from_another_process(tmp_path: Path) -> None:
    with lab(home=tmp_path) as said:
        login = ("--ca-file", ca_file(said), "--user", "alice@example.test", "--password-env", "PW", "--deliver")
        done = mailproof("check", *urls(said), *login, "--format", "json", env={"PW": "alicepw"})
    report = decode(done.stdout)
    assert (done.returncode, report.causes) == (0, ())
    assert len(report.endpoints) == 8
    assert "message-delivered" in {item.name for item in report.passed}
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    "options",
    [(), ("--articles",), ("--account", "sample"), pytest.param(("--real",), marks=pytest.mark.real)],
    ids=["embedded", "articles", "bare-name", "real"],
)
def test_the_lines_that_it_prints_of_our_own_do_what_they_say(tmp_path: Path, options: tuple[str, ...]) -> None:
    tmp_path.chmod(0o755)
    program = tmp_path / "mailproof"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mailproof "$@"\n')
    program.chmod(0o755)
    with lab(*options, home=tmp_path) as said:
        lines = [line.strip() for line in said.splitlines() if re.match(r"  (PW=\S+ )?mailproof ", line)]
        assert [re.findall(r"mailproof (\w+)", line)[0] for line in lines] == ["talk", "login", "send", "check"]
        for line in lines[1:]:
            done = subprocess.run(
                ["/bin/sh", "-c", line],
                env={**CLEAN, "PATH": f"{tmp_path}:{CLEAN['PATH']}"},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, f"{line}: {done.stdout} {done.stderr}"


def test_a_lab_is_broken_as_it_was_told(tmp_path: Path) -> None:
    log, boxes = tmp_path / "lab.log", tmp_path / "boxes"
    boxes.mkdir()
    faults = ("--fault", "starttls-not-offered@submission", "--log", str(log), "--maildir", str(boxes))
    with lab(*faults, home=tmp_path) as said:
        submission = next(url for url in urls(said) if url.startswith("submission:"))
        done = mailproof("check", submission, "--ca-file", ca_file(said), "--format", "json")
    assert [cause.name for cause in decode(done.stdout).causes] == ["starttls-not-offered"]
    assert "connect from" in log.read_text()
    assert "It is broken in this way: starttls-not-offered@submission." in said
    assert {path.name for path in boxes.iterdir()} >= {"alice@example.test", "bob@example.test"}


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_fault_is_listed_under_its_subject_with_what_it_is(lang: str) -> None:
    done = mailproof("--lang", lang, "lab", "--list-faults", env={"COLUMNS": "200"})
    assert done.returncode == 0
    parts = [part.splitlines() for part in done.stdout.split("\n\n")]
    listed = [[line.split("  ")[0] for line in lines[1:]] for lines in parts[:-1]]
    assert listed == [*([spec.name for spec in group] for group in GROUPS.values()), list(Step)]
    assert all(line.split("  ", 1)[1].strip() for lines in parts[:-1] for line in lines[1:])
    assert "chance=20%" in done.stdout


def test_the_list_for_programs_is_the_same_in_both_languages() -> None:
    texts = [mailproof("--lang", lang, "lab", "--list-faults", "--format", "json").stdout for lang in ("en", "ja")]
    assert texts[0] == texts[1]
    listed = json.loads(texts[0])
    assert [fault["name"] for fault in listed["faults"]] == list(FAULTS)
    (greylisted,) = [fault for fault in listed["faults"] if fault["name"] == "greylisted"]
    assert greylisted == {
        "name": "greylisted",
        "subject": "mail",
        "title": {"en": "Greylisted", "ja": load("greylisted", "ja").title},
        "schemes": ["smtp"],
        "check_needs": [],
        "takes_code": True,
    }
    assert [step["name"] for step in listed["steps"]] == list(Step)


def test_what_strikes_by_chance_says_how_it_strikes_again(tmp_path: Path) -> None:
    with lab("--fault", "rcpt:451:chance=20%", home=tmp_path) as said:
        assert re.search(r"strikes again in the same way with --seed \d+\.", said)
    with lab("--fault", "rcpt:451:chance=20%", "--seed", "7", home=tmp_path) as said:
        assert "with --seed 7." in said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ("--fault", "certificate-expird"),
            "there is no fault 'certificate-expird'; is it one of certificate-expired",
        ),
        (("--fault", "mailbox-full", "--fault", "recipient-unknown"), "behind mailbox-full nobody would see"),
        (("--fault", "rcpt"), "rcpt: say what becomes of the step"),
        (("--seed", "x"), "--seed: 'x' is no whole number from 0 to 1000000000"),
        (("--host", "192.0.2.9"), "cannot listen on 192.0.2.9: "),
        (("--log", "/nonexistent/lab.log"), "cannot write /nonexistent/lab.log: No such file"),
        (("--real", "--host", "127.0.0.2", "--catch-all"), "--real does not go with --catch-all, --host: "),
        (
            ("--articles", "--account", "dave", "--max-size", "9"),
            "--articles does not go with --account, --max-size: ",
        ),
        (("--articles", "--real", "--log", "x"), "--real does not go with --log: "),
        (("--account", "dave:secret-77"), "--account takes a login alone"),
        (("--account", "da ve"), "'da ve' can be no login"),
        (("--account", "dave@"), "'dave@' can be no login"),
        (("--account", "../dave"), "'../dave' can be no login"),
        (("--account", "dave", "--account", "DAVE"), "two accounts with the login DAVE"),
        (("--accounts", "/nonexistent/people"), "cannot read /nonexistent/people: No such file"),
        (("--accounts", "/dev/null"), "/dev/null holds no account"),
        (("--accounts", "/dev/zero"), "/dev/zero is longer than 4 MB"),
        (("--port-base", "65000"), "--port-base: '65000' is no whole number from 0 to 61345"),
        (("--max-size", "0"), "--max-size: '0' is no whole number from 1 to "),
    ],
)
def test_a_lab_that_cannot_be_is_refused(arguments: tuple[str, ...], complaint: str, tmp_path: Path) -> None:
    done = mailproof("lab", *arguments, env={"TMPDIR": str(tmp_path)})
    assert done.returncode == 2
    assert complaint in sentence_of(done)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("bob hidden-77", "people, line 2: there is no user name or no password"),
        ("hidden/77,bob", "account 2 of the file"),
    ],
)
def test_a_line_that_is_no_account_is_not_repeated(tmp_path: Path, line: str, complaint: str) -> None:
    people = tmp_path / "people"
    people.write_text(f"alice,fine-77\n{line}\n")
    done = mailproof("lab", "--accounts", str(people))
    assert done.returncode == 2
    assert complaint in sentence_of(done)
    assert "77" not in done.stderr.replace(str(tmp_path), "")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        base = taken.getsockname()[1] - 25
        done = mailproof("lab", "--port-base", str(base), env={"TMPDIR": str(tmp_path)})
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{base + 25}: " in sentence_of(done)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_script_reads_one_line_and_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    people = tmp_path / "people"
    people.write_text("user,password\nshop@example.com,pass:with:colons\nsample,short\n", "utf-8")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "mailproof", "lab", "--format", "json", "--accounts", str(people), "--catch-all"]
    with subprocess.Popen(command, env={**CLEAN, "TMPDIR": str(temporary)}, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        running = json.loads(child.stdout.readline())
        try:
            assert running["pid"] == child.pid
            host, port = running["urls"]["submissions"].removeprefix("submissions://").split(":")
            shop, sample, catcher = running["accounts"]
            assert (shop["user"], shop["password"]) == ("shop@example.com", "pass:with:colons")
            assert (sample["user"], sample["address"]) == ("sample", "sample@example.test")
            context = ssl.create_default_context(cafile=running["ca_file"])
            with smtplib.SMTP_SSL(host, int(port), context=context, timeout=60) as client:
                client.login("sample", sample["password"])
                client.sendmail("a@example.com", ["x@elsewhere.test", "shop@example.com"], "Subject: hello\n\nx\n")
            (caught,) = Path(catcher["maildir"], "new").iterdir()
            assert "X-Original-To: x@elsewhere.test\n" in caught.read_text()
            (mine,) = Path(shop["maildir"], "new").iterdir()
            assert "X-Original-To" not in mine.read_text()
            assert "sasl_username=sample" in Path(*running["logs"]).read_text()
        finally:
            child.send_signal(number)
            rest = child.stdout.read()
    assert (child.returncode, rest) == (0, b"")
    assert files_below(temporary) == []


@pytest.mark.parametrize("options", [(), pytest.param(("--real",), marks=pytest.mark.real)], ids=["embedded", "real"])
def test_the_lab_of_the_articles_says_what_they_type(tmp_path: Path, options: tuple[str, ...]) -> None:
    tmp_path.chmod(0o755)
    with lab("--articles", *options, home=tmp_path) as said:
        port = next(url for url in urls(said) if url.startswith("submission:")).rpartition(":")[2]
        ca = ca_file(said)
        assert f"    openssl s_client -quiet -connect localhost:{port} -crlf -starttls smtp -CAfile {ca}\n" in said
        assert "    AUTH PLAIN AHNhbXBsZQBwYXNzd29yZA==\n" in said
        assert "  answered by: 554 5.7.1 <someone@example.net>: Relay access denied\n" in said
        (log,) = re.findall(r"^  (/\S+(?:maillog|mail\.log))$", said, re.MULTILINE)
        assert "status=sent" in Path(log).read_text()
        login = ("--user", "sample", "--mailbox", "sample@example.test", "--password-env", "PW", "--deliver")
        done = mailproof("check", *urls(said), "--ca-file", ca, *login, "--format", "json", env={"PW": "password"})
    report = decode(done.stdout)
    assert "message-delivered" in {item.name for item in report.passed}
    assert {cause.name for cause in report.causes} == {"auth-offered-in-clear"}
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("options", [(), pytest.param(("--real",), marks=pytest.mark.real)], ids=["embedded", "real"])
def test_the_lab_of_the_articles_for_scripts(tmp_path: Path, options: tuple[str, ...]) -> None:
    tmp_path.chmod(0o755)
    with lab("--articles", *options, "--format", "json", home=tmp_path) as said:
        running = json.loads(said)
        assert [person["user"] for person in running["accounts"]] == ["sample", "username", "authtest@example.test"]
        assert {name: given["clients"] for name, given in running["rewriting"].items()} == town.REWRITE
        assert set(running["relays"]) == set(town.SINKS)
        assert all(Path(maildir, "new").is_dir() for maildir in running["relays"].values())
        with smtplib.SMTP("127.0.0.1", running["rewriting"]["rewrite-all"]["port"], timeout=60) as client:
            assert client.noop()[0] == 250
    assert files_below(tmp_path) == []


@pytest.mark.skipif(not RealLab.missing(), reason="everything is here")
def test_a_real_lab_says_what_it_lacks() -> None:
    done = mailproof("lab", "--real")
    assert done.returncode == 2
    assert sentence_of(done).startswith("a private Postfix and Dovecot need what is not here: ")


@pytest.mark.real
def test_a_real_lab_has_the_accounts_limits_and_ports_that_were_asked_for(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    people = tmp_path / "people"
    people.write_text("sample,pass:word\nshop@example.com,a b\n")
    base = free_base()
    options = ("--accounts", str(people), "--port-base", str(base), "--max-size", "5000", "--format", "json")
    with lab("--real", *options, home=tmp_path) as said:
        running = json.loads(said)
        assert running["urls"]["smtp"] == f"smtp://127.0.0.1:{base + 25}"
        context = ssl.create_default_context(cafile=running["ca_file"])
        context.check_hostname = False
        with smtplib.SMTP("127.0.0.1", base + 587, timeout=60) as client:
            client.starttls(context=context)
            client.login("shop@example.com", "a b")
            assert client.esmtp_features["size"] == "5000"
            client.sendmail("shop@example.com", ["sample@example.test"], "Subject: hello\n\nx\n")
        pop = poplib.POP3_SSL("127.0.0.1", base + 995, context=context, timeout=60)
        with pytest.raises(poplib.error_proto, match="AUTH"):
            pop.user("sample@example.test")
            pop.pass_("pass:word")
        pop.close()
        maildir = Path(running["accounts"][0]["maildir"])
        read = mailproof(
            *("check", running["urls"]["imaps"], "--ca-file", running["ca_file"], "--name", running["hostname"]),
            *("--user", "sample", "--password-env", "PW"),
            env={"PW": "pass:word"},
        )
        assert read.returncode == 0, read.stdout
        assert [path.name for path in maildir.parent.iterdir()] == ["sample"]


@pytest.mark.real
def test_a_real_lab_passes_and_goes(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with lab("--real", home=tmp_path) as said:
        ca = Path(ca_file(said))
        login = ("--user", "alice@example.test", "--password-env", "PW", "--deliver")
        done = mailproof(
            *("check", *urls(said), "--ca-file", str(ca), "--name", RealLab.name, *login),
            env={"PW": "looking-glass-1871"},
        )
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("PASS: ")
    assert not ca.parent.parent.exists()
