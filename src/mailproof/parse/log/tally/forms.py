"""Forms of lines: what changes no count, what a mail server writes most, and all others, in one pattern."""

from __future__ import annotations

import re

ID = r"(?:[0-9A-F]{6,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20})"
# Sets are written out: a class such as \d in a set is looked up for each character, which takes a tenth longer.
SPACE = r" \t\n\r\f\v\x1c-\x1f"
_NAME = "[A-Za-z_][A-Za-z0-9_/-]*"
_TAG = rf"{_NAME}(?:\[[0-9]+\])?"
HOST = rf"[^{SPACE}\[\]]*\[[^{SPACE}\[\]]*\]"
_FORMS = {
    9: (r"[A-Z][a-z]{2} [ 0-3][0-9] [0-9]{2}", r":[0-9][0-9]:[0-9][0-9]"),
    13: (
        r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]",
        r":[0-9][0-9]:[0-9][0-9](?:\.[0-9]{1,9})?(?:Z|[+-][0-9][0-9]:[0-9][0-9])?",
    ),
}
# Lines that change no count.
QUIET = (
    r"(?:imap|pop3|lmtp|lda)\([^()\n]*\)(?:<[^<>\n]*>)*: "
    r"(?:Disconnect from |Disconnected|Connect from |Logged out|msgid=<[^<>\n]*>: saved mail to [A-Za-z])"
)
"""Dovecot's."""
_SILENT_SMTPD = (
    rf"(?:connect from |disconnect from {HOST}"
    rf"|(?:lost connection|timeout) after [A-Z-]+(?: \([0-9]{{1,18}} bytes\))? from {HOST})"
)
_SILENT_DKIM = (
    rf"{ID}: (?:DKIM-Signature (?:field|header) added \(s=[^,()\n]*, d=[^,()\n]*\)|DKIM verification successful"
    rf"|no signature data|not authenticated|s=[^{SPACE}]+ d=[^{SPACE}]+(?: a=[^{SPACE}]+)? SSL)"
)
_SILENT = (
    rf"(?:postfix/(?:(?:[A-Za-z0-9_-]+/)?smtpd\[[0-9]+\]: {_SILENT_SMTPD}|cleanup\[[0-9]+\]: {ID}: message-id="
    rf"|bounce\[[0-9]+\]: {ID}: sender (?:non-delivery|delivery status|delay) notification: [0-9A-Za-z]{{6,20}}"
    r"|anvil\[[0-9]+\]: statistics: max )"
    rf"|opendkim\[[0-9]+\]: {_SILENT_DKIM}|dovecot: {QUIET})"
)
# Lines of every message, whichever of Postfix's programs writes them. What is in parentheses is a column of a row.
_SIZE, _SECONDS = "[0-9]{1,18}", "[0-9.]+"
_ARRIVED = r"client=([^,\n]+)(?:, sasl_method=([^,=\n]+), sasl_username=[^,=\n]*)?$"
_QUEUED = rf"from=<([^,\n]*)>, size=({_SIZE}), nrcpt=[0-9]{{1,9}} \(queue active\)$"
_SENT = (
    rf"to=<([^<>\n]*)>, (?:orig_to=<[^<>\n]*>, )?relay=([^<,\n][^,\n]*), (?:conn_use=[0-9]+, )?delay=({_SECONDS}), "
    rf"delays=({_SECONDS})/({_SECONDS})/({_SECONDS})/({_SECONDS}), (?:tls=([^,<\n]+), )?dsn={_SECONDS}, "
    r"status=sent \((?![^\n]*forwarded as )[^\n]*\)$"
)
_TLS = (
    rf"(?:Anonymous|Trusted|Untrusted|Verified) TLS connection established (from|to) {HOST}(?::[0-9]{{1,5}})?: "
    r"(TLSv[0-9.]+ with cipher [A-Za-z0-9_-]+) \([0-9]+/[0-9]+ bits\)"
)
_REFUSED = r"NOQUEUE: reject: ([A-Z]+) from ([^ ;\n]+): ([^;\n]*(?:;(?! from=<)[^;\n]*)*); from=<."
_INSTANCE = "[A-Za-z0-9_-]+"
_FREQUENT = (
    rf"postfix(?!/postgrey)((?:-{_INSTANCE})?/(?:{_INSTANCE}/)?)(?!pickup)[a-z]+\[[0-9]+\]: "
    rf"(?:({ID}): (?:removed$|{_ARRIVED}|{_QUEUED}|{_SENT})|{_TLS}|{_REFUSED})"
)
_OTHER = rf"({_NAME})(?:\[[0-9]+\])?: (?:({ID}): )?([^\n]*)"
# Not what the reader of lines takes for a facility or a zone.
_NODE = rf"[^{SPACE}:<+-][^{SPACE}:]*"

STAMPS = {size: re.compile(rf"({hour})({clock}) ", re.ASCII) for size, (hour, clock) in _FORMS.items()}
"""By the length of an hour in it: RFC 3164, RFC 3339."""


def clock_of(hour: str, after: str = "") -> re.Pattern[str]:
    """In lines of an hour, a newline before each, what follows it in the stamp of each that is of such a form.

    With `after` of those alone where that is later, which are found in a quarter of the time. It begins with letters,
    not with `^`: those are looked for five times as fast.
    """
    later = "[!-~]"
    for sign in reversed(after):
        later = f"(?:[{re.escape(chr(ord(sign) + 1))}-~]|{re.escape(sign)}{later})"
    stamp = f"{re.escape(hour)}{f'(?={later})' if after else ''}({_FORMS[len(hour)][1]})"
    return re.compile(rf"\n{stamp} [^{SPACE}:]+ {_TAG}: ", re.ASCII)


def rows_of(size: int, hour: str = "") -> re.Pattern[str]:
    """On lines of one hour, a newline before each: a row for each line that may change a count, as `rows` reads it.

    Where the hour is known, it is found in two thirds of the time; lines of other hours are then of another form.
    """
    any_hour, clock = _FORMS[size]
    stamp = f"{re.escape(hour) if hour else any_hour}{clock}"
    # Not a possessive repetition of such lines: Python before 3.11.5 then loses lines (gh-106052).
    return re.compile(
        rf"\n(?!{stamp} [^{SPACE}:]+ {_SILENT})(?:{stamp} ({_NODE}) (?:{_FREQUENT}|{_OTHER})|([^\n]*))",
        re.ASCII | re.MULTILINE,
    )
