"""What `mailproof.toml` in the current directory may set: how results look, how long one waits, what is looked at.

Others may be able to write there (a checkout, a download, /tmp), and whoever runs the program there has not read the
file (git, CVE-2022-24765). What is not listed only the user's own file may set: what runs a program, reads a file
that could be a secret, says what is sent or to whom, writes or deletes, leads to another server, or loosens trust.
"""

from __future__ import annotations

MAY_STAND_HERE = frozenset(
    {
        # How it looks.
        *("lang", "color", "format", "verbose", "mask"),
        # How one connects: as whom, and with how much patience. A name is no secret.
        *("timeout", "ehlo", "source", "xclient", "proxy-protocol", "tls", "tls-min", "user", "mailbox-user"),
        # How it is judged.
        *("profile", "fail-on", "warning", "critical"),
        # What is looked at.
        *("check.outside", "fetch.folder", "fetch.folders", "fetch.newest", "explain.list"),
        *("log.rotated", "log.only", "log.lines", "log.top"),
        *("ports.port-range", "ports.rate", "ports.compare", "postfix.postfix-dir", "ese.no-pages"),
        *("roundtrip.within", "roundtrip.keep", "talk.by-hand", "talk.lf", "token.wrap"),
        # The lab is a server of this machine alone.
        *("lab.fault", "lab.seed", "lab.account", "lab.catch-all", "lab.port-base"),
        *("lab.max-size", "lab.max-recipients", "lab.max-connections"),
    }
)
"""Keys of every command that has them, or of one: `fetch.folder`."""

BARES: dict[str, object] = {"tls": "never"}
"""Values that take from a password the protection that only the user can lift."""


def may_stand_here(command: str, key: str, value: object) -> bool:
    """Whether the file in the current directory may set this option of a command to this value."""
    known = key in MAY_STAND_HERE or f"{command}.{key}" in MAY_STAND_HERE
    return known and not (key in BARES and value == BARES[key])
