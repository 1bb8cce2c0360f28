"""SASLprep: user names and passwords in the one form that both sides hash (RFC 4013, RFC 3454)."""

from __future__ import annotations

import re
from enum import StrEnum

_PRINTABLE_ASCII = re.compile(r"[ -~]*\Z")


class Use(StrEnum):
    """RFC 3454 section 7: what happens to code points that Unicode 3.2 did not assign."""

    STORED = "stored"
    """Forbidden: the text is, or is compared with, something kept by the server."""
    QUERY = "query"
    """Allowed."""


class PrepError(ValueError):
    """The text has no prepared form; says which rule, never the text."""


def saslprep(text: str, use: Use = Use.STORED) -> str:
    """`text` prepared. Raises PrepError for what RFC 4013 section 2.3 to 2.5 forbids."""
    if _PRINTABLE_ASCII.match(text):
        return text  # maps to itself, and needs neither tables nor normalisation
    import stringprep
    from unicodedata import ucd_3_2_0

    # U+200B is in both tables: a space, as RFC 4013 names that mapping first and libidn and PostgreSQL do it.
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else "" if stringprep.in_table_b1(char) else char for char in text
    )
    # Unicode 3.2, not today's: later versions compose some of its characters in another way (RFC 3454 section 4).
    prepared = ucd_3_2_0.normalize("NFKC", mapped)
    for char in prepared:
        if _forbidden(char):
            raise PrepError("a character that RFC 4013 section 2.3 prohibits")
        if use is Use.STORED and stringprep.in_table_a1(char):
            raise PrepError("a character that Unicode 3.2 does not assign (RFC 4013 section 2.5)")
    if any(stringprep.in_table_d1(char) for char in prepared):
        if any(stringprep.in_table_d2(char) for char in prepared):
            raise PrepError("left-to-right and right-to-left letters mixed (RFC 3454 section 6)")
        if not (stringprep.in_table_d1(prepared[0]) and stringprep.in_table_d1(prepared[-1])):
            raise PrepError("right-to-left text that does not begin and end so (RFC 3454 section 6)")
    return prepared


def _forbidden(char: str) -> bool:
    import stringprep as table

    return (
        table.in_table_c12(char)
        or table.in_table_c21_c22(char)
        or table.in_table_c3(char)
        or table.in_table_c4(char)
        or table.in_table_c5(char)
        or table.in_table_c6(char)
        or table.in_table_c7(char)
        or table.in_table_c8(char)
        or table.in_table_c9(char)
    )
