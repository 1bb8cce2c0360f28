"""A program in a terminal of its own, driven as a person does: wait for words, type, read what stands there."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

_CONTROL = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Z0-9]|[=>78])")
# A program that hangs is a failure, not a test run without end.
_PATIENCE = 60.0


def _control() -> None:
    """In the child: its terminal is the one that sends it SIGINT for Ctrl-C."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A context manager. Everything that was shown is in `shown`, without control sequences."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], columns: int = 110) -> None:
        self._outer, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        whole = {"TERM": "xterm", **env}
        self.process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, env=whole, start_new_session=True, preexec_fn=_control
        )
        os.close(inner)
        self.raw = b""
        self._read = 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(_PATIENCE)
        os.close(self._outer)

    @property
    def shown(self) -> str:
        return _CONTROL.sub(b"", self.raw).decode("utf-8", "replace").replace("\r", "")

    def wait_for(self, words: str) -> None:
        """Until these words stand behind those that were waited for before."""
        end = time.monotonic() + _PATIENCE
        while (at := self.shown.find(words, self._read)) < 0:
            assert self._more(end), f"{words!r} never came in\n{self.shown}"
        self._read = at + len(words)

    def type(self, text: str) -> None:
        os.write(self._outer, text.encode())

    def line(self, text: str, answer: str) -> None:
        """Type a line, and wait for these words of the answer."""
        self.type(f"{text}\r")
        self.wait_for(answer)

    def end(self) -> int:
        """The exit code, once it has ended; what it still says is read."""
        end = time.monotonic() + _PATIENCE
        while self._more(end):
            pass
        assert time.monotonic() < end, f"it never ended\n{self.shown}"
        return self.process.wait(_PATIENCE)

    def _more(self, end: float) -> bool:
        """False at the end of the output, or of the patience."""
        ready, _, _ = select.select([self._outer], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self._outer, 1 << 16)
        except OSError:  # EIO: the other end is closed
            return False
        self.raw += data
        return bool(data)
