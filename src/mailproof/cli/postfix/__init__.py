"""`mailproof postfix`: what a configuration of Postfix would do, from its files alone; and the proof of it.

Exit codes: 0 told or proved; 1 something went otherwise; 2 wrong usage; 3 something could not be told.
Those of lint are in `linting`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from mailproof.cli.actions import actions_of, must_be_action, refuse_others
from mailproof.cli.command import Command, Option, not_empty, one_of
from mailproof.cli.linting import lint_options, no_configuration
from mailproof.cli.postfix.source import USUAL
from mailproof.cli.terminal import Terminal

_PLACES = ("envelope-sender", "envelope-recipient", "header-sender", "header-recipient")


def command(terminal: Terminal) -> Command:
    """Reads files; but for `prove`, which has a Postfix of its own, it connects to nothing and runs nothing."""
    named = not_empty(terminal)
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="|".join(actions_of("postfix"))),
        click.Argument(["words"], nargs=-1, metavar="[SENDER RECIPIENT|ADDRESS…|SENDER…]"),
        Option("--postfix-dir", "-c", metavar="DIR", default=USUAL, section="postfix", callback=named),
        Option("--client", metavar="KIND|ADDRESS", section="postfix", words="postfix-client", callback=named),
        Option("--sasl-user", metavar="NAME", section="postfix", words="postfix-sasl-user", callback=named),
        Option("--service", metavar="NAME", section="postfix", words="postfix-service", callback=named),
        Option("--place", section="rewrite", words="postfix-place", **one_of(_PLACES, terminal)),
        Option("--why-not", metavar="FROM", section="rewrite", words="postfix-why-not", callback=named),
        Option("--message", metavar="FILE", section="rewrite", words="postfix-message", callback=named),
        Option("--from", "sender", metavar="ADDRESS", default="", section="rewrite", words="postfix-from"),
        Option("--to", metavar="ADDRESS", default="", section="prove", words="postfix-to"),
        *lint_options(terminal, "dovecot-conf"),
    ]
    return Command("postfix", terminal, partial(_postfix, terminal), params)


def _postfix(terminal: Terminal, action: str, words: tuple[str, ...], **wish: Any) -> int:
    must_be_action(terminal, "postfix", action)
    ways = {"--why-not": wish["why_not"], "--message": wish["message"]} if action == "rewrite" else {}
    asked = next((f" {option}" for option, value in ways.items() if value is not None), "")
    refuse_others(terminal, "postfix", f"{action}{asked}")
    from mailproof.run.lint import NoConfiguration

    try:
        return _done(terminal, action, words, **wish)
    except NoConfiguration as none:
        return no_configuration(terminal, none)


def _done(terminal: Terminal, action: str, words: tuple[str, ...], **wish: Any) -> int:
    """Raises NoConfiguration."""
    wish |= {name: wish[name] or "" for name in ("sasl_user", "service")}
    if action == "route":
        from mailproof.cli.postfix.route import route

        return route(terminal, words, **wish)
    if action == "rewrite":
        from mailproof.cli.postfix.rewrite import rewrite

        return rewrite(terminal, words, **wish)
    if action == "prove":
        from mailproof.cli.postfix.prove import prove

        return prove(terminal, words, **wish)
    from mailproof.cli.linting import lint

    return lint(terminal, "postfix", words, **wish)
