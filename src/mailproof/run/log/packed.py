"""The lines of a log: plain, in UTF-16, or packed by gzip, bzip2, xz or zstd (Python 3.14, or an extra).

Nothing is read twice, so a pipe will do: `<(zcat mail.log.2.gz)`, standard input.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import importlib
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, cast

# rsyslog's maxMessageSize is 8096, journald's LineMax 48 KB; a longer line is read in pieces.
_LINE = 1 << 16
# As many octets as tell what a file is.
_MAGIC = 6
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
# What PowerShell's `>` and Notepad write first.
_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}

Opener = Callable[[Path], io.BufferedReader]


def _plainly(path: Path) -> io.BufferedReader:
    return path.open("rb")


# As they come out of a file that is no whole archive.
DAMAGED = (OSError, EOFError, lzma.LZMAError, zlib.error)


class NoZstdError(ValueError):
    """The file is packed with zstd, and this Python cannot read it."""


def is_plain(path: Path) -> bool:
    """Whether it is a file that holds the lines as they are, so that any part of it can be read. Raises OSError."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(_MAGIC)
    return not _packing(head) and not _encoding(head)[0]


def is_packed(head: bytes) -> bool:
    """By the first octets of a file."""
    return bool(_packing(head[:_MAGIC]))


@contextmanager
def opened(path: Path, opener: Opener = _plainly) -> Iterator[io.BufferedIOBase]:
    """What is in a file or a pipe, in UTF-8. Raises one of DAMAGED, also while it is read, or NoZstdError."""
    with opener(path) as file, unpacked(file) as inside:
        yield inside


@contextmanager
def unpacked(file: io.BufferedIOBase) -> Iterator[io.BufferedIOBase]:
    """The same of an open file, from where it is."""
    head = file.read(_MAGIC)
    packing = _packing(head)
    if not packing:
        yield _decoded(head, file, rewind=file.seekable())
        return
    whole = joined(head, file)
    with _OPENERS[packing](whole) as inside:
        yield _decoded(inside.read(_MAGIC), inside, rewind=False)


def raw_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file. Raises one of DAMAGED, or NoZstdError."""
    with opened(path) as file:
        yield from pieces(file)


def pieces(file: io.BufferedIOBase | IO[bytes]) -> Iterator[bytes]:
    """The lines of an open file, none longer than is read at once."""
    while line := file.readline(_LINE):
        yield line


def joined(head: bytes, rest: io.BufferedIOBase) -> io.BufferedIOBase:
    """What has been read of a file, and what follows it."""
    return io.BufferedReader(_Joined(head, rest), _LINE)


class _Joined(io.RawIOBase):
    def __init__(self, head: bytes, rest: io.BufferedIOBase) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._head[: len(buffer)] or self._rest.read1(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        return len(data)


class _Recoded(io.RawIOBase):
    """A text in another encoding, as UTF-8; what is no text in it becomes U+FFFD."""

    def __init__(self, file: io.BufferedIOBase, encoding: str) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder(encoding)("replace")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        ended = False
        while not self._ready and not ended:
            data = self._file.read1(_LINE)
            ended = not data
            self._ready = self._decoder.decode(data, ended).encode("utf-8", "replace")
        part = self._ready[: len(buffer)]
        self._ready = self._ready[len(part) :]
        buffer[: len(part)] = part
        return len(part)


def _decoded(head: bytes, rest: io.BufferedIOBase, *, rewind: bool) -> io.BufferedIOBase:
    """The text that begins with `head`, without the mark before it."""
    encoding, mark = _encoding(head)
    if rewind and not encoding:
        rest.seek(-len(head), io.SEEK_CUR)
        return rest
    whole = joined(head[mark:], rest)
    return io.BufferedReader(_Recoded(whole, encoding), _LINE) if encoding.startswith("utf-16") else whole


def _encoding(head: bytes) -> tuple[str, int]:
    """How a text is written and how long the mark is that says so; empty for what is read as it is."""
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding, len(mark)
    # UTF-16 without its mark: ASCII has each second octet empty.
    even, odd = head[::2], head[1::2]
    if len(head) == _MAGIC and not any(odd) and all(even):
        return "utf-16-le", 0
    return ("utf-16-be", 0) if len(head) == _MAGIC and not any(even) and all(odd) else ("", 0)


def _packing(head: bytes) -> str:
    return next((packing for magic, packing in _PACKED.items() if head.startswith(magic)), "")


@contextmanager
def _of_zstd(plain: io.BufferedIOBase) -> Iterator[io.BufferedIOBase]:
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


_OPENERS: dict[str, Callable[[io.BufferedIOBase], AbstractContextManager[io.BufferedIOBase]]] = {
    "gzip": lambda plain: gzip.GzipFile(fileobj=plain),
    "xz": lambda plain: lzma.open(cast("IO[bytes]", plain)),  # noqa: SIM115
    "bzip2": lambda plain: bz2.BZ2File(plain),
    "zstd": _of_zstd,
}
