"""What DNS says of a name."""

from __future__ import annotations

from enum import StrEnum

from mailproof.model.observed import Observation


class DnsStatus(StrEnum):
    OK = "ok"
    NO_DATA = "no-data"
    NO_SUCH_NAME = "no-such-name"
    TIMEOUT = "timeout"
    SERVER_FAILURE = "server-failure"
    NO_RESOLVER = "no-resolver"
    """This machine has no usable resolv.conf: nobody was asked."""


class DnsAnswer(Observation, frozen=True):
    """What DNS, or the hosts file, said of a name."""

    name: str
    rtype: str
    """`A`, `AAAA`, `MX`, `SRV`."""
    status: DnsStatus
    answers: tuple[str, ...] = ()
    """In presentation form: `10 mx1.example.com`."""
    source: str = "dns"
    """`dns` or `hosts`."""
    turns: tuple[int, ...] = ()
