"""Where a finding can be seen."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class EvidenceKind(StrEnum):
    TURN = "turn"
    CERTIFICATE = "certificate"
    DNS = "dns"
    LOG = "log"
    CONFIG = "config"
    SOCKET = "socket"
    FILE = "file"


class Evidence(msgspec.Struct, frozen=True):
    kind: EvidenceKind
    where: str
    """`transcript 2, turn 5` (both from 1), or the subject of a certificate, a question to DNS, a file and line."""
    text: str
    """What stands there, as a person would have seen it; already redacted."""
