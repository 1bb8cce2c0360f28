"""`mailproof.toml`: what need not be typed, what wins over what, and what a file may not ask for."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest
from running import Peer, mailproof, modules_imported_by, sentence_of, serving, smtp

from mailproof.cli.command import Option
from mailproof.cli.overview import COMMANDS
from mailproof.cli.settings import _options as options
from mailproof.cli.settings_here import MAY_STAND_HERE, may_stand_here
from mailproof.cli.terminal import Terminal

PAGE = ("explain", "starttls-not-offered")
TARGET = "smtp://127.0.0.1:9"


class Place:
    """A current directory and a home, with a file of settings in each where one is given."""

    def __init__(self, directory: Path) -> None:
        self.here, self.home = directory / "here", directory / "home"
        self.own = self.home / "mailproof" / "mailproof.toml"
        self.project = self.here / "mailproof.toml"
        for path in (self.here, self.own.parent):
            path.mkdir(parents=True)

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return mailproof(*arguments, cwd=self.here, env={"XDG_CONFIG_HOME": str(self.home), **env})

    def complaint(self, *arguments: str, **env: str) -> str:
        done = self.run(*arguments, **env)
        assert done.returncode == 2
        return sentence_of(done)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def is_json(done: subprocess.CompletedProcess[str]) -> bool:
    assert done.returncode == 0, done.stderr
    return done.stdout.startswith("{")


def test_the_project_wins_over_the_user_then_the_environment_then_the_command_line(place: Place) -> None:
    assert not is_json(place.run(*PAGE))
    place.own.write_text('format = "json"\n')
    assert is_json(place.run(*PAGE))
    place.project.write_text('format = "text"\n')
    assert not is_json(place.run(*PAGE))
    assert is_json(place.run(*PAGE, MAILPROOF_FORMAT="json"))
    assert not is_json(place.run(*PAGE, "--format", "text", MAILPROOF_FORMAT="json"))


def test_the_table_of_a_command_wins_over_the_top_of_its_file_and_is_for_that_command_only(place: Place) -> None:
    place.project.write_text('format = "text"\n[explain]\nformat = "json"\n')
    assert is_json(place.run(*PAGE))
    place.project.write_text('format = "text"\n[check]\nformat = "json"\n')
    assert not is_json(place.run(*PAGE))


def test_without_xdg_config_home_it_is_below_the_home_directory(place: Place) -> None:
    own = place.home / ".config" / "mailproof" / "mailproof.toml"
    own.parent.mkdir(parents=True)
    own.write_text('format = "json"\n')
    assert is_json(place.run(*PAGE, XDG_CONFIG_HOME="", HOME=str(place.home)))
    assert is_json(place.run(*PAGE, XDG_CONFIG_HOME="not/absolute", HOME=str(place.home)))
    place.here.joinpath(".config").symlink_to(place.home / ".config")
    assert not is_json(place.run(*PAGE, XDG_CONFIG_HOME="", HOME=""))


def test_flags_numbers_and_lists_arrive_where_they_belong(place: Place) -> None:
    place.project.write_text(
        'timeout = 2.5\nverbose = true\ntls-min = 1.2\noutside = "x@example.net"\n'
        '[check]\nxclient = ["ADDR=192.0.2.1", "NAME=mx.example.net"]\nformat = "json"\n'
    )
    with serving(smtp) as server:
        target = f"smtp://127.0.0.1:{server.port}"
        place.run("check", target, "--record", "seen.json")
        asked = json.loads((place.here / "seen.json").read_text())["asked"]
        assert (asked["timeout"], asked["outside"]) == (2.5, "x@example.net")
        assert asked["xclient"] == ["ADDR=192.0.2.1", "NAME=mx.example.net"]
        assert "\nTranscript 1: " in place.run("check", target, "--format", "text").stdout
        quiet = place.run("check", target, "--format", "text", MAILPROOF_VERBOSE="false")
        assert "\nTranscript 1: " not in quiet.stdout


def test_a_path_is_seen_from_the_file_it_stands_in(place: Place) -> None:
    (place.own.parent / "ours.toml").write_text("[thresholds]\nrsa = 1\n")
    place.own.write_text('profile = "ours.toml"\n')
    assert place.complaint("check", TARGET).startswith(f"{place.own.parent}/ours.toml: there is no threshold rsa")
    place.own.write_text('profile = "strict"\nca-file = "~/lab.pem"\n')
    assert place.complaint("check", TARGET, HOME="/home/of").startswith("cannot read /home/of/lab.pem: ")
    place.own.unlink()
    place.project.write_text('profile = "here.toml"\n')
    (place.here / "here.toml").write_text("[thresholds]\nrsa = 1\n")
    assert place.complaint("check", TARGET).startswith("here.toml: there is no threshold rsa")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('formt = "json"', "@: there is no setting formt; did you mean format?"),
        ('ca_file = "lab.pem"', "@: there is no setting ca_file; did you mean ca-file?"),
        ('qwxz = "json"', "@: there is no setting qwxz; see mailproof explain --help"),
        ('[explian]\nformat = "json"', "@: there is no setting explian; did you mean explain?"),
        ("[explain]\nformt = 1", "@: there is no setting explain.formt; did you mean explain.format?"),
        ('[explain]\nlang = "ja"', "@: there is no setting explain.lang; see mailproof explain --help"),
        ("explain = 1", "@: explain is a command and must be a table, headed [explain]"),
        ("list = 'yes'", "@: list takes true or false, without quotes"),
        ("format = true", "@: format takes one text in quotes, or a number"),
        ("format = ['json']", "@: format takes one text in quotes, or a number"),
        ("format = 'xml'", "@: format: it must be one of text, json, not xml"),
        ("[explain]\nformat = 'xml'", "@: explain.format: it must be one of text, json, not xml"),
        ("lang = 'fr'", "@: lang: it must be one of en, ja, not fr"),
        ("format = ", "@ is no TOML: Invalid value (at "),
        ("a = " + "[" * 5000, "@ is no TOML: "),
        ("#" * 300_000, "@ is longer than 256 kB"),
        ("\udcff", "@ is no TOML: 'utf-8' codec can't decode byte 0xff"),
    ],
    ids=lambda text: text[:30],
)
@pytest.mark.parametrize("whose", ["project", "own"])
def test_what_is_wrong_is_told_with_the_file_and_the_key(place: Place, whose: str, text: str, complaint: str) -> None:
    file: Path = getattr(place, whose)
    file.write_text(text, "utf-8", "surrogateescape")
    shown = "mailproof.toml" if whose == "project" else str(file)
    assert place.complaint(*PAGE).startswith(complaint.replace("@", shown))


def test_a_list_is_asked_for_where_an_option_may_be_repeated(place: Place) -> None:
    place.project.write_text('xclient = "ADDR=192.0.2.1"')
    assert place.complaint("check", TARGET) == (
        'mailproof.toml: xclient takes a list of texts, such as ["one", "two"]'
    )


def test_a_password_has_no_place_in_a_file_of_settings_and_is_not_said_back(place: Place) -> None:
    place.own.write_text('[check]\npassword = "hunter2"\n')
    said = place.complaint("check", TARGET)
    assert said.startswith(f"{place.own}: check.password: a password does not stand in here")
    assert "hunter2" not in said


HARMS = [
    "password-command = 'touch ran'",
    "mailbox-password-command = 'touch ran'",
    "token-command = 'touch ran'",
    "password-file = '/etc/passwd'",
    "netrc = true",
    "key = '/etc/ssl/private/key.pem'",
    "record = 'ran'",
    "no-verify = true",
    "tls = 'never'",
    "tls-max = '1.0'",
    "ca-file = 'theirs.pem'",
    "name = 'mx.theirs.test'",
    'proxy = "socks5://proxy.test"',
    "resolver = '192.0.2.53'",
    "mailbox = 'who@theirs.test'",
    "deliver = true",
    "message = '/etc/passwd'",
    "intrusive = true",
    "all-mechanisms = true",
]


@pytest.mark.parametrize("line", HARMS)
@pytest.mark.parametrize("table", ["", "[check]\n"])
def test_the_current_directory_may_not_do_what_could_harm(place: Place, table: str, line: str) -> None:
    place.project.write_text(f"user = 'alice'\n{table}{line}\n")
    said = place.complaint("check", TARGET)
    assert f"{line.partition(' ')[0]} may not stand in the file of the current directory" in said
    assert not (place.here / "ran").exists()


OF_COMMANDS = [
    ("talk", "script = 'theirs.dialogue'"),
    ("send", "attach = ['/etc/passwd']"),
    ("send", "pipe = 'touch ran'"),
    ("send", "server = 'mx.theirs.test'"),
    ("send", "bcc = ['who@theirs.test']"),
    ("fetch", "save = 'ran'"),
    ("fetch", "delete = true"),
    ("login", "accounts = 'theirs.csv'"),
    ("login", "refusals = 0"),
    *((command, "record = 'ran'") for command in ("check", "login", "talk", "send", "fetch", "roundtrip")),
]


@pytest.mark.parametrize(("command", "line"), OF_COMMANDS)
def test_nor_for_any_command(place: Place, command: str, line: str) -> None:
    place.project.write_text(f"[{command}]\n{line}\n")
    key = f"{command}.{line.partition(' ')[0]}"
    assert f"{key} may not stand in the file of the current directory" in place.run(command, TARGET).stderr
    assert not (place.here / "ran").exists()


def options_of_all() -> dict[str, Option]:
    commands = {name: import_module(f"mailproof.cli.{name}").command(Terminal("en")) for name in COMMANDS}
    return {f"{name}.{key}": option for name, command in commands.items() for key, option in options(command).items()}


def test_the_list_of_what_may_stand_here_names_options_that_are_there() -> None:
    known = options_of_all()
    keys = {place.partition(".")[2] for place in known}
    assert {key for key in MAY_STAND_HERE if key not in (known if "." in key else keys)} == set()


# Options that take a file, a program, an address or another server, and what is harmless about the few that may.
DANGEROUS = re.compile(r"FILE|DIR|PEM|COMMAND|PATH|VAR|ADDRESS|HOST|URL|SECRET|PASSWORD")
HARMLESS = {
    "profile": "read as TOML, nothing of it is printed but our own words",
    "compare": "read as a result of ours",
    "postfix-dir": "read as a configuration of Postfix, which anybody may read",
    "outside": "never sent to",
    "source": "an address of this machine",
    "proxy-protocol": "what the server is told of us",
}


def test_what_may_stand_here_takes_no_file_no_program_and_no_server() -> None:
    """Whoever adds an option need do nothing: it may not stand here. Whoever lists it says why it does no harm."""
    listed = {
        place.partition(".")[2]
        for place, option in options_of_all().items()
        if may_stand_here(*place.split(".", 1), value=None) and DANGEROUS.search(str(option.metavar))
    }
    assert listed == set(HARMLESS)


@pytest.mark.parametrize("page", ["guide.md", "guide.ja.md"])
def test_the_guide_names_all_that_may_stand_here(page: str) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / page).read_text("utf-8")
    (line,) = re.findall(r"^<!-- may stand here -->\n((?:.+\n)+)", text, re.MULTILINE)
    assert set(re.findall(r"`([a-z.-]+)`", line)) - {"never"} == MAY_STAND_HERE


def logging_in(peer: Peer) -> None:
    smtp(peer, offers=("AUTH PLAIN",), answer=lambda line: "235 ok\r\n")


def logs_in(place: Place, *arguments: str, env: Mapping[str, str] = {}) -> bool:
    with serving(logging_in) as server:
        target = f"submission://127.0.0.1:{server.port}"
        place.run("check", target, "--tls", "never", "--timeout", "60s", *arguments, **env)
        return any(line.startswith(b"AUTH PLAIN") for line in server.heard())


def test_the_users_own_file_may_run_a_command_and_another_source_wins_over_it(place: Place) -> None:
    place.own.write_text('user = "alice"\npassword-command = "sh -c \'touch ran; echo secret\'"\n')
    assert logs_in(place)
    ran = place.here / "ran"
    ran.unlink()
    assert logs_in(place, "--password-env", "PW", env={"PW": "secret"})
    assert logs_in(place, env={"PW": "secret", "MAILPROOF_PASSWORD_ENV": "PW"})
    (place.here / "pw").write_text("secret\n")
    place.own.write_text(place.own.read_text() + '[check]\npassword-file = "../../here/pw"\n')
    assert logs_in(place)
    assert not ran.exists()


def test_a_directory_that_is_also_the_users_own_is_the_users_own(place: Place) -> None:
    place.own.write_text("no-verify = true\n")
    done = mailproof(*PAGE, cwd=place.own.parent, env={"XDG_CONFIG_HOME": str(place.home)})
    assert done.returncode == 0
    done = mailproof("check", "x://y", cwd=place.own.parent, env={"XDG_CONFIG_HOME": str(place.home)})
    assert "unknown scheme" in sentence_of(done)


def test_the_language_can_stand_in_a_file_and_weighs_more_than_the_locale(place: Place) -> None:
    place.own.write_text('lang = "ja"\ncolor = "always"\n')
    done = place.run(LANG="en_GB.UTF-8")
    assert "使い方" in done.stdout
    assert "\x1b[" in done.stdout
    assert place.complaint("chek") == "chek というコマンドはありません。check ではありませんか"
    assert place.complaint("chek", MAILPROOF_LANG="en").startswith("there is no command")
    assert "Usage" in place.run("--lang", "en").stdout


def test_help_is_given_even_if_the_file_is_broken(place: Place) -> None:
    for text in ("format = ", "formt = 1"):
        place.project.write_text(text)
        for arguments in (("check", "--help"), ("help", "check"), ("--help",)):
            assert place.run(*arguments).returncode == 0


def test_what_is_no_file_is_no_file_of_settings(place: Place) -> None:
    place.project.mkdir()
    place.own.symlink_to("/dev/zero")
    assert not is_json(place.run(*PAGE))


def test_reading_toml_is_left_out_where_there_is_no_file() -> None:
    assert not {"tomllib", "mailproof.cli.settings"} & modules_imported_by("check", "--schema")
