"""What can stand where in a command line of ours: taken from the commands themselves, for every shell.

What an option or argument takes is read from its metavar, as it stands in `--help`: `auto|never` are two words, FILE
is a file, FINDING the name of a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module

import click
import msgspec

from mailproof.cli.command import Option, one_of
from mailproof.cli.listing import titles_of
from mailproof.cli.overview import COMMANDS
from mailproof.cli.terminal import COLORS, Terminal
from mailproof.model.endpoint import Protocol, Scheme
from mailproof.script.milter.place import FAMILIES

_WORD = re.compile(r"[a-z0-9][a-z0-9.-]*\Z")
_URL = re.compile(r"[a-z0-9]+://")
_NAME = re.compile(r"[A-Z]+")
_FILES = {"FILE", "PEM", "PATH"}
_DIRECTORIES = {"DIR", "DIRECTORY"}
_WITH_PAGES = {"FINDING", "FAULT"}
_PLACES = {"HOST", "TARGET", "URL"}
# What has no mail to take, no login, or no mailbox.
_OF_COMMAND: dict[str, tuple[Protocol, ...]] = {
    "send": (Protocol.SMTP, Protocol.LMTP),
    "login": (Protocol.SMTP, Protocol.POP3, Protocol.IMAP, Protocol.SIEVE),
    "fetch": (Protocol.IMAP, Protocol.POP3),
    "greylist": (Protocol.SMTP, Protocol.LMTP),
}


class Values(msgspec.Struct, frozen=True):
    """What is offered for one value. Nothing at all where only the user knows it."""

    words: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """What each of the words means; of none of them, or of all."""
    urls: tuple[str, ...] = ()
    """Beginnings of URLs, `smtp://`, and of the places of milters, `unix:`: no blank follows them."""
    files: bool = False
    directories: bool = False
    hosts: bool = False


class OptionWords(msgspec.Struct, frozen=True):
    """One option."""

    spellings: tuple[str, ...]
    about: str
    takes: str = ""
    """Its metavar; empty for a flag."""
    optional: bool = False
    """Whether its value may be left out."""
    repeats: bool = False
    values: Values = Values()


class ArgumentWords(msgspec.Struct, frozen=True):
    """One argument, or all that are left."""

    takes: str
    repeats: bool
    required: bool
    values: Values


class CommandWords(msgspec.Struct, frozen=True):
    """One command."""

    name: str
    about: str
    options: tuple[OptionWords, ...]
    arguments: tuple[ArgumentWords, ...]


def all_commands(terminal: Terminal) -> tuple[CommandWords, ...]:
    """In the order of the overview, in the language of the terminal."""
    return tuple(_command(name, terminal) for name in COMMANDS)


def global_options(terminal: Terminal) -> tuple[OptionWords, ...]:
    """Those before the command."""
    before = (Option("--lang", **one_of(("en", "ja"), terminal)), Option("--color", **one_of(COLORS, terminal)))
    version = OptionWords(("-V", "--version"), terminal.say("options.version"))
    return (*(_option("", each, terminal) for each in before), _help(terminal), version)


def values_of(command: str, metavar: str, lang: str) -> Values:
    """What a metavar of a command stands for; titles are in this language."""
    words, urls, names = [], [], set()
    for part in re.split(r"[|,]", metavar.lstrip("[").rstrip("…")):
        bare = part.partition("[")[0].rstrip("]")
        if url := _URL.match(part):
            urls.append(url[0])
        elif _WORD.match(bare):
            words.append(bare)
        elif name := _NAME.match(bare):
            names.add(name[0])
    for listed in sorted(names & _LISTS.keys()):
        words += _LISTS[listed](command)
    titles = titles_of(words, lang).values() if names & _WITH_PAGES else ()
    if command == "milter" and "URL" in names:
        urls += [f"{family}:" for family in FAMILIES]
    elif names & {"TARGET", "URL"}:
        urls += [f"{scheme}://" for scheme in _schemes(command, talk="URL" in names)]
    return Values(
        words=tuple(words),
        titles=tuple(titles),
        urls=tuple(urls),
        files=bool(names & _FILES),
        directories=bool(names & _DIRECTORIES),
        hosts=bool(names & _PLACES),
    )


def _command(name: str, terminal: Terminal) -> CommandWords:
    command = import_module(f"mailproof.cli.{name}").command(terminal)
    options = [each for each in command.params if isinstance(each, Option) and not each.hidden]
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    return CommandWords(
        name,
        terminal.say(f"commands.{name}"),
        (*(_option(name, each, terminal) for each in options), _help(terminal)),
        tuple(_argument(name, each, terminal) for each in arguments),
    )


def _option(command: str, option: Option, terminal: Terminal) -> OptionWords:
    takes = "" if option.is_flag else str(option.metavar)
    return OptionWords(
        spellings=tuple(option.opts),
        about=option.help_in(terminal.say),
        takes=takes,
        optional=not option.is_flag and isinstance(option.flag_value, str),
        repeats=option.multiple,
        values=values_of(command, takes, terminal.lang),
    )


def _argument(command: str, argument: click.Argument, terminal: Terminal) -> ArgumentWords:
    takes = str(argument.metavar)
    values = values_of(command, takes, terminal.lang)
    return ArgumentWords(takes, argument.nargs == -1, argument.required, values)


def _help(terminal: Terminal) -> OptionWords:
    return OptionWords(("-h", "--help"), terminal.say("options.help"))


def _schemes(command: str, *, talk: bool) -> Iterable[str]:
    if talk:
        from mailproof.model.talk import SCHEMES

        return SCHEMES
    return [scheme for scheme in Scheme if scheme.protocol in _OF_COMMAND.get(command, tuple(Protocol))]


def _mechanisms(command: str) -> Iterable[str]:
    from mailproof.cli.wishes import known_mechanisms
    from mailproof.sasl.registry import MECHANISMS

    if command == "token":
        return [name.lower() for name in MECHANISMS if not name.endswith("-PLUS")]  # bound to a connection
    return known_mechanisms()


def _findings(command: str) -> Iterable[str]:
    from mailproof.catalog.pages import names

    return names()


def _faults(command: str) -> Iterable[str]:
    from mailproof.lab.embedded.faults import FAULTS

    return FAULTS


def _stages(command: str) -> Iterable[str]:
    from mailproof.probes.transaction import Until

    return map(str, Until)


_LISTS: dict[str, Callable[[str], Iterable[str]]] = {
    "MECHANISM": _mechanisms,
    "FINDING": _findings,
    "FAULT": _faults,
    "STAGE": _stages,
}
