"""Where `mailproof.toml` can be, and whether it is there: all that a start without one pays for."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailproof.cli.settings import SettingsFile

NAME = "mailproof.toml"


def places(environ: Mapping[str, str]) -> tuple[tuple[Path, bool], ...]:
    """The files there are, and whether each is the user's own; the one that wins last."""
    base = Path(environ.get("XDG_CONFIG_HOME", ""))
    if not base.is_absolute():  # the XDG Base Directory Specification: a relative path is to be ignored
        base = Path(environ.get("HOME", ""), ".config")
    own, project = base / "mailproof" / NAME, Path(NAME)
    own_status = _status(own) if own.is_absolute() else None
    project_status = _status(project)
    found = [(own, True)] if own_status else []
    if project_status and not (own_status and os.path.samestat(own_status, project_status)):
        found.append((project, False))
    return tuple(found)


def top(files: tuple[SettingsFile, ...], key: str) -> str:
    """What the files say before it is known to which command; empty if nothing."""
    value = next((file.table[key] for file in reversed(files) if key in file.table), "")
    return value if isinstance(value, str) else ""


def _status(path: Path) -> os.stat_result | None:
    """None where there is no such file, or this user may not see whether there is (a daemon with root's HOME)."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None
