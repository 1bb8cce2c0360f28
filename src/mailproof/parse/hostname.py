"""Does a certificate name this host? RFC 9525, as mail programs should apply it (RFC 7817, RFC 8314 section 5.2)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


def names_host(dns_names: Iterable[str], ip_addresses: Iterable[str], host: str) -> bool:
    """True if one of the subject alternative names is `host`, a DNS name or an IP address.

    The common name has no part in it (RFC 9525 section 2). Never raises: a name that cannot be is not named.
    """
    address = _address(host)
    if address is not None:
        return any(_address(presented) == address for presented in ip_addresses)
    wanted = ascii_name(host)
    return wanted is not None and any(_matches(presented, wanted) for presented in dns_names)


def ascii_name(host: str) -> str | None:
    """`host` in lower case, international labels as A-labels (RFC 5890), without the dot of the root.

    None for what is no host name.
    """
    name = host[:-1] if host.endswith(".") else host
    if not name.isascii():
        import idna

        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    labels = name.lower().split(".")
    # 253 and 63: RFC 1035 section 2.3.4, counted as text.
    if len(name) > 253 or not all(0 < len(label) <= 63 for label in labels):
        return None
    return ".".join(labels)


def _matches(presented: str, wanted: str) -> bool:
    """RFC 9525 section 6.3: equal, or equal but for a first label that is `*` and nothing else."""
    presented = presented.lower()
    if "*" not in presented:
        return presented == wanted
    first, _, parent = presented.partition(".")
    # At least two labels must follow, as OpenSSL has it: `*.com` names nobody.
    if first != "*" or "*" in parent or "." not in parent:
        return False
    return wanted.partition(".")[2] == parent


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        return None
