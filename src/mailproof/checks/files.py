"""What the checks of a server's files share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.escape import sayable
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, Param, Passed, Untold

MISSING = "No such file or directory"
"""As the system says it (ENOENT)."""
STATES: Mapping[FileState, str] = {
    FileState.MISSING: MISSING,
    FileState.DIRECTORY: "Is a directory",
    FileState.UNREADABLE: "Permission denied",
    FileState.TOO_LARGE: "File too large",
    FileState.SOCKET: "Not a regular file",
    FileState.OTHER: "Not a regular file",
}
"""What keeps a file from being read, as the system says it (errno(3))."""
UNREAD: Mapping[FileState, str] = {
    FileState.UNREADABLE: "config-unreadable",
    FileState.OTHER: "config-other",
    FileState.SOCKET: "config-other",
    FileState.TOO_LARGE: "config-too-large",
}
"""Why a file of a configuration was not read, as a reason."""
# A line of a table of virtual domains can have hundreds of addresses; a screen has some 200 characters in two lines.
_LONGEST = 200


class SeenFiles:
    """What was seen of files, by the name that a configuration has for each. Each is divided into lines once."""

    def __init__(self, files: Iterable[FileSeen]) -> None:
        self.files: Mapping[str, FileSeen] = {each.name: each for each in files}
        self._lines: dict[str, list[bytes]] = {}

    def data(self, name: str) -> bytes | None:
        """Of a file that was read."""
        seen = self.files.get(name)
        return seen.data if seen is not None and seen.state is FileState.FILE else None

    def place(self, name: str, number: int = 0) -> str:
        """`PATH:LINE`, where it was looked for; the path alone without a number."""
        seen = self.files.get(name)
        path = seen.path if seen is not None else name
        return f"{path}:{number}" if number else path

    def text(self, name: str, number: int) -> str:
        """A line, from 1, without the blanks around it; empty where there is none."""
        if name not in self._lines:
            self._lines[name] = (self.data(name) or b"").split(b"\n")
        lines = self._lines[name]
        return lines[number - 1].decode("utf-8", "replace").strip()[:_LONGEST] if 0 < number <= len(lines) else ""

    def line(self, name: str, number: int) -> Evidence:
        """The same as evidence."""
        return Evidence(EvidenceKind.CONFIG, self.place(name, number), self.text(name, number))

    def file(self, seen: FileSeen, text: str = "") -> Evidence:
        """A file itself: its permissions, or what keeps it from being read."""
        return Evidence(EvidenceKind.FILE, seen.path, text or STATES.get(seen.state, ""))


def fault(name: str, /, *shown: Evidence, **params: Param) -> Finding:
    """A finding of the whole server, with the lines that show it."""
    evidence = dict.fromkeys(Evidence(each.kind, sayable(each.where), sayable(each.text)) for each in shown)
    told = {key: _sayable(value) for key, value in params.items()}
    return Finding(name, tuple(evidence), params=told)


def not_told(name: str, why: str, /, *, asked: bool = False, **params: str) -> Untold:
    """What the files do not tell. `asked`: something is there, and we could not look at it."""
    return Untold(name, why, asked=asked, params={key: sayable(value) for key, value in params.items()})


# Per check: who has more of a kind has a file of another kind.
_MOST = 200


def bounded(name: str, /, *answers: Iterable[Answer]) -> list[Answer]:
    """The first of them, in their order; where there are more, that is said."""
    found = list(islice(chain(*answers), _MOST + 1))
    if len(found) > _MOST:
        found[_MOST:] = [not_told(name, "too-many-alike", n=str(_MOST))]
    return found


def or_passed(name: str, answers: Sequence[Answer], shown: Evidence) -> Iterator[Answer]:
    """The answers; where none is a finding, it passed, too: what could not be looked at is said beside that."""
    yield from answers
    if not any(isinstance(answer, Finding) for answer in answers):
        yield Passed(name, (shown,))


def _sayable(value: Param) -> Param:
    if isinstance(value, tuple):
        return tuple(map(sayable, value))
    return sayable(value) if isinstance(value, str) else value
