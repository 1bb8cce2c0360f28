"""A progress bar on standard error, where that is a terminal; gone when the work is done."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mailproof.cli.terminal import Terminal

# Cells of the bar itself, and how often it is drawn at most: a terminal over ssh must not fall behind.
_CELLS = 24
_SECONDS = 0.1


def nobody_looks(done: int, of: int) -> None:
    """Progress where there is no terminal to show it on."""


@contextmanager
def bar(terminal: Terminal, key: str) -> Iterator[Callable[[int, int], None]]:
    """Call what it gives with how much is done, of how much. `key` is a string of the catalogue with both."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield nobody_looks
        return
    from mailproof.report.layout import cut

    drawn = 0.0

    def draw(done: int, of: int) -> None:
        nonlocal drawn
        if done < of and time.monotonic() - drawn < _SECONDS:
            return
        drawn = time.monotonic()
        full = _CELLS * done // max(of, 1)
        line = f"[{'#' * full}{'.' * (_CELLS - full)}] {terminal.say(key, done=done, of=of)}"
        # A terminal wraps a line that fills it, and then clearing clears half of it.
        sys.stderr.write(f"\r\x1b[K{cut(line, terminal.width - 1)}")
        sys.stderr.flush()

    try:
        yield draw
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
