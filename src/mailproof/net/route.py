"""Which address this machine comes from on the way to another. Nothing is sent."""

from __future__ import annotations

import socket


def address_towards(address: str) -> str:
    """Our own address on the way there; empty where there is no way."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))  # the port of "discard": any will do, for UDP sends nothing to connect
            return str(probe.getsockname()[0])
        except OSError:
            return ""
