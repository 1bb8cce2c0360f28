"""Why ssh did not get there, by its own words."""

from __future__ import annotations

import re

from mailproof.model.escape import printable
from mailproof.model.machine import Unreached

# The words of OpenSSH since 5.x, and of libc in the locale C; a banner of the server may come before them.
_SAID = (
    ("ssh-host-key-changed", r"Offending \S+ key in"),
    ("ssh-host-key-changed", r"REMOTE HOST IDENTIFICATION HAS CHANGED"),
    ("ssh-host-key-revoked", r"key .* is (?:marked as )?revoked|REVOKED HOST KEY DETECTED"),
    ("ssh-host-key-unknown", r"Host key verification failed|No \S+ host key is known for"),
    ("ssh-not-permitted", r"Permission denied \(|Too many authentication failures"),
    ("ssh-host-not-found", r"Could not resolve hostname|Name or service not known|nodename nor servname"),
    ("ssh-timed-out", r"timed out|Timeout, server .* not responding"),
    ("ssh-refused", r"Connection refused"),
    ("ssh-unreachable", r"No route to host|Network is unreachable|Host is down"),
    ("ssh-no-agreement", r"no matching .* found|Unable to negotiate"),
    ("ssh-configuration", r"Bad configuration option|Bad owner or permissions|unsupported option|unknown cipher"),
    (
        "ssh-hung-up",
        r"kex_exchange_identification|banner exchange|[Cc]onnection (?:\S+ )?(?:closed|reset)|Broken pipe",
    ),
)
_SUDO = re.compile(r"^sudo: .*|^[^\n]*sudo: .*not found.*", re.MULTILINE)
# OpenSSH ends so where the fault is its own; any other status is that of the command at the other end.
_OF_SSH = 255
# A longer line is no message of ssh.
_LONGEST = 300


def trouble_of(host: str, status: int | None, said: bytes, greeted: bool, sudo: bool) -> Unreached:
    """`status` is that of ssh, None where it was ended; `greeted`: whether the shell there had answered."""
    text = _text(said)
    if sudo and (found := _SUDO.search(text)):
        return Unreached("ssh-no-sudo", host, _line(found[0]))
    if greeted:
        return Unreached("ssh-ended", host, last_words(said))
    if status == _OF_SSH or status is None:
        for why, pattern in _SAID:
            if all_found := [*re.finditer(pattern, text)]:
                return Unreached(why, host, _line(_whole(text, all_found[-1])))
    if status == _OF_SSH:
        return Unreached("ssh-failed", host, last_words(said))
    return Unreached("ssh-no-shell", host, last_words(said))


def _whole(text: str, found: re.Match[str]) -> str:
    begin, end = text.rfind("\n", 0, found.start() + 1) + 1, text.find("\n", found.end())
    return text[begin : len(text) if end < 0 else end]


def last_words(said: bytes) -> str:
    """The last line of what ssh said; safe to print."""
    return next((_line(line) for line in reversed(_text(said).splitlines()) if line.strip()), "")


def _text(said: bytes) -> str:
    return said.decode("utf-8", "surrogateescape").replace("\r", "")


def _line(text: str) -> str:
    return printable(text.strip().strip("@").strip())[:_LONGEST]
