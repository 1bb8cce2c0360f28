"""Which libraries a program names, by its file alone (System V ABI, ELF)."""

from __future__ import annotations

import struct

from mailproof.model.failure import Unreadable

# Entries of one table; a program has some dozens of headers and a few hundred dynamic entries.
_MOST = 4096
_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NEEDED, _DT_STRTAB = 1, 5


class NoProgram(Unreadable):
    """The bytes are no ELF file, or a damaged one."""


def needed(data: bytes) -> tuple[str, ...]:
    """The names of the libraries that it links (DT_NEEDED), in their order. Raises NoProgram."""
    if data[:4] != b"\x7fELF" or len(data) < 64:
        raise NoProgram("elf-none")
    try:
        return _needed(data)
    except (struct.error, ValueError, IndexError, UnicodeDecodeError):
        raise NoProgram("elf-damaged") from None


def _needed(data: bytes) -> tuple[str, ...]:
    wide = data[4] == 2
    order = "<" if data[5] == 1 else ">"
    start, size, count = (
        struct.unpack_from(f"{order}Q", data, 32)[0] if wide else struct.unpack_from(f"{order}I", data, 28)[0],
        *struct.unpack_from(f"{order}HH", data, 54 if wide else 42),
    )
    segments = [_segment(data, start + n * size, wide, order) for n in range(min(count, _MOST))]
    dynamic = next((each for each in segments if each[0] == _PT_DYNAMIC), None)
    if dynamic is None:
        return ()
    entry = struct.Struct(f"{order}{'qQ' if wide else 'iI'}")
    names: list[int] = []
    table = 0
    for n in range(min(dynamic[3] // entry.size, _MOST)):
        tag, value = entry.unpack_from(data, dynamic[1] + n * entry.size)
        if tag == _DT_NEEDED:
            names.append(value)
        elif tag == _DT_STRTAB:
            table = value
    at = next(
        each[1] + table - each[2] for each in segments if each[0] == _PT_LOAD and 0 <= table - each[2] < each[3]
    )
    return tuple(_string(data, at + name) for name in names)


def _segment(data: bytes, at: int, wide: bool, order: str) -> tuple[int, int, int, int]:
    """Kind, offset in the file, address, size in the file."""
    if wide:
        kind, _, offset, address, _, size = struct.unpack_from(f"{order}IIQQQQ", data, at)
    else:
        kind, offset, address, _, size = struct.unpack_from(f"{order}IIIII", data, at)
    return kind, offset, address, size


def _string(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode("ascii")
