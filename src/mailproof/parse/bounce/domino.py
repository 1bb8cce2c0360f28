"""HCL (Lotus) Domino: `was not delivered to:`, the recipient, `because:`, the reason."""

from __future__ import annotations

import re

from mailproof.parse.bounce.notice import Notice, address_in, lines_of, paragraph, undelivered

MARK = re.compile(r"was not delivered to:\s+\S.{0,400}?\n[^\S\n]*because:", re.DOTALL)
_TO, _WHY = re.compile(r"was not delivered to:"), re.compile(r"^[^\S\n]*because:", re.MULTILINE)


def read(text: str) -> Notice:
    to, why = _TO.search(text), _WHY.search(text)
    if to is None or why is None:
        return Notice(())
    recipient = address_in(text[to.end() : why.start()]) or text[to.end() : why.start()].strip()[:320]
    return Notice((undelivered(recipient, ["\n".join(paragraph(lines_of(text[why.end() :])))]),))
