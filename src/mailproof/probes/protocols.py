"""Which conversation speaks the protocol of an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailproof.model.attempt import Job
from mailproof.model.endpoint import Endpoint, Protocol
from mailproof.model.failure import UsageError
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation
from mailproof.probes.imap import ImapConversation
from mailproof.probes.pop3 import Pop3Conversation
from mailproof.probes.smtp import SmtpConversation
from mailproof.probes.terms import Terms

_SPEAKERS: dict[Protocol, type[SmtpConversation] | type[Pop3Conversation] | type[ImapConversation]] = {
    Protocol.SMTP: SmtpConversation,
    Protocol.LMTP: SmtpConversation,
    Protocol.POP3: Pop3Conversation,
    Protocol.IMAP: ImapConversation,
}


def speaks(protocol: Protocol) -> bool:
    return protocol in _SPEAKERS


def converse(net: Net, endpoint: Endpoint, terms: Terms, job: Job, secrets: Sequence[str] = ()) -> Conversation[Any]:
    """A conversation that has not begun. Raises UsageError for a protocol that is not spoken."""
    protocol = endpoint.scheme.protocol
    if protocol not in _SPEAKERS:
        raise UsageError("protocol-not-checked", url=endpoint.url, known=tuple(map(str, _SPEAKERS)))
    return _SPEAKERS[protocol](net, endpoint, terms, job, secrets)
