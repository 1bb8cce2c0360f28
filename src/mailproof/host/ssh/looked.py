"""What stat(1) and ls(1) say of a file."""

from __future__ import annotations

import re
import stat

import msgspec

from mailproof.host.file_kind import kind_of
from mailproof.host.ssh.framing import Answer
from mailproof.model.configuration import FileSeen, FileState

# `81a4 0 0 1534 1196055 1795941183.884764513 root:root`
_STAT = re.compile(
    r"(?P<mode>[0-9a-f]{1,8}) (?P<uid>\d+) (?P<gid>\d+) (?P<size>\d+) (?P<inode>\d+) "
    r"(?P<changed>\d+(?:\.\d+)?) (?P<owner>[^:\n]*):(?P<group>[^\n]*)\n?\Z"
)
# `1196055 -rw-r--r-- 1 root root 1534 Nov 29 08:33 /etc/passwd`, as POSIX has it
_LS = re.compile(
    r"\s*(?P<inode>\d+) (?P<kind>[-bcCdDlnpPs])(?P<mode>[-rwxsStT]{9})\S* +\d+ +(?P<owner>\S+) +(?P<group>\S+) "
    r"+(?P<size>\d+(?:, *\d+)?) "
)
_KINDS = {"-": FileState.FILE, "d": FileState.DIRECTORY, "s": FileState.SOCKET}
# strerror(ENOENT), strerror(ENOTDIR); every libc has them in these words in the locale C.
_MISSING = re.compile(r"No such file or directory|Not a directory")


def seen_of(path: str, answer: Answer) -> FileSeen:
    """Of what was printed; UNREADABLE for anything else than a file that is there, and one that is not."""
    text = answer.data.decode("utf-8", "surrogateescape")
    if answer.status != 0:
        return FileSeen(path, path, FileState.MISSING if _MISSING.search(text) else FileState.UNREADABLE)
    if told := _STAT.match(text):
        return _of_stat(path, told)
    if told := _LS.match(text):
        return _of_ls(path, told)
    return FileSeen(path, path, FileState.UNREADABLE)


def _of_stat(path: str, told: re.Match[str]) -> FileSeen:
    mode = int(told["mode"], 16)
    return FileSeen(
        path,
        path,
        kind_of(mode),
        mode=stat.S_IMODE(mode),
        # GNU's and busybox's for a number that has no name; BSD's say the number.
        owner=told["uid"] if told["owner"] == "UNKNOWN" else told["owner"],
        group=told["gid"] if told["group"] == "UNKNOWN" else told["group"],
        changed=float(told["changed"]),
        size=int(told["size"]),
        inode=int(told["inode"]),
    )


def _of_ls(path: str, told: re.Match[str]) -> FileSeen:
    """Without the time: ls has it for eyes."""
    state = _KINDS.get(told["kind"], FileState.OTHER)
    seen = FileSeen(path, path, state, mode=_mode(told["mode"]), owner=told["owner"], group=told["group"])
    if "," in told["size"]:
        return seen  # the numbers of a device
    return msgspec.structs.replace(seen, size=int(told["size"]), inode=int(told["inode"]))


def _mode(text: str) -> int:
    bits = sum(1 << (8 - at) for at, letter in enumerate(text) if letter in "rwxst")
    special = ((2, "sS", stat.S_ISUID), (5, "sS", stat.S_ISGID), (8, "tT", stat.S_ISVTX))
    return bits | sum(bit for at, letters, bit in special if text[at] in letters)
