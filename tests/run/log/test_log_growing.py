"""A log as it grows, on real files; and which of its lines are chosen."""

from __future__ import annotations

import os
import select
import threading
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.run.log.choice import Chooser, FollowedLines, Wish
from mailproof.run.log.follow import Growing, GrowingFile, GrowingStream, growing, grown

TODAY = date(2026, 11, 21)


def grow(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_text("one\ntwo\nthree\n")
    return path


@pytest.mark.parametrize(("lines", "shown"), [(0, []), (1, [b"three"]), (2, [b"two", b"three"]), (9, 3)])
def test_it_begins_with_the_last_lines(log: Path, lines: int, shown: list[bytes] | int) -> None:
    file = GrowingFile(log, lines)
    first = file.read()
    assert first == shown or len(first) == shown
    grow(log, "four\nfi")
    assert file.read() == [b"four"]
    grow(log, "ve\n")
    assert file.read() == [b"five"]
    assert file.read() == []
    file.close()


@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=30), st.integers(0, 40))
def test_the_last_lines_of_any_file(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], last: int) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    file = GrowingFile(path, last)
    assert file.read() == (lines[-last:] if last else [])
    file.close()


def test_a_long_file_is_not_read_to_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"line %d\n" % n for n in range(200_000)))
    file = GrowingFile(path, 2)
    assert file.read() == [b"line 199998", b"line 199999"]
    file.close()


def test_another_file_takes_the_name(log: Path) -> None:
    """As logrotate does with create: the writer goes on with the old file until it is told."""
    file = GrowingFile(log, 0)
    log.rename(log.with_suffix(".1"))
    assert file.read() == []
    grow(log.with_suffix(".1"), "late\nlast without end")
    assert file.read() == [b"late"]
    log.write_text("new\n")
    assert file.read() == [b"last without end", b"new"]
    grow(log, "newer\n")
    assert file.read() == [b"newer"]
    file.close()


def test_a_file_is_cut_to_nothing(log: Path) -> None:
    """As logrotate does with copytruncate."""
    file = GrowingFile(log, 0)
    os.truncate(log, 0)
    assert file.read() == []
    grow(log, "new\n")
    assert file.read() == [b"new"]
    file.close()


def test_a_file_that_is_gone_and_comes_back(log: Path) -> None:
    file = GrowingFile(log, 0)
    log.unlink()
    for _ in range(3):
        assert file.read() == []
    log.write_text("again\n")
    assert file.read() == [b"again"]
    file.close()
    with pytest.raises(OSError, match="No such file"):
        GrowingFile(log.with_name("none"), 0)


def test_a_line_that_does_not_end(log: Path) -> None:
    file = GrowingFile(log, 0)
    grow(log, "x" * 300_000)
    assert sum(map(len, file.read())) > 200_000
    file.close()


def test_a_stream_ends() -> None:
    theirs, ours = os.pipe()
    stream = GrowingStream(theirs)
    os.write(ours, b"one\ntw")
    following = grown([stream])
    assert next(following) == [b"one"]
    os.write(ours, b"o")
    os.close(ours)
    assert [line for lines in following for line in lines] == [b"two"]
    os.close(theirs)


HEAD = "Nov 20 10:00:00 mx postfix/"
TO = "relay=h[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status"
LINES = [
    f"{HEAD}smtpd[1]: connect from a.example[192.0.2.9]",
    f"{HEAD}smtpd[1]: AAAAAAA1: client=a.example[192.0.2.9]",
    f"{HEAD}smtpd[2]: AAAAAAA2: client=a.example[192.0.2.9], sasl_method=PLAIN, sasl_username=al",
    f"{HEAD}qmgr[1]: AAAAAAA1: from=<A@b.example>, size=310, nrcpt=1 (queue active)",
    f"{HEAD}qmgr[1]: AAAAAAA2: from=<x@y.example>, size=310, nrcpt=1 (queue active)",
    f"{HEAD}smtp[1]: AAAAAAA1: to=<b@c.example>, {TO}=sent (250 ok: queued as AAAAAAA3)",
    f"{HEAD}smtp[1]: AAAAAAA2: to=<z@c.example>, {TO}=deferred (connect to h[192.0.2.1]:25: Connection refused)",
    f"{HEAD}qmgr[1]: AAAAAAA1: removed",
    f"{HEAD}smtpd[1]: AAAAAAA3: client=localhost[127.0.0.1]",
    f"{HEAD}smtpd[1]: NOQUEUE: reject: RCPT from u[192.0.2.9]: 554 5.7.1 <q@r.example>: Relay access denied; "
    "from=<a@b.example> to=<q@r.example> proto=ESMTP helo=<u>",
    f"{HEAD}smtpd[1]: warning: u[192.0.2.9]: SASL LOGIN authentication failed: authentication failure",
]


def chosen(wish: Wish) -> list[int]:
    reader, chooser = FollowedLines(), Chooser(wish)
    return [
        LINES.index(each.raw.decode()) for text in LINES for each in chooser.take(reader.read(text.encode(), TODAY))
    ]


