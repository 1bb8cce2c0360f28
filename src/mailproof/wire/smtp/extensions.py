"""The extensions in a reply to EHLO or LHLO (RFC 5321 4.1.1.1)."""

from __future__ import annotations

from mailproof.model.capabilities import Capability
from mailproof.model.escape import to_text
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.wire.smtp.replies import SmtpReply


def read_ehlo(reply: SmtpReply) -> tuple[tuple[Capability, ...], tuple[Deviation, ...]]:
    """The extensions in the server's order, and what was odd about their lines.

    The first line is the greeting and no keyword. Names are in upper case, parameters as sent. `AUTH=LOGIN PLAIN` is
    AUTH in its legacy form; other names with `=`, such as Exchange's `X-EXPS=LOGIN`, stay whole.
    """
    found: list[Capability] = []
    deviations: list[Deviation] = []
    for index, line in enumerate(reply.lines[1:], start=1):
        words = line.split()
        if not words:
            continue
        name, params = words[0].upper(), words[1:]
        legacy = name.startswith(b"AUTH=")
        if legacy:
            params = [param for param in (words[0][len(b"AUTH=") :], *params) if param]
            name = b"AUTH"
            offset = reply.line_offsets[index] if index < len(reply.line_offsets) else reply.offset
            deviations.append(Deviation(DeviationKind.LEGACY_AUTH, offset))
        found.append(Capability(to_text(name), tuple(to_text(param) for param in params), legacy))
    return tuple(found), tuple(deviations)
