"""PostgreSQL (its manual, "SSL Session Encryption"): SSLRequest, and one byte: S or N."""

from __future__ import annotations

from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, Upgrade, Verdict

_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


def _request(names: Names) -> Course:
    heard = Heard()
    said = yield from heard.take(1, _REQUEST)
    if said == b"S":
        return heard.ready(said)
    if said == b"N":
        return Outcome(Verdict.NOT_OFFERED, said)
    # An error message of a server that does not know the request, or of another program.
    return Outcome(Verdict.REFUSED if said == b"E" else Verdict.STRANGE, said + heard.data)


POSTGRES = Upgrade(_request, _request, binary=True)
