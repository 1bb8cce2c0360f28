"""Remedies, applied to copies of what they are for: the program itself never does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

import msgspec

from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.remedy import Change, Remedy
from mailproof.parse.exim.debian import GENERATED, made

_LATER = 4e9


def applied(data: bytes, changes: list[Change]) -> bytes:
    """A file with these changes. Raises AssertionError where a line that goes is not the one that is there."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    for change in sorted(changes, key=lambda each: (each.line, bool(each.old)), reverse=True):
        begin = change.line - 1 if change.old else change.line
        assert tuple(lines[begin : begin + len(change.old)]) == change.old
        lines[begin : begin + len(change.old)] = [line for each in change.new for line in each.split("\n")]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def mended(files: Mapping[str, FileSeen], remedy: Remedy) -> dict[str, FileSeen]:
    """Files by path after a remedy: its lines changed, and its commands run."""
    out = dict(files)
    for path in {change.file for change in remedy.changes}:
        seen = out.get(path, FileSeen(path, path, FileState.FILE, mode=0o644, owner="root", group="root"))
        data = applied(seen.data, [change for change in remedy.changes if change.file == path])
        out[path] = msgspec.structs.replace(seen, data=data)
    for command in remedy.then:
        _run(shlex.split(command), out)
    return out


def generated(files: Mapping[str, FileSeen]) -> FileSeen:
    """What Debian's update-exim4.conf makes of /etc/exim4."""
    lines = made(lambda name: files[name].data if name in files else None, list(files)) or []
    text = "".join(f"{line.text}\n" for line in lines)
    return FileSeen(GENERATED, GENERATED, FileState.FILE, text.encode(), 0o644, "root", "root")


def _run(words: list[str], files: dict[str, FileSeen]) -> None:
    match words:
        case ["postmap" | "postalias", spec] | ["postmap", "-F", spec]:
            kind, _, path = spec.partition(":")
            name = path + {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag"}[kind]
            files[name] = FileSeen(name, name, FileState.FILE, mode=0o644, owner="root", group="root", changed=_LATER)
        case ["chmod", mode, path]:
            seen = files[path]
            bits = {"go-w": seen.mode & ~0o022, "o=": seen.mode & ~0o007, "u+w": seen.mode | 0o200,
                    "g+r": seen.mode | 0o040, "u+rwx": seen.mode | 0o700}.get(mode)  # fmt: skip
            bits = int(mode, 8) if bits is None else bits
            files[path] = msgspec.structs.replace(seen, mode=bits)
        case ["chown", owner, path] | ["chown", "-R", owner, path]:
            user, _, group = owner.partition(":")
            files[path] = msgspec.structs.replace(files[path], owner=user, group=group or files[path].group)
        case ["chgrp", group, path]:
            files[path] = msgspec.structs.replace(files[path], group=group)
        case ["postfix" | "doveadm", "reload"] | ["postfix", "stop" | "start"]:
            pass
        case ["exim4" | "exim", *_, "-bV"] | ["systemctl", "reload" | "restart" | "start", "exim4" | "exim"]:
            pass
        case ["kill", "-HUP", _]:
            pass
        case ["update-exim4.conf"]:
            files[GENERATED] = generated(files)
        case ["adduser", user, group]:
            text = re.sub(
                rf"^({group}:.*[^:])$", rf"\1,{user}", files["/etc/group"].data.decode(), flags=re.MULTILINE
            )
            text = re.sub(rf"^({group}:.*:)$", rf"\1{user}", text, flags=re.MULTILINE)
            files["/etc/group"] = msgspec.structs.replace(files["/etc/group"], data=text.encode())
        case ["install", "-d", "-o", owner, "-g", group, "-m", mode, path]:
            files[path] = FileSeen(path, path, FileState.DIRECTORY, mode=int(mode, 8), owner=owner, group=group)
        case _:
            raise AssertionError(f"no such command: {words}")
