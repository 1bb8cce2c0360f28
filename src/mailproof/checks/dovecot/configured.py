"""What the checks of Dovecot's files share: the configuration, and how a line of it is pointed at."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from mailproof.checks.files import MISSING
from mailproof.model.configuration import DovecotFiles, FileSeen, FileState
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.record import Record
from mailproof.parse.dovecot.known import default_of
from mailproof.parse.dovecot.reader import Block, DovecotConfiguration, Setting, read_dovecot

_LONGEST = 200


class Configured:
    """One configuration. Everything of it is computed at most once."""

    def __init__(self, fact: DovecotFiles) -> None:
        self.fact = fact
        self.files: Mapping[str, FileSeen] = {each.name: each for each in fact.files}
        self.configuration: DovecotConfiguration = read_dovecot(fact.path, self._data, self._glob)
        self.root = self.configuration.root
        self._lines: dict[str, list[bytes]] = {}

    def _data(self, path: str) -> bytes | None:
        seen = self.files.get(path)
        return seen.data if seen is not None and seen.state is FileState.FILE else None

    def _glob(self, pattern: str) -> Sequence[str]:
        return sorted(name for name in self.fact.included if fnmatch.fnmatchcase(name, pattern))

    @property
    def is_24(self) -> bool:
        return self.configuration.is_24

    def value(self, name: str) -> str:
        """At the top, with the default of 2.3."""
        return self.configuration.value(name)

    def settings(self) -> Iterator[tuple[tuple[Block, ...], Setting]]:
        """Every setting, with the blocks around it from the outside; the whole is the first."""
        for setting in self.root.settings:
            yield (self.root,), setting
        for around, block in self.root.all_blocks():
            for setting in block.settings:
                yield (*around, block), setting

    def at(self, setting: Setting | Block) -> Evidence:
        return self.line(setting.file, setting.line)

    def where(self, name: str) -> Evidence:
        """The last line that sets this at the top; where none does, the file and the default."""
        setting = self.root.last(name)
        if setting is not None:
            return self.at(setting)
        return Evidence(EvidenceKind.CONFIG, self.place(self.fact.path), f"{name} = {default_of(name)}".rstrip())

    def line(self, file: str, number: int) -> Evidence:
        if file not in self._lines:
            seen = self.files.get(file)
            self._lines[file] = seen.data.split(b"\n") if seen is not None else []
        lines = self._lines[file]
        text = lines[number - 1].decode("utf-8", "replace").strip() if 0 < number <= len(lines) else ""
        return Evidence(EvidenceKind.CONFIG, f"{self.place(file)}:{number}", text[:_LONGEST])

    def file(self, seen: FileSeen, text: str = MISSING) -> Evidence:
        return Evidence(EvidenceKind.FILE, seen.path, text)

    def place(self, file: str) -> str:
        seen = self.files.get(file)
        return seen.path if seen is not None else file

    @property
    def begin(self) -> Evidence:
        """The first line, for what holds of the whole."""
        return self.line(self.fact.path, 1)


def configurations(record: Record) -> Iterator[Configured]:
    """Every configuration of a Dovecot in the record."""
    for sighting in record.seen(DovecotFiles):
        yield _configured(sighting.fact)


@lru_cache(maxsize=4)  # every check asks for it
def _configured(fact: DovecotFiles) -> Configured:
    return Configured(fact)
