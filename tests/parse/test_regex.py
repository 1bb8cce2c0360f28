"""Expressions match what the libraries of the real programs match: regexec(3) and PCRE 2 are asked the same."""

from __future__ import annotations

import ctypes
import ctypes.util
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from growth import seconds
from mailproof.parse.regex.pattern import read_posix, read_table_pattern
from mailproof.parse.regex.tree import Refused, Unread, bytes_of

Spans = Sequence[str | None] | None
"""Of each text what was matched in it; None where the library takes no such expression."""

# As postmap(1) of Postfix 3.7 has it; Python's own `re` reads most of these in another way.
ROWS = [
    ("regexp", r"\d+", "", "d5", None),
    ("regexp", r"\D", "", "d5", ["d"]),
    ("regexp", r"[\d]", "", "5d", ["d"]),
    ("regexp", r"^[\w.]+@", "", "a.b@c", None),
    ("regexp", r"^[\w.]+@", "", "w.w@c", ["w.w@"]),
    ("regexp", r"[\.]", "", "\\x", ["\\"]),
    ("regexp", r"(foo|foobar)", "", "foobar", ["foobar", "foobar"]),
    ("regexp", r"(a|ab)(c|bcd)(d*)", "", "abcd", ["abcd", "a", "bcd", ""]),
    ("regexp", r"(foo|bar)+", "", "xfoobar", ["foobar", "bar"]),
    ("regexp", r"a+?b", "", "b", ["b"]),
    ("regexp", r"a\'", "", "ba", ["a"]),
    ("regexp", r"\`a", "", "ba", None),
    ("regexp", r"[[=a=]]", "", "A", ["A"]),
    ("regexp", r"ABC", "i", "abc", None),
    ("regexp", r"ABC", "ii", "abc", ["abc"]),
    ("regexp", r"\(a\)b", "x", "ab", ["ab", "a"]),
    ("regexp", r"(a)b", "x", "(a)b", ["(a)b"]),
    ("regexp", "^a$", "m", "b\na", ["a"]),
    ("regexp", "^a$", "", "b\na", None),
    ("pcre", r"a{,2}b", "", "aab", None),
    ("pcre", r"[[:<:]]a", "", "xa", None),
    ("pcre", r"^([^@]+)@([^.]+)\.([^.]+)\.([a-z]+)$", "", "u@b.cc.d", ["u@b.cc.d", "u", "b", "cc", "d"]),
    ("pcre", r"(?i:A)b(?-i)C", "i", "abC", ["abC"]),
    ("pcre", r"(?<!x)foo(?=bar)", "", "foobar", ["foo"]),
    ("pcre", r"(?<!x)foo(?=bar)", "", "xfoobar", None),
    ("pcre", r"(?>a*)a", "", "aaa", None),
    ("pcre", r"a++b", "", "aab", ["aab"]),
    ("pcre", r"(?P<n>.)\k<n>", "", "abb", ["bb", "b"]),
    ("pcre", r"\Qa.b\E+", "", "xa.bb", ["a.bb"]),
    ("pcre", "a b # c", "x", "ab", ["ab"]),
    ("pcre", "a.b", "s", "a\nb", None),
    ("pcre", "a$", "", "a\n", ["a"]),
    ("pcre", "a$", "E", "a\n", None),
    ("pcre", "a", "A", "ba", None),
    ("pcre", "a+", "U", "aa", ["a"]),
    ("pcre", "é", "", "caf\u00e9", ["é"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "pattern", "flags", "text", "parts"), ROWS)
def test_what_a_table_of_postfix_matches(
    kind: str, pattern: str, flags: str, text: str, parts: list[str] | None
) -> None:
    read = read_table_pattern(pattern, flags, kind)
    assert read.parts(text) == parts
    assert read.found(text) == (parts is not None)


@pytest.mark.parametrize(
    ("kind", "pattern", "flags"),
    [("regexp", "a{x}", ""), ("regexp", "[a", ""), ("regexp", "*a", ""), ("regexp", "a", "s"), ("pcre", "a)", ""),
     ("pcre", "(a", ""), ("pcre", "a**", ""), ("pcre", "[b-a]", ""), ("pcre", r"\2(a)", ""), ("pcre", "a", "q")],
)  # fmt: skip
def test_what_the_library_refuses(kind: str, pattern: str, flags: str) -> None:
    with pytest.raises(Refused):
        read_table_pattern(pattern, flags, kind)


@pytest.mark.parametrize(
    "pattern", [r"\p{L}", r"a\Kb", "(?R)", "(?(1)a)", "(*COMMIT)a", "(" * 60 + ")" * 60, "((a{99}){99}){99}"]
)
def test_what_is_not_evaluated_is_said(pattern: str) -> None:
    with pytest.raises(Unread):
        read_table_pattern(pattern, "", "pcre")


def test_nothing_takes_for_ever() -> None:
    for pattern in ("(x+x+)+y", "^(a|a)*b$", "((a*)*)*b", "(a?){90}a{90}"):
        assert not read_posix(pattern).found("xa" * 160)
        assert not read_table_pattern(pattern, "", "pcre").found("a" * 89)
    with pytest.raises(Unread):
        read_table_pattern(r"^(a|aa)+\1?b\1$", "", "pcre").found("a" * 300 + "b")


@pytest.mark.parametrize("pattern", ["(?=a{1500}){1500}", "(?!(?<=a){900}){900}", "(?>(?>a{130}){130}){130}"])
def test_what_is_inside_counts_too(pattern: str) -> None:
    def read() -> None:
        with pytest.raises(Unread):
            read_table_pattern(pattern, "", "pcre")

    assert seconds(read, enough=0.3) <= 0.3
    assert read_table_pattern("(?=a{100}){100}(?>b{2})", "", "pcre").parts("a" * 99 + "bb") is None


def test_many_in_many_are_written_at_once() -> None:
    assert seconds(lambda: read_table_pattern("(?:a?){6000}", "", "pcre").program, enough=0.3) <= 0.3


def test_a_number_of_times_costs_its_digits() -> None:
    def read() -> None:
        with pytest.raises(Unread):
            read_table_pattern("{" + "1" * 20_000, "", "pcre").parts("a")

    assert seconds(read, enough=0.3) <= 0.3


@pytest.mark.parametrize("kind", ["regexp", "pcre"])
@pytest.mark.parametrize("zeros", [1, 10, 5000])
def test_zeros_before_a_number_of_times_say_nothing(kind: str, zeros: int) -> None:
    """Python makes no number of so many digits."""
    pattern = read_table_pattern(f"^a{{{'0' * zeros}2,{'0' * zeros}3}}$", "", kind)
    assert [pattern.found("a" * times) for times in range(1, 5)] == [False, True, True, False]
    with pytest.raises(Refused):
        read_table_pattern(f"a{{{'0' * zeros}70000}}", "", kind)


@pytest.mark.parametrize("sign", ["*", "+", "?", "{1}", "{1,2}"])
def test_what_is_repeated_again_and_again_is_not_followed_for_ever(sign: str) -> None:
    """Of glibc's expressions; in PCRE's it is an error."""
    assert read_table_pattern(f"^a{sign * 2}$", "", "regexp").found("a")
    with pytest.raises(Unread):
        read_table_pattern("a" + sign * 3000, "", "regexp")


@given(st.text(alphabet="ab(|)[]^*+?{1,2}\\.:=<>!$-dwQEx", max_size=40), st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_expression_is_read_refused_or_told(pattern: str, text: str) -> None:
    for kind in ("regexp", "pcre"):
        try:
            read = read_table_pattern(pattern, "", kind)
            parts = read.parts(text)
        except (Refused, Unread):
            continue
        assert parts is None or (bytes_of(parts[0]) in bytes_of(text) and len(parts) == read.groups + 1)


ATOMS = (
    "a", "b", "A", ".", "1", "@", "-", "[a-c]", "[^a]", "[ab1]", r"\.", "x", "_", r"\w", r"\s", r"\W", "[[:digit:]]",
    r"[\w.]", "^", "$", "(a|ab)", "(b|bc|c)", r"\-", "[^@]", "[a-]", "[]a]", r"\D", r"\d", r"\S", r"\b",
)  # fmt: skip
MORE = (
    "(?:ab)", "(?=a)", "(?!b)", "(?<=a)", "(?<!a)", "(?>a*)", r"\h", "(?i)", "(?-i)", r"\A", r"\z", r"\Z",
    r"\Qa.b\E", r"\x41", "(?#x)", "[[:^alpha:]]", r"\R", r"\N",
)  # fmt: skip


def made(chance: random.Random, kind: str, depth: int = 0) -> str:
    text = ""
    for _ in range(chance.randint(1, 4)):
        odd = chance.random()
        atom = f"({made(chance, kind, depth + 1)})" if odd < 0.2 and depth < 2 else chance.choice(ATOMS)
        atom = chance.choice(MORE) if kind == "pcre" and odd > 0.8 else atom
        # glibc takes for ever where groups that are repeated often hold others.
        many = ("", "", "*", "+", "?", "{2}", "{1,3}") if len(atom) < 4 else ("", "", "*", "?")
        text += atom + chance.choice(many) + ("|" if chance.random() < 0.1 else "")
    return text


def glibc(pattern: str, texts: Sequence[str]) -> Spans:
    library = ctypes.CDLL(None)
    compiled, match = ctypes.create_string_buffer(256), (ctypes.c_int * 2)()
    if library.regcomp(compiled, pattern.encode(), 1 | 2):  # REG_EXTENDED, REG_ICASE
        return None
    found: list[str | None] = []
    for text in texts:
        met = library.regexec(compiled, text.encode(), 1, match, 0) == 0
        found.append(text[match[0] : match[1]] if met else None)
    library.regfree(compiled)
    return found


def pcre(pattern: str, texts: Sequence[str]) -> Spans:
    library = ctypes.CDLL(ctypes.util.find_library("pcre2-8"))
    library.pcre2_compile_8.restype = library.pcre2_match_data_create_8.restype = ctypes.c_void_p
    library.pcre2_get_ovector_pointer_8.restype = ctypes.POINTER(ctypes.c_size_t)
    error, where = ctypes.c_int(), ctypes.c_size_t()
    data = pattern.encode()
    flags = ctypes.c_uint32(0x8 | 0x20)  # PCRE2_CASELESS, PCRE2_DOTALL
    size = ctypes.c_size_t(len(data))
    compiled = library.pcre2_compile_8(data, size, flags, ctypes.byref(error), ctypes.byref(where), None)
    if not compiled:
        return None
    room = ctypes.c_void_p(library.pcre2_match_data_create_8(64, None))
    found: list[str | None] = []
    for text in texts:
        size, start = ctypes.c_size_t(len(text)), ctypes.c_size_t(0)
        code = library.pcre2_match_8(ctypes.c_void_p(compiled), text.encode(), size, start, 0, room, None)
        spans = library.pcre2_get_ovector_pointer_8(room)
        found.append(text[spans[0] : spans[1]] if code > 0 else None)
    library.pcre2_match_data_free_8(room)
    library.pcre2_code_free_8(ctypes.c_void_p(compiled))
    return found


def _has_pcre() -> bool:
    return ctypes.util.find_library("pcre2-8") is not None


@pytest.mark.parametrize(
    ("kind", "library"),
    [("regexp", glibc), pytest.param("pcre", pcre, marks=pytest.mark.skipif(not _has_pcre(), reason="needs PCRE 2"))],
)
def test_generated_expressions_match_as_in_the_library(
    kind: str, library: Callable[[str, Sequence[str]], Spans]
) -> None:
    chance, told = random.Random(7), 0
    for _ in range(400):
        pattern = made(chance, kind)
        texts = ["".join(chance.choice("aabbcAB1.@-_x \\w") for _ in range(chance.randint(0, 9))) for _ in range(6)]
        theirs = library(pattern, texts)
        try:
            read = read_table_pattern(pattern, "", kind)
        except Refused:
            assert theirs is None, pattern
            continue
        except Unread:
            continue
        assert theirs is not None, pattern
        parts = [read.parts(text) for text in texts]
        assert [each[0] if each is not None else None for each in parts] == theirs, (pattern, texts)
        told += 1
    assert told > 250
