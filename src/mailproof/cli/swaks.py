"""The spellings of swaks, for `mailproof send`: what its users have in their fingers, put into our options.

swaks takes a single dash before long names, too. What has no counterpart is said, never passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailproof.cli.terminal import Complaint, Terminal

WITH_VALUE: dict[str, str] = {
    **dict.fromkeys(("s", "server"), "--server"),
    **dict.fromkeys(("p", "port"), "--port"),
    **dict.fromkeys(("f", "from"), "--from"),
    **dict.fromkeys(("t", "to"), "--to"),
    "cc": "--cc",
    "bcc": "--bcc",
    **dict.fromkeys(("ehlo", "helo", "lhlo"), "--ehlo"),
    "protocol": "--protocol",
    **dict.fromkeys(("q", "quit", "quit-after"), "--quit-after"),
    **dict.fromkeys(("da", "drop", "drop-after"), "--drop-after"),
    "timeout": "--timeout",
    **dict.fromkeys(("d", "data"), "--data"),
    "body": "--body",
    **dict.fromkeys(("attach-body", "body-attach"), "--attach-body"),
    "header": "--header",
    **dict.fromkeys(("ah", "add-header"), "--add-header"),
    **dict.fromkeys(("au", "auth-user"), "--user"),
    "tls-cert": "--cert",
    "tls-key": "--key",
    "tls-ca-path": "--ca-file",
    "tls-sni": "--name",
    "tls-cipher": "--ciphers",
    **dict.fromkeys(("li", "local-interface"), "--source"),
    **dict.fromkeys(("socket",), "--socket"),
    **dict.fromkeys(("pipe",), "--pipe"),
    "xclient": "--xclient",
}
"""Name in swaks, without its dashes: ours. The value follows."""

ALONE: dict[str, tuple[str, ...]] = {
    "tls": ("--tls", "required"),
    **dict.fromkeys(("tlso", "tls-optional"), ("--tls", "auto")),
    **dict.fromkeys(("tlsc", "tls-on-connect"), ("--tls-at-once",)),
    **dict.fromkeys(("pipeline",), ("--pipelining",)),
    "prdr": ("--prdr",),
    "4": ("-4",),
    "6": ("-6",),
    # What a transcript shows is for -v to say, and certificates are always verified.
    **dict.fromkeys(("tls-verify", "n", "suppress-data", "stl", "show-time-lapse", "ha", "hide-all"), ()),
}
"""Those without a value."""

_OPTIONAL_VALUE = ("a", "auth", "ao", "auth-optional")
"""The mechanism may follow."""

_OUR_FORM = re.compile(r"[\w.+-]+/[\w.+-]+(?:; *charset=[\w.-]+)?;")
"""Of --attach-body: the type stands before the text, and in no option of its own."""

_PASSWORD = ("ap", "auth-password")
_OURS_TOO = frozenset({"-4", "-6", "-u", "-v", "-h"})


def translated(arguments: Sequence[str], terminal: Terminal) -> list[str]:
    """The arguments with the spellings of swaks put into ours. Raises Complaint for a password among them."""
    return list(_translated(iter(arguments), terminal))


def _translated(rest: Iterator[str], terminal: Terminal) -> Iterator[str]:
    part: dict[str, str] = {}
    pending: str | None = None
    while (argument := pending if pending is not None else next(rest, None)) is not None:
        pending = None
        name, equals, value = argument.lstrip("-").partition("=")
        lower = name.lower()
        if argument == "--":
            yield argument
            yield from rest
            return
        if not argument.startswith("-") or argument == "-" or argument in _OURS_TOO:
            yield argument
        elif lower in _PASSWORD:
            raise Complaint(terminal.say("cli.password-argument"))
        elif lower in _OPTIONAL_VALUE:
            following = value if equals else next(rest, None)
            if following is not None and (following.startswith("-") or not following.replace("-", "").isalnum()):
                pending = following
            elif following:
                yield from ("--mechanism", following)
        elif lower.startswith("h-") and len(name) > 2:
            following = value if equals else next(rest, "")
            yield from ("--header", f"{name[2:]}: {following}")
        elif lower.startswith("xclient-"):
            following = value if equals else next(rest, "")
            yield from ("--xclient", f"{name[8:].upper()}={following}")
        elif lower in ("attach-type", "attach-name") and not (argument.startswith("--") and equals):
            part[lower.removeprefix("attach-")] = next(rest, "")
        elif lower == "attach":
            following = value if equals else next(rest, "")
            yield from ("--attach", following + "".join(f";{key}={said}" for key, said in part.items()))
            part = {}
        elif lower in ("attach-body", "body-attach"):
            following = value if equals else next(rest, "")
            ours = "type" not in part and _OUR_FORM.match(following)
            yield from ("--attach-body", following if ours else f"{part.pop('type', 'text/plain')};{following}")
        elif lower in WITH_VALUE:
            yield WITH_VALUE[lower]
            if equals:
                yield value
            elif (following := next(rest, None)) is not None:
                yield following
        elif lower in ALONE and not equals:
            following = next(rest, None)
            if lower == "tls" and following in ("auto", "required", "never"):
                yield from ("--tls", following)  # our own, which has a value
            else:
                yield from ALONE[lower]
                pending = following
        else:
            yield argument
