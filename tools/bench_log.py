"""What `make bench` counts: a mail log of 300 MB, by `mailproof log summary` and by pflogsumm."""

from __future__ import annotations

import os
from pathlib import Path

from make_mail_log import write

MEGABYTES = 300
# The bars, in times of pflogsumm: a fifth on one processor, an eighth on two.
ON_ONE, ON_TWO = 0.2, 0.125
# A round takes a quarter of a minute.
ROUNDS = 3


def write_log(folder: Path) -> Path:
    """The same bytes on every machine."""
    path = folder / "mail.log"
    with path.open("wb") as file:
        write(file, MEGABYTES, seed=1, days=1, stamp="rfc3164", tls_field=False)
    return path


def on_processors(count: int) -> tuple[str, ...]:
    """The beginning of a command that may use so many of the processors that this process may use."""
    usable = sorted(os.sched_getaffinity(0))
    return ("taskset", "--cpu-list", ",".join(map(str, usable[:count])))
