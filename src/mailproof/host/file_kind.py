"""What kind of file a mode of stat(2) is."""

from __future__ import annotations

import stat

from mailproof.model.configuration import FileState


def kind_of(mode: int) -> FileState:
    if stat.S_ISREG(mode):
        return FileState.FILE
    if stat.S_ISDIR(mode):
        return FileState.DIRECTORY
    return FileState.SOCKET if stat.S_ISSOCK(mode) else FileState.OTHER
