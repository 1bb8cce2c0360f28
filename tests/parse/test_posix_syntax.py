"""Which expressions regcomp(3) takes, as the C library of this machine has it."""

from __future__ import annotations

import ctypes
import platform
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from growth import seconds
from mailproof.parse.regex.posix_syntax import takes

_EXTENDED, _IGNORE_CASE = 1, 2
# Larger than the regex_t of any libc.
_ROOM = 512
PIECES = [
    *("a", "b", "*", "+", "?", "{", "}", "{1}", "{2,1}", "{1,", "{,3}", "{,}", "{}", "{40000}", "(", ")", "|", "^"),
    *("$", "\\", "\\(", "\\)", "\\{", "\\}", "\\{1\\}", "\\|", "\\+", "\\?", "\\1", "\\2", "[", "]", "[a]", "[]a]"),
    *("[^]a]", "[b-a]", "[a-b]", "[a-b-c]", "[-a]", "[a-]", "[--a]", "[[:alpha:]]", "[[:foo:]]", "[[:alpha:]-z]"),
    *(
        "[[.x.]]",
        "[[=a=]]",
        "[[.xx.]]",
        "[[:",
        "[[.",
        "[a-[.c.]]",
        "-",
        ".",
        "\\<",
        "\\b",
        "\\w",
        "\\.",
        ",",
        "1",
        ":]",
    ),
]


def libc_takes(pattern: str, extended: bool) -> bool:
    room = ctypes.create_string_buffer(_ROOM)
    libc = ctypes.CDLL(None)
    flags = _IGNORE_CASE | (_EXTENDED if extended else 0)
    refused = libc.regcomp(room, pattern.encode(), flags)
    if not refused:
        libc.regfree(room)
    return not refused


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has rules of its own")
@settings(max_examples=1500)
@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.booleans())
def test_as_the_c_library(pattern: str, extended: bool) -> None:
    assert takes(pattern, extended=extended) == libc_takes(pattern, extended)


@given(st.text(max_size=30), st.booleans())
def test_any_text_is_answered(pattern: str, extended: bool) -> None:
    assert takes(pattern, extended=extended) in (True, False)


@pytest.mark.parametrize("piece", ["(", "\\(", "[", "[[:", "[[.", "a-", "{", "a{1}", "*", "\\{", "^", "[a", "a|"])
def test_a_long_one_takes_no_time_of_its_own(piece: str) -> None:
    for extended in (True, False):
        assert seconds(partial(takes, piece * (16_000 // len(piece)), extended=extended), enough=0.3) <= 0.3
