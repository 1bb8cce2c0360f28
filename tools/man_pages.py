"""Writes the manual pages below docs/man: mailproof(1) and one for each command, in English and Japanese.

    python tools/man_pages.py [--check]

They say what `--help` says, in its words. With --check nothing is written; it fails if the pages are not what would
be written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import click

from mailproof import __version__
from mailproof.cli.command import Command, Option
from mailproof.cli.overview import COMMANDS
from mailproof.cli.terminal import Terminal

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"en": ROOT / "docs" / "man" / "man1", "ja": ROOT / "docs" / "man" / "ja" / "man1"}
_EXIT = re.compile(r"(?:Exit code|終了コード): *")
# What manual pages of programs have in common; everything else is said by the catalogue.
_WORDS = {
    "en": {
        "title": "General Commands Manual",
        "name": "NAME",
        "synopsis": "SYNOPSIS",
        "description": "DESCRIPTION",
        "commands": "COMMANDS",
        "options": "OPTIONS",
        "exit": "EXIT STATUS",
        "environment": "ENVIRONMENT",
        "files": "FILES",
        "examples": "EXAMPLES",
        "see": "SEE ALSO",
        "arguments": "OPTIONS",
        "about": "proves that a mail server works, end to end",
        "exits": (
            ("0", "what was asked for was done, and nothing is wrong"),
            ("2", "wrong usage; what to do instead is said on standard error"),
            ("3", "it could not be told, the result could not be written, or a mistake in mailproof itself"),
            ("130", "ended by Ctrl-C"),
            ("141", "nobody reads the output any more"),
            ("143", "ended by SIGTERM or SIGHUP"),
        ),
        "exits-more": "Each command says on its own page what else it tells by its exit code.",
        "variables": (
            ("MAILPROOF_OPTION", "stands for --option of every command that has it: MAILPROOF_TIMEOUT=10s for "
             "--timeout 10s. It wins over the files of settings, and the command line wins over it."),
            ("LC_ALL, LC_MESSAGES, LANG", "the language: Japanese for a Japanese locale, else English."),
            ("NO_COLOR, FORCE_COLOR", "whether --color auto colours."),
            ("COLUMNS", "the width of lines where there is no terminal."),
        ),
        "places": (
            ("~/.config/mailproof/mailproof.toml", "options that need not be typed; in $XDG_CONFIG_HOME/mailproof "
             "where that is set."),
            ("mailproof.toml", "the same for the current directory. It wins, but may not run programs or write "
             "files."),
        ),
        "own-variables": "MAILPROOF_OPTION stands for --option, and mailproof.toml holds what need not be typed: see",
    },
    "ja": {
        "title": "一般コマンドマニュアル",
        "name": "名前",
        "synopsis": "書式",
        "description": "説明",
        "commands": "コマンド",
        "options": "オプション",
        "exit": "終了ステータス",
        "environment": "環境変数",
        "files": "ファイル",
        "examples": "使用例",
        "see": "関連項目",
        "arguments": "オプション",
        "about": "メールサーバーが端から端まで正しく動くことを確かめる",
        "exits": (
            ("0", "指定された処理を終え、問題はなかった"),
            ("2", "使い方の誤り。どう直すかを標準エラー出力に示す"),
            ("3", "判定不能、結果を書けない、または mailproof 自身の不具合"),
            ("130", "Ctrl-C による終了"),
            ("141", "出力の読み手がいなくなった"),
            ("143", "SIGTERM または SIGHUP による終了"),
        ),
        "exits-more": "これ以外の終了コードの意味は、各コマンドのページに書かれています。",
        "variables": (
            ("MAILPROOF_OPTION", "--option の代わりになる。たとえば MAILPROOF_TIMEOUT=10s は --timeout 10s と"
             "同じで、そのオプションを持つすべてのコマンドに効く。設定ファイルより優先し、コマンドラインの指定には従う。"),
            ("LC_ALL, LC_MESSAGES, LANG", "言語。日本語のロケールなら日本語、それ以外は英語。"),
            ("NO_COLOR, FORCE_COLOR", "--color auto のときに色を付けるかどうか。"),
            ("COLUMNS", "端末でないときの 1 行の幅。"),
        ),
        "places": (
            ("~/.config/mailproof/mailproof.toml", "毎回入力したくないオプションを書いておくファイル。"
             "$XDG_CONFIG_HOME が設定されていれば、その下の mailproof ディレクトリに置く。"),
            ("mailproof.toml", "カレントディレクトリ用の設定ファイル。こちらが優先する。"
             "プログラムの実行やファイルへの書き込みは指定できない。"),
        ),
        "own-variables": "環境変数 MAILPROOF_OPTION は --option の代わりになり、"
        "毎回入力したくないものは mailproof.toml に書けます。次を参照:",
    },
}  # fmt: skip


def main() -> int:
    wanted = {
        folder / f"{name}.1": text
        for lang, folder in FOLDERS.items()
        for name, text in pages(Terminal(lang, "never"))
    }
    there = {path for folder in FOLDERS.values() for path in folder.glob("*.1")}
    stale = {path for path, text in wanted.items() if path not in there or path.read_text("utf-8") != text}
    stale |= there - wanted.keys()
    if "--check" in sys.argv[1:]:
        names = sorted(path.relative_to(ROOT).as_posix() for path in stale)
        print("".join(f"{name} is stale: make docs\n" for name in names), end="", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], "utf-8")
        else:
            path.unlink()
    return 0


def pages(terminal: Terminal) -> Iterator[tuple[str, str]]:
    """The name of each page without its section, and its roff."""
    yield "mailproof", "\n".join(_of_program(terminal)) + "\n"
    for name in COMMANDS:
        command: Command = import_module(f"mailproof.cli.{name}").command(terminal)
        yield f"mailproof-{name}", "\n".join(_of_command(name, command, terminal)) + "\n"


def _of_program(terminal: Terminal) -> Iterator[str]:
    words, say = _WORDS[terminal.lang], terminal.say
    yield from _head("mailproof", str(words["about"]), terminal)
    yield from (f".SH {words['synopsis']}", ".nf", r"\fBmailproof\fR [\fIOPTIONS\fR] \fICOMMAND\fR \&...")
    yield from (r"\fBmailproof\fR \fICOMMAND\fR \fB\-\-help\fR", ".fi")
    yield from (f".SH {words['description']}", roff(say("cli.about")))
    yield f".SH {words['commands']}"
    for name in COMMANDS:
        yield from (".TP", rf"\fBmailproof\-{roff(name)}\fR(1)", roff(say(f"commands.{name}")))
    yield f".SH {words['options']}"
    values = {"lang": "en|ja", "color": "auto|always|never"}
    for name, value in values.items():
        yield from (".TP", rf"\fB\-\-{name}\fR \fI{value}\fR", roff(say(f"options.{name}")))
    for names, key in ((r"\fB\-V\fR, \fB\-\-version\fR", "version"), (r"\fB\-h\fR, \fB\-\-help\fR", "help")):
        yield from (".TP", names, roff(say(f"options.{key}")))
    yield from (f".SH {words['exit']}", *_terms(words["exits"]), ".PP", roff(str(words["exits-more"])))
    yield from (f".SH {words['environment']}", *_terms(words["variables"]))
    yield from (f".SH {words['files']}", *_terms(words["places"]))
    yield from (f".SH {words['examples']}", *_code(say("cli.first-examples")))
    yield from _see((f"mailproof-{name}" for name in COMMANDS), terminal)


def _of_command(name: str, command: Command, terminal: Terminal) -> Iterator[str]:
    words, say = _WORDS[terminal.lang], terminal.say
    yield from _head(f"mailproof-{name}", say(f"commands.{name}"), terminal)
    arguments = "".join(f" {_value(str(p.metavar))}" for p in command.params if isinstance(p, click.Argument))
    yield f".SH {words['synopsis']}"
    yield rf"\fBmailproof {roff(name)}\fR [\fI{roff(say('cli.options-word'))}\fR]{arguments}"
    about = say(f"commands.{name}-about").split("\n")
    exits = [text for text in about if _EXIT.match(text)]
    described = [roff(text) for text in about if text not in exits]
    yield from (f".SH {words['description']}", "\n.PP\n".join(described))
    yield f".SH {words['options']}"
    options = [each for each in command.params if isinstance(each, Option) and not each.hidden]
    for section in dict.fromkeys(option.section for option in options):
        yield f".SS {roff(say(f'cli.section-{section}'))}"
        for option in options:
            if option.section == section:
                value = "" if option.is_flag else f" {_value(str(option.metavar))}"
                names = ", ".join(rf"\fB{roff(each)}\fR" for each in option.opts)
                yield from (".TP", names + value, roff(option.help_in(say)))
    yield from (".TP", r"\fB\-h\fR, \fB\-\-help\fR", roff(say("options.help")))
    yield from (f".SH {words['exit']}", "\n.PP\n".join(roff(_EXIT.sub("", text)) for text in exits))
    yield from (f".SH {words['environment']}", roff(str(words["own-variables"])), r"\fBmailproof\fR(1)")
    yield from (f".SH {words['examples']}", *_code(say(f"commands.{name}-example")))
    yield from _see(("mailproof", *(f"mailproof-{each}" for each in COMMANDS if each != name)), terminal)


def _head(name: str, about: str, terminal: Terminal) -> Iterator[str]:
    words = _WORDS[terminal.lang]
    yield r".\" Made by tools/man_pages.py from the words of --help: change those, and run make docs."
    yield f'.TH {name.upper()} 1 "" "mailproof {__version__}" "{words["title"]}"'
    if terminal.lang == "ja":
        # Where a line of Japanese can end is told to groff alone; mandoc has no number .x, and refuses to read files.
        yield r".if \n[.x] .mso ja.tmac"
    yield ".ad l"
    yield from (f".SH {words['name']}", rf"{roff(name)} \- {roff(about)}")


def _see(names: Iterable[str], terminal: Terminal) -> Iterator[str]:
    yield f".SH {_WORDS[terminal.lang]['see']}"
    yield ",\n".join(rf"\fB{roff(name)}\fR(1)" for name in names)


def _terms(rows: object) -> Iterator[str]:
    assert isinstance(rows, tuple)
    for term, about in rows:
        yield from (".TP", rf"\fB{roff(term)}\fR", roff(about))


def _code(text: str) -> Iterator[str]:
    yield from (".RS 4", ".nf", roff(text.strip("\n")), ".fi", ".RE")


def _value(metavar: str) -> str:
    return rf"\fI{roff(metavar)}\fR"


def roff(text: str) -> str:
    """Text that roff shows as it is, and that can be pasted from the page into a shell."""
    signs = {"\\": r"\e", "-": r"\-", "~": r"\(ti", "^": r"\(ha", "`": r"\(ga", "'": r"\(aq", "…": r"\&..."}
    lines = "".join(signs.get(char, char) for char in text).split("\n")
    return "\n".join(rf"\&{line}" if line.startswith((".", "'")) else line for line in lines)


if __name__ == "__main__":
    sys.exit(main())
