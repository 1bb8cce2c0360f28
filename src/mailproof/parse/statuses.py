"""Every enhanced status code that is registered, and what it means in a refusal where the words say no more.

IANA: SMTP Enhanced Status Codes, Enumerated Status Codes (RFC 3463, 3886, 4468, 4865, 4954, 5248, 6531, 6710, 7293,
7372, 7505, 8689). The class, 4 or 5, is left out: it says whether to come again, not why.
"""

from __future__ import annotations

from mailproof.parse.refusal_kind import RefusalKind

_K = RefusalKind

STATUSES: dict[str, RefusalKind] = {
    "0.0": _K.OTHER,  # other undefined status
    # Addressing (RFC 3463 section 3.2).
    "1.0": _K.OTHER,  # other address status
    "1.1": _K.RECIPIENT_UNKNOWN,  # bad destination mailbox address
    "1.2": _K.RECIPIENT_DOMAIN_UNKNOWN,  # bad destination system address
    "1.3": _K.RECIPIENT_REJECTED,  # bad destination mailbox address syntax
    "1.4": _K.RECIPIENT_REJECTED,  # destination mailbox address ambiguous
    "1.5": _K.OTHER,  # destination address valid
    "1.6": _K.RECIPIENT_UNKNOWN,  # destination mailbox has moved, no forwarding address
    "1.7": _K.SENDER_REJECTED,  # bad sender's mailbox address syntax
    "1.8": _K.SENDER_DOMAIN_UNKNOWN,  # bad sender's system address
    "1.9": _K.OTHER,  # message relayed to non-compliant mailer
    "1.10": _K.RECIPIENT_DOMAIN_UNKNOWN,  # recipient address has null MX
    # Mailbox (section 3.3).
    "2.0": _K.OTHER,  # other or undefined mailbox status
    "2.1": _K.MAILBOX_DISABLED,  # mailbox disabled, not accepting messages
    "2.2": _K.MAILBOX_FULL,  # mailbox full
    "2.3": _K.MESSAGE_TOO_BIG,  # message length exceeds administrative limit
    "2.4": _K.RECIPIENT_REJECTED,  # mailing list expansion problem
    # Mail system (section 3.4).
    "3.0": _K.OTHER,  # other or undefined mail system status
    "3.1": _K.DISK_FULL,  # mail system full
    "3.2": _K.SERVICE_UNAVAILABLE,  # system not accepting network messages
    "3.3": _K.OTHER,  # system not capable of selected features
    "3.4": _K.MESSAGE_TOO_BIG,  # message too big for system
    "3.5": _K.CONFIG_PROBLEM,  # system incorrectly configured
    "3.6": _K.OTHER,  # requested priority was changed
    # Network and routing (section 3.5): of the server, not of the client that is told.
    "4.0": _K.UNROUTABLE,  # other or undefined network or routing status
    "4.1": _K.UNROUTABLE,  # no answer from host
    "4.2": _K.OTHER,  # bad connection: also Postfix's `timeout exceeded`
    "4.3": _K.UNROUTABLE,  # directory server failure
    "4.4": _K.UNROUTABLE,  # unable to route
    "4.5": _K.SERVICE_UNAVAILABLE,  # mail system congestion
    "4.6": _K.MAIL_LOOP,  # routing loop detected
    "4.7": _K.UNROUTABLE,  # delivery time expired
    # Protocol (section 3.6): mistakes of the client in most cases, and no word on whom it is about.
    "5.0": _K.OTHER,  # other or undefined protocol status
    "5.1": _K.OTHER,  # invalid command
    "5.2": _K.OTHER,  # syntax error
    "5.3": _K.LIMITED,  # too many recipients
    "5.4": _K.OTHER,  # invalid command arguments
    "5.5": _K.OTHER,  # wrong protocol version
    "5.6": _K.OTHER,  # authentication exchange line is too long (RFC 4954)
    # Content (section 3.7).
    "6.0": _K.CONTENT_REJECTED,  # other or undefined media error
    "6.1": _K.CONTENT_REJECTED,  # media not supported
    "6.2": _K.CONTENT_REJECTED,  # conversion required and prohibited
    "6.3": _K.CONTENT_REJECTED,  # conversion required but not supported
    "6.4": _K.CONTENT_REJECTED,  # conversion with loss performed
    "6.5": _K.CONTENT_REJECTED,  # conversion failed
    "6.6": _K.CONTENT_REJECTED,  # message content not available (RFC 4468)
    "6.7": _K.NEEDS_SMTPUTF8,  # non-ASCII addresses not permitted for that sender or recipient (RFC 6531)
    "6.8": _K.NEEDS_SMTPUTF8,  # UTF-8 string reply is required, but not permitted by the client
    "6.9": _K.NEEDS_SMTPUTF8,  # UTF-8 header message cannot be transferred to one or more recipients
    "6.10": _K.NEEDS_SMTPUTF8,  # as X.6.8, by mistake registered twice
    # Security and policy (section 3.8).
    "7.0": _K.OTHER,  # other or undefined security status
    "7.1": _K.OTHER,  # delivery not authorized, message refused
    "7.2": _K.RECIPIENT_REJECTED,  # mailing list expansion prohibited
    "7.3": _K.OTHER,  # security conversion required but not possible
    "7.4": _K.OTHER,  # security features not supported
    "7.5": _K.OTHER,  # cryptographic failure
    "7.6": _K.OTHER,  # cryptographic algorithm not supported
    "7.7": _K.CONTENT_REJECTED,  # message integrity failure
    "7.8": _K.LOGIN_REQUIRED,  # authentication credentials invalid (RFC 4954)
    "7.9": _K.LOGIN_REQUIRED,  # authentication mechanism is too weak
    "7.10": _K.TLS_REQUIRED,  # encryption needed (RFC 5248)
    "7.11": _K.TLS_REQUIRED,  # encryption required for requested authentication mechanism
    "7.12": _K.LOGIN_REQUIRED,  # a password transition is needed
    "7.13": _K.LOGIN_REQUIRED,  # user account disabled
    "7.14": _K.LOGIN_REQUIRED,  # trust relationship required
    "7.15": _K.LIMITED,  # priority level is too low (RFC 6710)
    "7.16": _K.MESSAGE_TOO_BIG,  # message is too big for the specified priority
    "7.17": _K.RECIPIENT_REJECTED,  # mailbox owner has changed (RFC 7293)
    "7.18": _K.RECIPIENT_REJECTED,  # domain owner has changed
    "7.19": _K.RECIPIENT_REJECTED,  # RRVS test cannot be completed
    "7.20": _K.MESSAGE_UNAUTHENTICATED,  # no passing DKIM signature found (RFC 7372)
    "7.21": _K.MESSAGE_UNAUTHENTICATED,  # no acceptable DKIM signature found
    "7.22": _K.MESSAGE_UNAUTHENTICATED,  # no valid author-matched DKIM signature found
    "7.23": _K.MESSAGE_UNAUTHENTICATED,  # SPF validation failed
    "7.24": _K.MESSAGE_UNAUTHENTICATED,  # SPF validation error
    "7.25": _K.CLIENT_NAME_MISSING,  # reverse DNS validation failed
    "7.26": _K.MESSAGE_UNAUTHENTICATED,  # multiple authentication checks failed
    "7.27": _K.SENDER_REJECTED,  # sender address has null MX (RFC 7505)
    "7.28": _K.LIMITED,  # mail flood detected
    "7.29": _K.MESSAGE_UNAUTHENTICATED,  # ARC validation failure
    "7.30": _K.TLS_REQUIRED,  # REQUIRETLS support required (RFC 8689)
}


def status_meaning(enhanced: str) -> RefusalKind | None:
    """What `5.7.25` means by itself.

    None for one that is not registered, or of which the registry says no more than that something was refused.
    """
    kind = STATUSES.get(enhanced.partition(".")[2])
    return None if kind is RefusalKind.OTHER else kind
