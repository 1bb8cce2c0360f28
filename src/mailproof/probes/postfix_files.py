"""Reads what a Postfix is configured by: main.cf, master.cf, and each file that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from mailproof.host.interface import Host
from mailproof.model.configuration import FileSeen, FileState, PostfixFiles
from mailproof.parse.postfix.lines import BLANKS
from mailproof.parse.postfix.listed import LISTS, file_of, listed
from mailproof.parse.postfix.master import read_master
from mailproof.parse.postfix.parameters import MainFile, read_main
from mailproof.parse.postfix.tables import BUILT, FILES, PATTERNS
from mailproof.parse.secret import settings_without, table_without

USUAL = "/etc/postfix"

_TABLE = re.compile(r"\b([a-z][a-z0-9_-]*):((?:/|\./)[^\s,{}]+)")
_UNIX = re.compile(r"\b(?:unix|local):(/?[^\s,:{}]+)")
_OWN_DIRECTORY = re.compile(r"/postfix(?:-[^/]*)?(?:/conf)?/")
_PASSWORDS = re.compile(r"^(?:smtp|lmtp)_sasl_password_maps$")
_LOOKED_AT = ("data_directory", "queue_directory", "command_directory", "daemon_directory", "mail_spool_directory")
_CACHES = ("address_verify_map", "postscreen_cache_map")
_OF_QUEUE = ("maildrop", "public", "private", "incoming", "active", "deferred")
# More than any that was seen; Postfix has no bound.
_MOST_FILES = 2000


def postfix_files(host: Host, directory: str, machine: Mapping[str, str], here: bool | None = None) -> PostfixFiles:
    """Of the configuration in a directory. `here` says whether its server is this machine; None: as it looks."""
    reader = PostfixReader(host, directory, machine, here)
    files = {each.name: each for each in (reader.main_file, reader.master_file)}
    for seen in reader.named():
        files.setdefault(seen.name, seen)
        if len(files) > _MOST_FILES:
            break
    types = _types(host) if reader.here else ()
    return PostfixFiles(tuple(files.values()), reader.here, reader.directory, reader.machine, types)


def _is_here(host: Host, directory: str, main: MainFile) -> bool:
    """A directory below /etc is this machine's, and one whose private queue is here; any other is a copy."""
    if directory == "/etc" or directory.startswith("/etc/"):
        return True
    queue = main.value("queue_directory").text
    return not queue.startswith("/var/spool/postfix") and host.look(queue).state is FileState.DIRECTORY


