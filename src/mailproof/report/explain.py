"""A page of the catalogue as it is read on a terminal, or by a program."""

from __future__ import annotations

from collections.abc import Mapping

from mailproof.catalog.brands import remedies
from mailproof.catalog.page import BEHIND, HEADINGS, REFERENCES
from mailproof.catalog.pages import load
from mailproof.catalog.words import words
from mailproof.model.finding import FindingKind
from mailproof.report.layout import wrap
from mailproof.report.servers import on_servers
from mailproof.report.style import Style, paint


def render_page(name: str, lang: str, kinds: Mapping[str, FindingKind], color: bool = False, width: int = 80) -> str:
    """The page of a finding as text, with a final newline. `kinds` are all findings there are, by name.

    Raises NoSuchPage for a name that has none.
    """
    page = load(name, lang)
    blocks = [[paint(line, Style.HEADING, color) for line in wrap(f"{page.title} ({name})", width)]]
    for key, heading in HEADINGS[lang]:
        text = _filled(page.sections[key], name, lang, kinds)
        blocks.append([paint(heading, Style.HEADING, color), *_flowed(text, width, lang)])
        if key == "mend" and (others := on_servers(name, lang)):
            heading = words(lang)("explain.servers")
            blocks.append([paint(heading, Style.HEADING, color), *_flowed(others, width, lang)])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def page_as_data(name: str, lang: str, kinds: Mapping[str, FindingKind]) -> dict[str, object]:
    """The page for `--format json`: the same keys in every language. Raises NoSuchPage."""
    page = load(name, lang)
    kind = kinds.get(name)
    return {
        "name": name,
        "lang": lang,
        "title": page.title,
        "message": page.message,
        "params": sorted(page.parameters),
        "layer": None if kind is None else str(kind.layer),
        "explains": [] if kind is None else [arrow.name for arrow in kind.explains],
        "explained_by": behind(name, kinds),
        "references": [] if kind is None else list(kind.references),
        "servers": [remedy._asdict() for remedy in remedies(name, lang)],
        "sections": {key: _filled(page.sections[key], name, lang, kinds) for key, _ in HEADINGS[lang]},
    }


def behind(name: str, kinds: Mapping[str, FindingKind]) -> list[str]:
    """Names of the findings that explain this one, sorted."""
    return sorted(kind.name for kind in kinds.values() if any(arrow.name == name for arrow in kind.explains))


def _filled(text: str, name: str, lang: str, kinds: Mapping[str, FindingKind]) -> str:
    if text == BEHIND:
        return _behind(name, lang, kinds)
    if REFERENCES not in text:
        return text
    kind = kinds.get(name)
    listed = [f"- {reference}" for reference in kind.references] if kind else []
    rest = [line for line in text.split("\n") if line.strip() and line != REFERENCES]
    return "\n".join([*listed, *rest]) or words(lang)("explain.references-none")


def _behind(name: str, lang: str, kinds: Mapping[str, FindingKind]) -> str:
    say = words(lang)
    causes = behind(name, kinds)
    if not causes:
        return say("explain.behind-none")
    items = [f"- {say('explain.behind-item', title=load(cause, lang).title, name=cause)}" for cause in causes]
    return "\n".join([say("explain.behind"), "", *items])


def _flowed(text: str, width: int, lang: str) -> list[str]:
    """Markdown for a terminal: paragraphs are wrapped, code is indented and left alone, the fences go."""
    out: list[str] = []
    paragraph: list[str] = []
    fenced = False

    def flush() -> None:
        if paragraph:
            mark = "- " if paragraph[0].startswith("- ") else ""
            out.extend(wrap(_joined(paragraph, lang)[len(mark) :], width, "  " + mark))
            paragraph.clear()

    for line in text.split("\n"):
        if line.startswith("```"):
            flush()
            fenced = not fenced
        elif fenced:
            out.append(f"    {line}")
        elif line.startswith("    "):
            flush()
            out.append(line)
        elif not line.strip():
            flush()
            out.append("")
        else:
            if line.startswith("- "):
                flush()
            paragraph.append(line.strip() if not line.startswith("- ") else line)
    flush()
    return out


# Japanese stands next to these without a space.
_CLOSED_UP = frozenset("、。・「」『』()()［］:;")


def _joined(lines: list[str], lang: str) -> str:
    """Lines of one paragraph; Japanese lines have a space between them only where Latin letters meet."""
    text = lines[0]
    for line in lines[1:]:
        ends = (text[-1:], line[:1])
        apart = any(end.isascii() for end in ends) and not _CLOSED_UP.intersection(ends)
        text += (" " if lang == "en" or apart else "") + line
    return text
