"""What `make bench` counts: a mail log of 300 MB, by `mailproof log summary` and by pflogsumm."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from make_mail_log import write

MEGABYTES = 300
# The bars, in times of pflogsumm: a fifth on one processor, an eighth on two, a fifteenth with what is compiled.
ON_ONE, ON_TWO, COMPILED = 0.2, 0.125, 1 / 15
# A round takes a quarter of a minute.
ROUNDS = 3


def write_log(folder: Path) -> Path:
    """The same bytes on every machine."""
    path = folder / "mail.log"
    with path.open("wb") as file:
        write(file, MEGABYTES, seed=1, days=1, stamp="rfc3164", tls_field=False)
    return path


def without_what_is_compiled() -> tuple[str, ...]:
    """A command that takes the arguments of mailproof, and has patterns alone to count lines with."""
    code = (
        "import sys; sys.modules['mailproof.parse.log.tally.compiled'] = None; "
        "from mailproof.__main__ import main; sys.argv[0] = 'mailproof'; sys.exit(main())"
    )
    return (sys.executable, "-c", code)


def on_processors(count: int) -> tuple[str, ...]:
    """The beginning of a command that has so many of the processors that this process may use, for itself alone.

    On a busy machine two processes else take turns with other programs, and with each other: then two seem no better
    than one. It needs root (SCHED_RR, sched(7)), as all of the bench does.
    """
    usable = sorted(os.sched_getaffinity(0))
    return ("chrt", "--rr", "1", "taskset", "--cpu-list", ",".join(map(str, usable[:count])))
