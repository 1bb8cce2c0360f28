"""The lines of a log file, packed or not: gzip, bzip2, xz, and zstd where this Python can (3.14, or an extra)."""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO

# rsyslog's maxMessageSize is 8096, journald's LineMax 48 KB; a longer line is read in pieces.
_LINE = 1 << 16
_ZSTD = b"\x28\xb5\x2f\xfd"

Opener = Callable[[Path], BufferedReader]


def _plainly(path: Path) -> BufferedReader:
    return path.open("rb")


# As they come out of a file that is no whole archive.
DAMAGED = (OSError, EOFError, lzma.LZMAError, zlib.error)


class NoZstdError(ValueError):
    """The file is packed with zstd, and this Python cannot read it."""


def is_packed(path: Path) -> bool:
    """Raises OSError."""
    with path.open("rb") as plain:
        return _packing(plain) != ""


@contextmanager
def opened(path: Path, opener: Opener = _plainly) -> Iterator[IO[bytes]]:
    """What is in a file, packed or not. Raises one of DAMAGED, also while it is read, or NoZstdError."""
    with opener(path) as plain:
        packing = _packing(plain)
        if packing == "gzip":
            with gzip.open(plain) as file:
                yield file  # type: ignore[misc]
        elif packing == "xz":
            with lzma.open(plain) as file:
                yield file
        elif packing == "bzip2":
            with bz2.open(plain) as file:
                yield file
        elif packing == "zstd":
            with _of_zstd(plain) as file:
                yield file
        else:
            yield plain


def raw_lines(path: Path, opener: Opener = _plainly) -> Iterator[bytes]:
    """The lines of a file. Raises one of DAMAGED, or NoZstdError."""
    with opened(path, opener) as file:
        yield from pieces(file)


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of an open file, none longer than is read at once."""
    while line := file.readline(_LINE):
        yield line


def _packing(plain: BufferedReader) -> str:
    magic = plain.peek(6)[:6]  # it may be a pipe
    if magic[:2] == b"\x1f\x8b":
        return "gzip"
    if magic[:3] == b"BZh":
        return "bzip2"
    return "xz" if magic == b"\xfd7zXZ\x00" else "zstd" if magic[:4] == _ZSTD else ""


@contextmanager
def _of_zstd(plain: IO[bytes]) -> Iterator[IO[bytes]]:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            zstd = importlib.import_module(name)
        except ImportError:
            continue
        try:
            with zstd.open(plain) as file:
                yield file
        except zstd.ZstdError as error:
            raise EOFError(str(error)) from None
        return
    raise NoZstdError
