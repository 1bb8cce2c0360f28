"""`send` from the outside: what it says, how it ends, and the spellings of swaks."""

from __future__ import annotations

import json
import socket
import sys
import threading
from functools import partial
from pathlib import Path

import pytest
from running import mailproof, sentence_of, serving, smtp

from mailproof.cli.swaks import translated
from mailproof.cli.terminal import Terminal

FROM_TO = ("--from", "alice@x.test", "--to", "bob@y.test")


def taker(line: bytes) -> str:
    if line.startswith(b"DATA"):
        return "354 go\r\n"
    if line == b".":
        return "250 2.0.0 Ok: queued as 4ABCDEF1\r\n"
    if line.startswith(b"RCPT TO:<nobody"):
        return "550 5.1.1 <nobody@y.test>: Recipient address rejected: User unknown\r\n"
    if line.startswith((b"MAIL", b"RCPT", b"RSET")):
        return "250 2.1.0 Ok\r\n"
    return ""


def takes(peer: object) -> None:
    smtp_takes(peer)  # type: ignore[arg-type]


def smtp_takes(peer) -> None:  # type: ignore[no-untyped-def]
    peer.say("220 mail.example.test ESMTP\r\n")
    inside = False
    while (line := peer.hear()) or (inside and not peer.is_gone):
        if inside:
            if line == b".":
                inside = False
                peer.say("250 2.0.0 Ok: queued as 4ABCDEF1\r\n")
            continue
        if line.upper() == b"QUIT":
            peer.say("221 2.0.0 Bye\r\n")
            return
        if line.upper().startswith((b"EHLO", b"LHLO")):
            peer.say("250-mail.example.test\r\n250 8BITMIME\r\n")
        else:
            inside = line.startswith(b"DATA")
            peer.say(taker(line) or "502 5.5.2 no\r\n")


def test_one_line_answers() -> None:
    with serving(smtp_takes) as server:
        done = mailproof("send", f"smtp://127.0.0.1:{server.port}", *FROM_TO)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == ("OK: the server has taken the message: 250 2.0.0 Ok: queued as 4ABCDEF1")
    assert done.stderr == ""


def test_in_japanese_with_a_row_for_each_recipient() -> None:
    with serving(smtp_takes) as server:
        to = ("--from", "a@x.test", "--to", "bob@y.test,nobody@y.test")
        done = mailproof("--lang", "ja", "send", f"smtp://127.0.0.1:{server.port}", *to)
    assert done.returncode == 42
    assert done.stdout.startswith("判定: 失敗")
    assert f"\n  接続先: smtp://127.0.0.1:{server.port}、" in done.stdout
    assert "nobody@y.test  拒否  550 5.1.1" in done.stdout and "bob@y.test     受付  250" in done.stdout
    assert "mailproof explain recipient-unknown" in done.stdout


def test_json_has_every_recipient() -> None:
    with serving(smtp_takes) as server:
        to = ("--from", "a@x.test", "--to", "bob@y.test", "--to", "nobody@y.test", "--format", "json")
        done = mailproof("send", f"smtp://127.0.0.1:{server.port}", *to)
    told = json.loads(done.stdout)
    assert (told["exit_code"], told["ok"], told["queue_id"]) == (42, False, "4ABCDEF1")
    assert [(each["address"], each["taken"]) for each in told["recipients"]] == [
        ("bob@y.test", True),
        ("nobody@y.test", False),
    ]
    assert told["cause"]["name"] == "recipient-unknown"


def test_the_body_is_recorded_only_when_told_to(tmp_path: Path) -> None:
    for words, kept in (((), False), (("--keep-bodies",), True)):
        file = tmp_path / f"{kept}.json"
        with serving(smtp_takes) as server:
            where = f"smtp://127.0.0.1:{server.port}"
            mailproof("send", where, *FROM_TO, "--body", "a word of its own", "--record", str(file), *words)
        assert ("a word of its own" in file.read_text("utf-8")) is kept


def test_masked_it_can_be_posted() -> None:
    with serving(smtp_takes) as server:
        done = mailproof("send", f"smtp://127.0.0.1:{server.port}", *FROM_TO, "--mask", "-v")
    assert "alice" not in done.stdout and "y.test" not in done.stdout


def test_iso_2022_jp_and_an_address_that_no_rfc_allows(tmp_path: Path) -> None:
    with serving(smtp_takes) as server:
        to = ("--from", "a@x.test", "--to", "a..b.@docomo.test", "--subject", "件名", "--body", "本文")
        done = mailproof("send", f"smtp://127.0.0.1:{server.port}", *to, "--charset", "iso-2022-jp")
        heard = server.heard()
    assert done.returncode == 0
    assert b"RCPT TO:<a..b.@docomo.test>" in heard
    assert "本文".encode("iso-2022-jp") in heard
    assert b"Content-Type: text/plain; charset=ISO-2022-JP" in heard


