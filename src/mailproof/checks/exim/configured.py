"""What the checks of Exim's files share: the configuration, what its values come to, how a line is pointed at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from mailproof.checks.files import SeenFiles
from mailproof.model.configuration import EximFiles, FileState
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.record import Record
from mailproof.parse.exim.configuration import Condition, Driver, Setting, Statement
from mailproof.parse.exim.debian import GENERATED, Source, comparable, made
from mailproof.parse.exim.expand import expanded
from mailproof.parse.exim.known import macros_without
from mailproof.parse.exim.lines import Trouble
from mailproof.parse.exim.lists import host_judge, in_list
from mailproof.parse.exim.reader import read_exim

# Two texts of so many lines are held beside each other within a second; Debian's have seven hundred.
_MOST_LINES = 3000
_MOST_MACROS = 4
# What Exim 4.96 does where nothing is set (`exim -bP`), of the options that are asked for here.
DEFAULTS = {
    "auth_advertise_hosts": "*",
    "daemon_smtp_ports": "smtp",
    "local_interfaces": "<; ::0 ; 0.0.0.0",
    "message_size_limit": "50M",
    "spool_directory": "/var/spool/exim4",
    "smtp_accept_max": "20",
    "tls_advertise_hosts": "*",
}
CLEAR: Mapping[str, str] = {"tls_in_cipher": "", "tls_cipher": "", "tls_in_ver": ""}
"""What a conversation without TLS is known by."""
STRANGER = "203.0.113.7"
"""A client from anywhere (RFC 5737)."""
INSIDE: Mapping[str, str] = {
    "tls_in_cipher": "TLS_AES_256_GCM_SHA384",
    "tls_cipher": "TLS_AES_256_GCM_SHA384",
    "tls_in_ver": "TLS1.3",
}


class Configured(SeenFiles):
    """One configuration. Everything of it is computed at most once."""

    def __init__(self, fact: EximFiles) -> None:
        super().__init__(fact.files)
        self.fact = fact
        self.configuration = read_exim(fact.path, self.data, macros_without(fact.lacks))
        self.main = self.configuration.main

    def value(self, name: str) -> str:
        """As it is written, or the default."""
        return self.configuration.value(name, DEFAULTS.get(name, ""))

    def expanded(self, text: str, more: Mapping[str, str] | None = None) -> str | None:
        """None where that cannot be told."""
        return expanded(text, {**self._variables, **(more or {})}, self.exists)

    @cached_property
    def _variables(self) -> Mapping[str, str]:
        names = {name: self.configuration.value(name) for name in ("primary_hostname", "qualify_domain")}
        return {name: value for name, value in names.items() if value and "$" not in value}

    def exists(self, path: str) -> bool | None:
        """Whether it lies on the server; None where it was not looked at."""
        seen = self.files.get(path)
        if seen is None or seen.state is FileState.ELSEWHERE or not self.fact.here:
            return None
        return seen.state is not FileState.MISSING

    @cached_property
    def lists(self) -> Mapping[tuple[str, str], str]:
        """Named lists as they are expanded."""
        found = {key: self.expanded(setting.value) for key, setting in self.configuration.lists.items()}
        return {key: value for key, value in found.items() if value is not None}

    def has_stranger(self, text: str) -> bool | None:
        """Whether a host list, expanded before, has a client from anywhere."""
        return in_list(text, "hostlist", self.lists, host_judge(STRANGER, ()))

    def at(self, found: Setting | Driver | Condition | Statement) -> Evidence:
        return self.line(found.file, found.line)

    def where(self, name: str) -> Evidence:
        """The line that sets a main option; where none does, the file and the default."""
        setting = self.main.get(name)
        if setting is not None:
            return self.at(setting)
        text = f"{name} = {DEFAULTS.get(name, '')}".rstrip()
        return Evidence(EvidenceKind.CONFIG, self.fact.path, text)

    @property
    def begin(self) -> Evidence:
        """The first line, for what holds of the whole."""
        return self.line(self.fact.path, 1)

    def shown(self, setting: Setting | Condition) -> tuple[Evidence, ...]:
        """The line of a setting, and those of the macros that its value is made of."""
        lines = [self.at(setting)]
        raw = self.text(setting.file, setting.line)
        for name, (file, line) in self.configuration.defined.items():
            if name in raw and name[0].isupper() and len(lines) <= _MOST_MACROS:
                lines.append(self.line(file, line))
        return tuple(dict.fromkeys(reversed(lines)))

    @cached_property
    def made_of(self) -> Sequence[Source] | None:
        """What Debian would make its configuration of now; None for another, or where not all was read."""
        return made(self.data, list(self.files)) if self.fact.path == GENERATED else None

    @cached_property
    def to_be(self) -> Sequence[Trouble]:
        """Why Exim would refuse what Debian would make now, each at its source; the old one stays in force then."""
        made_of, there = self.made_of, comparable(GENERATED, self.data(GENERATED) or b"")
        if made_of is None or [each.text for each in made_of] == [each.text for each in there]:
            return ()
        text = "".join(f"{source.text}\n" for source in made_of).encode("utf-8", "surrogateescape")
        read = read_exim(GENERATED, lambda name: text if name == GENERATED else self.data(name))
        return [_at_source(each, made_of) if each.file == GENERATED else each for each in read.troubles]

    @cached_property
    def _sources(self) -> Mapping[int, Source]:
        """Lines of the configuration that Debian made, by number, and where each comes from."""
        there = comparable(GENERATED, self.data(GENERATED) or b"")
        if self.made_of is None or len(there) > _MOST_LINES:
            return {}
        one, other = ([each.text.strip() for each in lines] for lines in (there, self.made_of))
        blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks() if one != other else ()
        pairs = (
            ((a + n, b + n) for a, b, size in blocks for n in range(size))
            if one != other
            else enumerate(range(len(one)))
        )
        return {there[at].line: self.made_of[source] for at, source in pairs}

    def source(self, name: str, number: int) -> tuple[str, int] | None:
        """Where a line is to be changed; None for one that Debian made, and of nothing that was read."""
        if name != GENERATED:
            return name, number
        source = self._sources.get(number)
        return (source.file, source.line) if source is not None else None

    def line(self, name: str, number: int) -> Evidence:
        """In what Debian made, the line that is to be changed: that of the source."""
        source = self._sources.get(number) if name == GENERATED else None
        return super().line(source.file, source.line) if source is not None else super().line(name, number)

    def section(self, name: str) -> Evidence:
        """Where a section begins; where there is none, the last that there is."""
        sections = self.configuration.sections
        found = sections.get(name) or next(reversed(sections.values()), None)
        return self.line(found.file, found.line) if found is not None else self.begin


def _at_source(trouble: Trouble, made_of: Sequence[Source]) -> Trouble:
    source = made_of[min(trouble.line, len(made_of)) - 1]
    return Trouble(source.file, source.line, trouble.name, trouble.text)


def configurations(record: Record) -> Iterator[Configured]:
    """Every configuration of an Exim in the record, that of one that does not start too."""
    for sighting in record.seen(EximFiles):
        yield configured_of(sighting.fact)


def running(record: Record) -> Iterator[Configured]:
    """Those that Exim can read: of what stands in another it does nothing."""
    return (each for each in configurations(record) if not each.configuration.troubles)


@lru_cache(maxsize=4)  # every check asks for it
def configured_of(fact: EximFiles) -> Configured:
    """Of one observation."""
    return Configured(fact)
