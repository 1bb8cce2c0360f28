"""Which conversation speaks the protocol of an endpoint. Only the module of that protocol is imported: a login at one
port is over in less time than the other three would take."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from mailproof.model.attempt import Job
from mailproof.model.endpoint import Endpoint, Protocol
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation
from mailproof.probes.terms import Terms

_SPEAKERS: dict[Protocol, tuple[str, str]] = {
    Protocol.SMTP: ("smtp", "SmtpConversation"),
    Protocol.LMTP: ("smtp", "SmtpConversation"),
    Protocol.POP3: ("pop3", "Pop3Conversation"),
    Protocol.IMAP: ("imap", "ImapConversation"),
    Protocol.SIEVE: ("sieve", "SieveConversation"),
}


def converse(net: Net, endpoint: Endpoint, terms: Terms, job: Job, secrets: Sequence[str] = ()) -> Conversation[Any]:
    """A conversation that has not begun."""
    module, name = _SPEAKERS[endpoint.scheme.protocol]
    speaker: type[Conversation[Any]] = getattr(import_module(f"mailproof.probes.{module}"), name)
    return speaker(net, endpoint, terms, job, secrets)
