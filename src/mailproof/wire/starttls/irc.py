"""IRC (ircv3.net/specs/extensions/tls): STARTTLS before anything else; 670 grants it, 691 and 421 do not."""

from __future__ import annotations

import re

from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, Upgrade, Verdict

# Notices of the server ("*** Looking up your hostname") may come before.
_END = rb"(?m)^(?::\S+ )?(?:670|691|421|451|ERROR)\b[^\n]*\n"


def _request(names: Names) -> Course:
    heard = Heard()
    said = yield from heard.ask(b"STARTTLS\r\n", _END)
    if re.search(rb"(?m)^(?::\S+ )?670\b", said):
        return heard.ready(said)
    unknown = re.search(rb"(?m)^(?::\S+ )?(?:421|451)\b", said)
    return Outcome(Verdict.NOT_OFFERED if unknown else Verdict.REFUSED, said)


IRC = Upgrade(_request, _request, r"STARTTLS\s*", r"(?::\S+ )?670\b")
