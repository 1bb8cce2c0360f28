"""Answers come out of the stream as they went in, however it is cut, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.host.ssh.framing import Answer, Frames, TooMuch

MARK = "0123456789abcdef0123456789abcdef"
BYTES = st.binary(max_size=60) | st.sampled_from(
    [b"\n", MARK.encode(), f"\n{MARK}.7 0\n".encode(), f"\n{MARK}.0 x\n".encode(), f"\n{MARK}.0".encode()]
)


def framed(answers: list[tuple[bytes, int]]) -> bytes:
    return b"".join(data + f"\n{MARK}.{number} {status}\n".encode() for number, (data, status) in enumerate(answers))


@given(st.lists(st.tuples(BYTES, st.integers(0, 255)), max_size=6), st.lists(st.integers(1, 40), min_size=1))
def test_any_answers_in_any_pieces(answers: list[tuple[bytes, int]], cuts: list[int]) -> None:
    stream, frames, out = framed(answers), Frames(MARK), []
    at = 0
    while at < len(stream):
        size = cuts[at % len(cuts)]
        answer = frames.take(stream[at : at + size], 1 << 20)
        while answer is not None:
            out.append(answer)
            answer = frames.take(b"", 1 << 20)
        at += size
    assert out == [Answer(*answer) for answer in answers]


@given(st.lists(st.binary(max_size=200), max_size=50))
def test_any_bytes_are_an_answer_nothing_or_too_much(pieces: list[bytes]) -> None:
    frames, held = Frames(MARK), 0
    for piece in pieces:
        held += len(piece)
        try:
            assert frames.take(piece, 1000) is None
        except TooMuch:
            assert held > 1000
            return
    assert held <= 1000 + len(MARK) + 32


def test_an_answer_may_be_as_long_as_was_asked_for_and_no_longer() -> None:
    assert Frames(MARK).take(framed([(b"x" * 1000, 0)]), 1000) == Answer(b"x" * 1000, 0)
    with pytest.raises(TooMuch):
        Frames(MARK).take(framed([(b"x" * 1001, 0)]), 1000)