def test_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    heard: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 x LMTP\r\n")
            for line in lines:
                heard.append(line)
                connection.sendall(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 ok\r\n")

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        done = mailproof("send", f"lmtp+unix://{path}", *FROM_TO, "--quit-after", "rcpt", "--ehlo", "c.test")
        thread.join(30)
    assert done.returncode == 0, done.stdout
    assert [line.split()[0] for line in heard] == [b"LHLO", b"MAIL", b"RCPT", b"QUIT"]


PROGRAM = """
import sys
print("220 x ESMTP", end="\\r\\n", flush=True)
for line in sys.stdin:
    print("221 bye" if line.startswith("QUIT") else "250 ok", end="\\r\\n", flush=True)
"""


def test_a_program_in_place_of_a_connection(tmp_path: Path) -> None:
    file = tmp_path / "server.py"
    file.write_text(PROGRAM)
    done = mailproof("send", "--pipe", f"{sys.executable} {file}", *FROM_TO, "-q", "RCPT", "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "S: 220 x ESMTP" in done.stdout


@pytest.mark.parametrize(
    ("stage", "en", "ja"),
    [
        ("banner", "ended after greeting, as asked.", "指定どおり「接続時の応答」の後で終わりました。"),
        (
            "rcpt",
            "ended after RCPT TO, as asked: 250 2.1.0 Ok",
            "指定どおり「RCPT TO」の後で終わりました: 250 2.1.0 Ok",
        ),
        ("data", "ended after DATA, as asked: 354 go", "指定どおり「DATA」の後で終わりました: 354 go"),
    ],
)
def test_where_it_was_to_end_is_said_in_a_whole_sentence(stage: str, en: str, ja: str) -> None:
    with serving(smtp_takes) as server:
        words = ("send", f"smtp://127.0.0.1:{server.port}", *FROM_TO, "--drop-after", stage)
        first = [mailproof(*words, "--lang", lang).stdout.splitlines()[0] for lang in ("en", "ja")]
    assert first == [f"OK: {en}", f"判定: 成功  {ja}"]


def test_a_program_that_is_not_there_is_stage_2() -> None:
    done = mailproof("send", "--pipe", "/no/such/program -bs", *FROM_TO)
    assert done.returncode == 2 and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("smtp://mx.test",), "--to"),
        (("--to", "a@x.test,b@y.test"), "several domains"),
        (("imaps://mx.test", *FROM_TO), "imaps"),
        (("smtp://mx.test", "-s", "mx.test", *FROM_TO), "once"),
        (("smtp://mx.test", *FROM_TO, "-q", "NEVER"), "--quit-after"),
        (("smtp://mx.test", *FROM_TO, "-q", "RCPT", "-da", "MAIL"), "together"),
        (("smtp://mx.test", *FROM_TO, "--header", "no colon"), "--header"),
        (("smtp://mx.test", *FROM_TO, "--body", "é", "--charset", "us-ascii"), "us-ascii"),
        (("smtp://mx.test", *FROM_TO, "--data", "@/no/such"), "/no/such"),
        (("smtp://mx.test", *FROM_TO, "--notify", "sometimes"), "--notify"),
        (("smtp://mx.test", *FROM_TO, "--dkim-domain", "x.test"), "--dkim-key"),
        (("smtp://mx.test", "--from", "a@x.test", "--to", "b@y.test>\r\nRSET"), "--to"),
        (("smtp://mx.test", *FROM_TO, "-ap", "hunter2"), "never an argument"),
        (("smtp://mx.test", *FROM_TO, "--protocol", "uucp"), "--protocol"),
        (("smtp://mx.test", *FROM_TO, "--port", "9"), "--port"),
        (("-s", "mx.test", *FROM_TO, "--protocol", "esmtpsa"), "--user"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(words: tuple[str, ...], says: str) -> None:
    done = mailproof("send", *words)
    assert done.returncode == 1
    assert says in sentence_of(done) and "hunter2" not in done.stderr


def test_the_transcript_is_that_of_a_refusal_too() -> None:
    refuses = partial(smtp, offers=())
    with serving(refuses) as server:
        done = mailproof("send", f"smtp://127.0.0.1:{server.port}", *FROM_TO, "-v")
    assert done.returncode in (23, 24)
    assert "C: MAIL FROM:<alice@x.test>" in done.stdout


def test_the_s_of_esmtps_is_tls() -> None:
    with serving(smtp_takes) as server:
        done = mailproof("send", "-s", "127.0.0.1", "-p", str(server.port), *FROM_TO, "--protocol", "ESMTPS")
        assert done.returncode == 29
        assert not any(line.startswith(b"MAIL") for line in server.heard())


def said(folder: Path, *words: str) -> tuple[bytes, str]:
    """What the server heard, and what the user was told."""
    with serving(smtp_takes) as server:
        done = mailproof("send", f"smtp://127.0.0.1:{server.port}", *FROM_TO, *words, cwd=folder)
        return b"\n".join(server.heard()), done.stderr


def test_a_text_is_no_file_of_that_name_and_that_is_told(tmp_path: Path) -> None:
    """Who sends "hello" does not send what lies in a file called hello."""
    (tmp_path / "hello").write_text("what lies there")
    for words in (("--body", "hello"), ("--attach-body", "text/plain;hello")):
        heard, told = said(tmp_path, *words)
        assert b"what lies there" not in heard and b"\nhello" in heard
        assert f"{words[0]} @hello" in told
    heard, told = said(tmp_path, "--body", "@hello")
    assert b"what lies there" in heard and told == ""
    assert b"\n@hello" in said(tmp_path, "--body", "@@hello")[0]


def test_an_attachment_is_a_file_with_or_without_its_sign(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("a,b\n")
    for name in ("list.csv", "@list.csv"):
        heard, told = said(tmp_path, "--attach", name)
        # As swaks has it, which guesses no type by the name.
        assert b'filename="list.csv"' in heard and b"application/octet-stream" in heard and told == ""
    heard, _ = said(tmp_path, "--attach", "list.csv;type=text/csv")
    assert b'Content-Type: text/csv; name="list.csv"' in heard


def test_a_whole_message_of_one_line_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_text("Subject: from the file\n\nx\n")
    for name in ("m.eml", "@m.eml"):
        assert b"Subject: from the file" in said(tmp_path, "--data", name)[0]
    assert b"Subject: typed" in said(tmp_path, "--data", "Subject: typed\\n\\nx")[0]


@pytest.mark.parametrize("option", ["--data", "--attach"])
def test_a_file_that_is_not_there_is_no_text(tmp_path: Path, option: str) -> None:
    done = mailproof("send", "smtp://127.0.0.1:1", *FROM_TO, option, "mistyped.txt", cwd=tmp_path)
    assert done.returncode == 1 and "mistyped.txt" in sentence_of(done)


def test_a_long_body_is_a_body() -> None:
    with serving(smtp_takes) as server:
        done = mailproof("send", f"smtp://127.0.0.1:{server.port}", *FROM_TO, "--body", "x" * 5000)
        assert done.returncode == 0 and any(b"x" * 5000 in line for line in server.heard())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-a",), "--login required needs a user name: add --user"),
        (("-a", "LOGIN,PLAIN"), "-a takes one mechanism, not LOGIN,PLAIN"),
        (("--das", "MAIL"), "--das of swaks is not here: --drop-after hangs up"),
        (("-tlsp", "tlsv1,tlsv1_3"), "-tlsp takes versions that follow each other"),
        (("--proxy-protocol", "STREAM"), "--proxy-protocol v1,ADDRESS"),
        (("--version",), "mailproof --version says it"),
    ],
)
def test_what_swaks_has_and_send_has_not_says_what_there_is(words: tuple[str, ...], says: str) -> None:
    done = mailproof("send", "-s", "127.0.0.1:9", *FROM_TO, *words)
    assert done.returncode == 1
    assert says in sentence_of(done)


def test_words_of_swaks_become_ours() -> None:
    terminal = Terminal("en")
    assert translated(("--xclient-reverse-name", "c.test"), terminal) == ["--xclient", "REVERSE_NAME=c.test"]
    assert translated(("--proxy-protocol", "v1", "-S"), terminal) == ["--proxy-protocol", "v1"]
    assert translated(("-S", "-s", "mx.test:587"), terminal) == ["--port", "587", "--server", "mx.test"]
    assert translated(("-s", "2001:db8::1/25"), terminal) == ["--port", "25", "--server", "2001:db8::1"]
    assert translated(("-tlsp", "no_tlsv1,no_sslv3"), terminal) == ["--tls-min", "1.1", "--tls-max", "1.3"]


@pytest.mark.parametrize(("literal", "where"), [("[IPv6:::1]", "smtp://[::1]"), ("[127.0.0.1]", "smtp://127.0.0.1")])
def test_an_address_literal_says_where_it_goes(literal: str, where: str) -> None:
    done = mailproof(
        "send", "--from", "a@x.test", "--to", f"bob@{literal}", "--quit-after", "banner", "--timeout", "5s"
    )
    assert where in done.stdout, done.stderr
