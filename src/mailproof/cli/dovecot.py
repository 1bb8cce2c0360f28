"""`mailproof dovecot lint`: what is wrong in a configuration of Dovecot, from its files alone.

Exit codes: see `linting`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from mailproof.cli.command import Command, Option
from mailproof.cli.linting import lint_options
from mailproof.cli.terminal import Complaint, Terminal

_ACTIONS = ("lint",)
_USUAL = "/etc/dovecot/dovecot.conf"


def command(terminal: Terminal) -> Command:
    """Reads files; connects to nothing, and runs nothing."""
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="|".join(_ACTIONS)),
        click.Argument(["words"], nargs=-1, metavar=""),
        Option("--dovecot-conf", "-c", metavar="FILE", default=_USUAL, section="lint"),
        *lint_options(terminal, "postfix-dir"),
    ]
    return Command("dovecot", terminal, partial(_dovecot, terminal), params)


def _dovecot(terminal: Terminal, action: str, words: tuple[str, ...], **wish: Any) -> int:
    from mailproof.cli.linting import lint

    if action not in _ACTIONS:
        raise Complaint(terminal.say("cli.not-one-of", option="dovecot", choices=_ACTIONS, value=action))
    return lint(terminal, words, **wish)
