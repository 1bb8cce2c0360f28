"""`--since` and `--until` of `mailproof log`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.run.log.period import Between


def period(terminal: Terminal, since: str | None, until: str | None) -> Between | None:
    """None where neither is given. Raises Complaint for what is no time."""
    if since is None and until is None:
        return None
    from mailproof.run.log.period import Between, moment_of

    now = datetime.now().astimezone()
    limits = []
    for option, text in (("--since", since), ("--until", until)):
        try:
            limits.append(None if text is None else moment_of(text, now))
        except (ValueError, OverflowError):
            raise Complaint(terminal.say("cli.no-time", option=option, value=str(text))) from None
    return Between(*limits)
