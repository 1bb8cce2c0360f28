"""A unified diff carried out on texts, exactly: what does not fit is refused (diff(1), and .diff.gz of dpkg)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mailproof.model.failure import Unreadable

_HEAD = re.compile(rb"--- (\S+)[^\n]*\n\+\+\+ (\S+)[^\n]*\n")
_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@[^\n]*\n")


class NoDiff(Unreadable):
    """It is no unified diff, or does not fit."""


def changes(diff: bytes, old: Callable[[str], bytes | None]) -> dict[str, bytes]:
    """The new texts by path, without its first folder (`patch -p1`). `old` gives what is there, None for nothing.

    Raises NoDiff, also for a path that would lead out of the folder.
    """
    made: dict[str, bytes] = {}
    heads = list(_HEAD.finditer(diff))
    if not heads:
        raise NoDiff("diff-empty")
    for number, head in enumerate(heads):
        end = heads[number + 1].start() if number + 1 < len(heads) else len(diff)
        name = head[2].decode("utf-8", "surrogateescape")
        path = name.partition("/")[2]
        if not path or path.startswith("/") or ".." in path.split("/"):
            raise NoDiff("path-elsewhere", path=name)
        before = made.get(path, old(path) or b"")
        made[path] = _applied(before, diff[head.end() : end], path)
    return made


def _applied(before: bytes, hunks: bytes, path: str) -> bytes:
    lines = before.splitlines(keepends=True)
    out: list[bytes] = []
    at = 0
    for start, body in _hunks(hunks, path):
        if not at <= start <= len(lines):
            raise NoDiff("diff-does-not-fit", path=path)
        out += lines[at:start]
        at = start
        for line in body:
            mark, text = line[:1], line[1:]
            if mark in (b" ", b"-"):
                if at >= len(lines) or lines[at].rstrip(b"\n") != text.rstrip(b"\n"):
                    raise NoDiff("diff-does-not-fit", path=path)
                if mark == b" ":
                    out.append(lines[at])
                at += 1
            elif mark == b"+":
                out.append(text)
            elif mark == b"\\":  # no newline at the end of the line before
                out[-1] = out[-1].rstrip(b"\n") if out else b""
            else:
                raise NoDiff("diff-line", path=path)
    return b"".join([*out, *lines[at:]])


def _hunks(hunks: bytes, path: str) -> Iterator[tuple[int, list[bytes]]]:
    """Where each begins, counted from 0, and its lines."""
    at = 0
    while (match := _HUNK.match(hunks, at)) is not None:
        olds = int(match[2]) if match[2] is not None else 1
        news = int(match[4]) if match[4] is not None else 1
        start = int(match[1]) - 1 if olds else int(match[1])
        at = match.end()
        body: list[bytes] = []
        while olds > 0 or news > 0 or hunks[at : at + 1] == b"\\":
            end = hunks.find(b"\n", at)
            end = len(hunks) if end < 0 else end + 1
            line = hunks[at:end]
            if not line:
                raise NoDiff("diff-ends", path=path)
            olds -= line[:1] in (b" ", b"-")
            news -= line[:1] in (b" ", b"+")
            body.append(line)
            at = end
        yield max(start, 0), body
