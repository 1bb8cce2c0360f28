"""A token that was typed by hand, looked at before it goes out: the traps of echo, printf and base64."""

from __future__ import annotations

import base64
import binascii

from mailproof.sasl.pasted import Pasted, read_pasted
from mailproof.sasl.registry import MECHANISMS

# Of these the client's first message says it all; an answer to a challenge of the others cannot be judged alone.
_WHOLE = ("PLAIN", "XOAUTH2", "OAUTHBEARER")


def secrets_of(token: str) -> tuple[bytes, ...]:
    """What a token hides, for who echoes it decoded: the last of its parts, which is the password or the token."""
    try:
        data = base64.b64decode(token.strip().strip('"'), validate=True)
    except (binascii.Error, ValueError):
        return ()
    last = data.rstrip(b"\r\n\1").split(b"\0")[-1].rpartition(b"Bearer ")[2]
    return (last,) if last else ()


def flaws_in(mechanism: str, token: str) -> tuple[str, ...]:
    """Names of what is wrong with it, as `token read` has them (`token.flaw-NAME`)."""
    name = mechanism.upper()
    if name not in MECHANISMS:
        return ()
    as_value = name not in _WHOLE
    reading = read_pasted(Pasted("" if as_value else name, (token.strip('"'),)), "" if as_value else name)
    flaws = tuple(str(flaw) for flaw in reading.flaws)
    # Of a value on its own only what its base64 shows: what it should say, nobody knows here.
    told = ("line-break", "url-alphabet", "padding", "not-base64", "echo-option", "trailing-newline")
    return tuple(flaw for flaw in flaws if flaw in told) if as_value else flaws
