"""A .dsc: which files make the source package, with their sizes and checksums (dsc(5))."""

from __future__ import annotations

import re

import msgspec

from mailproof.parse.debian.files import NoPackage

# A name without a folder in it: what is fetched lies beside the .dsc.
_LINE = re.compile(r"^ ([0-9a-f]{64}) (\d{1,12}) ([A-Za-z0-9][A-Za-z0-9+.~_-]{0,200})$", re.MULTILINE)


class Part(msgspec.Struct, frozen=True):
    name: str
    size: int
    sha256: str


class Dsc(msgspec.Struct, frozen=True):
    source: str
    version: str
    format: str
    """`1.0`, `3.0 (quilt)`, `3.0 (native)`."""
    parts: tuple[Part, ...]

    def ending(self, *ends: str) -> Part | None:
        return next((part for part in self.parts if part.name.endswith(ends)), None)


def read_dsc(text: str) -> Dsc:
    """Raises NoPackage. A signature around it is neither wanted nor verified."""
    parts = tuple(
        Part(name, int(size), digest) for digest, size, name in _LINE.findall(_field(text, "Checksums-Sha256"))
    )
    source, version = _field(text, "Source").strip(), _field(text, "Version").strip()
    if (
        not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", source)
        or not re.fullmatch(r"[A-Za-z0-9.+:~-]+", version)
        or not parts
    ):
        raise NoPackage("dsc-incomplete")
    return Dsc(source, version, _field(text, "Format").strip() or "1.0", parts)


def _field(text: str, name: str) -> str:
    match = re.search(rf"^{name}:[ \t]*([^\n]*\n(?:[ \t][^\n]*\n)*)", text + "\n", re.MULTILINE)
    return match[1] if match else ""
