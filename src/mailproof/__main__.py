"""The way in. `--version` is answered before anything is imported; the rest is the business of `cli`."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """The exit code of the command in `sys.argv`."""
    if sys.argv[1:] in (["--version"], ["-V"]) and sys.stdout is not None:
        from mailproof import __version__

        try:
            os.write(sys.stdout.fileno(), f"mailproof {__version__}\n".encode())
            return 0
        except OSError:
            pass  # what becomes of a result that nobody takes is told where it is for all of them
    import gc

    # Nearly all that a command makes is modules and classes, which stay: the collector would walk them a dozen times
    # on the way, and once more at the end, a tenth of the whole. What grows for long is still collected.
    gc.set_threshold(50_000)
    try:
        from mailproof.cli.program import run

        return run(sys.argv[1:])
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
