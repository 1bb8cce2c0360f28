"""A message that is typed: where its headers end, and the slips that spoil it (RFC 5322 section 2)."""

from __future__ import annotations

import re

from mailproof.parse.talk.typed import Slip

_FIELD = re.compile(r"[!-9;-~]+[ \t]*:")
_KNOWN = re.compile(
    r"(subject|from|to|cc|date|reply-to|message-id|mime-version|content-type)\s+(\S.*)\Z", re.IGNORECASE
)


class TypedMessage:
    """Told each line, it gives what is to be said about it."""

    def __init__(self) -> None:
        self._lines = 0
        self._in_headers = True
        self._fields: set[str] = set()

    def line(self, text: str) -> tuple[Slip, ...]:
        """`text` as typed, before its dots are doubled; the final dot is none of its lines."""
        self._lines += 1
        if not self._in_headers:
            return ()
        if text == "":
            self._in_headers = False
            return (Slip("message-without-headers"),) if self._lines == 1 else ()
        if _FIELD.match(text):
            self._fields.add(text.partition(":")[0].strip().lower())
            return ()
        if text[0] in " \t" and self._fields:
            return ()  # a folded field (RFC 5322 section 2.2.3)
        if match := _KNOWN.match(text):
            self._in_headers = False
            name = match[1].capitalize()
            return (Slip("header-without-colon", {"name": name, "line": f"{name}: {match[2]}"}),)
        self._in_headers = False
        if not self._fields:
            return (Slip("first-line-no-header"),)
        return (Slip("no-blank-line"),)

    def end(self) -> tuple[Slip, ...]:
        """At the final dot."""
        if self._lines == 0:
            return (Slip("message-empty"),)
        missing = [name for name in ("From", "Date") if name.lower() not in self._fields]
        return (Slip("message-lacks", {"names": ", ".join(missing)}),) if missing and self._fields else ()
