"""A Debian source package on the disk: an unpacked folder, or a .dsc with its files beside it."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from mailproof.emulate.greylist.rebuild import FILES
from mailproof.model.rebuild import RebuildPlan
from mailproof.parse.debian.dsc import read_dsc
from mailproof.parse.debian.files import NoPackage
from mailproof.parse.unified_diff import NoDiff, changes
from mailproof.run.regular_file import NotRegular, TooLarge, content

# A source package of a mail program is some megabytes; the largest of Debian have a few hundred thousand files.
_LARGEST = 256 << 20
_MOST_BYTES = 1 << 30
_MOST_MEMBERS = 100_000
# Of a file that is read as a text; a configure script has half a mebibyte.
_LARGEST_TEXT = 8 << 20
_TARBALLS = (".tar.gz", ".tar.xz", ".tar.bz2")


class Folder:
    """Unpacked already."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def texts(self) -> dict[str, str]:
        """What is read of it. Raises NoPackage."""
        found: dict[str, str] = {}
        for name in FILES:
            file = self.path / name
            try:
                if file.is_file() and file.stat().st_size <= _LARGEST_TEXT:
                    found[name] = file.read_text("utf-8", "surrogateescape")
            except OSError as error:
                raise NoPackage("file-system", path=name, why=error.strerror or "") from None
        return found

    def unpack(self) -> None:
        """There is nothing to do."""


class Source:
    """A .dsc and what it names, verified by size and SHA-256. Raises NoPackage."""

    def __init__(self, path: str, into: str | None) -> None:
        dsc = Path(path)
        self._dsc = read_dsc(_bytes(dsc, 1 << 20).decode("utf-8", "replace"))
        self._folder = dsc.parent
        upstream = self._dsc.version.partition(":")[2] or self._dsc.version
        name = f"{self._dsc.source}-{upstream.rpartition('-')[0] or upstream}"
        self.path = Path(into) if into else dsc.parent / name
        self._parts = {part.name: self._verified(part.name, part.size, part.sha256) for part in self._dsc.parts}

    def texts(self) -> dict[str, str]:
        """Raises NoPackage."""
        found = {name: data for name, data in self._members() if name in FILES}
        found |= {name: data for name, data in self._patched(found).items() if name in FILES}
        return {name: data.decode("utf-8", "surrogateescape") for name, data in found.items()}

    def unpack(self) -> None:
        """Into a folder that is not there yet. Raises NoPackage."""
        try:
            self.path.mkdir()
        except OSError as error:
            raise NoPackage("file-system", path=str(self.path), why=error.strerror or "") from None
        try:
            for data, prefix in self._tarballs():
                _extract(data, self.path / prefix)
            for name, text in self._patched(None).items():
                file = self.path / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text)
            rules = self.path / "debian" / "rules"
            if rules.is_file():
                rules.chmod(0o755)  # a diff cannot say so, and dpkg-source(1) does the same
        except OSError as error:
            raise NoPackage("file-system", path=str(self.path), why=error.strerror or "") from None

    def _verified(self, name: str, size: int, digest: str) -> bytes:
        data = _bytes(self._folder / name, _LARGEST)
        if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
            raise NoPackage("dsc-another-file", path=name)
        return data

    def _tarballs(self) -> Iterator[tuple[bytes, str]]:
        """The sources first, then debian/."""
        dsc = self._dsc
        native = dsc.format == "3.0 (native)" or (dsc.ending(".diff.gz") is None and dsc.ending(*_debian()) is None)
        for name, data in sorted(self._parts.items()):
            if name.endswith(tuple(f".orig{end}" for end in _TARBALLS)) or (native and name.endswith(_TARBALLS)):
                yield data, ""
        for name, data in self._parts.items():
            if name.endswith(_debian()):
                yield data, "debian"

    def _members(self) -> Iterator[tuple[str, bytes]]:
        for data, prefix in self._tarballs():
            for name, member, archive in _walk(data):
                path = f"{prefix}/{name}" if prefix else name
                if path in FILES and member.isfile() and member.size <= _LARGEST_TEXT:
                    file = archive.extractfile(member)
                    if file is not None:
                        yield path, file.read()

    def _patched(self, known: Mapping[str, bytes] | None) -> dict[str, bytes]:
        part = self._dsc.ending(".diff.gz")
        if part is None:
            return {}

        def old(path: str) -> bytes | None:
            if known is not None:
                return known.get(path)
            file = self.path / path
            return file.read_bytes() if file.is_file() and not file.is_symlink() else None

        try:
            diff = _gunzipped(self._parts[part.name])
            return changes(diff, old) if known is None else _only(diff, known)
        except NoDiff as error:
            raise NoPackage(error.reason, **error.params) from None


