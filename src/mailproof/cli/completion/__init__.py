"""`mailproof completion`: a script that teaches a shell our commands, options and names.

The script holds all of it: no key that is pressed starts Python.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click

from mailproof.cli.command import Command
from mailproof.cli.completion import bash, fish, zsh
from mailproof.cli.completion.completing import CommandWords, OptionWords, all_commands, global_options
from mailproof.cli.terminal import Complaint, Terminal

_SHELLS: dict[str, Callable[[tuple[CommandWords, ...], tuple[OptionWords, ...]], str]] = {
    "bash": bash.script,
    "zsh": zsh.script,
    "fish": fish.script,
}


def command(terminal: Terminal) -> Command:
    params: list[click.Parameter] = [click.Argument(["shell"], metavar="bash|zsh|fish")]
    return Command("completion", terminal, partial(_completion, terminal), params)


def _completion(terminal: Terminal, shell: str) -> int:
    if shell not in _SHELLS:
        choices = tuple(_SHELLS)
        raise Complaint(terminal.say("cli.not-one-of", option="completion", choices=choices, value=shell))
    terminal.write(_SHELLS[shell](all_commands(terminal), global_options(terminal)))
    return 0
