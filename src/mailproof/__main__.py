"""The way in. `--version` is answered before anything is imported; the rest is the business of `cli`."""

from __future__ import annotations

import sys


def main() -> int:
    """The exit code of the command in `sys.argv`."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from mailproof import __version__

        print(f"mailproof {__version__}")
        return 0
    from mailproof.cli.program import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