def source(path: str, into: str | None) -> Folder | Source:
    """Raises NoPackage for what is neither."""
    if Path(path).is_dir():
        return Folder(path)
    if path.endswith(".dsc"):
        return Source(path, into)
    raise NoPackage("package-none")


def write(plan: RebuildPlan) -> None:
    """The changed files, each in one go. Raises NoPackage."""
    for change in plan.changes:
        file = Path(plan.folder, change.path)
        beside = file.with_name(f".{file.name}.mailproof")
        try:
            beside.write_text(change.new, "utf-8", "surrogateescape")
            beside.chmod(file.stat().st_mode & 0o777)
            beside.replace(file)
        except OSError as error:
            raise NoPackage("file-system", path=str(file), why=error.strerror or "") from None


def debs(plan: RebuildPlan) -> tuple[str, ...]:
    """The packages that a build has left beside the folder."""
    above = Path(plan.folder).resolve().parent
    found: list[str] = []
    for name in plan.packages:
        found += sorted(str(path) for path in above.glob(f"{name}_{plan.file_version}_*.deb"))
    return tuple(found)


def _only(diff: bytes, known: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the diff that are read; the others are patched when they are unpacked."""
    wanted = [piece for piece in _pieces(diff) if _path_of(piece) in FILES]
    return changes(b"".join(wanted), known.get) if wanted else {}


def _pieces(diff: bytes) -> Iterator[bytes]:
    start = diff.find(b"--- ")
    while start >= 0:
        following = diff.find(b"\n--- ", start)
        end = len(diff) if following < 0 else following + 1
        yield diff[start:end]
        start = -1 if following < 0 else following + 1


def _path_of(piece: bytes) -> str:
    lines = piece.split(b"\n", 2)
    head = lines[1] if len(lines) > 1 else b""
    return head.removeprefix(b"+++ ").split(b"\t")[0].decode("utf-8", "replace").strip().partition("/")[2]


def _debian() -> tuple[str, ...]:
    return tuple(f".debian{end}" for end in _TARBALLS)


def _walk(data: bytes) -> Iterator[tuple[str, tarfile.TarInfo, tarfile.TarFile]]:
    """Members by their path without the first folder. Raises NoPackage for what is damaged, or too much."""
    try:
        with tarfile.open(fileobj=BytesIO(data)) as archive:
            size = 0
            for number, member in enumerate(archive):
                size += member.size
                if number > _MOST_MEMBERS or size > _MOST_BYTES:
                    raise NoPackage("archive-too-large")
                path = PurePosixPath(member.name)
                parts = [part for part in path.parts if part not in (".", "/")]
                if ".." in parts:
                    raise NoPackage("path-elsewhere", path=member.name)
                yield "/".join(parts[1:]), member, archive
    except (tarfile.TarError, OSError, EOFError, zlib.error, LZMAError) as error:
        raise NoPackage("archive-damaged", error=type(error).__name__) from None


def _extract(data: bytes, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for name, member, archive in _walk(data):
        if not name or not (member.isfile() or member.isdir() or member.issym()):
            continue
        member.name = name
        try:
            archive.extract(member, into, filter="data")
        except tarfile.FilterError:
            raise NoPackage("path-elsewhere", path=name) from None


def _gunzipped(data: bytes) -> bytes:
    try:
        with gzip.open(BytesIO(data)) as file:
            text = file.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error):
        raise NoPackage("diff-damaged") from None
    if len(text) > _LARGEST:
        raise NoPackage("diff-too-large")
    return text


def _bytes(path: Path, largest: int) -> bytes:
    try:
        return content(path, largest)
    except NotRegular:
        raise NoPackage("file-not-regular", path=path.name) from None
    except TooLarge:
        raise NoPackage("file-too-large", path=path.name) from None
    except OSError as error:
        raise NoPackage("file-system", path=path.name, why=error.strerror or "") from None
