"""The way in. `--version` is answered before anything is imported; the rest is the business of `cli`."""

from __future__ import annotations

import sys


def main() -> int:
    """The exit code of the command in `sys.argv`."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from mailproof import __version__

        print(f"mailproof {__version__}")
        return 0
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
