"""`send` and swaks tell a server the same, byte for byte: lines of its manual and of its users' questions."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from smtp_recorder import OFFERS, PATIENCE, Recorder, comparable

from mailproof.cli.send import command
from mailproof.cli.swaks import translated
from mailproof.cli.terminal import Complaint, Terminal

pytestmark = pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not installed")

CLEAN = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOME": "/nonexistent"}
A, B, C = "alice@x.test", "bob@y.test", "carol@y.test"
TERMINAL = Terminal("en")
KNOWN = {name for option in command(TERMINAL).params for name in option.opts}
FROM_TO = ("--from", A, "--to", B)
BODY = "line one\\n.line two\\n..three"

# Name: what swaks is told, what mailproof is told; None for the same words.
PLAIN: dict[str, tuple[tuple[str, ...], tuple[str, ...] | None]] = {
    "a test message": (FROM_TO, None),
    "short spellings": (("-f", A, "-t", B), None),
    "single dash, long names": (("-from", A, "-to", B), None),
    "equals signs": ((f"--from={A}", f"--to={B}"), None),
    "two recipients with a comma": (("-f", A, "-t", f"{B},{C}"), None),
    "the null sender": (("-f", "<>", "-t", B), None),
    "a body": ((*FROM_TO, "--body", "hello there"), None),
    "a body of several lines, with dots": ((*FROM_TO, "--body", BODY), None),
    "a body from a file": ((*FROM_TO, "--body", "@{body}"), None),
    "a subject by --header": ((*FROM_TO, "--header", "Subject: hi there"), None),
    "a subject by --h-Subject": ((*FROM_TO, "--h-Subject", "hi there"), None),
    "headers apart from the envelope": ((*FROM_TO, "--h-From", "Boss <boss@z.test>", "--h-To", "list@z.test"), None),
    "a header more": ((*FROM_TO, "--add-header", "X-Test: one"), None),
    "two headers more": ((*FROM_TO, "-ah", "X-Test: one", "-ah", "X-Test: two"), None),
    "a header that is new": ((*FROM_TO, "--header", "X-Priority: 1"), None),
    "a GTUBE body": (
        (*FROM_TO, "--body", "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"),
        None,
    ),
    "a whole message": ((*FROM_TO, "--data", "@{data}"), None),
    "a whole message with -d": ((*FROM_TO, "-d", "@{data}"), None),
    "a template": ((*FROM_TO, "--data", "@{template}"), (*FROM_TO, "--data", "@{template}", "--template")),
    "an attachment": (
        (*FROM_TO, "--attach-type", "text/csv", "--attach-name", "list.csv", "--attach", "@{csv}"),
        None,
    ),
    "two attachments": (
        (*FROM_TO, "--attach-name", "a.bin", "--attach", "@{csv}", "--attach-name", "b.bin", "--attach", "@{bin}"),
        None,
    ),
    "a body of HTML": ((*FROM_TO, "--attach-type", "text/html", "--attach-body", "<b>hi</b>"), None),
    "a body in two forms, and a file": (
        (
            *(*FROM_TO, "--attach-body", "hi", "--attach-type", "text/html", "--attach-body", "<b>hi</b>"),
            *("--attach-name", "a.bin", "--attach", "@{bin}"),
        ),
        None,
    ),
    "pipelining": ((*FROM_TO, "--pipeline"), None),
    "pipelining to two": (("-f", A, "-t", f"{B},{C}", "--pipeline"), None),
    "quit after the banner": ((*FROM_TO, "--quit-after", "BANNER"), None),
    "quit after EHLO": ((*FROM_TO, "--quit-after", "EHLO"), None),
    "quit after the first EHLO": ((*FROM_TO, "-q", "FIRST-HELO"), None),
    "quit after MAIL": ((*FROM_TO, "-q", "MAIL"), None),
    "quit after RCPT: does the address exist?": ((*FROM_TO, "-q", "RCPT"), None),
    "quit after TO": ((*FROM_TO, "-q", "TO"), None),
    "drop after MAIL": ((*FROM_TO, "--drop-after", "MAIL"), None),
    "drop after RCPT": ((*FROM_TO, "-da", "RCPT"), None),
    "an address that RFC 5321 forbids": (("-f", A, "-t", "a..b.@docomo.test"), None),
    "LMTP": ((*FROM_TO, "--protocol", "LMTP"), None),
    "LMTP to two": (("-f", A, "-t", f"{B},{C}", "--protocol", "LMTP"), None),
    "XCLIENT": ((*FROM_TO, "--xclient-addr", "192.0.2.1", "--xclient-name", "c.test"), None),
    "an IPv4 address": ((*FROM_TO, "-4"), None),
    "PRDR": ((*FROM_TO, "--prdr"), None),
    "hidden from its own screen": ((*FROM_TO, "--suppress-data", "-stl"), None),
    "silent, and no server of that name": ((*FROM_TO, "-S", "2", "-nth", "-hr", "-hs", "-stl", "i"), None),
    "HELO": ((*FROM_TO, "--protocol", "SMTP"), None),
    "HELO and no pipeline": ((*FROM_TO, "--protocol", "SMTP", "--pipeline", "-q", "RCPT"), None),
    "one new header twice": ((*FROM_TO, "--header", "X-A: 1", "--header", "X-A: 2"), None),
    "a header by --header-NAME": ((*FROM_TO, "--header-Subject", "hi"), None),
    "two headers in one": ((*FROM_TO, "-ah", "X-A: 1\\nX-B: 2"), None),
    "a file without a type": ((*FROM_TO, "--attach", "@{csv}"), None),
    "a type for all that follow": (
        (*FROM_TO, "--attach-type", "text/csv", "--attach", "@{csv}", "--attach-name", "b", "--attach", "@{bin}"),
        None,
    ),
    "a file without a name": ((*FROM_TO, "--attach-name", "--attach", "@{csv}"), None),
    "a type that the body used up": (
        (*FROM_TO, "--attach-type", "text/html", "--attach-body", "<b>hi</b>", "--attach", "@{bin}"),
        None,
    ),
    "a message out of an mbox": ((*FROM_TO, "--data", "@{mbox}"), None),
    "the same with its From line": ((*FROM_TO, "--data", "@{mbox}", "-nsf"), None),
    "a whole message on the command line": ((*FROM_TO, "-d", "Subject: x\\n\\n.hello\\n"), None),
    "XCLIENT in one piece": ((*FROM_TO, "--xclient", "ADDR=192.0.2.1 NAME=c.test"), None),
    "a login where there is one, and there is none": ((*FROM_TO, "-ao", "LOGIN", "-au", "alice"), None),
    "TLS where there is any": ((*FROM_TO, "-tlsos", "--tls-verify"), None),
}
TLS: dict[str, tuple[str, ...]] = {
    "STARTTLS": ("-tls",),
    "TLS at once": ("-tlsc",),
    "STARTTLS and AUTH PLAIN": ("-tls", "-a", "PLAIN", "-au", "alice"),
    "STARTTLS and AUTH LOGIN": ("-tls", "--auth", "LOGIN", "--auth-user", "alice"),
    "STARTTLS and AUTH CRAM-MD5": ("-tls", "-a", "CRAM-MD5", "-au", "alice"),
    "AUTH and no further: is the password right?": ("-tls", "-a", "PLAIN", "-au", "alice", "-q", "AUTH"),
    "STARTTLS and no further": ("-tls", "-q", "TLS"),
    "STARTTLS and the second EHLO": ("-tls", "-q", "EHLO"),
    "TLS 1.2 alone": ("-tls", "-tlsp", "tlsv1_2", "-q", "EHLO"),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    held = {
        "body": b"from a file\nwith two lines\n",
        "data": b"From: a@x.test\nTo: b@y.test\nSubject: whole\n\n.leading dot\n..two\nlast\n",
        "template": b"From: %FROM_ADDRESS%\nTo: %TO_ADDRESS%\nSubject: t%NEWLINE%X-A: b\n\nbody\n",
        "csv": b"a,b\n1,2\n",
        "mbox": b"From a@x.test Mon Nov 23 10:00:00 2026\nFrom: a@x.test\nSubject: kept\n\nbody\n",
        "bin": bytes(range(256)),
    }
    made = {}
    for name, data in held.items():
        made[name] = folder / name
        made[name].write_bytes(data)
    return made


def offers(name: str) -> tuple[str, ...]:
    if name.startswith("a login where"):
        return tuple(each for each in OFFERS if not each.startswith("AUTH"))
    return (*OFFERS, "XCLIENT NAME ADDR") if name.startswith("XCLIENT") else OFFERS


def filled(words: tuple[str, ...], files: dict[str, Path]) -> list[str]:
    return [word.format(**files) if word.startswith("@{") else word for word in words]


def run(command: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env={**CLEAN, **env}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def swaks(server: Recorder, *words: str) -> subprocess.CompletedProcess[str]:
    return run(["swaks", "--server", "127.0.0.1", "--port", str(server.port), "--helo", "c.test", *words])


def ours(server: Recorder, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    place = ["-s", "127.0.0.1", "-p", str(server.port), "--helo", "c.test"]
    return run([sys.executable, "-m", "mailproof", "send", *place, *words], **env)


@pytest.mark.parametrize("name", PLAIN)
def test_the_same_bytes_in_clear_text(name: str, files: dict[str, Path]) -> None:
    theirs, mine = PLAIN[name]
    their_server = Recorder(offers=offers(name))
    password = ("-ap", "secret") if "-au" in theirs else ()
    their_run = swaks(their_server, *filled(theirs, files), *password)
    our_server = Recorder(offers=offers(name))
    source = ("--password-env", "PW") if password else ()
    our_run = ours(our_server, *filled(mine or theirs, files), *source, PW="secret")
    their_bytes, our_bytes = comparable(their_server.ended()), comparable(our_server.ended())
    assert our_bytes == their_bytes, our_run.stdout + our_run.stderr
    assert our_run.returncode == their_run.returncode == 0, their_run.stdout + our_run.stdout


@pytest.mark.parametrize("name", TLS)
def test_the_same_bytes_inside_tls(name: str, trusted: tuple[ssl.SSLContext, Path]) -> None:
    context, root = trusted
    words = (*FROM_TO, *TLS[name])
    at_once = "-tlsc" in words
    their_server = Recorder(context=context, at_once=at_once)
    password = ("-ap", "secret") if "-au" in words or "--auth-user" in words else ()
    swaks(their_server, *words, *password)
    our_server = Recorder(context=context, at_once=at_once)
    source = ("--password-env", "PW") if password else ()
    done = ours(our_server, *words, *source, "--ca-file", str(root), PW="secret")
    their_bytes, our_bytes = comparable(their_server.ended()), comparable(our_server.ended())
    assert our_bytes == their_bytes, done.stdout + done.stderr
    assert done.returncode == 0


def test_there_are_forty() -> None:
    assert len(PLAIN) + len(TLS) >= 40


def test_a_password_as_an_argument_is_refused_in_either_spelling() -> None:
    for words in (("-ap", "secret"), ("--auth-password=secret",)):
        done = run([sys.executable, "-m", "mailproof", "send", "-s", "127.0.0.1", *FROM_TO, *words])
        assert done.returncode == 1
        assert "never an argument" in done.stderr and "secret" not in done.stderr


def test_the_port_behind_the_server_and_a_port_by_name(files: dict[str, Path]) -> None:
    for form in ("127.0.0.1:{}", "[127.0.0.1]:{}", "127.0.0.1/{}", "[127.0.0.1]/{}"):
        server = Recorder()
        run([sys.executable, "-m", "mailproof", "send", "-s", form.format(server.port), *FROM_TO, "-q", "RCPT"])
        assert b"".join(server.ended()).count(b"RCPT TO") == 1, form


def options_of_swaks() -> list[tuple[str, ...]]:
    """Of its source, which is what its manual page is made of: each option with its other names."""
    source = Path(shutil.which("swaks") or "").read_text("utf-8")
    return [tuple(re.findall(r"'([^']+)'", found)) for found in re.findall(r"opts\s*=> \[([^\]]+)\]", source)]


@pytest.mark.parametrize("page", ["send.md", "send.ja.md"])
def test_the_page_has_every_option_of_swaks(page: str) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / page).read_text("utf-8")
    rows = "\n".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    told = set(re.findall(r"`-{1,2}([A-Za-z0-9][A-Za-z0-9-]*)", rows))
    options = options_of_swaks()
    assert len(options) > 90
    undocumented = ("trigger-deprecation", "xclient-after")  # in its source alone
    assert [names for names in options if not set(names) & {*told, *undocumented}] == []


def test_none_of_them_is_an_option_that_there_is_not() -> None:
    unknown = []
    for names in options_of_swaks():
        for name in names:
            if name in ("help", "h", "trigger-deprecation"):
                continue
            dashed = f"-{name}" if len(name) == 1 else f"--{name}"
            try:
                words = translated((dashed, "1"), TERMINAL)
            except Complaint:
                continue  # it says what there is in its place
            unknown += [dashed for word in words if word.startswith("-") and word not in KNOWN]
    assert unknown == []
