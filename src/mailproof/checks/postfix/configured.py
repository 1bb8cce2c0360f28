"""What the checks of Postfix's files share: a configuration as its daemons see it, and how a line is pointed at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

import msgspec

from mailproof.checks.files import SeenFiles
from mailproof.emulate.postfix.server import Postfix, read_postfix
from mailproof.model.configuration import PostfixFiles
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.record import Record
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.master import Service
from mailproof.parse.postfix.parameters import MainFile, Setting
from mailproof.parse.postfix.tables import Answer, Table

_ROLES = {"smtp": "smtp", "25": "smtp", "submission": "submission", "587": "submission",
          "smtps": "submissions", "submissions": "submissions", "465": "submissions"}  # fmt: skip

_LOOPBACK = re.compile(r"127\.[0-9.]+|\[?::1\]?|\[127\.[0-9.]+\]|localhost")


class Daemon(msgspec.Struct, frozen=True):
    """A service, and main.cf as it sees it."""

    service: Service
    main: MainFile

    @property
    def name(self) -> str:
        """As `postconf -M` names it: `submission/inet`."""
        return f"{self.service.name}/{self.service.type}"

    @property
    def role(self) -> str:
        """`smtp`, `submission`, `submissions`, by its port, else by the name under which it logs; or empty."""
        port = self.service.name.rpartition(":")[2]
        logged = self.service.options.get("syslog_name", "").rpartition("/")[2]
        return _ROLES.get(port) or _ROLES.get(logged, "")

    @property
    def way_back(self) -> bool:
        """Whether it is the port of loopback at which a content filter hands mail back (FILTER_README)."""
        host = self.service.name.rpartition(":")[0].lower()
        own = self.service.options.get("content_filter") == "" or "receive_override_options" in self.service.options
        return self.service.type == "inet" and own and _LOOPBACK.fullmatch(host) is not None

    @property
    def chrooted(self) -> bool:
        return self.service.chrooted(self.value("compatibility_level"))

    def value(self, name: str) -> str:
        return self.main.value(name).text

    def on(self, name: str) -> bool:
        return self.value(name).lower() == "yes"


class Configured(SeenFiles):
    """One configuration. Everything of it is computed at most once."""

    def __init__(self, fact: PostfixFiles) -> None:
        super().__init__(fact.files)
        self.fact = fact
        directory = fact.machine.get("config_directory", fact.directory)
        self.postfix: Postfix = read_postfix(self._data, directory, fact.machine)
        self.main = self.postfix.main
        self.services = self.postfix.master.services
        self.daemons: Sequence[Daemon] = [
            Daemon(each, self.main.with_options(each.options, each.line, lines=each.option_lines))
            for each in self.services
        ]

    def _data(self, path: str) -> bytes | None:
        name = PurePosixPath(path).name
        return self.data(name if path not in self.files and name in ("main.cf", "master.cf") else path)

    def running(self, command: str) -> list[Daemon]:
        """The services that run this program."""
        return [each for each in self.daemons if PurePosixPath(each.service.command).name == command]

    @property
    def servers(self) -> list[Daemon]:
        """Those that listen for SMTP."""
        return [each for each in self.running("smtpd") if each.service.type in ("inet", "pass")]

    def assignments(self) -> Iterator[tuple[Setting, MainFile]]:
        """Everything that is set, in main.cf and by options, and main.cf as it is seen there."""
        for setting in self.main.settings.values():
            yield setting, self.main
        for daemon in self.daemons:
            for name in daemon.service.options:
                yield daemon.main.setting(name), daemon.main

    def settings(self, name: str) -> Iterator[tuple[Setting, MainFile]]:
        """Wherever this parameter is set; where it is nowhere, as it is by default."""
        found = [(setting, main) for setting, main in self.assignments() if setting.name == name]
        yield from found or [(self.main.setting(name), self.main)]

    def tables(self, parameter: str) -> list[Table]:
        """Of main.cf's value; only what has a text that was read has `entries`."""
        specs = split_list(self.main.value(parameter).text)
        return [self.postfix.tables.table(spec) for spec in specs if ":" in spec and not spec.startswith("!")]

    def at(self, setting: Setting, text: str = "") -> Evidence:
        """The line of a value that has this text, or of its name."""
        if not setting.line:
            where = self.place("main.cf")
            return Evidence(EvidenceKind.CONFIG, where, f"{setting.name} = {setting.value}".rstrip())
        return self.line(setting.file, setting.line_of(text) if text else setting.line)

    def service(self, daemon: Daemon, option: str = "") -> Evidence:
        """The line of a service in master.cf, or of one of its options."""
        return self.line("master.cf", daemon.service.option_lines.get(option, daemon.service.line))

    def entry(self, parameter: str, table: Table, entry: Answer) -> Evidence:
        """The line of an entry of a table; of a table that stands in main.cf itself, that of its parameter."""
        if table.file:
            return self.line(table.file, entry.line)
        return self.at(self.main.setting(parameter), entry.value)


def configurations(record: Record) -> Iterator[Configured]:
    """Every configuration of a Postfix in the record."""
    for sighting in record.seen(PostfixFiles):
        yield configured_of(sighting.fact)


@lru_cache(maxsize=4)  # every check asks for it
def configured_of(fact: PostfixFiles) -> Configured:
    """Of one observation."""
    return Configured(fact)
