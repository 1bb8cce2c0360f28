"""`mailproof explain`: the page of a finding."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial

import click

from mailproof.cli.command import Command, Option, one_of
from mailproof.cli.terminal import Complaint, Terminal

# As many as are still read.
_NEAR = 5


def command(terminal: Terminal) -> Command:
    params: list[click.Parameter] = [
        click.Argument(["words"], nargs=-1, metavar="FINDING"),
        Option("--list", "listed", is_flag=True, words="list"),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
    ]
    return Command("explain", terminal, partial(_explain, terminal), params)


def _explain(terminal: Terminal, words: tuple[str, ...], listed: bool, shape: str) -> int:
    from mailproof.checks import kinds
    from mailproof.cli.listing import as_json
    from mailproof.report.explain import page_as_data, render_page

    if listed:
        _list(terminal, shape)
        return 0
    if not words:
        raise Complaint(terminal.say("cli.what-to-explain"))
    name = _page_name(" ".join(words), terminal)
    if shape == "json":
        terminal.write(as_json(page_as_data(name, terminal.lang, kinds())))
    else:
        terminal.write(render_page(name, terminal.lang, kinds(), terminal.color, terminal.width))
    return 0


def _page_name(text: str, terminal: Terminal) -> str:
    """The finding that is meant. Raises Complaint, with what it could have been."""
    from mailproof.catalog.pages import names
    from mailproof.checks import all_checks

    say, known = terminal.say, names()
    name = text.strip().lower().replace("_", "-").replace(" ", "-")
    if name in known:
        return name
    if text == "-" or len(text) > 60 or any(char in text for char in "\n/:."):
        raise Complaint(say("cli.text-later"))
    of_check = next((check for check in all_checks() if check.name == name), None)
    if of_check is not None:
        findings = tuple(kind.name for kind in of_check.kinds)
        raise Complaint(say("cli.no-such-page", name=text) + say("cli.of-check", name=name, names=findings))
    near = dict.fromkeys(get_close_matches(name, known, _NEAR) + [each for each in known if name in each])
    if not near:
        raise Complaint(say("cli.no-such-page", name=text) + say("cli.see-help", command="mailproof explain"))
    raise Complaint(say("cli.no-such-page", name=text) + say("cli.near-pages", names=tuple(near)[:_NEAR]))


def _list(terminal: Terminal, shape: str) -> None:
    """Every finding with its title."""
    from mailproof.catalog.pages import names
    from mailproof.cli.listing import as_json, listing, titles_of

    titles = titles_of(names(), terminal.lang)
    terminal.write(as_json(titles) if shape == "json" else listing(titles, terminal))
