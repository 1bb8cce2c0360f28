"""The completion for zsh: a file _mailproof for the directories in fpath, or to be read behind compinit."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from mailproof.cli.completion.completing import ArgumentWords, CommandWords, OptionWords, Values

_SCRIPT = """\
#compdef mailproof
# Completion of mailproof for zsh, made by: mailproof completion zsh

@VALUES@
_mailproof_commands() {
    local -a commands=(
@COMMANDS@
    )
    _describe -t commands command commands
}

_mailproof() {
    local curcontext="$curcontext" state line ret=1
    local -A opt_args
    _arguments -C \\
@GLOBAL@
        '1:command:_mailproof_commands' \\
        '*::argument:->arguments' && ret=0
    [[ $state == arguments ]] || return ret
    curcontext="${curcontext%:*}-$words[1]:"
    case $words[1] in
@ARGUMENTS@
    esac
    return ret
}

if [[ $funcstack[1] == _mailproof ]]; then
    _mailproof "$@"
else
    compdef _mailproof mailproof
fi
"""


def script(commands: Iterable[CommandWords], before: Iterable[OptionWords]) -> str:
    """A file of functions for zsh 5."""
    numbers: dict[Values, int] = {}
    lines = []
    for command in commands:
        specs = [_option(option, numbers) for option in command.options]
        specs += [_argument(place, each, numbers) for place, each in enumerate(command.arguments, 1)]
        lines += [f"    {command.name})", "        _arguments -s -S \\"]
        lines += [f"            {spec} \\" for spec in specs]
        lines += ["            && ret=0", "        ;;"]
    in_front = [f"        {_option(option, numbers)} \\" for option in before]
    named = [f"        {shlex.quote(f'{command.name}:{_plain(command.about)}')}" for command in commands]
    filled = {
        "@VALUES@": "\n".join(_function(values, number) for values, number in numbers.items()),
        "@COMMANDS@": "\n".join(named),
        "@GLOBAL@": "\n".join(in_front),
        "@ARGUMENTS@": "\n".join(lines),
    }
    text = _SCRIPT
    for mark, part in filled.items():
        text = text.replace(mark, part)
    return text


def _option(option: OptionWords, numbers: dict[Values, int]) -> str:
    about = f"[{_plain(option.about)}]"
    value = f"{'::' if option.optional else ':'}{_plain(option.takes)}:{_action(option.values, numbers)}"
    value = value if option.takes else ""
    # A long option takes its value behind = too; a short one that has one, behind nothing or a blank.
    spelled = [f"{each}{_sign(each) if value else ''}" for each in option.spellings]
    if option.repeats:
        return " ".join(shlex.quote(f"*{each}{about}{value}") for each in spelled)
    others = f"({' '.join(option.spellings)})" if len(spelled) > 1 else ""
    return " ".join(shlex.quote(f"{others}{each}{about}{value}") for each in spelled)


def _sign(spelling: str) -> str:
    return "=" if spelling.startswith("--") else "+"


def _argument(place: int, argument: ArgumentWords, numbers: dict[Values, int]) -> str:
    where = "*" if argument.repeats else str(place)
    colon = ":" if argument.required or argument.repeats else "::"
    return shlex.quote(f"{where}{colon}{_plain(argument.takes)}:{_action(argument.values, numbers)}")


def _action(values: Values, numbers: dict[Values, int]) -> str:
    """A blank where only the user knows what comes: then the name of the value is shown."""
    if values == Values():
        return " "
    return f"_mailproof_values_{numbers.setdefault(values, len(numbers) + 1)}"


def _function(values: Values, number: int) -> str:
    lines = [f"_mailproof_values_{number}() {{", "    local ret=1"]
    if values.titles:
        lines.append("    local -a titled=(")
        for word, title in zip(values.words, values.titles, strict=True):
            lines.append(f"        {shlex.quote(f'{_plain(word)}:{_plain(title)}')}")
        lines += ["    )", "    _describe -t names name titled && ret=0"]
    elif values.words:
        lines.append(f'    compadd "$@" -- {" ".join(map(shlex.quote, values.words))} && ret=0')
    if values.urls:
        lines.append(f"""    compadd "$@" -S '' -- {" ".join(map(shlex.quote, values.urls))} && ret=0""")
    if values.files or values.directories:
        lines.append(f'    _files "$@"{"" if values.files else " -/"} && ret=0')
    if values.hosts:
        lines.append('    _hosts "$@" && ret=0')
    return "\n".join([*lines, "    return ret", "}", ""])


def _plain(text: str) -> str:
    """As text of a specification of _arguments and _describe."""
    for sign in "\\[]:":
        text = text.replace(sign, f"\\{sign}")
    return text
