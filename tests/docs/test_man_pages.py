"""The manual pages are read without a complaint, and what they show is what can be typed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from mailproof.cli.command import Option
from mailproof.cli.completion.completing import all_commands
from mailproof.cli.overview import COMMANDS
from mailproof.cli.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
MAN = ROOT / "docs" / "man"
PAGES = sorted(MAN.rglob("*.1"))
# The version stands at the foot of a page; a day would make every page stale.
_NO_DATE = "WARNING: missing date"
_LINTERS = ["mandoc", "-Tlint", "-Wwarning"], ["groff", "-Kutf8", "-man", "-ww", "-z", "-Tutf8"]


def _read(command: list[str], page: Path) -> str:
    """What a reader of manual pages shows, without bold and italics."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [*command, str(page)], env=env, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout)


def test_there_is_a_page_for_each_command_in_each_language() -> None:
    wanted = {"mailproof.1", *(f"mailproof-{name}.1" for name in COMMANDS)}
    assert {path.name for path in (MAN / "man1").iterdir()} == wanted
    assert {path.name for path in (MAN / "ja" / "man1").iterdir()} == wanted


@pytest.mark.parametrize("command", _LINTERS)
def test_nothing_in_a_page_is_complained_of(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    assert PAGES
    for page in PAGES:
        done = subprocess.run([*command, str(page)], capture_output=True, text=True, check=False)
        said = (done.stdout + done.stderr).splitlines()
        assert [line for line in said if _NO_DATE not in line] == []


@pytest.mark.parametrize("command", [["mandoc", "-Tutf8"], ["groff", "-Kutf8", "-man", "-Tutf8"]])
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_option_is_shown_as_it_is_typed(command: list[str], lang: str) -> None:
    folder = MAN / "man1" if lang == "en" else MAN / "ja" / "man1"
    for each in all_commands(Terminal(lang)):
        shown = _read(command, folder / f"mailproof-{each.name}.1")
        for option in each.options:
            heading = ", ".join(option.spellings)
            assert re.search(rf"^ +{re.escape(heading)}(?: |$)", shown, re.MULTILINE), f"{each.name}: {heading}"


def test_an_example_is_shown_to_the_letter() -> None:
    for lang, folder in (("en", MAN / "man1"), ("ja", MAN / "ja" / "man1")):
        for name in COMMANDS:
            shown = _read(["mandoc", "-Tutf8", "-Owidth=200"], folder / f"mailproof-{name}.1")
            for line in Terminal(lang).say(f"commands.{name}-example").strip("\n").splitlines():
                assert line.strip() in shown, name


def test_what_an_exit_code_means_stands_in_a_section_of_its_own() -> None:
    for page in PAGES:
        lines = page.read_text("utf-8").splitlines()
        heading = next(at for at, line in enumerate(lines) if line in (".SH EXIT STATUS", ".SH 終了ステータス"))
        assert lines[heading + 1], page.name
        assert not any(line.startswith(("Exit code", "終了コード")) for line in lines), page.name


def test_the_pages_are_part_of_the_wheel_and_of_the_source() -> None:
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert hatch["wheel"]["shared-data"] == {
        "docs/man/man1": "share/man/man1",
        "docs/man/ja/man1": "share/man/ja/man1",
    }
    assert "docs/man" in hatch["sdist"]["include"]


def test_an_option_without_help_has_no_place_in_a_page() -> None:
    hidden = 0
    for name in COMMANDS:
        text = (MAN / "man1" / f"mailproof-{name}.1").read_text("utf-8").replace("\\-", "-")
        for option in import_module(f"mailproof.cli.{name}").command(Terminal("en")).params:
            if isinstance(option, Option) and option.hidden:
                hidden += 1
                assert [each for each in option.opts if rf"\fB{each}\fR" in text] == [], name
    assert hidden
