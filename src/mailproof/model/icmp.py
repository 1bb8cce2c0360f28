"""What a router or a host says of a packet that it did not let through."""

from __future__ import annotations

import msgspec

# RFC 792, RFC 1812 section 5.2.7.1 and RFC 4443 section 3.1, in the words that nmap and tcpdump use.
_WORDS = {
    (4, 0): "network unreachable",
    (4, 1): "host unreachable",
    (4, 2): "protocol unreachable",
    (4, 3): "port unreachable",
    (4, 9): "network administratively prohibited",
    (4, 10): "host administratively prohibited",
    (4, 13): "administratively prohibited",
    (6, 0): "no route",
    (6, 1): "administratively prohibited",
    (6, 3): "address unreachable",
    (6, 4): "port unreachable",
    (6, 5): "source address refused",
    (6, 6): "route rejected",
}
_UNREACHABLE = {4: 3, 6: 1}


class Icmp(msgspec.Struct, frozen=True):
    """An ICMP error that ended a connection, and whose it was."""

    sender: str
    """Address of the machine that said it."""
    kind: int
    """Type of the message: 3 is "destination unreachable" in IPv4, 1 in IPv6."""
    code: int

    @property
    def words(self) -> str:
        """`administratively prohibited`; the numbers of one that has no name."""
        version = 6 if ":" in self.sender else 4
        known = _WORDS.get((version, self.code)) if self.kind == _UNREACHABLE[version] else None
        return known or f"type {self.kind}, code {self.code}"
