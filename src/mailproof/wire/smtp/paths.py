"""The argument of MAIL and RCPT (RFC 5321 4.1.2), as a server reads it."""

from __future__ import annotations

import re
from typing import Literal

import msgspec


class Path(msgspec.Struct, frozen=True):
    address: str
    """Without brackets and source route, quotes as sent; empty for the null sender."""
    params: tuple[tuple[str, str | None], ...] = ()
    """Names in upper case, each with its value as sent; None for a name without `=`."""
    problem: str = ""
    """Why there is no address to go on with; empty if there is one."""
    tolerated: str = ""
    """What Postfix would refuse with strict_rfc821_envelopes; empty for the form of the RFC."""


_BRACKETED = re.compile(rb'<((?:"(?:[^"\\]|\\.)*"|\\.|[^">\\])*)>', re.DOTALL)
_BARE = re.compile(rb'(?:"(?:[^"\\]|\\.)*"|[^\s"<>])+')
_SOURCE_ROUTE = re.compile(rb"@[^:]*:")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


def read_path(argument: bytes, keyword: Literal["FROM", "TO"]) -> Path:
    """The address and parameters in `FROM:<a@example.com> SIZE=1000`, however untidy."""
    match = re.match(keyword.encode() + rb"\s*:", argument, re.IGNORECASE)
    if match is None:
        return Path("", problem=f"no {keyword}:")
    if _CONTROL.search(argument) is not None:
        return Path("", problem="control byte")
    try:
        argument.decode("utf-8")
    except UnicodeDecodeError:
        return Path("", problem="neither ASCII nor UTF-8")
    after = argument[match.end() :]
    rest = after.lstrip()
    tolerated = ["white space after the colon"] if len(rest) < len(after) else []
    if match[0] != match[0].rstrip(b":").rstrip() + b":":
        tolerated.append("white space before the colon")
    found = _BRACKETED.match(rest)
    if found is not None:
        address = found[1]
    elif rest.startswith(b"<"):
        return Path("", problem="bracket not closed")
    else:
        found = _BARE.match(rest)
        if found is None:
            return Path("", problem="no address")
        address = found[0]
        tolerated.append("no brackets")
    tail = rest[found.end() :]
    if tail and not tail[:1].isspace():
        return Path("", problem="text after the address")
    if (route := _SOURCE_ROUTE.match(address)) is not None:
        address = address[route.end() :]
        tolerated.append("source route")
    if address != address.strip():
        address = address.strip()
        tolerated.append("white space inside the brackets")
    problem = "no recipient" if keyword == "TO" and not address else ""
    return Path(address.decode("utf-8"), _params(tail), problem, ", ".join(tolerated))


def _params(tail: bytes) -> tuple[tuple[str, str | None], ...]:
    pairs = (word.partition("=") for word in tail.decode("utf-8").split())
    return tuple((name.upper(), value if equals else None) for name, equals, value in pairs)
