"""The terminal while no prompt reads it (termios(3))."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def between_prompts() -> Iterator[None]:
    """What is typed ahead waits, unseen, for the next prompt: it can be a password. Ctrl-D waits too, for it would be
    lost where the system edits lines. Ctrl-C is a signal: it ends what takes too long.
    """
    import termios  # not on every system, and a script needs none

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    quiet = [*before[:3], before[3] & ~(termios.ECHO | termios.ICANON) | termios.ISIG, *before[4:]]
    termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
