"""How long something takes on this thread's processor, as nearly as a busy machine tells it.

What else the machine does only ever makes a piece of work longer: so the least of several tries is what the work
itself takes, and one that seems too long is tried again before it is believed. The collector of garbage stands still
meanwhile: what it walks through is what the other tests left in memory.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

TRIES = 6


def seconds(work: Callable[[], object], enough: float = 0.0) -> float:
    """Of the processor; the least of `TRIES`, or the first that is no more than `enough`."""
    least = float("inf")
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(TRIES):
            begun = time.thread_time()
            work()
            least = min(least, time.thread_time() - begun)
            if least <= enough:
                break
    finally:
        if collecting:
            gc.enable()
    return least


def times_as_long(much: Callable[[], object], little: Callable[[], object], enough: float) -> float:
    """How many times as long `much` takes as `little`: the least of several tries, or the first that is `enough`."""
    shortest, longest = float("inf"), float("inf")
    for _ in range(TRIES):
        shortest = min(shortest, seconds(little))
        longest = min(longest, seconds(much, enough * shortest))
        if longest <= enough * shortest:
            break
    return longest / shortest
