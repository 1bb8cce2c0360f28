"""What the articles' servers are: accounts, who may relay, what is rewritten, and which way mail goes."""

from __future__ import annotations

from mailproof.lab.embedded.accounts import Account

HOSTNAME = "mail.example.test"
DOMAIN = "example.test"

# The base64 that two of the articles print is that of these names and this password.
ACCOUNTS = (
    Account("sample", "password"),
    Account("username", "password"),
    Account(f"authtest@{DOMAIN}", "password"),
)

MECHANISMS = ("DIGEST-MD5", "PLAIN", "LOGIN", "CRAM-MD5")

# Of the articles' servers, in their answers to EHLO.
MESSAGE_LIMIT = 10_485_760

SERVER = "127.0.0.1"
"""The server itself, from the inside (inet_interfaces)."""
NEIGHBOUR = "127.0.0.2"
"""Another machine of its network (mynetworks)."""
OUTSIDER = "127.0.0.3"
"""A client from elsewhere; on this machine all the same, for every address of 127.0.0.0/8 is."""
NETWORKS = (SERVER, NEIGHBOUR)

CANONICAL = {f"sample@host1.{DOMAIN}": f"sample@{DOMAIN}"}
"""sender_canonical_maps."""

REWRITE = {
    "smtp": "permit_inet_interfaces",
    "rewrite-mynetworks": "permit_mynetworks",
    "rewrite-all": "static:all",
}
"""local_header_rewrite_clients, by the port that has it."""

RELAYS = ("relay1", "relay2")
ELSEWHERE = "elsewhere"
"""Where everything goes that nothing else is said of; it is a catching relay too, for nothing leaves this machine."""
SINKS = (*RELAYS, ELSEWHERE)

TRANSPORTS = {"@example.co.jp": "relay1", "@sub.example.co.jp": "relay2"}
"""sender_dependent_default_transport_maps."""
RELAYHOSTS = {"@example.jp": "relay1", "@sub.example.jp": "relay2"}
"""sender_dependent_relayhost_maps."""

GREYLIST_DELAY = 10.0
"""Seconds, for who waits at a terminal; postgrey has 300."""

MAIL = tuple(
    f"From: someone@example.net\r\nTo: sample@{DOMAIN}\r\nSubject: Test mail {number}\r\n\r\nTest mail\r\n".encode()
    for number in (1, 2, 3)
)
"""In the mailbox of sample from the start."""

PORTS = {
    # Between those of SMTP and LMTP and the next ones in use.
    "rewrite-mynetworks": 26,
    "rewrite-all": 27,
    "relay1": 1025,
    "relay2": 2025,
    "elsewhere": 3025,
    # Postgrey's.
    "greylist": 10023,
}
"""Added to a base as the usual ports are."""
