"""The actions of the commands that have some, and the options and formats of each.

An option of another action would do nothing: it is refused, where it stands in the command line. In a file of
settings or in the environment it is for the calls that can use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import click
from click.core import ParameterSource

from mailproof.cli.terminal import Complaint, Terminal


class Action(NamedTuple):
    """What one action takes, beside what every command takes."""

    options: frozenset[str]
    shapes: tuple[str, ...]


def _takes(options: str, *shapes: str) -> Action:
    return Action(frozenset(options.split()), shapes or ("text", "json"))


# Every command has these; where there is no more to show, -v shows no more.
EVERYWHERE = frozenset(["--format", "--verbose", "--lang", "--color"])

_MAIL = "--postfix-dir --client --sasl-user --service"
_SECRETS = (
    "--user --password-env --password-file --password-fd --password-command --token-env --token-file --token-command"
)
_CONNECTION = "--name --tls --ca-file --no-verify --timeout -4 -6 --ehlo --source --resolver --xclient"
_COPY = "--copy-plan --database-name --database-folder --log-folder --copy-to --nothing-left --profile --fail-on"

ACTIONS: Mapping[str, Mapping[str, Action]] = {
    "postfix": {
        "route": _takes(f"{_MAIL} --mask"),
        "rewrite": _takes(f"{_MAIL} --place --mask"),
        "rewrite --why-not": _takes(f"{_MAIL} --why-not --mask"),
        "rewrite --message": _takes(f"{_MAIL} --message --from --mask"),
        "prove": _takes(f"{_MAIL} --to --mask"),
        "lint": _takes("--postfix-dir --dovecot-conf --profile --fail-on --mask", "text", "json", "sarif", "github"),
    },
    "dovecot": {
        "lint": _takes("--postfix-dir --dovecot-conf --profile --fail-on --mask", "text", "json", "sarif", "github"),
    },
    "exim": {
        "lint": _takes("--exim-conf --profile --fail-on --mask", "text", "json", "sarif", "github"),
    },
    "greylist": {
        "eval": _takes(
            "--from --rcpt --client --host --helo --auth --tls-subject --spf --recipients"
            " --answer --at --geoip --binary --mask"
        ),
        "lint": _takes("--geoip --fail-on --mask"),
        "doctor": _takes("--geoip --binary --fail-on --mask"),
        "rebuild": _takes("--write --build --into --package-version --maintainer --country-library"),
        "probe": _takes(f"--from --rcpt --within --every --pause --send-data --mask {_CONNECTION}"),
    },
    "milter": {
        "URL": _takes("--timeout --content-timeout --mask"),
        "send": _takes("--connect --helo --from --rcpt --macro --timeout --content-timeout --output --mask"),
        "script": _takes("--timeout --content-timeout --mask"),
    },
    "log": {
        "explain": _takes("--rotated --mask"),
        "trace": _takes("--queue-id --message-id --from --to --client --status --since --until --rotated --mask"),
        "summary": _takes("--since --until --top --jobs --rotated --mask", "text", "json", "html", "prometheus"),
        "follow": _takes("--queue-id --from --to --only --lines --mask"),
    },
    "ese": {
        "check": _takes(f"--no-pages --mask {_COPY}"),
        "plan": _takes(f"--mask {_COPY}"),
    },
    "token": {
        "MECHANISM": _takes(f"{_SECRETS} --authzid --challenge --nonce --host --port --service"),
        "read": _takes(f"{_SECRETS} --authzid --mechanism --show-secret --mask"),
        "base64": _takes("--decode --wrap", "text"),
    },
}


def actions_of(command: str) -> tuple[str, ...]:
    """The words for them: `rewrite --message` is a way of `rewrite`."""
    return tuple(dict.fromkeys(name.partition(" ")[0] for name in ACTIONS[command]))


def must_be_action(terminal: Terminal, command: str, action: str) -> None:
    """Raises Complaint with those that there are."""
    choices = actions_of(command)
    if action not in choices:
        raise Complaint(terminal.say("cli.not-one-of", option=command, choices=choices, value=action))


def refuse_others(terminal: Terminal, command: str, action: str) -> None:
    """Raises Complaint for the first option in this command line that is another action's, and for its --format."""
    taken = ACTIONS[command][action]
    context = click.get_current_context()
    shown = f"{command} {action}"
    for param in context.command.params:
        option = option_of(param)
        if option in taken.options | EVERYWHERE or not isinstance(param, click.Option):
            continue
        if context.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE:
            others = tuple(f"{command} {name}" for name in _takers(command, option))
            raise Complaint(terminal.say("cli.option-of-another", option=option, action=shown, others=others))
    shape = str(context.params["shape"])
    if shape not in taken.shapes:
        raise Complaint(terminal.say("cli.not-in-this-shape", action=shown, shape=shape, shapes=taken.shapes))


def _takers(command: str, option: str) -> Iterator[str]:
    """The actions that take it; the ways of one, such as `rewrite --message`, only where another way does not."""
    takes = {name: option in each.options for name, each in ACTIONS[command].items()}
    for action in actions_of(command):
        ways = [name for name in takes if name.partition(" ")[0] == action]
        yield from [action] if all(takes[name] for name in ways) else [name for name in ways if takes[name]]


def option_of(param: click.Parameter) -> str:
    """Its name in the table: the first of its long spellings, or the short one that it has alone."""
    return next((text for text in param.opts if text.startswith("--")), param.opts[0])
