"""Daemons as children of ours: each leads a session, and whatever is in that session is taken down with it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

# What they write is thrown away, so nobody need wait for the second that Dovecot's master gives its log process.
_GRACE = 0.2
# How often the kernel is asked which ports listen. It does not tell by itself.
_POLL_SECONDS = 0.02

Value = TypeVar("Value")


class Daemon:
    """A daemon that stays in the foreground of a session of its own."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], output: Path) -> None:
        """Start it. Its output goes to a file: children of a daemon keep a pipe open, and it would never end."""
        with output.open("ab") as file:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=dict(environment),
                cwd="/",
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status or the signal that ended it; None while it runs.

        It is not reaped by this: as long as it is not, nobody else can get its number.
        """
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return None if ended is None else ended.si_status

    def reap(self) -> None:
        """Take its exit status; only after it was killed or has ended."""
        self._process.wait()


class WaitedInVainError(Exception):
    """`ended`: a daemon has ended; else the time has."""

    def __init__(self, ended: bool) -> None:
        super().__init__("a daemon ended" if ended else "too slow")
        self.ended = ended


def end(daemons: Iterable[Daemon], trace: str) -> None:
    """End the daemons, everything in their sessions, and every session of a child of ours that names `trace`.

    The last catches a daemon that was started when an interrupt came, before anybody noted its number. Children
    that do not end in time are killed. Returns when none is left.
    """
    known = list(daemons)
    sessions = {daemon.pid for daemon in known} | _children_naming(trace)
    for pid in sessions:
        # Both Postfix's and Dovecot's master pass it on to their children.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    _wait(_members(sessions), time.monotonic() + _GRACE)
    # Members may have been started while we waited, hence the loop: a session without members is gone.
    while left := _members(sessions):
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _wait(left, time.monotonic() + _GRACE)
    for daemon in known:
        daemon.reap()


def wait_for_end(pids: Iterable[int], seconds: float) -> None:
    """Return when one of the processes has ended, or after `seconds`."""
    handles = _handles(pids)
    try:
        _polled(handles).poll(seconds * 1000)
    finally:
        for handle in handles:
            os.close(handle)


def first_true(condition: Callable[[], Value], daemons: Collection[Daemon], seconds: float) -> Value:
    """The first true value of `condition`, which is asked every few milliseconds.

    Raises WaitedInVainError if it does not become true in time, or one of the daemons ends meanwhile.
    """
    until = time.monotonic() + seconds
    while True:
        ended = any(daemon.status is not None for daemon in daemons)
        if value := condition():
            return value
        if ended or time.monotonic() > until:
            raise WaitedInVainError(ended)
        wait_for_end([daemon.pid for daemon in daemons], _POLL_SECONDS)


def session_members(leader: int) -> set[int]:
    """The processes of a session that have not ended."""
    return _members({leader})


def _handles(pids: Iterable[int]) -> list[int]:
    handles: list[int] = []
    for pid in pids:
        with suppress(ProcessLookupError):
            handles.append(os.pidfd_open(pid))
    return handles


def _polled(handles: Iterable[int]) -> select.poll:
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    return poll


def _wait(pids: Iterable[int], until: float) -> None:
    """Wait until all have ended, or the time has come."""
    handles = _handles(pids)
    poll = _polled(handles)
    waiting = set(handles)
    try:
        while waiting and (left := until - time.monotonic()) > 0:
            for handle, _ in poll.poll(left * 1000):
                poll.unregister(handle)
                waiting.discard(handle)
    finally:
        for handle in handles:
            os.close(handle)


def _members(sessions: set[int]) -> set[int]:
    """Processes of these sessions that run; a zombie has ended."""
    return {pid for pid, state, _, session in _processes() if session in sessions and state not in "ZX"}


def _children_naming(trace: str) -> set[int]:
    found = set()
    for pid, _, parent, session in _processes():
        if parent == os.getpid() and session == pid:
            with suppress(OSError):
                if trace.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.add(pid)
    return found


def _processes() -> Iterator[tuple[int, str, int, int]]:
    """Number, state, parent and session of every process (proc(5))."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                # The command, in parentheses, may hold anything; what is wanted comes after it.
                state, parent, _, session, *_ = (entry / "stat").read_bytes().rpartition(b")")[2].split()
                yield int(entry.name), state.decode(), int(parent), int(session)
