"""`mailproof milter` as it is typed: sentences, exit codes, JSON, both languages."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mailproof.lab.milter import running

TINY = [sys.executable, str(Path(__file__).parents[1] / "tinymilter.py"), "{socket}"]


@pytest.fixture(scope="module")
def url():
    with running(TINY) as milter:
        yield milter.url


@pytest.fixture
def message(tmp_path: Path) -> str:
    file = tmp_path / "message.eml"
    file.write_bytes(b"From: a@example.com\nSubject: x\n\nHi\n")
    return str(file)


def mailproof(*words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent", "COLUMNS": "100"}
    command = (sys.executable, "-m", "mailproof", *words)
    return subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, check=False, timeout=60
    )


def test_what_it_negotiates(url):
    done = mailproof("milter", url)
    assert done.returncode == 0
    assert done.stdout.startswith(f"OK: a milter answers at {url}")
    assert "add and insert header fields" in done.stdout
    told = json.loads(mailproof("milter", url, "--format", "json").stdout)
    assert told["negotiated"]["actions"] == ["add-headers"] and not told["dead"]


def test_a_message_in_and_out(url, message, tmp_path):
    out = tmp_path / "out.eml"
    done = mailproof("milter", "send", url, message, "--rcpt", "bob@example.net", "--output", str(out))
    assert done.returncode == 0 and "\n  + X-Seen: yes\n" in done.stdout
    assert out.read_bytes() == b"From: a@example.com\r\nSubject: x\r\nX-Seen: yes\r\n\r\nHi\r\n"
    # The file may stand before the place, as the other way round.
    told = json.loads(mailproof("milter", "send", message, url, "--rcpt", "b@x.test", "--format", "json").stdout)
    assert told["verdict"] == "accept" and told["changes"] == [
        {"change": "add-header", "name": "X-Seen", "value": "yes"}
    ]
    assert "+ X-Seen: yes" in told["diff"] and all(step["seconds"] >= 0 for step in told["steps"])


def test_masked_it_says_neither_who_nor_what(url, tmp_path):
    mail = tmp_path / "mail.eml"
    field = "Received: from wombatpc by zebrahost with ESMTP id 4A1B2C3D4E; Sun, 29 Nov 2026 10:00:00 +0900"
    mail.write_text(f"{field}\nFrom: Ottokar <badger@corp.test>\nTo: lemurito\nSubject: zottelig\n\nzottelig words\n")
    words = ("--rcpt", "otter@corp.test", "--from", "badger@corp.test", "--connect", "wombatpc[203.0.113.99]", "-v")
    names = ("wombat", "zebra", "4A1B", "otter", "corp", "ottokar", "badger", "lemur", "zottel", "203.0.113")
    for shape in ("text", "json"):
        done = mailproof("milter", "send", url, str(mail), *words, "--mask", "--format", shape)
        assert done.returncode == 0 and "X-Seen: [masked " in done.stdout and url in done.stdout
        assert not [name for name in names if name.lower() in done.stdout.lower()]
    script = "C: CONNECT wombatpc [203.0.113.99]\nS: CONTINUE\nC: HELO zebrahost\nS: REJECT\n"
    done = mailproof("milter", "script", url, "-", "--mask", given=script)
    assert done.returncode == 1 and not [name for name in names if name.lower() in done.stdout.lower()]
    done = mailproof("milter", "send", url, str(mail), *words, "--mask", "--output", "x")
    assert done.returncode == 2 and "--output" in done.stderr


def test_tempfail_is_not_death(url, message):
    later = mailproof("milter", "send", url, message, "--rcpt", "later@example.net")
    assert later.returncode == 1 and "works, and says TEMPFAIL at RCPT" in later.stdout
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        dead = mailproof(
            "milter", "send", f"inet:{taken.getsockname()[1]}@127.0.0.1", message, "--rcpt", "later@x.test"
        )
    assert dead.returncode == 3 and dead.stdout.startswith("DEAD: no milter answers")
    assert "just as after a TEMPFAIL" in " ".join(dead.stdout.split())


def test_a_script(url, message, tmp_path):
    script = tmp_path / "signs.milter"
    script.write_text(
        "C: CONNECT mx 192.0.2.1\nC: MAIL <a@b>\nC: RCPT <later@x>\nS: TEMPFAIL\nC: RCPT <c@d>\n"
        "C: MESSAGE message.eml\nS: ADDHEADER X-Seen: ~\nS: ACCEPT\n"
    )
    done = mailproof("milter", "script", url, str(script))
    assert done.returncode == 0 and "answers as the script wants" in done.stdout
    done = mailproof("milter", "script", url, "-", given="C: CONNECT mx\nS: REJECT\n")
    assert done.returncode == 1 and "  wanted: REJECT\n  got:    CONTINUE\n" in done.stdout
    done = mailproof("milter", "script", url, "-", "--format", "json", given="C: CONNECT mx\nS: REJECT\n")
    assert json.loads(done.stdout)["unmet"] == {"line": 2, "wanted": "REJECT", "got": ["CONTINUE"]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name the milter once"),
        (("send",), "name the milter once"),
        (("smtp://x",), "name the milter once"),
        (("inet:x",), "is no place of a milter"),
        (("unix:x",), "its whole path"),
        (("inet:1@127.0.0.1", "x.eml"), "neither send nor script"),
        (("send", "inet:1@127.0.0.1"), "name the message"),
        (("script", "inet:1@127.0.0.1"), "name the script"),
        (("send", "inet:1@127.0.0.1", "{message}"), "add --rcpt"),
        (("send", "inet:1@127.0.0.1", "/nonexistent", "--rcpt", "a@b"), "cannot read"),
        (("send", "inet:1@127.0.0.1", "{message}", "--rcpt", "a@b", "--macro", "x"), "NAME=VALUE"),
        (("send", "inet:1@127.0.0.1", "{message}", "--rcpt", "a@b", "--connect", "mx[192"), "--connect takes"),
        (("send", "inet:1@127.0.0.1", "{message}", "--rcpt", "a\nb"), "one line"),
        (("script", "inet:1@127.0.0.1", "{message}"), "line 1"),
        (("script", "inet:1@127.0.0.1", "{script}"), "line 1: CONNECT wants HOST"),  # before anybody is connected to
    ],
)
def test_wrong_usage_is_one_sentence(words, said, message, tmp_path):
    script = tmp_path / "script"
    script.write_text("C: CONNECT x 999.1.1.1\n")
    done = mailproof("milter", *(word.format(message=message, script=script) for word in words))
    assert done.returncode == 2 and said in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1 and done.stdout == ""


def test_a_field_that_no_packet_holds_is_no_crash(url, tmp_path):
    message = tmp_path / "long.eml"
    message.write_bytes(b"A: " + b"x" * (1 << 20) + b"\n\nHi\n")
    for lang, said in (
        ("en", "a field of the header is longer than a milter"),
        ("ja", "ヘッダフィールドの 1 つが、"),
    ):
        done = mailproof("--lang", lang, "milter", "send", url, str(message), "--rcpt", "a@b")
        assert (done.returncode, done.stdout) == (2, "") and said in done.stderr


@pytest.mark.parametrize(
    "client",
    [
        "x[999.1.1.1]",
        "999.1.1.1",
        "x[mx]",
        "x[192.0.2.1",
        "x[192.0.2.1]25",
        "x[192.0.2.1]:65536",
        "x[]",
        "a b",
        "::g",
    ],
)
def test_a_client_that_is_none_is_refused(client, url, message):
    for lang, said in (("en", f"mx.example.com[192.0.2.1], not '{client}'"), ("ja", f"('{client}' は使えません)")):
        done = mailproof("--lang", lang, "milter", "send", url, message, "--rcpt", "a@b", "--connect", client)
        assert (done.returncode, done.stdout) == (2, "") and said in done.stderr


@pytest.mark.parametrize(
    ("client", "said"),
    [
        ("mx.test[192.0.2.1]:2525", "mx.test [192.0.2.1]"),
        ("[2001:db8::1]", "[2001:db8::1] [2001:db8::1]"),
        ("192.0.2.1", "[192.0.2.1] [192.0.2.1]"),
        ("unknown[unknown]", "unknown []"),
        ("mx.test", "mx.test []"),
    ],
)
def test_a_client_that_is_one_is_told(client, said, url, message):
    done = mailproof("milter", "send", url, message, "--rcpt", "a@b", "--connect", client)
    assert done.returncode == 0 and f"  {said} " in done.stdout


def test_a_broken_script_is_told_in_japanese_too(url):
    done = mailproof("--lang", "ja", "milter", "script", url, "-", given="C: FOO\n")
    assert done.returncode == 2 and done.stderr.startswith("mailproof: -: 1 行目: 「FOO」は CONNECT、HELO、")


def test_japanese(url, message):
    done = mailproof("--lang", "ja", "milter", "send", url, message, "--rcpt", "later@example.net")
    assert "RCPT で TEMPFAIL を返しました" in done.stdout
    assert done.stdout.isascii() is False and "{" not in done.stdout
