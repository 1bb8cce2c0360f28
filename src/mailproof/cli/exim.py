"""`mailproof exim lint`: what is wrong in a configuration of Exim, from its files alone.

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


def command(terminal: Terminal) -> Command:
    """Reads files and connects to nothing. The machine's own Exim, if any, is asked what it was built with."""
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="|".join(actions_of("exim"))),
        click.Argument(["words"], nargs=-1, metavar=""),
        Option("--exim-conf", "-c", metavar="FILE", section="lint", callback=not_empty(terminal)),
        *lint_options(terminal),
    ]
    return Command("exim", terminal, partial(_exim, terminal), params)


def _exim(terminal: Terminal, action: str, words: tuple[str, ...], exim_conf: str | None, **wish: Any) -> int:
    from mailproof.cli.linting import lint
    from mailproof.host.here import Here
    from mailproof.probes.exim_files import first_usual
    from mailproof.run.lint import NoConfiguration

    must_be_action(terminal, "exim", action)
    refuse_others(terminal, "exim", action)
    try:
        return lint(terminal, "exim", words, exim_conf=exim_conf or first_usual(Here()), **wish)
    except NoConfiguration as none:
        return no_configuration(terminal, none)