class PostfixReader:
    """The files of a configuration, each read once, by the names that the configuration has for them.

    Secrets in main.cf and master.cf are masked. Nothing of it raises.
    """

    def __init__(self, host: Host, directory: str, machine: Mapping[str, str], here: bool | None = None) -> None:
        self.host, self.directory = host, directory.rstrip("/") or "/"
        self.main_file, self.master_file = self._own("main.cf"), self._own("master.cf")
        given = {"config_directory": USUAL, **machine}
        main = read_main(self.main_file.data, given)
        self.here = _is_here(host, self.directory, main) if here is None else here
        """Whether the server is this machine; else a file that is not in the copy is the server's."""
        self.machine = {**given, "config_directory": self.directory} if self.here else given
        """What Postfix asks the machine for: `myhostname`, `config_directory`."""
        self.main = msgspec.structs.replace(main, machine=self.machine)
        self._seen: dict[tuple[str, bool], FileSeen] = {}

    def text(self, path: str) -> bytes | None:
        """For `read_postfix`, of main.cf and master.cf in `config_directory` too; None for what could not be read."""
        place = self.machine["config_directory"]
        own = {f"{place}/main.cf": self.main_file, f"{place}/master.cf": self.master_file}
        seen = own.get(path) or self._read(path)
        return seen.data if seen.state is FileState.FILE else None

    def _own(self, name: str) -> FileSeen:
        seen = self.host.read(f"{self.directory}/{name}")
        return msgspec.structs.replace(seen, name=name, data=settings_without(seen.data))

    def named(self) -> Iterator[FileSeen]:
        """Every file that a parameter or an option names, read where it is a text."""
        main = self.main
        for name in main.settings:
            yield from self._named_by(name, main.value(name).text, main)
        for service in read_master(self.master_file.data).services:
            for name, value in service.options.items():
                seen = main.with_options({name: value}, 0)
                yield from self._named_by(name, seen.value(name).text, seen)
        for name in ("alias_maps", *_LOOKED_AT):
            if name not in main.settings:
                yield from self._named_by(name, main.value(name).text, main)
        queue = main.value("queue_directory").text
        if self.here:
            yield from (self._look(f"{queue}/{each}") for each in _OF_QUEUE)

    def _named_by(self, name: str, value: str, main: MainFile) -> Iterator[FileSeen]:
        if not value:
            return
        if name in _LOOKED_AT:
            yield self._look(value)
            return
        yield from self._tables(value, secret=_PASSWORDS.match(name) is not None)
        for path in _UNIX.findall(value):
            yield self._look(path if path.startswith("/") else f"{main.value('queue_directory').text}/{path}")
        if name == "smtpd_sasl_path" and main.value("smtpd_sasl_type").text == "dovecot":
            path = value.removeprefix("unix:")
            if not path.startswith("inet:"):
                yield self._look(path if path.startswith("/") else f"{main.value('queue_directory').text}/{path}")
        if name == "myorigin" and value.startswith("/"):
            yield self._look(value)
        if name in LISTS:
            yield from self._list(value)
        if name.endswith("_session_cache_database") or name in _CACHES:
            path = value.partition(":")[2].strip(BLANKS)
            if "/" in path:
                yield self._look(path.rpartition("/")[0])

    def _tables(self, value: str, *, secret: bool = False) -> Iterator[FileSeen]:
        for kind, path in _TABLE.findall(value):
            if kind in FILES or kind in PATTERNS:
                seen = self._read(path)
                if secret:
                    seen = msgspec.structs.replace(seen, data=table_without(seen.data))
                yield seen
                if kind in BUILT:
                    yield self._look(path + BUILT[kind])
            elif kind not in ("unix", "inet", "local", "lmtp", "smtp", "static", "inline", "environ"):
                yield self._look(path)

    def _list(self, value: str) -> Iterator[FileSeen]:
        """The files of a list, those that they name, and the tables in them; those of the value itself are told."""
        waiting, done = [value], set[str]()
        while waiting:
            for _, item in listed(waiting.pop()):
                path = file_of(item)
                if not path or path in done or len(done) >= _MOST_FILES:
                    continue
                done.add(path)
                seen = self._read(path)
                yield seen
                text = seen.data.decode("utf-8", "surrogateescape")
                waiting.append(text)
                yield from self._tables(" ".join(each for _, each in listed(text)))

    def _look(self, name: str) -> FileSeen:
        return self._once(name, False)

    def _read(self, name: str) -> FileSeen:
        return self._once(name, True)

    def _once(self, name: str, whole: bool) -> FileSeen:
        """Several parameters may name one file."""
        if (name, whole) not in self._seen:
            path = self._where(name)
            if path is None:
                self._seen[name, whole] = FileSeen(name, name, FileState.ELSEWHERE)
            else:
                found = self.host.read(path) if whole else self.host.look(path)
                self._seen[name, whole] = msgspec.structs.replace(found, name=name)
        return self._seen[name, whole]

    def _where(self, name: str) -> str | None:
        """In a copy of /etc/postfix what is named there lies in the copy; what is named elsewhere does not.

        Of another directory of a Postfix (/usr/local/etc/postfix, /opt/postfix/conf) what is found there does, and
        in a copy of all of /etc what lies beside.
        """
        if self.here:
            return name
        if name.startswith(f"{USUAL}/"):
            return self.directory + name.removeprefix(USUAL)
        if name.startswith(f"{self.host.absolute(self.directory)}/"):
            return name
        places = [self.directory + name[at.end() - 1 :] for at in _OWN_DIRECTORY.finditer(name)]
        if self.directory.endswith(USUAL):  # /backup/etc/postfix, with /backup/etc/mailname beside it
            places.append(self.directory.removesuffix(USUAL) + name)
        for path in places:
            if self.host.look(path).state is not FileState.MISSING:
                return path
        return None


def _types(host: Host) -> tuple[str, ...]:
    """Kinds of tables: those that Debian's Postfix has built in, and those of the packages that are installed."""
    seen = [host.read(path) for path in (f"{USUAL}/dynamicmaps.cf", *host.glob(f"{USUAL}/dynamicmaps.cf.d/*"))]
    if seen[0].state is not FileState.FILE:
        return ()
    lines = [line.split() for each in seen for line in each.data.decode("utf-8", "replace").splitlines()]
    return (*_BUILT_IN, *(words[0] for words in lines if words and not words[0].startswith("#")))


# `postconf -m` of Debian's Postfix 3.7 without any of its packages of tables.
_BUILT_IN = (
    "btree", "cidr", "environ", "fail", "hash", "inline", "internal", "memcache", "nis", "pipemap", "proxy",
    "randmap", "regexp", "socketmap", "static", "tcp", "texthash", "unionmap", "unix",
)  # fmt: skip
