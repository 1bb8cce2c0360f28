"""What of an output is its own: its shape, without the texts in it. No text of a server may change it."""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import msgspec
from markdown_it import MarkdownIt

Skeleton = Callable[[str], Any]


def disturbing(text: str) -> set[str]:
    """Characters that a terminal obeys or does not show; a newline is ours."""
    rough = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    return {f"U+{ord(char):04X}" for char in text if char != "\n" and unicodedata.category(char) in rough}


def _json(text: str) -> Any:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(each) for key, each in value.items()}
        if isinstance(value, list):
            return [shape(each) for each in value]
        return type(value).__name__

    return shape(msgspec.json.decode(text))


def _nagios(text: str) -> Any:
    line, newline, rest = text.partition("\n")
    assert (newline, rest) == ("\n", "")
    words, bar, data = line.partition("|")
    assert bar and "|" not in data
    labels = re.findall(r"(?:'([^']*)'|(\w+))=([\d.U-]+)([a-z]*)(?:;[\d.]*){0,3}", data)
    assert re.sub(r"(?:'[^']*'|\w+)=[\d.U-]+[a-z]*(?:;[\d.:]*){0,4}", "", data).strip() == ""
    return words.split(" - ")[0], len(labels)


def _xml(text: str) -> Any:
    def shape(element: ET.Element) -> Any:
        return element.tag, sorted(element.attrib), [shape(each) for each in element]

    return shape(ET.fromstring(text))


def _github(text: str) -> Any:
    lines = text.splitlines()
    made = [re.match(r"::(error|warning|notice) title=([^:,]*)::", line) for line in lines]
    assert all(made)
    return [found[1] for found in made if found]


def _markdown(text: str) -> Any:
    """The tokens of GitHub's dialect; texts and the words inside code are the server's business."""
    shape: list[Any] = []
    for token in MarkdownIt("gfm-like").parse(text):
        inner = [each for each in token.children or [] if each.type not in ("text", "text_special")]
        # What is code is shown as it is, and may be cut into more or fewer pieces of it.
        kinds = [each.type for each in inner if each.type not in ("code_inline", "softbreak")]
        shape.append((token.type, kinds, [each.attrs.get("href") for each in inner if each.type == "link_open"]))
        assert not any("html" in kind for kind in kinds) or token.type == "html_block"
    return [entry for entry in shape if entry[0] != "inline" or entry[1]]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        assert not any(name.startswith("on") for name, _ in attrs)
        self.found.append((tag, [name for name, _ in attrs]))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")


def _html(text: str) -> Any:
    parser = _Tags()
    parser.feed(text)
    parser.close()
    return parser.found


def _text(text: str) -> Any:
    """Lines are as many as the texts are long; nothing else is in it."""
    return None


SKELETONS: dict[str, Skeleton] = {
    "text": _text,
    "json": _json,
    "nagios": _nagios,
    "junit": _xml,
    "github": _github,
    "markdown": _markdown,
    "html": _html,
}
