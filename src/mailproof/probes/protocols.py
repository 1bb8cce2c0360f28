"""Which conversation speaks the protocol of an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailproof.model.attempt import Job
from mailproof.model.endpoint import Endpoint, Protocol
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation
from mailproof.probes.imap import ImapConversation
from mailproof.probes.pop3 import Pop3Conversation
from mailproof.probes.sieve import SieveConversation
from mailproof.probes.smtp import SmtpConversation
from mailproof.probes.terms import Terms

_Speaker = type[SmtpConversation] | type[Pop3Conversation] | type[ImapConversation] | type[SieveConversation]
_SPEAKERS: dict[Protocol, _Speaker] = {
    Protocol.SMTP: SmtpConversation,
    Protocol.LMTP: SmtpConversation,
    Protocol.POP3: Pop3Conversation,
    Protocol.IMAP: ImapConversation,
    Protocol.SIEVE: SieveConversation,
}


def converse(net: Net, endpoint: Endpoint, terms: Terms, job: Job, secrets: Sequence[str] = ()) -> Conversation[Any]:
    """A conversation that has not begun."""
    return _SPEAKERS[endpoint.scheme.protocol](net, endpoint, terms, job, secrets)
