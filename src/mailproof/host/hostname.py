"""The name of a machine, as a Postfix on it takes it."""

from __future__ import annotations

from mailproof.host.interface import Host


def hostname(host: Host) -> str:
    """What `myhostname` is where main.cf does not say it (src/util/get_hostname.c, src/global/mail_params.c)."""
    name = (host.answer(("uname", "-n")) or "").strip() or "localhost"
    return name if "." in name else f"{name}.localdomain"
