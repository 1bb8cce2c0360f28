"""The way in: versions, help, languages, and what becomes of a mistake."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import click
import pytest
from running import CLEAN, mailproof, modules_imported_by, sentence_of

from mailproof import __version__
from mailproof.cli.overview import COMMANDS
from mailproof.cli.terminal import Terminal, language


def test_the_version_is_told_before_anything_is_imported() -> None:
    done = mailproof("--version")
    assert (done.returncode, done.stdout) == (0, f"mailproof {__version__}\n")
    assert not {"click", "msgspec", "mailproof.cli"} & modules_imported_by("--version")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("help",), ("--lang", "en")], ids=" ".join)
def test_who_does_not_know_what_to_ask_is_shown_the_commands(arguments: tuple[str, ...]) -> None:
    done = mailproof(*arguments)
    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert "click" not in modules_imported_by(*arguments)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_command_has_help_with_an_example(name: str, lang: str) -> None:
    done = mailproof("--lang", lang, name, "--help")
    assert done.returncode == 0
    assert f"\n  mailproof {name}" in done.stdout
    assert mailproof("help", name, "--lang", lang).returncode == 0


@pytest.mark.parametrize(("lang", "said"), [("en", "20 if not given"), ("ja", "省略時は 20")])
def test_help_says_what_holds_where_nothing_is_given_and_ends_with_itself(lang: str, said: str) -> None:
    told = mailproof("--lang", lang, "fetch", "--help").stdout
    assert said in told
    last = told.splitlines()[-8:]
    assert any("--color" in line for line in last) and "--help" in last[-1]


@pytest.mark.parametrize(
    ("locale", "lang"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "ja_JP"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "MAILPROOF_LANG": "en"}, "en"),
        ({}, "en"),
    ],
)
def test_the_locale_decides_the_language(locale: dict[str, str], lang: str) -> None:
    assert language(locale) == lang


def test_the_language_can_stand_before_and_after_the_command() -> None:
    before = mailproof("--lang", "ja", "explain", "starttls-not-offered")
    after = mailproof("explain", "starttls-not-offered", "--lang=ja")
    assert before.returncode == 0
    assert "STARTTLS が提示されない" in before.stdout == after.stdout


def test_a_locale_without_japanese_is_no_reason_to_fail() -> None:
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = mailproof("--lang", "ja", "explain", "starttls-not-offered", env=plain)
    assert done.returncode == 0
    assert "STARTTLS \\u304c" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("chek",), "there is no command chek; did you mean check?"),
        (("swim",), "there is no command swim; see mailproof --help"),
        (("--colour",), "there is no option --colour; see mailproof --help"),
        (("--lang", "fr", "check"), "--lang takes one of en, ja, not fr"),
        (("--color",), "--color takes one of auto, always, never, not "),
        (("demo", "now"), "there is an argument too many; see mailproof demo --help"),
        (("check", "--bogus"), "there is no option --bogus; see mailproof check --help"),
        (("check", "--timeot", "3"), "there is no option --timeot; did you mean --timeout?"),
    ],
)
def test_a_slip_of_the_pen_is_answered_by_what_was_meant(arguments: tuple[str, ...], complaint: str) -> None:
    done = mailproof(*arguments)
    assert done.returncode == 2
    assert sentence_of(done) == complaint


def test_a_complaint_is_in_the_language_of_the_user() -> None:
    done = mailproof("chek", "--lang", "ja")
    assert sentence_of(done) == "chek というコマンドはありません。check ではありませんか"


@pytest.mark.parametrize("name", COMMANDS)
def test_no_value_is_converted_by_click_which_complains_in_english_alone(name: str) -> None:
    command = import_module(f"mailproof.cli.{name}").command(Terminal("ja"))
    values = [param for param in command.params if not getattr(param, "is_flag", False)]
    assert [param.name for param in values if not isinstance(param.type, click.types.StringParamType)] == []


def test_a_flag_in_the_environment_that_is_none_is_refused_in_japanese() -> None:
    done = mailproof("check", "smtp://127.0.0.1:9", "--lang", "ja", env={"MAILPROOF_MASK": "perhaps"})
    assert sentence_of(done) == "MAILPROOF_MASK: true か false でなければなりません"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("token", "base64", "-w", "-1"), "--wrap/-w/-b: 「-1」は 0 から 1000000000 までの整数ではありません"),
        (("ports", "--rate", "nan", "127.0.0.1"), "--rate: 「nan」は 0.1 から 10000 までの数ではありません"),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_japanese(arguments: tuple[str, ...], complaint: str) -> None:
    assert sentence_of(mailproof(*arguments, env={"MAILPROOF_LANG": "ja"})) == complaint


def test_colours_are_for_those_who_want_them() -> None:
    def colored(*arguments: str, **env: str) -> bool:
        return "\x1b[" in mailproof(*arguments, "explain", "starttls-not-offered", env=env).stdout

    assert not colored()
    assert colored("--color", "always", NO_COLOR="1")
    assert colored(FORCE_COLOR="1")
    assert colored(MAILPROOF_COLOR="always")
    assert not colored(FORCE_COLOR="1", NO_COLOR="1")
    assert not colored("--color", "never", FORCE_COLOR="1")


def test_a_reader_that_has_gone_is_no_mistake() -> None:
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait()
    with subprocess.Popen(
        [sys.executable, "-m", "mailproof", "explain", "--list"],
        env=CLEAN,
        stdout=reader.stdin,
        stderr=subprocess.PIPE,
    ) as done:
        assert done.communicate()[1] == b""
        assert done.returncode == 141
    assert reader.stdin is not None
    reader.stdin.close()


_WRITTEN = {
    "text": ("explain", "--list"),
    "bytes": ("token", "base64", __file__),
    "version": ("--version",),
    "help": ("check", "--help"),
    "findings": ("check", "smtp://127.0.0.1:9"),
}


@pytest.mark.parametrize("arguments", _WRITTEN.values(), ids=_WRITTEN)
@pytest.mark.parametrize(
    ("stdout", "why"),
    [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")],
    ids=["full", "closed"],
)
def test_a_result_that_cannot_be_written_is_no_mistake_of_ours(
    arguments: tuple[str, ...], stdout: str, why: str
) -> None:
    done = _redirected(stdout, *arguments)
    assert sentence_of(done) == f"the result cannot be written to standard output: {why}"
    assert done.returncode == 3


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-"], ids=["full", "closed"])
def test_whoever_hears_no_complaint_still_has_the_exit_code(stderr: str) -> None:
    assert _redirected(stderr, "frob").returncode == 2


def test_a_stream_that_was_closed_is_not_taken_by_a_connection() -> None:
    done = _redirected("2>&-", "check", "smtp://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL: The server refuses connections")


def test_closed_input_is_empty_input() -> None:
    assert "there is no token to read" in sentence_of(_redirected("<&-", "token", "read"))


def _redirected(how: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program with a redirection of the shell."""
    line = f'exec "$0" -m mailproof "$@" {how}'
    return subprocess.run(
        ["bash", "-c", line, sys.executable, *arguments],
        env=CLEAN,
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_options_can_stand_in_the_environment_and_the_command_line_wins() -> None:
    env = {"MAILPROOF_FORMAT": "json", "MAILPROOF_LANG": "ja"}
    assert mailproof("explain", "starttls-not-offered", env=env).stdout.startswith("{")
    assert (
        "STARTTLS が提示されない" in mailproof("explain", "starttls-not-offered", "--format", "text", env=env).stdout
    )
    assert mailproof("explain", "starttls-not-offered", env={"MAILPROOF_FORMAT": "xml"}).returncode == 2
