"""The shells themselves complete our command lines, with the script that `mailproof completion` prints."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from running import CLEAN, mailproof, sentence_of

from mailproof.catalog.pages import load, names
from mailproof.catalog.profiles import PROFILES
from mailproof.cli.completion.completing import Values, all_commands, values_of
from mailproof.cli.listing import titles_of
from mailproof.cli.overview import COMMANDS
from mailproof.cli.terminal import Terminal
from mailproof.cli.wishes import known_mechanisms
from mailproof.lab.embedded.faults import FAULTS
from mailproof.model.endpoint import Scheme
from ptys import Terminal as Screen

SHELLS = ("bash", "zsh", "fish")
Complete = Callable[[str], set[str]]

_SHOW = {
    "bash": "mailproof() { printf '<%s>' \"$@\"; echo; echo DONE; }",
    # What matches is told where it is offered to zsh; every function of completion ends there.
    # With -O, -A or -D nothing is offered: only what would match is asked.
    "zsh": 'compadd() { (( ${@[(I)-[OAD]*]} )) && { builtin compadd "$@"; return }; '
    'local -a hits; builtin compadd -A hits "$@"; print -rn -- ${hits/(#m)*/<$MATCH>}; '
    'builtin compadd "$@" }; setopt extendedglob; mailproof() { echo; echo DONE }',
}


def _started(shell: str, script: Path, home: Path) -> Screen:
    arguments = {"bash": ["bash", "--noprofile", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
    screen = Screen(arguments, {**CLEAN, "HOME": str(home), "PS1": "", "LC_ALL": "C.UTF-8"}, columns=20_000)
    first = {
        "bash": f"cd {home}; bind 'set enable-bracketed-paste off'; source {script}",
        "zsh": f"cd {home}; unsetopt zle_bracketed_paste prompt_cr prompt_sp; LISTMAX=100000; autoload -U compinit; "
        f"compinit -D -u; source {script}; bindkey '^I' list-choices",
    }[shell]
    screen.line(first, "")
    screen.line(f"{_SHOW[shell]}; echo RE''ADY", "READY")
    return screen


@pytest.fixture(scope="module", params=SHELLS)
def complete(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Complete:
    """What the shell offers for the last word of a line: all of it, as the word would stand there."""
    shell = str(request.param)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    home = tmp_path_factory.mktemp(shell)
    (home / "with blank.eml").write_text("", "utf-8")
    (home / "folder").mkdir()
    (home / "st*r.eml").write_text("", "utf-8")
    script = tmp_path_factory.mktemp("script") / "script"
    script.write_text(mailproof("completion", shell).stdout, "utf-8")
    if shell == "fish":
        return lambda line: _asked_of_fish(script, home, line)
    return lambda line: _typed(shell, script, home, line)


def _asked_of_fish(script: Path, home: Path, line: str) -> set[str]:
    code = f"source {script}; complete -C {_quoted(line)}"
    env = {**CLEAN, "HOME": str(home), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["fish", "--no-config", "-c", code], env=env, cwd=home, capture_output=True, text=True)
    assert done.stderr == ""
    return {text.partition("\t")[0] for text in done.stdout.splitlines()}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "\\'") + "'"


def _typed(shell: str, script: Path, home: Path, line: str) -> set[str]:
    """bash: insert all that it offers (M-*), and run it. zsh: let it list, and read what was offered to it."""
    with _started(shell, script, home) as screen:
        key = {"bash": "\x1b*", "zsh": "\t"}[shell]
        screen.type(f"{line}{key}")
        screen.type("\r")
        screen.wait_for("DONE")
        said = screen.shown.rpartition("READY")[2]
        if shell == "zsh":
            return set(re.findall(r"<([^<>]*)>", said))
        before = len(line.split()) - 1 - (not line.endswith(" "))
        return set(re.findall(r"<([^<>]*)>", said)[before:])


def test_the_commands(complete: Complete) -> None:
    assert complete("mailproof ") >= set(COMMANDS)
    assert complete("mailproof --lang ja exp") == {"explain"}


def test_the_options_of_each_command(complete: Complete) -> None:
    for command in all_commands(Terminal("en")):
        long = {each for option in command.options for each in option.spellings if each.startswith("--")}
        assert {each.rstrip("=") for each in complete(f"mailproof {command.name} --")} >= long, command.name


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("mailproof --color ", {"auto", "always", "never"}),
        ("mailproof check --tls ", {"auto", "required", "never"}),
        ("mailproof check mail.example.com --fail-on ", {"warn", "fail"}),
        ("mailproof login --tls-min ", {"1.0", "1.1", "1.2", "1.3"}),
        ("mailproof check --proxy-protocol ", {"v1", "v2"}),
        ("mailproof lab --fault ", set(FAULTS)),
        ("mailproof explain greylisted", {"greylisted"}),
        ("mailproof explain greylisted certificate-expired", {"certificate-expired"}),
        ("mailproof login --mechanism ", set(known_mechanisms())),
        ("mailproof completion ", set(SHELLS)),
        ("mailproof send --quit-after rc", {"rcpt"}),
        ("mailproof send --subject greylisted --tls req", {"required"}),
    ],
)
def test_words_that_can_stand_there(complete: Complete, line: str, offered: set[str]) -> None:
    assert complete(line) == offered


@pytest.mark.parametrize(
    ("line", "value"),
    [("mailproof check --tls=req", "required"), ("mailproof lab --fault=greyl", "greylisted")],
)
def test_a_value_behind_an_equals_sign(complete: Complete, line: str, value: str) -> None:
    assert {each.rpartition("=")[2] for each in complete(line)} == {value}


def test_urls_of_what_the_command_speaks(complete: Complete) -> None:
    assert {each for each in complete("mailproof check ") if "://" in each} == {f"{scheme}://" for scheme in Scheme}
    assert complete("mailproof fetch imap") == {"imap://", "imaps://"}
    assert "postgres://" in complete("mailproof talk post")


def test_files_where_a_file_is_wanted_and_only_there(complete: Complete) -> None:
    def plain(line: str) -> set[str]:
        return {each.replace("\\", "").rstrip("/") for each in complete(line)}

    assert "with blank.eml" in plain("mailproof send --data with")
    assert plain("mailproof check --profile ") >= {*PROFILES, "with blank.eml"}
    assert plain("mailproof check --profile st") == {"strict", "st*r.eml"}
    assert plain("mailproof lab --maildir fold") == {"folder"}
    assert "with blank.eml" not in plain("mailproof check --tls ")
    assert plain("mailproof explain ") >= {*names(), "with blank.eml"}
    assert "with blank.eml" in plain("mailproof token read with")
    assert plain("mailproof token rea") == {"read"}
    assert "with blank.eml" in plain("mailproof fetch --hops with")


@pytest.mark.parametrize(
    ("metavar", "values"),
    [
        ("warn|fail", Values(words=("warn", "fail"))),
        ("default|strict|FILE", Values(words=("default", "strict"), files=True)),
        ("never|success,failure,delay", Values(words=("never", "success", "failure", "delay"))),
        ("FILE[;type=T][;name=N]", Values(files=True)),
        ("[FILE|-]", Values(files=True)),
        ("DIRECTORY|FILE.mbox", Values(files=True, directories=True)),
        ("N|last|all", Values(words=("last", "all"))),
        ("socks5://[USER@]HOST[:PORT]|http://[USER@]HOST:PORT", Values(urls=("socks5://", "http://"))),
        ("ADDRESS,…", Values()),
        ("NAME: VALUE", Values()),
        ("", Values()),
    ],
)
def test_a_metavar_says_what_stands_there(metavar: str, values: Values) -> None:
    assert values_of("check", metavar, "en") == values


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_script_is_one_the_shell_reads_in_silence(shell: str, lang: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(mailproof("--lang", lang, "completion", shell).stdout, "utf-8")
    done = subprocess.run([shell, "-n", str(script)], env=CLEAN, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_the_script_loads_from_a_directory_of_zsh(tmp_path: Path) -> None:
    """As _mailproof in fpath, where it is read at the first key press."""
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    (tmp_path / "_mailproof").write_text(mailproof("completion", "zsh").stdout, "utf-8")
    env = {**CLEAN, "HOME": str(tmp_path), "PS1": "", "LC_ALL": "C.UTF-8"}
    with Screen(["zsh", "-f", "-i"], env) as screen:
        screen.type(f"fpath=({tmp_path} $fpath); autoload -U compinit; compinit -D -u; echo RE''ADY\r")
        screen.wait_for("READY")
        screen.type('mailproof() { echo "<$*>" }\r')
        screen.type("mailproof expl\tcertificate-expired --for\tjs\t\r")
        screen.wait_for("<explain certificate-expired --format=json>")


def test_another_shell_is_refused_with_those_that_there_are() -> None:
    done = mailproof("completion", "tcsh")
    assert done.returncode == 2
    assert all(shell in sentence_of(done) for shell in SHELLS)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_zsh_and_fish_show_what_a_finding_is(lang: str) -> None:
    title = load("greylisted", lang).title
    for shell in ("zsh", "fish"):
        text = mailproof("--lang", lang, "completion", shell).stdout
        assert title in text, shell
    assert title not in mailproof("--lang", lang, "completion", "bash").stdout


def test_fish_reads_the_titles_of_all_findings_apart(tmp_path: Path) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    script = tmp_path / "script"
    script.write_text(mailproof("completion", "fish").stdout, "utf-8")
    code = f"source {script}; complete -C 'mailproof explain '"
    env = {**CLEAN, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["fish", "--no-config", "-c", code], env=env, capture_output=True, text=True, check=True)
    # Files stand there without a title.
    titled = [line for line in done.stdout.splitlines() if "\t" in line]
    assert dict(line.split("\t", 1) for line in titled) == titles_of(names(), "en")