@pytest.mark.parametrize(
    ("wish", "shown"),
    [
        (Wish(), list(range(11))),
        (Wish(queue_id="AAAAAAA1"), [1, 3, 5, 7, 8]),
        (Wish(sender="a@b.example"), [1, 3, 5, 7, 8, 9]),
        (Wish(recipient="<Z@c.example>"), [2, 4, 6]),
        (Wish(sender="a@b.example", recipient="b@c.example"), [1, 3, 5, 7, 8]),
        (Wish(only="trouble"), [6, 9, 10]),
        (Wish(only="delivery"), [5, 6]),
        (Wish(only="login"), [2, 10]),
        (Wish(sender="x@y.example", only="trouble"), [6]),
    ],
)
def test_what_is_chosen(wish: Wish, shown: list[int]) -> None:
    assert chosen(wish) == shown


def test_messages_that_are_never_decided_do_not_pile_up() -> None:
    reader, chooser = FollowedLines(), Chooser(Wish(sender="a@b.example"))
    for n in range(5000):
        line = f"{HEAD}smtpd[1]: {n:08X}: client=a.example[192.0.2.9]"
        assert chooser.take(reader.read(line.encode(), TODAY)) == []
    assert len(chooser._held) <= 1001


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_any_bytes(lines: list[bytes]) -> None:
    reader, chooser = FollowedLines(), Chooser(Wish(sender="a", recipient="b"))
    for line in lines:
        for head in (b"", f"{HEAD}smtpd[1]: ".encode()):
            chooser.take(reader.read(head + line, TODAY))


class Lines:
    """Everything that a source has now, and the most that it gave at once."""

    def __init__(self, source: Growing) -> None:
        self.lines, self.most = list[bytes](), 0
        while True:
            lines = source.read()
            self.lines += lines
            self.most = max(self.most, sum(map(len, lines)))
            if not source.more:
                return


def test_a_burst_comes_in_pieces(log: Path) -> None:
    """Whatever a writer does between two looks: memory does not grow with it."""
    burst = [b"%07d %s" % (number, b"x" * 92) for number in range(50_000)]
    file = GrowingFile(log, 0)
    grow(log, "".join(f"{line.decode()}\n" for line in burst))
    found = Lines(file)
    assert found.lines == burst
    assert found.most < 2_000_000 and not file.more
    grow(log, "x" * 5_000_000)
    found = Lines(file)
    assert sum(map(len, found.lines)) > 4_900_000 and found.most < 2_000_000
    file.close()


def test_a_burst_is_whole_over_rotation(log: Path) -> None:
    file = GrowingFile(log, 0)
    grow(log, "".join(f"old {number} {'x' * 90}\n" for number in range(30_000)))
    log.rename(log.with_suffix(".1"))
    log.write_text("".join(f"new {number} {'x' * 90}\n" for number in range(30_000)))
    found = Lines(file)
    assert [line.split(b" x")[0] for line in found.lines] == [
        *(b"old %d" % number for number in range(30_000)),
        *(b"new %d" % number for number in range(30_000)),
    ]
    file.close()


def test_a_burst_in_a_pipe_comes_in_pieces(tmp_path: Path) -> None:
    theirs, ours = os.pipe()
    stream = GrowingStream(theirs)
    writer = threading.Thread(target=os.write, args=(ours, b"x" * 3_000_000))
    writer.start()
    total = most = 0
    while total < 2_900_000:
        assert select.select([theirs], [], [], 60)[0]
        came = sum(map(len, stream.read()))
        total, most = total + came, max(most, came)
    assert most < 2_000_000
    writer.join()
    for end in (theirs, ours):
        os.close(end)


def test_what_is_held_back_is_bounded() -> None:
    """A client that never says more than its queue id, in lines as long as they are read."""
    chooser, reader = Chooser(Wish(sender="a@b.example")), FollowedLines()
    for number in range(40):
        line = f"{HEAD}smtpd[1]: AAAAAAA1: client=a.example[192.0.2.9] {number} {'x' * 60_000}"
        assert chooser.take(reader.read(line.encode(), TODAY)) == []
    told = chooser.take(reader.read(f"{HEAD}qmgr[1]: AAAAAAA1: from=<a@b.example>, size=1, nrcpt=1".encode(), TODAY))
    assert sum(len(each.raw) for each in told) < 70_000


def test_a_fifo_with_a_name_outlives_its_writers(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    source = growing(path, 10)
    following = grown([source])
    for text in (b"one\n", b"two\n"):
        with path.open("wb") as writer:
            writer.write(text)
        assert next(lines for lines in following if lines) == [text.strip()]
    assert not source.ended
    source.close()


def test_the_pipe_of_a_shell_ends_with_its_writer(log: Path) -> None:
    theirs, ours = os.pipe()
    os.write(ours, b"one\ntwo")
    os.close(ours)
    source = growing(Path(f"/dev/fd/{theirs}"), 10)
    assert [line for lines in grown([source]) for line in lines] == [b"one", b"two"]
    source.close()
    os.close(theirs)


def test_a_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        growing(tmp_path, 0)
