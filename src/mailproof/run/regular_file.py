"""Opens regular files alone, for reading alone: a pipe would keep us waiting, and a device has no end."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class NotRegular(OSError):
    """What is there is a folder, a pipe, a socket or a device."""


class TooLarge(OSError):
    """The file is longer than it may be."""


class Opened(NamedTuple):
    """A regular file, open for reading."""

    number: int
    """The file descriptor."""
    size: int
    """Bytes, when it was opened."""

    def read(self, at: int, length: int) -> bytes:
        """Up to `length` bytes; fewer where the file ends. Raises OSError."""
        return os.pread(self.number, length, at)


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Raises OSError for what cannot be opened, and NotRegular for what is no regular file.

    What was opened is looked at, and not what has the name: that can be another by then.
    """
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        about = os.fstat(number)
        if not stat.S_ISREG(about.st_mode):
            raise NotRegular
        yield Opened(number, about.st_size)
    finally:
        os.close(number)


def content(path: Path, largest: int) -> bytes:
    """All of a file of `largest` bytes at most, also where it grows. Raises OSError, NotRegular, TooLarge."""
    with opened(path) as file:
        if file.size > largest:
            raise TooLarge
        with os.fdopen(os.dup(file.number), "rb") as stream:
            data = stream.read(largest + 1)
    if len(data) > largest:
        raise TooLarge
    return data
