"""Which folder is one for junk: by its use (RFC 6154), else by its name."""

from __future__ import annotations

import re

JUNK_BY_NAME = re.compile(r"junk|spam|bulk|quarantine|迷惑", re.IGNORECASE)


def is_junk(folder: str, use: str) -> bool:
    """`use` as the server names it, in lower case: `\\\\junk`."""
    return "\\junk" in use or JUNK_BY_NAME.search(folder) is not None
