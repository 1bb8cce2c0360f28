"""A Debian source package that is to be built anew, with what its programs lack."""

from __future__ import annotations

import msgspec


class FileChange(msgspec.Struct, frozen=True):
    path: str
    """Below the package's folder."""
    old: str
    new: str


class RebuildPlan(msgspec.Struct, frozen=True):
    """What is changed, and what to type then."""

    source: str
    version: str
    """As it is now."""
    new_version: str
    folder: str
    changes: tuple[FileChange, ...] = ()
    needs: tuple[str, ...] = ()
    """The packages that must be there for the build."""
    packages: tuple[str, ...] = ()
    """Those that come out of it."""
    added: tuple[str, ...] = ()
    """What configure is told besides; empty where it had all of it."""

    @property
    def file_version(self) -> str:
        """Without its epoch, as it stands in the names of files."""
        return self.new_version.partition(":")[2] or self.new_version
