"""Whether a refusal doubts who sends, so that what DNS has of the sending side is evidence."""

from __future__ import annotations

import re

from mailproof.model.attempt import Step
from mailproof.model.reply import Reply
from mailproof.parse.refusal import refusal
from mailproof.parse.refusal_kind import RefusalKind

_OF_SENDER = frozenset({RefusalKind.CLIENT_NAME_MISSING, RefusalKind.MESSAGE_UNAUTHENTICATED})
# RFC 7372 and its neighbours in the registry: integrity (7; 8 and 9 are Yahoo's for DMARC, where a message is meant),
# DKIM (20 to 22), SPF (23, 24), the name of the address (25), several (26), ARC (29); 1 is any policy.
_OF_POLICY = re.compile(r"[45]\.7\.([1789]|2[0-69])\Z")


def doubts_sender(reply: Reply, step: Step | None) -> bool:
    """`step` is what was refused; None for a greeting and for EHLO."""
    kind = refusal(reply, step)
    if kind in _OF_SENDER:
        return True
    vague = kind in (RefusalKind.CONTENT_REJECTED, RefusalKind.OTHER)
    return vague and step is Step.DATA and _OF_POLICY.match(reply.enhanced) is not None
