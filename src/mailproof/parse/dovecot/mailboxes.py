"""Where a Dovecot keeps its mailboxes, and as which user: as far as that is one for all."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator

import msgspec

from mailproof.model.configuration import DovecotFiles, FileState
from mailproof.parse.dovecot.reader import Block, DovecotConfiguration, Setting, read_dovecot

_GROUPS = ("mail_gid", "mail_access_groups", "mail_privileged_group")
_LOCATION = re.compile(r"(?:\w+:)?(?P<path>[^:]*)")


class Place(msgspec.Struct, frozen=True):
    """A value, and the line that has it."""

    value: str
    setting: Setting


def mail_directory(configuration: DovecotConfiguration) -> Place | None:
    """The directory that the mailboxes of all users are in: what stands before the first variable.

    None where that is no absolute path, or where each user has a home of his own.
    """
    for setting in (configuration.root.last("mail_location"), configuration.root.last("mail_path")):
        if setting is None or setting.variable:
            continue
        found = _LOCATION.match(setting.value)
        path = found["path"] if found is not None and setting.name == "mail_location" else setting.value
        if path.startswith("~"):
            return _fixed(_home(configuration))
        return _fixed(Place(path, setting))
    return None


def mail_directory_of(files: DovecotFiles) -> Place | None:
    """The same of files that were read."""
    texts = {each.name: each.data for each in files.files if each.state is FileState.FILE}

    def matching(pattern: str) -> list[str]:
        return sorted(name for name in files.included if fnmatch.fnmatchcase(name, pattern))

    return mail_directory(read_dovecot(files.path, texts.get, matching))


def _home(configuration: DovecotConfiguration) -> Place | None:
    """The home of all, where no account may have another."""
    databases = configuration.blocks("userdb")
    homes = [Place(*each) for block in databases for each in _fields(block, "home")]
    if homes:
        return homes[0] if len(databases) == 1 and _driver(databases[0]) == "static" else None
    setting = configuration.root.last("mail_home")
    if setting is None or setting.variable or any(_driver(each) != "static" for each in databases):
        return None
    return Place(setting.value, setting)


def _fixed(place: Place | None) -> Place | None:
    if place is None or not place.value.startswith("/"):
        return None
    before = place.value.partition("%")[0].rpartition("/")[0]
    return Place(before, place.setting) if before.strip("/") else None


def mail_user(configuration: DovecotConfiguration, read: Callable[[str], bytes | None]) -> Place | None:
    """The name or the number of the user that every mailbox belongs to; None where accounts may have their own.

    `read` gives the text of a file of accounts.
    """
    setting = configuration.root.last("mail_uid")
    usual = Place(setting.value, setting) if setting is not None and not setting.variable else None
    users: list[Place | None] = []
    for block in configuration.blocks("userdb"):
        driver = _driver(block)
        given = [Place(*each) for each in _fields(block, "uid")]
        if driver != "static" and (
            driver not in ("passwd-file", "passwd_file") or _own_uids(block, read) is not False
        ):
            return None
        users += given or [usual]
    found = {each.value: each for each in users if each is not None}
    return next(iter(found.values())) if len(found) == 1 and None not in users else None


def mail_groups(configuration: DovecotConfiguration) -> tuple[str, ...]:
    """Names or numbers of the groups that Dovecot adds to those of the user, wherever they are said."""
    said = [setting.value for name in _GROUPS if (setting := configuration.root.last(name)) is not None]
    said += [value for block in configuration.blocks("userdb") for value, _ in _fields(block, "gid")]
    return tuple(dict.fromkeys(word for value in said for word in re.split(r"[\s,]+", value) if word))


def may_have_users_of(configuration: DovecotConfiguration, passwords: bytes | None) -> bool:
    """Whether every account of a passwd-file has a user of the system, its own or that of all (`mail_uid`)."""
    usual = configuration.root.last("mail_uid") is not None
    lines = [line for line in (passwords or b"").splitlines() if line.strip() and not line.startswith(b"#")]
    return bool(lines) and all(usual or _has_uid(line) for line in lines)


def _has_uid(line: bytes) -> bool:
    """`user:password:uid:gid:gecos:home:shell:extra fields`."""
    fields = line.split(b":")
    return bool((fields + [b""] * 3)[2]) or b"userdb_uid=" in line


def _driver(block: Block) -> str:
    setting = block.last("driver")
    return setting.value if setting is not None else block.name


def _fields(block: Block, name: str) -> Iterator[tuple[str, Setting]]:
    """What a database gives to every account: `args = uid=vmail` (2.3), `fields { uid = vmail }` (2.4)."""
    for setting in block.settings:
        if setting.name in ("args", "default_fields", "override_fields"):
            for word in setting.value.split():
                key, equals, value = word.partition("=")
                if equals and key == name:
                    yield value, setting
    for inner in block.blocks:
        if inner.kind in ("fields", "static"):
            for setting in inner.settings:
                if setting.name == name:
                    yield setting.value, setting


def _own_uids(block: Block, read: Callable[[str], bytes | None]) -> bool | None:
    """Whether an account of a passwd-file has its own uid; None where the file is not known."""
    names = [word.rpartition("=")[2] for each in block.settings if each.name == "args" for word in each.value.split()]
    names += [each.value for each in block.settings if each.name == "passwd_file_path"]
    paths = [each for each in names if each.startswith("/") and "%" not in each]
    data = read(paths[0]) if len(paths) == 1 else None
    if data is None:
        return None
    lines = [line for line in data.splitlines() if line.strip() and not line.startswith(b"#")]
    return any((line.split(b":") + [b""] * 3)[2] or b"userdb_" in line for line in lines)
