"""A page of the catalogue: one finding in one language, and how its file is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from mailproof.model.finding import Param

HEADINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("meaning", "What it means"),
        ("effect", "Why it matters"),
        ("see", "See it yourself"),
        ("behind", "What can be behind it"),
        ("mend", "How to mend it"),
        ("triggers", "Example that triggers it"),
        ("sound", "Example that does not"),
        ("references", "References"),
    ),
    "ja": (
        ("meaning", "意味"),
        ("effect", "影響"),
        ("see", "手元で確かめる"),
        ("behind", "考えられる原因"),
        ("mend", "対処"),
        ("triggers", "検出される例"),
        ("sound", "検出されない例"),
        ("references", "参考資料"),
    ),
}
"""By language: the key of each section with its heading, in the order of the page."""

BEHIND = "{behind}"
"""Stands where the findings are listed that explain this one."""
REFERENCES = "{references}"
"""Stands where the references of the finding's declaration are listed."""

_HEADER_KEYS = ("name", "message", "title")
_VALUE = re.compile(r"([a-z][a-z0-9_]*)=(\S+)")
_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_EXAMPLE = re.compile(r"^```(dialogue|configuration|log)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class PageError(ValueError):
    """A page that is not in the form of the catalogue; the message says where."""


class Page(NamedTuple):
    name: str
    lang: str
    title: str
    message: str
    """One line with {parameters}: the sentence that reports print."""
    sections: dict[str, str]
    """Markdown by key of `HEADINGS`, placeholders not yet filled."""
    values: dict[tuple[str, str], str]
    """What to call a value of a parameter: `copy=both: both copies of its header` in the header of the file."""

    def called(self, params: Mapping[str, Param]) -> dict[str, Param]:
        """The parameters of a finding with the words that the page has for their values."""
        return {
            name: self.values.get((name, value), value) if isinstance(value, str) else value
            for name, value in params.items()
        }

    @property
    def parameters(self) -> frozenset[str]:
        return parameters(self.message)

    def dialogues(self, section: str) -> tuple[str, ...]:
        """The scripts of a section: of `triggers` those that give the finding, of `sound` those that do not."""
        return self._examples(section, "dialogue")

    def configurations(self, section: str) -> tuple[str, ...]:
        """The same of files: each begins with a line `== main.cf`, and a comment `# <- NAME` marks the line above."""
        return self._examples(section, "configuration")

    def logs(self, section: str) -> tuple[str, ...]:
        """The same of lines of a log; `# <- NAME` marks the line above."""
        return self._examples(section, "log")

    def _examples(self, section: str, kind: str) -> tuple[str, ...]:
        return tuple(text for found, text in _EXAMPLE.findall(self.sections[section]) if found == kind)


def parameters(text: str) -> frozenset[str]:
    """Names that stand in braces in `text`."""
    return frozenset(_PARAMETER.findall(text))


def parse(text: str, lang: str, where: str = "page") -> Page:
    """The page in the text of its file.

    Raises PageError for a header or headings other than those of the catalogue. `where` names the file in it.
    """
    header, body = _split_header(text, where)
    values = _values(header, where)
    return Page(header["name"], lang, header["title"], header["message"], _sections(body, lang, where), values)


def _split_header(text: str, where: str) -> tuple[dict[str, str], str]:
    """`key: value` lines between two lines of `---`. A value is everything after the first colon, as it stands."""
    opening, _, rest = text.partition("\n")
    block, end, body = rest.partition("\n---\n")
    if opening != "---" or not end:
        raise PageError(f"{where}: the header must stand between two lines of ---")
    header: dict[str, str] = {}
    for line in block.split("\n"):
        key, colon, value = line.partition(":")
        if not colon or key in header or not value.strip():
            raise PageError(f"{where}: not a line of the header: {line!r}")
        header[key] = value.strip()
    plain = [key for key in header if not _VALUE.fullmatch(key)]
    if sorted(plain) != sorted(_HEADER_KEYS):
        raise PageError(f"{where}: the header has {', '.join(plain)}; it wants {', '.join(_HEADER_KEYS)}")
    return header, body


def _values(header: Mapping[str, str], where: str) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for key, words in header.items():
        if value := _VALUE.fullmatch(key):
            if value[1] not in parameters(header["message"]):
                raise PageError(f"{where}: the message has no {{{value[1]}}}, so {key} is said nowhere")
            found[value[1], value[2]] = words
    return found


def _sections(body: str, lang: str, where: str) -> dict[str, str]:
    found: list[tuple[str, list[str]]] = []
    fenced = False
    for line in body.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("## ") and not fenced:
            found.append((line[3:].strip(), []))
        elif found:
            found[-1][1].append(line)
        elif line.strip():
            raise PageError(f"{where}: text before the first heading: {line!r}")
    if fenced:
        raise PageError(f"{where}: a ``` that is not closed")
    wanted = HEADINGS[lang]
    for number, (_, heading) in enumerate(wanted):
        if number >= len(found) or found[number][0] != heading:
            raise PageError(f"{where}: section {number + 1} must be {heading!r}")
    if len(found) > len(wanted):
        raise PageError(f"{where}: a section too many: {found[len(wanted)][0]!r}")
    sections = {key: "\n".join(lines).strip("\n") for (key, _), (_, lines) in zip(wanted, found, strict=True)}
    for key, text in sections.items():
        if not text.strip():
            raise PageError(f"{where}: section {key!r} is empty")
    if sections["behind"].strip() != BEHIND:
        raise PageError(f"{where}: {dict(wanted)['behind']!r} holds {BEHIND} and nothing else")
    if REFERENCES not in sections["references"].split("\n"):
        raise PageError(f"{where}: {dict(wanted)['references']!r} holds a line {REFERENCES}")
    return sections
