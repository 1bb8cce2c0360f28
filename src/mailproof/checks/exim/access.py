"""What keeps Exim's own user from a file: it gives up root's rights before it reads keys and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailproof.checks.exim.configured import Configured
from mailproof.checks.exim.mending import mend
from mailproof.checks.mending import quoted
from mailproof.checks.rights import READ, closed
from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.remedy import Remedy

# Groups that there are for this: Debian's own way for keys below /etc/ssl/private and for the socket of saslauthd.
_FOR_SERVERS = ("ssl-cert", "sasl")
_SHARED = frozenset(
    {
        "/", "/etc", "/home", "/opt", "/run", "/srv", "/tmp", "/usr", "/usr/local", "/var", "/var/lib", "/var/log",
        "/var/mail", "/var/spool",
    }
)  # fmt: skip


def keeps_out(configured: Configured, path: str, wanted: int = READ) -> FileSeen | None:
    """The file, or the folder above it, that Exim's user may not use; None where he may, or where it is not known."""
    return next((seen for seen, _ in _closed(configured, path, wanted)), None)


def _closed(configured: Configured, path: str, wanted: int) -> Iterator[tuple[FileSeen, int]]:
    """Each step of the way that is closed to him, with what he needs there."""
    if configured.fact.here and configured.fact.groups:
        yield from closed(configured.files, path, wanted, configured.fact.user, configured.fact.groups)


def let_in(configured: Configured, path: str, wanted: int = READ) -> Remedy | None:
    """What lets him in, and nobody else; None where that is a matter of taste: a folder that is root's alone."""
    user, groups, then = configured.fact.user, configured.fact.groups, []
    joined = False
    for seen, mode in _closed(configured, path, wanted):
        if seen.group in _FOR_SERVERS and (seen.mode >> 3) & mode == mode:
            joined = True
            then.append(f"adduser {quoted(user)} {seen.group}")
        elif seen.state is not FileState.FILE or mode != READ:
            return None
        elif seen.group in groups:
            then.append(f"chmod g+r {quoted(seen.path)}")
        elif seen.group == "root" and user in groups and seen.owner == "root":
            then += [f"chgrp {quoted(user)} {quoted(seen.path)}", f"chmod g+r {quoted(seen.path)}"]
        else:
            return None
    return mend(configured, then=tuple(dict.fromkeys(then)), restart=joined) if then else None


def is_shared(path: str) -> bool:
    """Whether a folder is one of the system's (Filesystem Hierarchy Standard): other programs have theirs in it."""
    return (path.rstrip("/") or "/") in _SHARED


def given(configured: Configured, folder: FileSeen, group: str = "") -> Remedy | None:
    """A queue that is to be his, given to him with all that is in it; None for a folder that is not Exim's alone."""
    if not _is_exims(folder.path):
        return None
    user = configured.fact.user
    if folder.owner == user:
        return mend(configured, then=(f"chmod u+rwx {quoted(folder.path)}",))
    owner = f"{user}:{group}" if group else user
    return mend(configured, then=(f"chown -R {quoted(owner)} {quoted(folder.path)}",))


def logs_given(configured: Configured, folder: FileSeen, logs: Sequence[FileSeen]) -> Remedy | None:
    """The folder of the logs and these logs given to him, and nothing else; None as for a queue."""
    if not _is_exims(folder.path):
        return None
    user = configured.fact.user
    then = [f"chown {quoted(user)} {quoted(each.path)}" for each in (folder, *logs) if each.owner != user]
    if folder.owner == user:
        then.append(f"chmod u+rwx {quoted(folder.path)}")
    # It has ended when it was to write there, and cannot be told anything.
    return mend(configured, then=tuple(then), restart=True)


def _is_exims(path: str) -> bool:
    """By its name. What another program has in a folder that both use is taken from it with the folder."""
    return "exim" in path.rstrip("/").rpartition("/")[2].lower()
