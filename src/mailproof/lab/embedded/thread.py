"""Servers of ours on real sockets, in a thread of their own, beside a program that has none of their loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from mailproof.net.interface import Driver

Value = TypeVar("Value")

# How long the thread may take to begin and to end, seconds; it needs a few milliseconds.
_PATIENCE = 30.0
# How often the thread looks whether it is to end.
_LOOK = 0.01


@contextmanager
def in_thread(net: Driver, start: Callable[[], Value], stop: Callable[[], None]) -> Iterator[Value]:
    """What `start` returned, which is called inside `net.run`, as `stop` is at the end of the block.

    Raises what `start` raises.
    """
    begun, leave = threading.Event(), threading.Event()
    started: list[Value] = []
    trouble: list[BaseException] = []

    async def main() -> None:
        try:
            started.append(start())
        except BaseException as error:
            trouble.append(error)
            return
        finally:
            begun.set()
        try:
            while not leave.is_set():
                await net.sleep(_LOOK)
        finally:
            stop()

    thread = threading.Thread(target=lambda: net.run(main()), name="mailproof-lab", daemon=True)
    thread.start()
    try:
        begun.wait(_PATIENCE)
        if trouble:
            raise trouble[0]
        yield started[0]
    finally:
        leave.set()
        thread.join(_PATIENCE)
