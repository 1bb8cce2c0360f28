"""The name of this machine, as a Postfix on it takes it."""

from __future__ import annotations

import socket


def hostname() -> str:
    """What `myhostname` is where main.cf does not say it (src/util/get_hostname.c, src/global/mail_params.c)."""
    name = socket.gethostname()
    return name if "." in name else f"{name}.localdomain"
