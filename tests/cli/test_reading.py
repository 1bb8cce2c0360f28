"""Files that the user names: none is cut without a word, and a FIFO that nobody writes into is told."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from running import CLEAN, mailproof, sentence_of

from mailproof.cli.overview import BY_HAND
from mailproof.cli.reading import is_there, read_file
from mailproof.cli.terminal import Complaint, Terminal
from ptys import Terminal as Pty

MILTER = "inet:1@127.0.0.1"
MEGABYTE = 1 << 20


@pytest.fixture
def long(tmp_path: Path):
    """A file of so many bytes, most of them on no disk."""

    def made(size: int) -> str:
        file = tmp_path / "long"
        with file.open("wb") as opened:
            opened.truncate(size)
        return str(file)

    return made


@pytest.mark.parametrize(
    ("words", "most"),
    [
        (("greylist", "lint", "@"), "4 MB"),
        (("greylist", "eval", "@", "--client", "192.0.2.1", "--from", "a@b", "--rcpt", "c@d"), "4 MB"),
        (("milter", "send", MILTER, "@", "--rcpt", "a@b"), "64 MB"),
        (("milter", "script", MILTER, "@"), "1 MB"),
        (("talk", "smtp://127.0.0.1:1", "--script", "@"), "64 MB"),
        (("token", "read", "@"), "1 MB"),
        (("fetch", "--hops", "@"), "256 MB"),
        (("ese", "plan", "@"), "64 MB"),
        (("explain", "@"), "32 MB"),
        (("check", "--replay", "@"), "1024 MB"),
        (("ports", "--compare", "@", "127.0.0.1", "-p", "1"), "1024 MB"),
        (("postfix", "rewrite", "--postfix-dir", "%", "--message", "@"), "100 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]),
)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_file_that_is_too_long_is_refused_whole(lang, words, most, long, tmp_path):
    file = long(int(most.split()[0]) * MEGABYTE + 1)
    for name in ("main.cf", "master.cf"):
        (tmp_path / name).touch()
    filled = [{"@": file, "%": str(tmp_path)}.get(word, word) for word in words]
    done = mailproof("--lang", lang, *filled)
    said = {"en": f"{file} is longer than {most}", "ja": f"{file} は読み取れる上限の {most} を超えています"}[lang]
    assert done.returncode == (1 if words[0] in BY_HAND else 2)  # those have the exit codes of swaks
    assert sentence_of(done).startswith(said)


def test_standard_input_is_not_cut_either():
    done = mailproof("token", "read", "-", given="x" * (MEGABYTE + 1))
    assert done.returncode == 2 and sentence_of(done).startswith("- is longer than 1 MB")


def test_a_standard_input_that_cannot_be_read_is_no_crash(tmp_path):
    words = [sys.executable, "-m", "mailproof", "greylist", "lint", "-"]
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run(words, env=CLEAN, stdin=out, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and sentence_of(done) == "cannot read -: Bad file descriptor"


def test_a_file_as_long_as_may_be_is_read(tmp_path):
    file = tmp_path / "greylist.conf"
    last = b"racl whitelist countri JP\n"
    comment = b"#" * 1023 + b"\n"
    file.write_bytes(comment * 4095 + b"#" * (1023 - len(last)) + b"\n" + last)
    assert file.stat().st_size == 4 << 20
    done = mailproof("greylist", "lint", file.name, cwd=tmp_path)
    assert done.returncode == 1 and "greylist.conf:4097: " in done.stdout


def test_one_byte_is_the_difference(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_file(str(file), Terminal("en"), 5) == b"12345"
    with pytest.raises(Complaint, match="is longer than"):
        read_file(str(file), Terminal("en"), 4)


def test_a_password_is_not_cut(tmp_path):
    file = tmp_path / "password"
    file.write_bytes(b"x" * (64 * 1024 + 1))
    words = ("smtp://127.0.0.1:9", "--user", "alice@example.test", "--password-file", str(file))
    done = mailproof("check", *words)
    assert done.returncode == 2 and sentence_of(done).endswith("longer than any password (64 kB)")


@pytest.mark.parametrize(("lang", "said"), [("en", "waiting for a program to write into"), ("ja", "待っています")])
@pytest.mark.parametrize("words", ["greylist lint", "log explain", "explain"])
def test_a_fifo_is_waited_for_with_a_word(words, lang, said, tmp_path):
    fifo = tmp_path / "policy"
    os.mkfifo(fifo)
    with Pty([sys.executable, "-m", "mailproof", "--lang", lang, *words.split(), str(fifo)], CLEAN) as terminal:
        terminal.wait_for(said)
        fifo.write_bytes(b"racl whitelist countri JP\n")
        assert terminal.end() == (1 if words.startswith("greylist") else 3)
    assert words == "log explain" or "countri" in terminal.shown


@pytest.mark.parametrize(("lang", "said"), [("en", "Ctrl-D at the beginning"), ("ja", "行の先頭で Ctrl-D")])
@pytest.mark.parametrize(
    "words", ["greylist lint -", "greylist lint /dev/tty", "log explain -", "log explain /dev/tty"]
)
def test_who_typed_a_dash_alone_is_told_whose_turn_it_is(words, lang, said):
    with Pty([sys.executable, "-m", "mailproof", "--lang", lang, *words.split()], CLEAN) as terminal:
        terminal.wait_for(said)
        terminal.type("racl whitelist countri JP\n\x04")
        assert terminal.end() == (1 if words.startswith("greylist") else 3)


def test_a_log_in_a_pipe_is_read_once():
    line = b"Nov 29 08:00:00 mx postfix/smtpd[1]: fatal: open /etc/postfix/main.cf: Permission denied\n"
    for words in (("explain",), ("log", "explain")):
        ours, theirs = os.pipe()
        os.write(theirs, line)
        os.close(theirs)
        done = mailproof(*words, f"/dev/fd/{ours}", pass_fds=(ours,))
        os.close(ours)
        assert "main.cf" in done.stdout and done.stderr == "", done.stderr


def test_a_pipe_that_has_its_writer_is_read_without_a_word():
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb") as out:
        thread = threading.Thread(target=out.write, args=(b"racl whitelist countri JP\n",))
        thread.start()
        thread.join()
    done = mailproof("greylist", "lint", f"/dev/fd/{ours}", pass_fds=(ours,))
    os.close(ours)
    assert done.returncode == 1 and "countri" in done.stdout and done.stderr == ""


def test_what_may_not_be_looked_at_is_there_and_what_is_no_name_is_not(tmp_path):
    """Else `explain` and `token read` took the name of a file that is forbidden for the text to read."""
    file, closed = tmp_path / "a b", tmp_path / "closed"
    file.touch()
    closed.mkdir(mode=0)
    names = ["", f"{file}\n", f"{file}\0", "a" * 5000, "\udcff", str(tmp_path / "none"), f"{file}/none"]
    root = os.geteuid() == 0
    try:
        os.seteuid(54321 if root else os.geteuid())  # what is forbidden is so to root alone not
        assert is_there(str(closed / "token"))
    finally:
        os.seteuid(0 if root else os.geteuid())
        closed.chmod(0o700)
    assert is_there(str(file)) and is_there(str(tmp_path))
    assert not any(map(is_there, names))
