"""One ssh process, asked and answered. Time and bytes are bounded; what ends it ends it for good."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from mailproof.host.ssh.framing import Answer, Frames, TooMuch
from mailproof.host.ssh.trouble import last_words, trouble_of
from mailproof.model.machine import Unreached

# What ssh and its ProxyCommand say before they give up is a few lines; a banner of the server may come before.
_MOST_SAID = 1 << 16
# For the end of ssh when its input has ended, and then when it was told to end.
_FAREWELL = 2.0


class Ended(Exception):
    """There will be no more answers. `Channel.unreached` says why."""


class Channel:
    """Runs a command whose input is a shell's. Raises OSError where it cannot be started."""

    def __init__(
        self, host: str, command: Sequence[str], environment: Mapping[str, str], *, sudo: bool = False
    ) -> None:
        self.unreached: Unreached | None = None
        self.answered = False
        """Whether the shell there was ever heard."""
        self._host, self._sudo = host, sudo
        self._said = bytearray()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._in, self._out, self._errors = self._process.stdin, self._process.stdout, self._process.stderr
        self._selector = selectors.DefaultSelector()
        for pipe in (self._in, self._out, self._errors):
            os.set_blocking(pipe.fileno(), False)
        self._selector.register(self._out, selectors.EVENT_READ)
        self._selector.register(self._errors, selectors.EVENT_READ)

    def send(self, data: bytes, seconds: float) -> None:
        """All of it. Raises Ended."""
        deadline = time.monotonic() + seconds
        while data:
            try:
                data = data[os.write(self._in.fileno(), data) :]
            except BlockingIOError:
                self._wait_for_room(deadline)
            except OSError:
                self._give_up(None)
        # What is said before is heard when an answer is waited for.

    def receive(self, frames: Frames, most: int, seconds: float) -> Answer:
        """The next answer, of at most `most` bytes. Raises Ended."""
        deadline = time.monotonic() + seconds
        answer = self._taken(frames, b"", most)
        while answer is None:
            left = deadline - time.monotonic()
            events = self._selector.select(max(0.0, left)) if left > 0 else []
            if not events:
                self._give_up(self._silent())
            for key, _ in events:
                data = os.read(key.fd, 1 << 16)
                if key.fileobj is self._errors:
                    self._hear(data)
                elif not data:
                    self._give_up(None)
                else:
                    answer = self._taken(frames, data, most) or answer
        self.answered = True
        return answer

    def close(self) -> None:
        """At once; the shell there ends when its input does. May be called twice."""
        if self.unreached is None:
            self.unreached = Unreached("ssh-ended", self._host)
        self._end(_FAREWELL)

    def _taken(self, frames: Frames, data: bytes, most: int) -> Answer | None:
        try:
            return frames.take(data, most)
        except TooMuch:
            self._give_up(Unreached("ssh-rubbish", self._host))
            return None

    def _hear(self, data: bytes) -> None:
        if not data:
            self._selector.unregister(self._errors)
        self._said += data
        del self._said[:-_MOST_SAID]

    def _wait_for_room(self, deadline: float) -> None:
        with selectors.DefaultSelector() as room:
            room.register(self._in, selectors.EVENT_WRITE)
            if not room.select(max(0.0, deadline - time.monotonic())):
                self._give_up(self._silent())

    def _silent(self) -> Unreached:
        return Unreached(
            "ssh-no-answer" if self.answered else "ssh-timed-out", self._host, last_words(bytes(self._said))
        )

    def _give_up(self, unreached: Unreached | None) -> None:
        """Raises Ended. None: as ssh says it, whose output has ended."""
        status = self._end(_FAREWELL if unreached is None else 0.0)
        if self.unreached is None:
            said = bytes(self._said)
            self.unreached = unreached or trouble_of(self._host, status, said, self.answered, self._sudo)
        raise Ended

    def _end(self, patience: float) -> int | None:
        """Its exit status; None if it had to be ended."""
        with suppress(OSError):
            self._in.close()
        deadline = time.monotonic() + patience
        status = self._waited(deadline)
        with suppress(OSError, ValueError):
            while data := os.read(self._errors.fileno(), 1 << 16):
                self._said += data
                del self._said[:-_MOST_SAID]
        if status is None:
            self._process.terminate()
            if self._waited(time.monotonic() + _FAREWELL) is None:
                self._process.kill()
                self._process.wait()
        self._selector.close()
        self._out.close()
        self._errors.close()
        return status

    def _waited(self, deadline: float) -> int | None:
        """Read on meanwhile: a program that cannot write does not end."""
        while (status := self._process.poll()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            try:
                events = self._selector.select(min(left, 0.05))
            except (OSError, ValueError):
                events = []
            for key, _ in events:
                data = os.read(key.fd, 1 << 16)
                if not data:
                    self._selector.unregister(key.fileobj)
                elif key.fileobj is self._errors:
                    self._hear(data)
        return status
