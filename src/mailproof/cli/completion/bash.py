"""The completion for bash 4.0 and later, without the package bash-completion."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable

from mailproof.cli.completion.completing import CommandWords, OptionWords, Values

_SCRIPT = """\
# Completion of mailproof for bash, made by: mailproof completion bash

_mailproof() {
    # The words as the command gets them: readline cuts them at = and : too.
    local rest=${COMP_LINE:0:COMP_POINT} word bare i n=-1
    local -a words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        bare=${rest#"${rest%%[![:space:]]*}"}
        ((i == COMP_CWORD)) && word=$bare
        if ((n < 0)) || [[ $bare != "$rest" ]]; then
            ((++n))
            words[n]=''
        fi
        words[n]+=$word
        rest=${bare#"$word"}
    done
    local cur=${words[n]}

    local command='' option='' place=0 maybe=@MAYBE@
    local takes=@GLOBAL_TAKES@ options=@GLOBAL_OPTIONS@
    for ((i = 1; i < n; i++)); do
        word=${words[i]}
        if [[ -n $option && ! ($word == -* && $maybe == *" $option "*) ]]; then
            option=''
            continue
        fi
        option=''
        case $word in
        --*=*) ;;
        -?*) [[ $takes == *" $word "* ]] && option=$word ;;
        *)
            if [[ -n $command ]]; then
                ((place++))
                continue
            fi
            command=$word
            case $command in
@COMMANDS@
            *) return ;;
            esac
            ;;
        esac
    done

    local value=$cur before=''
    if [[ -n $option && $cur == -* && $maybe == *" $option "* ]]; then
        option=''
    fi
    if [[ -z $option && $cur == --*=* ]]; then
        option=${cur%%=*}
        value=${cur#*=}
        before=$option=
    elif [[ -z $option && $cur == -* ]]; then
        value=$cur
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$value")
        return
    fi

    local offered='' urls='' files='' hosts=''
    case $command:${option:-$place} in
@VALUES@
    *) return ;;
    esac
    local IFS=$'\\n'
    local -a found begun named
    mapfile -t found < <(compgen -W "${offered// /$IFS}" -- "$value")
    mapfile -t begun < <(compgen -W "${urls// /$IFS}" -- "$value")
    if ((${#begun[@]})); then
        compopt -o nospace
        found+=("${begun[@]}")
    fi
    if [[ -n $hosts && -n $value ]]; then
        mapfile -t named < <(compgen -A hostname -- "$value")
        found+=("${named[@]}")
    fi
    if [[ -n $files ]]; then
        if ((${#found[@]} == 0)); then
            compopt -o "$files" # readline's own, which knows quotes and ~
            return
        fi
        compopt -o filenames
        mapfile -t named < <(compgen -f -- "$value")
        found+=("${named[@]}")
    fi
    # Only what stands behind the last = or : is replaced.
    local cut=${cur%"$2"}
    for word in "${found[@]}"; do
        word=$before$word
        COMPREPLY+=("${word#"$cut"}")
    done
}

complete -F _mailproof mailproof
"""


def script(commands: Iterable[CommandWords], before: Iterable[OptionWords]) -> str:
    """To be read by bash with `source`."""
    commands = tuple(commands)
    optional = {
        each for command in commands for option in command.options if option.optional for each in option.spellings
    }
    cases: list[str] = []
    patterns: defaultdict[Values, list[str]] = defaultdict(list)
    for option in before:
        if option.takes:
            patterns[option.values] += [f":{each}" for each in option.spellings]
    patterns[Values(words=tuple(command.name for command in commands))].append(":0")
    for command in commands:
        cases.append(f"            {command.name})")
        cases.append(f"                takes={_listed(command.options, taking=True)}")
        cases.append(f"                options={_listed(command.options, taking=False)}")
        cases.append("                ;;")
        for option in command.options:
            if option.takes:
                patterns[option.values] += [f"{command.name}:{each}" for each in option.spellings]
        for number, argument in enumerate(command.arguments):
            patterns[argument.values].append(f"{command.name}:{'[0-9]*' if argument.repeats else number}")
    values = [_case(values, where) for values, where in patterns.items() if values != Values()]
    filled = {
        "@MAYBE@": _padded(sorted(optional)),
        "@GLOBAL_TAKES@": _listed(before, taking=True),
        "@GLOBAL_OPTIONS@": _listed(before, taking=False),
        "@COMMANDS@": "\n".join(cases),
        "@VALUES@": "\n".join(values),
    }
    text = _SCRIPT
    for mark, part in filled.items():
        text = text.replace(mark, part)
    return text


def _case(values: Values, where: list[str]) -> str:
    lines = [f"    {' | '.join(where)})"]
    if values.words:
        lines.append(f"        offered={shlex.quote(' '.join(values.words))}")
    if values.urls:
        lines.append(f"        urls={shlex.quote(' '.join(values.urls))}")
    if values.files or values.directories:
        lines.append(f"        files={'default' if values.files else 'dirnames'}")
    if values.hosts:
        lines.append("        hosts=yes")
    return "\n".join([*lines, "        ;;"])


def _listed(options: Iterable[OptionWords], *, taking: bool) -> str:
    return _padded(each for option in options if option.takes or not taking for each in option.spellings)


def _padded(words: Iterable[str]) -> str:
    return f"' {' '.join(words)} '"
