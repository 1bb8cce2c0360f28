"""The authority of the tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailproof.script.authority import Authority, CertificateKind, Issued


class OneAuthority(Authority):
    """Issues the same certificate twice, so that what was seen of it can be compared."""

    def __init__(self) -> None:
        super().__init__()
        self._issued: dict[tuple[CertificateKind, str, datetime, tuple[str, ...]], Issued] = {}

    def issue(self, kind: CertificateKind, name: str, now: datetime, also: Sequence[str] = ()) -> Issued:
        asked = kind, name, now, tuple(also)
        if asked not in self._issued:
            self._issued[asked] = super().issue(kind, name, now, also)
        return self._issued[asked]
