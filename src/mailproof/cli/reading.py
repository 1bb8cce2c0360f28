"""Files that the user names, `-` for standard input."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, TypeVar

from mailproof.cli.terminal import Complaint, Terminal

LONGEST_MESSAGE = 256 << 20
"""What servers take at most is far below: Exchange Online's 150 MB is base64 of 112."""
LONGEST_RESULT = 4 * LONGEST_MESSAGE
"""Of what this program wrote: a record with such a message in it, its bytes escaped, and the sessions around it."""
_KILO, _MEGA = 10, 20
# Of a file, to tell what it is.
_BEGINNING = 1 << 16
_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\v\f\r")

File = TypeVar("File", bound=IO[bytes])


def read_file(name: str, terminal: Terminal, longest: int) -> bytes:
    """All that is in it. Raises Complaint for one that cannot be read, or has more than `longest` bytes."""
    if name == "-":
        with _complaining(name, terminal):
            return _whole(standard_input(terminal), name, terminal, longest)
    return read_path(name, terminal, longest)


def read_path(name: str, terminal: Terminal, longest: int) -> bytes:
    """The same of what can be no standard input: `-` is a name like any other."""
    with opened(name, terminal) as file:
        if os.fstat(file.fileno()).st_size > longest:  # of a pipe or device it is 0
            raise too_long(name, terminal, longest)
        return _whole(file, name, terminal, longest)


@contextmanager
def opened(name: str, terminal: Terminal) -> Iterator[IO[bytes]]:
    """Raises Complaint for one that cannot be opened, or read meanwhile. A FIFO is waited for, and it is told."""
    with _complaining(name, terminal), opening(Path(name), terminal) as file:
        yield file


def standard_input(terminal: Terminal) -> IO[bytes]:
    """To read from. Who typed `-`, and nothing before it, is told that now it is his turn."""
    return _told(sys.stdin.buffer, terminal)


def from_home(name: str) -> str:
    """With the home directory for `~` at its beginning; as it is where there is none (a user id without account)."""
    return os.path.expanduser(name)  # noqa: PTH111 - that of Path raises then


def is_file(name: str) -> bool:
    """Whether a text is the name of a file."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # longer than any name, or with a NUL in it: a text
        return False


def is_there(name: str) -> bool:
    """Whether anything has this name, a directory too; a text that can be no name is none."""
    if not name or "\n" in name:
        return False
    try:
        Path(name).stat()  # its exists() raises what was forbidden before Python 3.14, and hides it since
    except OSError as error:  # also of a text that is longer than any name
        return error.errno == errno.EACCES  # whatever it is, who reads it tells that it may not be read
    except ValueError:  # with a NUL in it
        return False
    return True


def is_text(data: bytes) -> bool:
    """False where one byte in twenty is a control that no text has, and some are NUL: in an archive one in nine is.

    A text full of escapes is one: who reads it is told what is in it.
    """
    begins = data[:_BEGINNING]
    return b"\0" not in begins or sum(map(begins.count, _CONTROLS)) * 20 <= len(begins)


def must_be_texts(terminal: Terminal, files: Mapping[str, bytes]) -> None:
    """Of a configuration. Raises Complaint for the first that is none, in place of a page of its bytes."""
    for file, data in files.items():
        if not is_text(data):
            raise Complaint(terminal.say("cli.no-text", file=file))


def opening(path: Path, terminal: Terminal) -> BufferedReader:
    """A file to read, for who complains in words of its own. Raises OSError, ValueError for what is no name."""
    if not path.is_fifo():
        return _told(path.open("rb"), terminal)
    with terminal.progress("cli.waiting-for-writer", what=str(path)):  # that of `<(…)` has its writer already
        return path.open("rb")


def too_long(name: str, terminal: Terminal, longest: int) -> Complaint:
    """What is to be raised where more than `longest` bytes came: a part of them must not be taken for all."""
    most = f"{longest >> _MEGA} MB" if longest >> _MEGA else f"{longest >> _KILO} kB"
    return Complaint(terminal.say("cli.too-long", file=name, most=most))


@contextmanager
def _complaining(name: str, terminal: Terminal) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: with a NUL in it, it is no name
        why = getattr(error, "strerror", None) or ""
        raise Complaint(terminal.say("cli.unreadable", file=name, why=why)) from None


def _whole(file: IO[bytes], name: str, terminal: Terminal, longest: int) -> bytes:
    data = file.read(longest + 1)
    if len(data) > longest:
        raise too_long(name, terminal, longest)
    return data


def _told(file: File, terminal: Terminal) -> File:
    if file.isatty() and sys.stderr.isatty():
        terminal.tell(terminal.say("cli.waiting-for-keys"))
    return file
