"""The Markdown of the repository: its links, its anchors, and the lines of ours that it tells people to type."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import click
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mailproof.catalog.pages import names
from mailproof.cli.overview import COMMANDS
from mailproof.cli.program import _after_global_options
from mailproof.cli.terminal import Terminal
from mailproof.lab.embedded.faults import parse_faults
from mailproof.run.targets import parse_target

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "src" / "mailproof" / "catalog"
_HEADER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_ENDS = ";", "|", "||", "&", "&&", ">", ">>", "<", "2>"
"""What ends the words of a command in a shell."""
_PLACEHOLDER = re.compile(r"[A-Z_]+…?\Z|.*…")


class Line(NamedTuple):
    """A command line of ours, where it stands, and its words after `mailproof`."""

    place: str
    text: str
    words: tuple[str, ...]


def pages() -> list[Path]:
    """Every Markdown file of the repository; nothing below a directory whose name begins with a dot."""
    found = [path for path in ROOT.rglob("*.md") if not any(part[0] == "." for part in path.relative_to(ROOT).parts)]
    return sorted(found)


def tokens(path: Path) -> Iterator[Token]:
    """All of a page, flat; the header of a catalogue page is no Markdown."""
    for token in MarkdownIt().enable("table").parse(_HEADER.sub("", path.read_text("utf-8"))):
        yield token
        yield from token.children or ()


def links(path: Path) -> list[str]:
    """What it links to, images too."""
    return [
        str(token.attrs["href" if token.type == "link_open" else "src"])
        for token in tokens(path)
        if token.type in ("link_open", "image")
    ]


@cache
def anchors(path: Path) -> frozenset[str]:
    """As GitHub makes them of headings: small, spaces as dashes, no punctuation, a number where one comes again."""
    seen: Counter[str] = Counter()
    found = set()
    flat = list(tokens(path))
    for before, token in pairwise(flat):
        if before.type == "heading_open":
            text = "".join(part.content for part in token.children or ())
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
            seen[anchor] += 1
    return frozenset(found)


def broken(path: Path, link: str) -> str:
    """Why a link leads nowhere; empty where it leads somewhere, or out of the repository."""
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return ""
    file, _, anchor = link.partition("#")
    target = (path.parent / file).resolve() if file else path
    if not target.exists():
        return f"{link}: there is no such file"
    if ROOT not in target.parents:
        return f"{link}: that is outside of the repository"
    if anchor and unquote(anchor) not in anchors(target):
        return f"{link}: there is no such heading"
    return ""


def lines(path: Path) -> Iterator[Line]:
    """The command lines of ours in code of a page."""
    place = path.relative_to(ROOT).as_posix()
    for token in tokens(path):
        if token.type in ("fence", "code_block", "code_inline"):
            yield from lines_of(token.content, place)


def lines_of_help() -> Iterator[Line]:
    """Those of the examples that `--help` prints."""
    for lang in ("en", "ja"):
        strings = tomllib.loads((CATALOG / f"{lang}.toml").read_text("utf-8"))
        examples = {f"commands.{key}": text for key, text in strings["commands"].items() if key.endswith("-example")}
        for key, text in {**examples, "cli.first-examples": strings["cli"]["first-examples"]}.items():
            yield from lines_of(text, f"{lang}.toml: {key}")


def lines_of(code: str, place: str) -> Iterator[Line]:
    """Each call of mailproof in a piece of code: at the beginning of a line, or behind what ends another command."""
    all_lines = code.replace("\\\n", " ").splitlines()
    prompted = any(text.startswith("$ ") for text in all_lines)  # then the other lines are what is printed
    for text in all_lines:
        if prompted and not text.startswith("$ "):
            continue
        # A table of Markdown has its bars escaped; a prompt is not typed.
        line = re.sub(r"^[$#>] ", "", text.strip()).replace("\\|", "|")
        line = re.sub(r'"\$\(.*?\)"', "PRINTED", line)  # what another command prints
        if "mailproof" not in line:
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = "#" if " #" in line else ""
        try:
            found = list(lexer)
        except ValueError:
            continue  # a sentence with an apostrophe is no command
        at = 0
        while at < len(found):
            word = found[at]
            begins = at == 0 or found[at - 1] in _ENDS or "=" in found[at - 1]
            if word != "mailproof" or not begins:
                at += 1
                continue
            end = next((n for n in range(at, len(found)) if found[n] in _ENDS), len(found))
            yield Line(place, line, tuple(found[at + 1 : end]))
            at = end


def complaint(words: tuple[str, ...]) -> str:
    """Why the program would not take them; empty where it would. Nothing is run."""
    terminal = Terminal("en")
    try:
        rest = _after_global_options(list(words), terminal)
        if not rest or rest[0] in ("--version", "-V", "--help", "-h"):
            return ""
        name, *arguments = rest
        if name not in COMMANDS:
            return f"there is no command {name}"
        command = import_module(f"mailproof.cli.{name}").command(terminal)
        if not arguments or {"--help", "-h"} & set(arguments):
            return ""  # the command is named, and no more
        with command.make_context(f"mailproof {name}", arguments) as context:
            return _senseless(name, context.params)
    except click.ClickException as error:
        return error.format_message()
    except Exception as error:
        return str(error)


def _senseless(name: str, given: dict[str, object]) -> str:
    """What parses and names something that is not there: a finding. Raises UsageError for no target and no fault."""

    def real(value: object) -> list[str]:
        return [text for text in value if not _PLACEHOLDER.match(text)] if isinstance(value, tuple) else []

    if name == "check":
        for text in real(given["targets"]):
            parse_target(text)
        asked = {text for text, value in given.items() if value} - {"tls", "profile", "fail_on", "shape", "timeout"}
        if asked and not asked & {"targets", "replay", "schema", "here"}:
            return "there is no TARGET"
    if name == "explain":
        words = real(given["words"])
        could_be_one = len(words) == 1 and re.fullmatch(r"[a-z][a-z-]+[a-z]", words[0])
        return f"there is no page {words[0]}" if could_be_one and words[0] not in names() else ""
    if name == "lab":
        parse_faults(real(given["faults"]))
    return ""
