"""The completion for fish: a file for ~/.config/fish/completions."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.cli.completion.completing import CommandWords, OptionWords, Values

_SCRIPT = """\
# Completion of mailproof for fish, made by: mailproof completion fish

function __mailproof_command --description 'The command on the line; fails where there is none yet'
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case @TAKES@
                set -e words[1]
                set -q words[1]; and set -e words[1]
            case '-*'
                set -e words[1]
            case '*'
                echo $words[1]
                return 0
        end
    end
    return 1
end

function __mailproof_in --description 'Whether this is the command on the line'
    test "$(__mailproof_command)" = $argv[1]
end

complete -c mailproof -e
complete -c mailproof -f
@LINES@
"""
_NO_COMMAND = "-n 'not __mailproof_command >/dev/null'"


def script(commands: Iterable[CommandWords], before: Iterable[OptionWords]) -> str:
    """Lines of `complete` for fish 3.4 and later."""
    lines = [_option(option, _NO_COMMAND) for option in before]
    for command in commands:
        lines.append(f"complete -c mailproof {_NO_COMMAND} -a {command.name} -d {_quoted(command.about)}")
    for command in commands:
        inside = f"__mailproof_in {command.name}"
        lines.append("")
        lines += [_option(option, f"-n '{inside}'") for option in command.options]
        for option in command.options:
            if option.optional:
                behind = f"contains -- (commandline -opc)[-1] {' '.join(option.spellings)}"
                lines.append(f"complete -c mailproof -n '{inside}; and {behind}' {_offered(option.values)}")
        earlier = ""
        for argument in command.arguments:
            where = f"-n '{inside}{earlier}'"
            if argument.values.words and not argument.repeats:
                # One of these words stands once: what comes behind it is the next argument.
                seen = f"__fish_seen_subcommand_from {' '.join(argument.values.words)}"
                where = f"-n '{inside}{earlier}; and not {seen}'"
                earlier += f"; and {seen}"
            offered = _offered(argument.values)
            if offered:
                lines.append(f"complete -c mailproof {where} {offered}")
    taking = " ".join(each for option in before if option.takes for each in option.spellings)
    return _SCRIPT.replace("@TAKES@", taking).replace("@LINES@", "\n".join(lines))


def _option(option: OptionWords, where: str) -> str:
    spelled = [f"-l {each[2:]}" if each.startswith("--") else f"-s {each[1:]}" for each in option.spellings]
    parts = ["complete -c mailproof", where, *spelled]
    if option.takes:
        if not option.optional:
            parts.append("-r")
        parts.append(_offered(option.values) or "-f")
    return " ".join([*parts, "-d", _quoted(option.about)])


def _offered(values: Values) -> str:
    words = [*values.words, *values.urls]
    if values.titles:
        # The list is read once more as fish reads a line; a tab stands before what a word means.
        words = [f"{word}\\t{_quoted(title)}" for word, title in zip(values.words, values.titles, strict=True)]
    if values.directories and not values.files:
        words.append("(__fish_complete_directories)")
    if values.hosts:
        words.append("(__fish_print_hostnames)")
    parts = ["-F" if values.files else "-f"] if words or values.files else []
    return " ".join([*parts, f"-a {_quoted(' '.join(words))}"] if words else parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
