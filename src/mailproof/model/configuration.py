"""What a server's files say: its configuration, and what was seen of the files that it names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from mailproof.model.observed import Observation
from mailproof.model.tls import Certificate

MASK = b"..."
"""Stands for a password in the text of a file."""


class FileState(StrEnum):
    """What lies at a path."""

    FILE = "file"
    DIRECTORY = "directory"
    SOCKET = "socket"
    OTHER = "other"
    """A pipe or a device: never opened."""
    MISSING = "missing"
    UNREADABLE = "unreadable"
    """It is there, and we may not read it."""
    TOO_LARGE = "too-large"
    ELSEWHERE = "elsewhere"
    """It lies on the server, and this is a copy of its configuration alone: nothing can be said."""


class FileSeen(msgspec.Struct, frozen=True):
    """A file that a configuration consists of or names. Secrets in it are masked when it is seen."""

    name: str
    """As the configuration names it."""
    path: str
    """Where it was looked for; in a copy, below the copy."""
    state: FileState
    data: bytes = b""
    """Of a text that was read; empty of keys and databases, and of what was only looked at."""
    mode: int = 0
    """The permissions, as in chmod(2)."""
    owner: str = ""
    """Name of the user; the number where it has none."""
    group: str = ""
    changed: float = 0.0
    """Seconds since 1970, by the clock of its machine."""
    size: int = 0
    """Bytes."""
    inode: int = 0
    """By which a file is known again that has got another name."""


class Account(msgspec.Struct, frozen=True):
    """A user of the machine, by its files."""

    name: str
    uid: int
    groups: tuple[str, ...]
    """Names of those that it is in."""


class _Files(Observation, frozen=True):
    files: tuple[FileSeen, ...]
    here: bool = True
    """Whether the server is this machine, so that what is missing is missing there too."""

    def __hash__(self) -> int:
        return hash(tuple((each.path, each.state, each.changed, len(each.data)) for each in self.files))

    def seen(self, name: str) -> FileSeen | None:
        """By the name that the configuration has for it."""
        return next((each for each in self.files if each.name == name), None)


class PostfixFiles(_Files, frozen=True):
    """Postfix's configuration: main.cf, master.cf, and what they name."""

    __hash__ = _Files.__hash__

    directory: str = ""
    """As it was named; main.cf and master.cf are in it."""
    machine: Mapping[str, str] = {}
    """What Postfix asks the machine for: `myhostname`, `config_directory`."""
    types: tuple[str, ...] = ()
    """Kinds of lookup tables that this machine's Postfix has; empty where that is not known."""


class DovecotFiles(_Files, frozen=True):
    """Dovecot's configuration: its file with all that it includes, and what they name."""

    __hash__ = _Files.__hash__

    path: str = ""
    """Of the file that was named, as the server has it."""
    included: tuple[str, ...] = ()
    """Names of those of `files` that the configuration consists of; others it only names."""
    mail_user: Account | None = None
    """As whom mailboxes are read and written, where that is one for all and the machine knows it."""


class EximFiles(_Files, frozen=True):
    """Exim's configuration: its file with all that it includes, Debian's sources of it, and what they name."""

    __hash__ = _Files.__hash__

    path: str = ""
    """Of the file that was named."""
    included: tuple[str, ...] = ()
    """Names of those of `files` that the configuration consists of."""
    lacks: tuple[str, ...] = ()
    """Macros that Debian's binary defines by itself and this one does not."""
    user: str = ""
    """As whom Exim reads keys and tables."""
    groups: tuple[str, ...] = ()
    """In which groups that user is, by the machine's files."""


class Pair(StrEnum):
    """Whether a private key belongs to a certificate."""

    YES = "yes"
    NO = "no"
    NO_KEY = "no-key"
    """The file of the key has none in it."""
    LOCKED = "locked"
    """The key is encrypted: who wants to use it must know its passphrase."""
    UNTOLD = "untold"
    """The key is of a kind we do not know, or may not be read."""


class CertificateFile(Observation, frozen=True):
    """A certificate that a configuration names. The key itself is never kept."""

    parameter: str
    """Which names it: `smtpd_tls_cert_file`, `ssl_cert`."""
    file: str
    """In which configuration file, and line."""
    line: int
    text: str
    """The line."""
    path: str
    state: FileState
    chain: tuple[Certificate, ...] = ()
    """As they stand in the file."""
    unreadable: bool = False
    """It is there and holds no certificate."""
    key_parameter: str = ""
    key_file: str = ""
    key_line: int = 0
    key_text: str = ""
    key_path: str = ""
    key_state: FileState = FileState.FILE
    key_mode: int = 0
    key_group: str = ""
    pair: Pair = Pair.UNTOLD
    host: str = ""
    """The name by which clients know the server; empty where that is not known."""
    known_issuer: bool = False
    """Whether the issuer of the last certificate of the chain is among this machine's trusted roots."""
