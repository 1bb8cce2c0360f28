"""What was typed wrong, or stands wrong in a file or in the environment, as one sentence."""

from __future__ import annotations

from collections.abc import Sequence

import click
from click.core import ParameterSource

from mailproof.cli.settings import Settings
from mailproof.cli.terminal import Terminal


def misuse(error: click.ClickException, command: click.Command, settings: Settings | None, terminal: Terminal) -> str:
    """What click objects to, as one sentence that ends with what to do instead.

    Arguments are not repeated: what is too many may be a password that was meant for an option.
    """
    say = terminal.say
    help_hint = say("cli.see-help", command=f"mailproof {command.name}")
    if isinstance(error, click.NoSuchOption):
        near = _nearest(error.option_name, error.possibilities or ())
        sentence = say("cli.no-such-option", option=error.option_name)
        return sentence + (say("cli.did-you-mean", near=near) if near else help_hint)
    if isinstance(error, click.BadOptionUsage):
        flag = any(getattr(param, "is_flag", False) for param in command.params if error.option_name in param.opts)
        return say("cli.takes-no-value" if flag else "cli.needs-value", option=error.option_name) + help_hint
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return say("cli.missing", what=error.param.metavar or error.param.human_readable_name) + help_hint
    if isinstance(error, click.BadParameter) and error.param is not None:
        flag = getattr(error.param, "is_flag", False)
        return f"{_place(error.param, error.ctx, settings)}: {say('cli.no-flag') if flag else error.message}"
    return say("cli.too-many-arguments") + help_hint


def _nearest(option: str, others: Sequence[str]) -> str:
    """The one of these that may be meant; empty where they have little more in common than their dashes."""
    from difflib import get_close_matches

    by_name = {other.lstrip("-"): other for other in others}
    return next((by_name[name] for name in get_close_matches(option.lstrip("-"), by_name, 1)), "")


def _place(param: click.Parameter, context: click.Context | None, settings: Settings | None) -> str:
    """Where the value of a parameter was written: an option, a variable, or a file and the key in it."""
    name = str(param.name)
    given_by = context.get_parameter_source(name) if context is not None else None
    if given_by is ParameterSource.ENVIRONMENT:
        return str(param.envvar)
    if given_by is ParameterSource.DEFAULT_MAP and settings is not None:
        entry = settings.entries[name]
        return f"{entry.file.path}: {entry.place}"
    return "/".join(param.opts)
