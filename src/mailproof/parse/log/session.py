"""Whose connection it was, from what a log says of a session."""

from __future__ import annotations

import base64
import binascii
import ipaddress

# Dovecot's client_get_session_id(): six octets of time, two of the client's port, then its address; in base64.
_TIME, _PORT = 6, 8


def client_of_session(session: str) -> tuple[str, int] | None:
    """Address and port of the client in a `session=<…>` of Dovecot; None for a session of another form.

    Seen in Dovecot 2.3.19 and set down in its source; LMTP's sessions, and those of a proxy, are of other forms.
    """
    try:
        octets = base64.b64decode(session + "=" * (-len(session) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    address = octets[_PORT:]
    if len(address) not in (4, 16):
        return None
    return str(ipaddress.ip_address(address)), int.from_bytes(octets[_TIME:_PORT], "little")
