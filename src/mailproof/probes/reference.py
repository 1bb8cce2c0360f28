"""Does anything get out to this port? A host that is known to answer is dialled; of its server nothing is judged."""

from __future__ import annotations

from typing import Any

import msgspec

from mailproof.model.attempt import Job
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Endpoint
from mailproof.model.record import Attempt
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation, held
from mailproof.probes.protocols import converse
from mailproof.probes.terms import Terms


async def reference(net: Net, endpoint: Endpoint, terms: Terms) -> Attempt:
    """One connection, ended in good order; the attempt holds the `Connection` alone."""
    talk = converse(net, endpoint, msgspec.structs.replace(terms, proxy_protocol=0), Job.REFERENCE)
    attempt = await held(talk, _dial(talk))
    kept = tuple(fact for fact in attempt.observations if isinstance(fact, Connection))
    return msgspec.structs.replace(attempt, observations=kept, steps=attempt.steps[:1])


async def _dial(talk: Conversation[Any]) -> None:
    await talk.connect()
    await talk.greet()  # who hangs up before the greeting looks like a spammer
    await talk.leave()
