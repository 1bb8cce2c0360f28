"""Which versions of TLS are spoken: one handshake more for each."""

from __future__ import annotations

from typing import Any

import msgspec

from mailproof.model.attempt import Job
from mailproof.model.endpoint import Endpoint, Protocol, TlsMode
from mailproof.model.record import Attempt
from mailproof.model.reply import ReplyClass
from mailproof.model.tls import TlsHandshake, TlsVersion, TlsVersionTried
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation, held
from mailproof.probes.protocols import converse
from mailproof.probes.terms import Terms


def worth_trying(handshake: TlsHandshake) -> tuple[TlsVersion, ...]:
    """The newest versions to offer, after a handshake that was offered all: what it did not tell already."""
    if handshake.version == TlsVersion.TLS1_3:
        return (TlsVersion.TLS1_2, TlsVersion.TLS1_1)
    if handshake.version == TlsVersion.TLS1_2:
        return (TlsVersion.TLS1_1,)
    return ()


async def version(net: Net, endpoint: Endpoint, terms: Terms, maximum: TlsVersion) -> Attempt:
    """Connect, upgrade, and shake hands with nothing newer than `maximum`."""
    talk = converse(net, endpoint, terms, Job.VERSION)
    return _told(await held(talk, _version(talk, maximum)), maximum)


async def _version(talk: Conversation[Any], maximum: TlsVersion) -> None:
    scheme = talk.endpoint.scheme
    await talk.connect_plainly()
    if scheme.tls_mode is not TlsMode.IMPLICIT:
        await talk.greet()
        if scheme.protocol in (Protocol.SMTP, Protocol.LMTP):
            await talk.capabilities()
        reply = await talk.ask_for_tls()
        if reply.kind is not ReplyClass.POSITIVE:
            return
    await talk.start_tls(msgspec.structs.replace(talk.terms.settings, maximum=maximum, check_chain=False))


def _told(attempt: Attempt, maximum: TlsVersion) -> Attempt:
    """The attempt with its handshake, if there was one, as the answer to the question that was asked."""
    kept = [seen for seen in attempt.observations if not isinstance(seen, TlsHandshake)]
    for seen in attempt.observations:
        if isinstance(seen, TlsHandshake):
            kept.append(TlsVersionTried(maximum, seen.version, seen.trouble, seen.alert, seen.detail, seen.turns))
    return msgspec.structs.replace(attempt, observations=tuple(kept))
