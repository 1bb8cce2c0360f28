"""Every parser of `wire` stands in a table, and what stands there bears any bytes, cut anyhow, in bounded memory."""

from __future__ import annotations

import gc
import sys
from types import FunctionType, ModuleType

import pytest
import wirefunctions
import wirereaders
from fuzztargets import TARGETS, WORDS
from hypothesis import given, settings
from hypothesis import strategies as st
from wirereaders import LIKED, READERS, name_of

from mailproof.wire.imap import responses as imap_responses
from mailproof.wire.imap import session as imap_session
from mailproof.wire.pop3 import responses as pop3_responses
from mailproof.wire.sieve import responses as sieve_responses
from mailproof.wire.sieve import session as sieve_session
from mailproof.wire.smtp import replies as smtp_replies
from mailproof.wire.smtp import session as smtp_session

MEGABYTE = 1 << 20


def test_a_new_reader_must_be_added_to_the_table() -> None:
    assert wirereaders.discovered().keys() == {name_of(reader) for reader in READERS}
    assert LIKED.keys() == READERS.keys()


def test_a_new_function_that_reads_must_be_added_to_the_table() -> None:
    assert wirefunctions.discovered().keys() == {name_of(function) for function in wirefunctions.FUNCTIONS}


def _streams(name: str) -> st.SearchStrategy[bytes]:
    """What the protocol likes, anything else in between, and before it the option and the sizes of pieces."""
    words = WORDS.get(name, ())
    piece = st.sampled_from(words) | st.binary(max_size=12) if words else st.binary(max_size=40)
    body = st.lists(piece, max_size=25).map(b"".join)
    return st.builds(bytes.__add__, st.binary(min_size=2, max_size=9), body)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_read_alike_however_they_come(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(_streams(name)))


# What each reader is in the middle of, where it keeps most.
_MIDDLES: dict[type, bytes] = {
    smtp_replies.ReplyReader: b"250-x\r\n",
    smtp_session.CommandReader: b"DATA\r\n",
    pop3_responses.ResponseReader: b"+OK\r\n",
    imap_responses.ResponseReader: b"* X ",
    imap_session.CommandReader: b"a X ",
    sieve_responses.ResponseReader: b'"a"\r\n',
    sieve_session.CommandReader: b"X ",
}
_LARGEST = 3 * MEGABYTE
_MOST_LINES = 8000


@pytest.mark.parametrize("middle", [False, True])
@pytest.mark.parametrize("reader", READERS, ids=name_of)
def test_of_a_flood_no_more_is_kept_than_a_line_may_be_long(reader: type, middle: bool) -> None:
    """imaplib takes a line of a megabyte, and so do we; three come here, or countless small lines."""
    owner = READERS[reader]
    for again in (b"x", b"(", b"\r\n", b"\n", b"{1}\r\nx", *LIKED[reader]):
        block = again * (1 + (1 << 14) // len(again))
        times = _LARGEST if b"\n" not in again else _MOST_LINES * len(again)
        made = owner.make(4)
        for piece in (_MIDDLES.get(reader, b"") if middle else b"", *[block] * (1 + times // len(block))):
            if not hasattr(made, "next_event"):
                made.receive(piece)
                continue
            made.feed(piece)
            while (event := made.next_event()) is not None:
                owner.react(made, event, 4)
        assert _size(made) < 1.2 * MEGABYTE, again


def _size(thing: object) -> int:
    """Of an object and of all that it holds."""
    seen: set[int] = set()
    waiting, total = [thing], 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        waiting += gc.get_referents(one)
    return total
