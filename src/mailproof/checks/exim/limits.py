"""Is what is taken small enough for what follows?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.limits_agree import KINDS as LIMITS
from mailproof.model.configuration import EximFiles
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "exim-limits-agree"
NEEDS = (EximFiles,)
KINDS = tuple(kind for kind in LIMITS if kind.name == "mailbox-limit-below-message-limit")

_SIZE = re.compile(r"\s*(\d{1,15})([KMG]?)\s*", re.IGNORECASE)
_TIMES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_LIMITS = ("message_size_limit", "quota")
_MAILBOXES = ("appendfile", "lmtp", "pipe")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        answers = bounded(NAME, _smaller(configured))
        yield from answers or [Passed(NAME, (configured.where("message_size_limit"),))]


def _smaller(configured: Configured) -> Iterator[Answer]:
    """A transport of mailboxes that takes less than the server: mail is accepted, and returned."""
    taken = _size(configured.expanded(configured.value("message_size_limit")))
    for transport in configured.configuration.transports if taken else ():
        for setting in transport.settings if transport.driver in _MAILBOXES else ():
            limit = _size(configured.expanded(setting.value)) if setting.name in _LIMITS else None
            if limit and taken and limit < taken:
                yield fault(
                    "mailbox-limit-below-message-limit",
                    configured.at(setting),
                    configured.where("message_size_limit"),
                    limit=f"{setting.name} ({transport.name})",
                    value=limit,
                    message_size_limit=taken,
                )


def _size(text: str | None) -> int | None:
    """In octets; 0 is no limit."""
    found = _SIZE.fullmatch(text) if text is not None else None
    return int(found[1]) * _TIMES[found[2].lower()] if found is not None else None
