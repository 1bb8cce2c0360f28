"""`mailproof dovecot lint`: what is wrong in a configuration of Dovecot, from its files alone.

Exit codes: see `linting`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from mailproof.cli.actions import actions_of, must_be_action, refuse_others
from mailproof.cli.command import Command, Option, not_empty
from mailproof.cli.linting import lint_options, no_configuration
from mailproof.cli.terminal import Terminal

_USUAL = "/etc/dovecot/dovecot.conf"


def command(terminal: Terminal) -> Command:
    """Reads files; connects to nothing, and runs nothing."""
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="|".join(actions_of("dovecot"))),
        click.Argument(["words"], nargs=-1, metavar=""),
        Option("--dovecot-conf", "-c", metavar="FILE", default=_USUAL, section="lint", callback=not_empty(terminal)),
        *lint_options(terminal, "postfix-dir"),
    ]
    return Command("dovecot", terminal, partial(_dovecot, terminal), params)


def _dovecot(terminal: Terminal, action: str, words: tuple[str, ...], **wish: Any) -> int:
    from mailproof.cli.linting import lint
    from mailproof.run.lint import NoConfiguration

    must_be_action(terminal, "dovecot", action)
    refuse_others(terminal, "dovecot", action)
    try:
        return lint(terminal, "dovecot", words, **wish)
    except NoConfiguration as none:
        return no_configuration(terminal, none)
