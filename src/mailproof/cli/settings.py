"""`mailproof.toml`: options that need not be typed; the environment and the command line win over it.

What the file in the current directory may set, `settings_here` says. Values are never quoted in a complaint, for
one can be a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mailproof.cli.overview import COMMANDS
from mailproof.cli.reading import from_home, read_path
from mailproof.cli.settings_here import may_stand_here
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.cli.command import Command, Option

# More than anybody writes by hand; a file that never ends is not read for ever.
_LONGEST = 256 * 1024

# Read before the command is known, and so at the top of a file only.
_FOR_ALL_COMMANDS = ("lang", "color")


class SettingsFile(msgspec.Struct, frozen=True):
    """One file that was found and read."""

    path: str
    table: dict[str, Any]
    own: bool
    """The user's own, not the one of the current directory."""


class Entry(msgspec.Struct, frozen=True):
    """One line of a file: a key at its top, or in the table of a command."""

    file: SettingsFile
    table: str
    key: str
    value: Any

    @property
    def place(self) -> str:
        """The key as TOML writes it, `check.timeout`."""
        return f"{self.table}.{self.key}" if self.table else self.key


class Settings:
    """What the files say to one command."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        """By the parameter's name, as click's `default_map` takes them."""
        self.entries: dict[str, Entry] = {}
        """Where each of them stands."""

    def put(self, name: str, value: Any, entry: Entry) -> None:
        """In place of what a lesser file or the top of this one says, also by another option for the same secret."""
        from mailproof.cli.credentials import sources_beside

        for other in sources_beside(name) if value else ():
            lesser = self.entries.get(other)
            if lesser is not None and (lesser.file, lesser.table) != (entry.file, entry.table):
                del self.entries[other], self.values[other]
        self.values[name] = value
        self.entries[name] = entry


def read(places: Iterable[tuple[Path, bool]], terminal: Terminal) -> tuple[SettingsFile, ...]:
    """The files at `settings_files.places`. Raises Complaint for one that cannot be read or is no TOML."""
    return tuple(SettingsFile(str(path), _table(path, terminal), own=own) for path, own in places)


def settings_of(command: Command, files: tuple[SettingsFile, ...], terminal: Terminal) -> Settings:
    """Raises Complaint for a key that no command has, a value of the wrong type, and what a file may not ask for."""
    settings, options = Settings(), _options(command)
    for file in files:
        for entry in _entries(file, command, options, terminal):
            _must_be_allowed(entry, str(command.name), terminal)
            option = options[entry.key]
            settings.put(str(option.name), _converted(option, entry, terminal), entry)
    return settings


def _entries(
    file: SettingsFile, command: Command, options: Mapping[str, Option], terminal: Terminal
) -> Iterator[Entry]:
    """What concerns this command: the top of the file, then the command's own table, which wins."""
    name = str(command.name)
    tables: dict[str, dict[str, Any]] = {}
    for key, value in file.table.items():
        entry = Entry(file, "", key, value)
        if key in COMMANDS:
            if not isinstance(value, dict):
                raise Complaint(terminal.say("cli.settings-table", file=file.path, key=key))
            tables[key] = value
        elif key in options:
            yield entry
        elif key not in (known := _known_anywhere(terminal)):
            raise Complaint(_no_such_key(entry, known, name, terminal))
    of_table = [key for key in options if key not in _FOR_ALL_COMMANDS]
    for key, value in tables.get(name, {}).items():
        entry = Entry(file, name, key, value)
        if key not in of_table:
            raise Complaint(_no_such_key(entry, of_table, name, terminal))
        yield entry


def _table(path: Path, terminal: Terminal) -> dict[str, Any]:
    import tomllib

    data = read_path(str(path), terminal, _LONGEST)
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Complaint(terminal.say("cli.settings-no-toml", file=str(path), why=str(error))) from None


def _options(command: Command) -> dict[str, Option]:
    """By key: the name of the long option."""
    from mailproof.cli.command import Option

    return {
        text[2:]: param
        for param in command.params
        if isinstance(param, Option) and not param.hidden
        for text in param.opts
        if text.startswith("--")
    }


def _known_anywhere(terminal: Terminal) -> list[str]:
    """What may stand at the top of a file: tables, and the options of every command."""
    from importlib import import_module

    commands = [import_module(f"mailproof.cli.{name}").command(terminal) for name in COMMANDS]
    return [*COMMANDS, *dict.fromkeys(key for command in commands for key in _options(command))]


def _no_such_key(entry: Entry, known: Sequence[str], command: str, terminal: Terminal) -> str:
    from difflib import get_close_matches

    from mailproof.cli.credentials import HABITS

    say = terminal.say
    if f"--{entry.key}" in HABITS:
        return say("cli.settings-password", file=entry.file.path, key=entry.place)
    near = get_close_matches(entry.key.lower().replace("_", "-"), known, 1)
    sentence = say("cli.settings-unknown", file=entry.file.path, key=entry.place)
    if near:
        return sentence + say("cli.did-you-mean", near=f"{entry.table}.{near[0]}" if entry.table else near[0])
    return sentence + say("cli.see-help", command=f"mailproof {command}")


def _must_be_allowed(entry: Entry, command: str, terminal: Terminal) -> None:
    if not entry.file.own and not may_stand_here(command, entry.key, entry.value):
        raise Complaint(terminal.say("cli.settings-not-here", file=entry.file.path, key=entry.place))


def _converted(option: Option, entry: Entry, terminal: Terminal) -> Any:
    value = entry.value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if option.is_flag:
        right, form = isinstance(value, bool), "flag"
    elif option.multiple:
        right, form = isinstance(value, list) and all(isinstance(each, str) for each in value), "list"
    else:
        right, form = isinstance(value, str) or number, "text"
    if not right:
        raise Complaint(terminal.say(f"cli.settings-{form}", file=entry.file.path, key=entry.place))
    if number:
        return str(value)
    return _path(option, value, entry.file) if isinstance(value, str) else value


def _path(option: Option, value: str, file: SettingsFile) -> str:
    """Where the option takes a file, the path as seen from the file of settings; `~` is the home directory."""
    *words, last = str(option.metavar).split("|")
    if last not in ("FILE", "PEM", "DIR") or value in words:
        return value
    return str(Path(file.path).parent / from_home(value))
