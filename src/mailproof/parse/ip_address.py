"""Is a text an IP address?"""

from __future__ import annotations

import ipaddress


def is_address(text: str) -> bool:
    """Of version 4 or 6, without brackets and without a prefix."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
