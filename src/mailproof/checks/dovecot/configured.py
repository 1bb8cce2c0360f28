"""What the checks of Dovecot's files share: the configuration, and how a line of it is pointed at."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from functools import lru_cache

from mailproof.checks.files import SeenFiles
from mailproof.model.configuration import DovecotFiles
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.record import Record
from mailproof.parse.dovecot.known import default_of
from mailproof.parse.dovecot.reader import Block, DovecotConfiguration, Setting, read_dovecot


class Configured(SeenFiles):
    """One configuration. Everything of it is computed at most once."""

    def __init__(self, fact: DovecotFiles) -> None:
        super().__init__(fact.files)
        self.fact = fact
        self.configuration: DovecotConfiguration = read_dovecot(fact.path, self.data, self._glob)
        self.root = self.configuration.root

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

    @property
    def begin(self) -> Evidence:
        """The first line, for what holds of the whole."""
        return self.line(self.fact.path, 1)


def configurations(record: Record) -> Iterator[Configured]:
    """Every configuration of a Dovecot in the record."""
    for sighting in record.seen(DovecotFiles):
        yield configured_of(sighting.fact)


@lru_cache(maxsize=4)  # every check asks for it
def configured_of(fact: DovecotFiles) -> Configured:
    """Of one observation."""
    return Configured(fact)
