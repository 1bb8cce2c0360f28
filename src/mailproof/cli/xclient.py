"""`--xclient`: the attributes that Postfix knows, and what may stand in each (XCLIENT_README)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mailproof.cli.terminal import Complaint, Terminal
from mailproof.parse.ip_address import is_address

_UNKNOWN = ("[UNAVAILABLE]", "[TEMPUNAVAIL]")
"""In place of a value: there is none for ever, or none for now."""
_ATTRIBUTE = re.compile(r"([A-Za-z_]+)=(\S+)\Z")
_NAME = re.compile(r"[!-~]{1,255}\Z")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 <= int(text[:6]) < 1 << 16


def _is_client(text: str) -> bool:
    """`IPV6:` stands before such an address, and need not be typed."""
    return is_address(text.upper().removeprefix("IPV6:"))


_VALUES: dict[str, Callable[[str], bool]] = {
    "NAME": lambda text: bool(_NAME.match(text)),
    "REVERSE_NAME": lambda text: bool(_NAME.match(text)),
    "ADDR": _is_client,
    "PORT": _is_port,
    "PROTO": lambda text: text.upper() in ("SMTP", "ESMTP"),
    "HELO": lambda text: bool(_NAME.match(text)),
    "LOGIN": lambda text: len(text.encode("utf-8", "surrogateescape")) <= 255,
    "DESTADDR": _is_client,
    "DESTPORT": _is_port,
}


def attributes(given: Sequence[str], terminal: Terminal) -> tuple[str, ...]:
    """As they are sent, but for xtext: names in capitals, IPv6 addresses marked. Raises Complaint."""
    made: dict[str, str] = {}
    for text in given:
        match = _ATTRIBUTE.match(text)
        name = match[1].upper() if match else ""
        if match is None or name not in _VALUES:
            raise Complaint(terminal.say("cli.no-attribute", value=text, choices=tuple(_VALUES)))
        value = match[2]
        unknown = value.upper() in _UNKNOWN and name not in ("PROTO", "LOGIN")
        if not unknown and not _VALUES[name](value):
            raise Complaint(terminal.say("cli.no-attribute-value", name=name, value=value))
        if name in made:
            raise Complaint(terminal.say("cli.attribute-twice", name=name))
        made[name] = value.upper() if unknown or name == "PROTO" else _marked(value) if "ADDR" in name else value
    return tuple(f"{name}={value}" for name, value in made.items())


def _marked(address: str) -> str:
    bare = address[5:] if address.upper().startswith("IPV6:") else address
    return f"IPV6:{bare}" if ":" in bare else bare
