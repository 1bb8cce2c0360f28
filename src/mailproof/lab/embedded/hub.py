"""What a server does for its network: whose mail it relays, which senders it rewrites, and which way mail leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from mailproof.lab.embedded.behaviour import Rewrite

# RFC 5322 sections 3.6.2 and 3.6.6: the fields in which senders stand; cleanup(8) rewrites these as header_sender.
_SENDER_FIELD = re.compile(rb"(?im)^(?:resent-)?(?:from|sender|reply-to)[ \t]*:(?:[^\r\n]|\r\n[ \t])*")
# An address where it stands in a field; names and comments are left alone.
_ADDRESS = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")


class Hub(msgspec.Struct, frozen=True):
    interfaces: tuple[str, ...] = ()
    """Addresses of the server itself (inet_interfaces)."""
    networks: tuple[str, ...] = ()
    """Addresses that may relay (mynetworks)."""
    canonical: Mapping[str, str] = {}
    """Senders and what they become, in lower case (sender_canonical_maps)."""
    next_hops: Mapping[str, tuple[str, int]] = {}
    """Host and port for a sender, or for `@` and its domain (sender_dependent_relayhost_maps and the like)."""
    default_hop: tuple[str, int] | None = None
    """For everything else that is not for here; None to keep it in the queue."""

    def trusts(self, client: str) -> bool:
        return client in self.networks

    def sender(self, address: str) -> str:
        """As it leaves here."""
        return self.canonical.get(address.lower(), address)

    def message(self, data: bytes, client: str, rewrite: Rewrite) -> bytes:
        """With its senders rewritten, if that is done for this client."""
        match rewrite:
            case Rewrite.INTERFACES if client not in self.interfaces:
                return data
            case Rewrite.NETWORKS if client not in self.networks:
                return data
        head, between, body = data.partition(b"\r\n\r\n")
        return _SENDER_FIELD.sub(self._field, head) + between + body

    def _field(self, field: re.Match[bytes]) -> bytes:
        return _ADDRESS.sub(lambda found: self.sender(found[0].decode("ascii")).encode(), field[0])

    def next_hop(self, sender: str) -> tuple[str, int] | None:
        address = sender.lower()
        domain = address[address.rfind("@") :] if "@" in address else ""
        return self.next_hops.get(address) or self.next_hops.get(domain) or self.default_hop
