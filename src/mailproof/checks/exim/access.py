"""What keeps Exim's own user from a file: it gives up root's rights before it reads keys and tables."""

from __future__ import annotations

from pathlib import PurePosixPath

from mailproof.checks.exim.configured import Configured
from mailproof.model.configuration import FileSeen, FileState

READ, WRITE, SEARCH = 4, 2, 1


def keeps_out(configured: Configured, path: str, wanted: int = READ) -> FileSeen | None:
    """The file, or the folder above it, that Exim's user may not use; None where he may, or where it is not known."""
    if not configured.fact.here or not configured.fact.groups or configured.fact.user == "root":
        return None
    folders = [str(each) for each in reversed(PurePosixPath(path).parents) if str(each) != "/"]
    for name, mode in (*((folder, SEARCH) for folder in folders), (path, wanted)):
        seen = configured.files.get(name)
        if seen is None or seen.state in (FileState.MISSING, FileState.UNREADABLE, FileState.ELSEWHERE):
            return None
        if not _allowed(seen, configured.fact.user, configured.fact.groups, mode):
            return seen
    return None


def rights(seen: FileSeen) -> str:
    """As they are shown: `0600 root:root`."""
    return f"{seen.mode:04o} {seen.owner}:{seen.group}"


def _allowed(seen: FileSeen, user: str, groups: tuple[str, ...], wanted: int) -> bool:
    shift = 6 if seen.owner == user else 3 if seen.group in groups else 0
    return (seen.mode >> shift) & wanted == wanted
