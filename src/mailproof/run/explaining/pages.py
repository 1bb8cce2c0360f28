"""Which page says more about a cause."""

from __future__ import annotations

from mailproof.catalog.pages import names

# Their pages are about a server that was checked: a user who had logged in, a port of submission. A refusal that was
# pasted has met them in any other way too.
_ABOUT_A_CHECK = frozenset(("relay-denied", "login-required", "tls-required"))


def page_of(name: str) -> str:
    """The name of the page; empty where there is none, or it is about something else."""
    return name if name in names() and name not in _ABOUT_A_CHECK else ""
