"""Nothing that a server says, or that stands in a record from elsewhere, disturbs a terminal or shapes a format."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import msgspec
import pytest
from hostilehosts import MailHost, check, plan, tls_of
from hypothesis import given, settings
from hypothesis import strategies as st
from skeletons import SKELETONS, disturbing

from mailproof.catalog.profiles import load_profile
from mailproof.cli.terminal import Terminal
from mailproof.cli.verdict import FORMATS, report_on, show
from mailproof.model.escape import to_text
from mailproof.model.record import Record
from mailproof.report.mask import Mask
from mailproof.script.authority import Authority

MARK = "zqxmarkxqz"
"""Stands in every line that the server says; a text in its place is what another server could have said."""

META = [
    "|",
    "'",
    '"',
    "=",
    ";",
    "::",
    "%0A",
    "%",
    "<b>",
    "</td>",
    "<!--",
    "-->",
    "]]>",
    "&lt;",
    "&",
    "`",
    "```",
    "**",
    "__",
]
META += [
    "[x](javascript:1)",
    "![i](http://a.test/i)",
    "<http://a.test>",
    "http://a.test",
    "#1",
    "@me",
    "\\",
    "~~",
    "$x$",
    "- ",
]
META += [
    "\x1b[31m",
    "\x1b]0;t\x07",
    "\x9b2J",
    "\u202e",
    "\u2066",
    "\u200b",
    "\r",
    "\0",
    "\x7f",
    "\x08",
    "\u2028",
    "\ufeff",
    "\ud800",
]
hostile = (
    st.lists(st.sampled_from(META) | st.text(max_size=3), max_size=8).map("".join).filter(lambda s: "\n" not in s)
)


@cache
def marked(scheme: str) -> str:
    """The record of a check of a server that says the mark in every line, as JSON."""
    authority = Authority()
    mark = MARK.encode()

    def twist(said: bytes, line: bytes) -> bytes:
        lines = said.splitlines()
        if scheme.startswith("pop3") and len(lines) > 1:
            lines.insert(1, b"X-" + mark)
        return b"".join((text if text == b"." else text + b" " + mark) + b"\r\n" for text in lines)

    record = check(MailHost(scheme, tls_of(authority), twist), plan(f"{scheme}://mx.test", login=True))
    return msgspec.json.encode(record).decode()


def with_text(scheme: str, text: str) -> Record:
    """The same record, of a server that said `text`; JSON's own escapes keep it inside its strings."""
    inside = json.dumps(text)[1:-1]
    return msgspec.json.decode(marked(scheme).replace(MARK, inside).encode("utf-8", "surrogatepass"), type=Record)


class _Sheet(Terminal):
    """Keeps what a command would write."""

    text = ""

    def write(self, text: str) -> None:
        self.text += text


def rendered(record: Record, shape: str, lang: str) -> str:
    sheet, policy = _Sheet(lang, "never"), load_profile()
    show(report_on(record, policy), policy, shape, sheet, verbose=True)
    return sheet.text


def assert_safe(record: Record, twin: Record, shape: str, lang: str) -> None:
    shown = rendered(record, shape, lang)
    assert not disturbing(shown)
    assert SKELETONS[shape](shown) == SKELETONS[shape](rendered(twin, shape, lang))


def test_every_format_has_a_skeleton() -> None:
    assert SKELETONS.keys() == set(FORMATS)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("shape", FORMATS)
@pytest.mark.parametrize("scheme", ["submission", "pop3s", "imap"])
@settings(max_examples=12, deadline=None)
@given(said=hostile)
def test_what_a_server_says_is_only_text(scheme: str, shape: str, lang: str, said: str) -> None:
    escaped = to_text(said.encode("utf-8", "surrogateescape" if said.isascii() else "replace"))
    assert_safe(with_text(scheme, escaped), with_text(scheme, "x" * len(escaped)), shape, lang)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("shape", FORMATS)
@settings(max_examples=12, deadline=None)
@given(said=hostile.filter(lambda text: "\ud800" not in text))
def test_a_record_from_elsewhere_holds_only_text_too(shape: str, masked: bool, said: str) -> None:
    """`--replay` reads what somebody else may have written: there the texts are not escaped."""
    record, twin = with_text("submission", said), with_text("submission", "x")
    if masked:
        record, twin = Mask(record).apply(record), Mask(twin).apply(twin)
    assert_safe(record, twin, shape, "en")


def strings(value: Any) -> set[str]:
    """Every text in a record."""
    if isinstance(value, dict):
        return {text for each in value.values() for text in strings(each)}
    if isinstance(value, list):
        return {text for each in value for text in strings(each)}
    return {value} if isinstance(value, str) else set()


def test_the_mark_stands_wherever_a_server_is_heard() -> None:
    """Else the tests above would look at nothing."""
    for scheme in ("submission", "pop3s", "imap"):
        assert sum(MARK in text for text in strings(json.loads(marked(scheme)))) >= 5
        for shape in ("text", "json", "html"):  # the others have no transcripts
            assert MARK in rendered(with_text(scheme, MARK), shape, "en")
    for shape in ("junit", "github", "markdown"):
        assert MARK in rendered(with_text("submission", MARK), shape, "en")
