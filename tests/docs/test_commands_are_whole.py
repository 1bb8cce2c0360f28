"""Every command has all that a command needs: help, both languages, JSON, a page, a manual page, completion."""

from __future__ import annotations

import tomllib
from importlib import import_module

import click
import pytest
from documentation import CATALOG, ROOT, lines

from mailproof.cli.command import Command, Option
from mailproof.cli.completion.completing import all_commands
from mailproof.cli.overview import COMMANDS
from mailproof.cli.terminal import Terminal

NO_JSON = {
    "completion": "its result is a script",
    "demo": "shows what the text of a report looks like; `check` has the JSON",
}
"""Commands without --format json, and why."""
IN_THE_GUIDE = ("check", "completion", "demo")
"""Commands that the guide tells of; the others have a page of their own."""


def _command(name: str, lang: str) -> Command:
    made = import_module(f"mailproof.cli.{name}").command(Terminal(lang))
    assert isinstance(made, Command)
    return made


def _help(name: str, lang: str) -> str:
    command = _command(name, lang)
    return click.Context(command, info_name=f"mailproof {name}").get_help()


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_help_has_an_example_and_the_exit_codes(name: str, lang: str) -> None:
    said = _help(name, lang)
    assert f"\n  mailproof {name}" in said or f"mailproof {name})" in said
    assert {"en": "Exit code", "ja": "終了コード"}[lang] in said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_word_of_it_is_there_in_both_languages(name: str) -> None:
    english, japanese = (tomllib.loads((CATALOG / f"{lang}.toml").read_text("utf-8")) for lang in ("en", "ja"))
    for key in (name, f"{name}-about"):
        assert english["commands"][key] != japanese["commands"][key]
        assert any(ord(char) > 0x3000 for char in japanese["commands"][key])
    for option in _command(name, "en").params:
        if isinstance(option, Option) and not option.hidden:
            assert english["options"][option.words] and japanese["options"][option.words]
            assert english["options"][option.words] != japanese["options"][option.words], option.words


@pytest.mark.parametrize("name", COMMANDS)
def test_what_it_finds_can_be_had_as_json(name: str) -> None:
    shape = next((each for each in _command(name, "en").params if "--format" in each.opts), None)
    if shape is None:
        assert name in NO_JSON
    else:
        assert "json" in str(shape.metavar).split("|")


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("end", ["md", "ja.md"])
def test_a_page_of_the_docs_shows_it(name: str, end: str) -> None:
    page = ROOT / "docs" / f"{'guide' if name in IN_THE_GUIDE else name}.{end}"
    assert [line for line in lines(page) if line.words[:1] == (name,)], page.name
    assert name not in IN_THE_GUIDE or not (ROOT / "docs" / f"{name}.{end}").exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_it_has_a_manual_page_in_both_languages_and_is_completed(name: str) -> None:
    assert (ROOT / "docs" / "man" / "man1" / f"mailproof-{name}.1").is_file()
    assert (ROOT / "docs" / "man" / "ja" / "man1" / f"mailproof-{name}.1").is_file()
    completed = next(each for each in all_commands(Terminal("en")) if each.name == name)
    spelled = {spelling for option in completed.options for spelling in option.spellings}
    wanted = {
        spelling
        for option in _command(name, "en").params
        if isinstance(option, Option) and not option.hidden
        for spelling in option.opts
    }
    assert spelled == wanted | {"-h", "--help"}
