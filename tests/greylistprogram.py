"""A program file that looks like a milter-greylist as far as that is read: the libraries it names, and its texts."""

from __future__ import annotations

import struct

_HEADER, _SEGMENT, _DYNAMIC = 64, 56, 16
_LOAD, _DYNAMIC_SEGMENT = 1, 2
_NEEDED, _STRINGS, _END = 1, 5, 0


def milter_greylist(*libraries: str, texts: tuple[str, ...] = ()) -> bytes:
    """An ELF file of 64 bits, little endian, which names libmilter, libc and `libraries`; none of it can be run."""
    names = ("libmilter.so.1.0.1", *libraries, "libc.so.6")
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in names)
    at = _HEADER + 2 * _SEGMENT
    dynamic_at = at + len(strings)
    entries = [(_NEEDED, strings.index(name.encode())) for name in names] + [(_STRINGS, at), (_END, 0)]
    dynamic = b"".join(struct.pack("<qQ", *entry) for entry in entries)
    said = ("X-Greylist", "milter-greylist-4.6.4", *texts)
    rest = b"".join(text.encode() + b"\0" for text in said)
    size = dynamic_at + len(dynamic) + len(rest)
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    head += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, _HEADER, 0, 0, _HEADER, _SEGMENT, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", _LOAD, 4, 0, 0, 0, size, size, 4096)
    where = (dynamic_at, dynamic_at, dynamic_at, len(dynamic), len(dynamic), 8)
    return head + load + struct.pack("<IIQQQQQQ", _DYNAMIC_SEGMENT, 4, *where) + strings + dynamic + rest
