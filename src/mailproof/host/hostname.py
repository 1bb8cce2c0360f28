"""The name of a machine, as a Postfix on it takes it."""

from __future__ import annotations

from mailproof.host.interface import Host


def hostname(host: Host) -> str:
    """Where main.cf does not say it; `read_main` adds a domain to one without (src/util/get_hostname.c)."""
    return (host.answer(("uname", "-n")) or "").strip() or "localhost"
