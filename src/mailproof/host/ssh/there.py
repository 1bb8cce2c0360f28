"""Another machine, in the words of `host.interface`."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from mailproof.host.commands import READING, form_of
from mailproof.host.interface import BLOCK
from mailproof.host.ssh.channel import Channel, Ended
from mailproof.host.ssh.destination import Destination
from mailproof.host.ssh.framing import Answer, Frames
from mailproof.host.ssh.looked import seen_of
from mailproof.host.ssh.program import Dialled
from mailproof.host.ssh.script import FIRST_BLOCKS, MOST_FILES, SECONDS, as_root, script
from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.machine import Clock, Unreached, Way

# As `host.here`: Postfix itself reads a text table whole.
_LARGEST = 64 << 20
# A thousand paths of PATH_MAX; what a shell prints at its start; what a stat says.
_MOST_PATHS, _MOST_NOISE, _MOST_TOLD = MOST_FILES * 4097, 1 << 16, 1 << 14
# The other side ends a command after SECONDS, where it can; a megabyte in the rest is 2 Mbit/s.
_PATIENCE = SECONDS + 6.0
# All of a run, as that itself ends after some time: a check waits no longer than ten of its timeouts.
_PATIENCE_IN_ALL = 300.0
# LoginGraceTime of sshd: within that a person has typed the password.
_PATIENCE_OF_A_PERSON = 120.0
# What a shell has in `$?` where there is no such program, or it may not be run.
_NOT_RUN = (126, 127)
_Script = Callable[[str], bytes]

_STAMP = re.compile(rb"(\d{14})\n(\d{14})\n\Z")


class There:
    """Implements `host.interface.Host`. Reached when it is made, or never; a context manager that ends the ssh."""

    def __init__(
        self,
        to: Destination,
        program: Sequence[str],
        environment: Mapping[str, str],
        *,
        timeout: float,
        dialled: Dialled | None = None,
        asks: bool = False,
        sudo: bool = False,
    ) -> None:
        """`program` is ssh with its options, `asks`: whether it may ask a person for a password.

        `dialled` is what ssh makes of the destination. Raises OSError where it cannot be started.
        """
        self._way = Way(dialled=(dialled.host,) if dialled is not None and dialled.host else ())
        self._frames = Frames("")
        self._left = _PATIENCE_IN_ALL
        self._channel = Channel(to.shown, (*program, *to.words, "exec sh"), environment, sudo=sudo)
        first = _PATIENCE_OF_A_PERSON + timeout if asks else timeout + _PATIENCE
        try:
            if sudo:
                connection = self._begun(as_root, first)
                self._begun(script, first)
            else:
                connection = self._begun(script, first)
        except Ended:
            return
        except BaseException:  # Ctrl-C, while ssh asks for a password
            self._channel.close()
            raise
        words = connection.decode("ascii", "replace").split()
        if len(words) == 4:
            # Behind another machine it is that one's address which is seen.
            ours = "" if dialled is not None and dialled.through else words[0]
            self._way = Way(ours, words[2], self._way.dialled)

    def __enter__(self) -> There:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def look(self, path: str) -> FileSeen:
        if (line := _line(path)) is None:
            return FileSeen(path, path, FileState.UNREADABLE)
        answer = self._asked("look", line, most=_MOST_TOLD)
        return seen_of(path, answer) if answer is not None else FileSeen(path, path, FileState.ELSEWHERE)

    def read(self, path: str) -> FileSeen:
        if (line := _line(path)) is None:
            return FileSeen(path, path, FileState.UNREADABLE)
        answer = self._asked("read", line, most=_MOST_TOLD)
        found = self._next(FIRST_BLOCKS * BLOCK) if answer is not None else None
        if answer is None or found is None:
            return FileSeen(path, path, FileState.ELSEWHERE)
        seen = seen_of(path, answer)
        if seen.state is not FileState.FILE:
            return seen
        if seen.size > _LARGEST:
            return msgspec.structs.replace(seen, state=FileState.TOO_LARGE)
        if found.status != 0:
            return msgspec.structs.replace(seen, state=FileState.UNREADABLE)
        return self._whole(seen, found.data)

    def part(self, path: str, first: int, blocks: int) -> bytes | None:
        if (line := _line(path)) is None:
            return None
        data = bytearray()
        for begin in range(first, first + blocks, FIRST_BLOCKS):
            count = min(FIRST_BLOCKS, first + blocks - begin)
            answer = self._asked("part", line, str(begin).encode(), str(count).encode(), most=count * BLOCK)
            if answer is None or answer.status != 0:
                return None
            data += answer.data
            if len(answer.data) < count * BLOCK:
                break
        return bytes(data)

    def lines(self, path: str, blocks: int) -> int:
        line = _line(path)
        if line is None or blocks <= 0:
            return 0
        answer = self._asked("lines", line, str(blocks).encode(), most=_MOST_TOLD)
        counted = answer.data.strip() if answer is not None else b""
        return int(counted) if counted.isdigit() and len(counted) < 20 else 0

    def glob(self, pattern: str) -> Sequence[str]:
        line = _line(pattern)
        answer = self._asked("glob", line, most=_MOST_PATHS) if line is not None else None
        if answer is None:
            return []
        found = [os.fsdecode(each) for each in answer.data.split(b"\0") if each]
        return sorted(found if pattern.startswith("/") else [each.removeprefix("./") for each in found])[:MOST_FILES]

    def absolute(self, path: str) -> str:
        return path

    def answer(self, command: Sequence[str]) -> str | None:
        answer = self._ran(command)
        return answer.data.decode("utf-8", "replace") if answer is not None and answer.status == 0 else None

    def timed(self, command: Sequence[str]) -> tuple[int, float] | None:
        began = time.monotonic()
        answer = self._ran(command)
        if answer is None or answer.status in _NOT_RUN:
            return None
        return answer.status, time.monotonic() - began

    def clock(self) -> Clock | None:
        began = time.time()
        answer = self._asked("clock", most=_MOST_TOLD)
        ended = time.time()
        told = _STAMP.match(answer.data) if answer is not None else None
        if told is None:
            return None
        try:
            utc, local = (_instant(stamp) for stamp in told.groups())
        except ValueError:
            return None
        # It tells whole seconds: on average it is half a second later.
        return Clock(utc + 0.5 - (began + ended) / 2, round((local - utc) / 60) * 60, 0.5 + (ended - began) / 2)

    @property
    def way(self) -> Way | None:
        return self._way

    @property
    def unreached(self) -> Unreached | None:
        return self._channel.unreached

    def _begun(self, made: _Script, seconds: float) -> bytes:
        """Have the shell read a script, and return what it tells at its beginning. Raises Ended."""
        mark = secrets.token_hex(16)
        self._frames = Frames(mark)
        self._channel.send(made(mark), seconds)
        self._channel.receive(self._frames, _MOST_NOISE, seconds)
        return self._channel.receive(self._frames, _MOST_TOLD, seconds).data

    def _ran(self, command: Sequence[str]) -> Answer | None:
        form, told = form_of(command)
        words = [_word(word) for word in told]
        if None in words:
            return None
        number = READING.index(form)
        return self._asked(f"run{number}", *(word for word in words if word is not None), most=_LARGEST)

    def _asked(self, name: str, *words: bytes, most: int) -> Answer | None:
        if self._channel.unreached is not None:
            return None
        try:
            self._channel.send(b"\n".join([name.encode("ascii"), *words, b""]), _PATIENCE)
        except Ended:
            return None
        return self._next(most)

    def _next(self, most: int) -> Answer | None:
        began = time.monotonic()
        try:
            return self._channel.receive(self._frames, most, min(_PATIENCE, self._left))
        except Ended:
            return None
        finally:
            self._left -= time.monotonic() - began

    def _whole(self, seen: FileSeen, data: bytes) -> FileSeen:
        first = FIRST_BLOCKS * BLOCK
        if len(data) == first and seen.size > first:
            rest = self.part(seen.path, FIRST_BLOCKS, _LARGEST // BLOCK - FIRST_BLOCKS + 1)
            if rest is None:
                state = FileState.ELSEWHERE if self.unreached is not None else FileState.UNREADABLE
                return msgspec.structs.replace(seen, state=state)
            data += rest
        if len(data) > _LARGEST:
            return msgspec.structs.replace(seen, state=FileState.TOO_LARGE)
        return msgspec.structs.replace(seen, data=data)


def _line(path: str) -> bytes | None:
    """As a line of a request; None for what cannot stand in one. A path that begins with - is no option."""
    return _word(path if path.startswith("/") else f"./{path}")


def _word(text: str) -> bytes | None:
    try:
        word = os.fsencode(text)
    except UnicodeEncodeError:
        return None
    return None if b"\n" in word or b"\0" in word else word


def _instant(stamp: bytes) -> float:
    return datetime.strptime(stamp.decode("ascii"), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
