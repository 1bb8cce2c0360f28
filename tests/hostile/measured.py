"""Runs a command and writes the largest resident size it had, in kilobytes, to a file.

    python measured.py FILE COMMAND …

A process of its own, and small: a child is counted with what its parent held before exec (getrusage(2)).
"""

import os
import sys

pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(pid, 0)
with open(sys.argv[1], "w", encoding="ascii") as opened:  # noqa: PTH123 pathlib would make it larger
    opened.write(str(used.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
