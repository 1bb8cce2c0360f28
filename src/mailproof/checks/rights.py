"""Whether a user may do something with a file: by its owner, its group and its mode (chmod(2))."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from mailproof.model.configuration import FileSeen, FileState

READ, WRITE, SEARCH = 4, 2, 1


def folders_above(path: str) -> list[str]:
    """From the outermost; without the root."""
    return [str(each) for each in reversed(PurePosixPath(path).parents) if str(each) != "/"]


def closed(
    files: Mapping[str, FileSeen], path: str, wanted: int, user: str, groups: Iterable[str]
) -> Iterator[tuple[FileSeen, int]]:
    """Each step of the way to a file, and it itself, that this user may not use, with what he needs there.

    Nothing where he may, and nothing from where it is not known.
    """
    if user == "root":
        return
    for name, mode in (*((folder, SEARCH) for folder in folders_above(path)), (path, wanted)):
        seen = files.get(name)
        if seen is None or seen.state in (FileState.MISSING, FileState.UNREADABLE, FileState.ELSEWHERE):
            return
        if not _allowed(seen, user, groups, mode):
            yield seen, mode


def rights(seen: FileSeen) -> str:
    """As they are shown: `0600 root:root`."""
    return f"{seen.mode:04o} {seen.owner}:{seen.group}"


def _allowed(seen: FileSeen, user: str, groups: Iterable[str], wanted: int) -> bool:
    shift = 6 if seen.owner == user else 3 if seen.group in groups else 0
    return (seen.mode >> shift) & wanted == wanted
