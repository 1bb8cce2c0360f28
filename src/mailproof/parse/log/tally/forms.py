"""Forms of lines: what changes no count, what is in the usual form, and all others, in one pattern."""

from __future__ import annotations

import re

ID = r"(?:[0-9A-F]{6,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20})"
# Sets are written out: a class such as \d in a set is looked up for each character, which takes a tenth longer.
SPACE = r" \t\n\r\f\v\x1c-\x1f"
_NAME = "[A-Za-z_][A-Za-z0-9_/-]*"
_TAG = rf"{_NAME}(?:\[[0-9]+\])?"
CLIENT = rf"[^{SPACE}\[\]]*\[[^{SPACE}\[\]]*\]"
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
_PID = r"\[[0-9]+\]: "
# What may be absent is written as one of two, `(?:x|)`: a repetition of a group costs as much as some twenty
# characters, whether it is there or not.
_SILENT_SMTPD = (
    rf"(?:connect from |disconnect from {CLIENT}"
    rf"|(?:lost connection|timeout) after [A-Z-]+(?: \([0-9]{{1,18}} bytes\)|) from {CLIENT})"
)
_SILENT_DKIM = (
    rf"{ID}: (?:DKIM-Signature (?:field|header) added \(s=[^,()\n]*, d=[^,()\n]*\)|DKIM verification successful"
    rf"|no signature data|not authenticated|s=[^{SPACE}]+ d=[^{SPACE}]+(?: a=[^{SPACE}]+|) SSL)"
)
_SILENT_ANVIL = r"statistics: max [a-z ]+ [0-9]+(?:/[0-9]+[a-z]?|)(?: for \([^)\n]*\)|) at "
_SILENT_SCREEN = (
    rf"(?:dnsblog{_PID}addr [^{SPACE}]+ listed by domain [^{SPACE}]+ as [^{SPACE}]"
    rf"|tlsproxy{_PID}(?:DISCONNECT |CONNECT (?:from|to) \[[^\]\n]*\]:[0-9]))"
)
# An instance of Postfix is called `postfix-…`: so wants postmulti(1).
_SILENT = (
    rf"(?:postfix[A-Za-z0-9_-]*/(?:smtpd{_PID}{_SILENT_SMTPD}|cleanup{_PID}{ID}: message-id="
    rf"|bounce{_PID}{ID}: sender (?:non-delivery|delivery status|delay) notification: [0-9A-Za-z]{{6,20}}"
    rf"|anvil{_PID}{_SILENT_ANVIL}|{_SILENT_SCREEN}|(?!postgrey)[A-Za-z0-9_-]+/smtpd{_PID}{_SILENT_SMTPD})"
    rf"|opendkim{_PID}{_SILENT_DKIM}|dovecot: {QUIET}"
    rf"|opendmarc{_PID}{ID}: [^{SPACE}]+ (?:pass|fail|none)(?![^\n]))"
)
# Not what the reader of lines takes for a facility or a zone, or for the beginning of a line of Dovecot's own file.
_HOST = rf"[^{SPACE}:<(+-][^{SPACE}:<(]*"

STAMPS = {size: re.compile(rf"({hour})({clock}) ", re.ASCII) for size, (hour, clock) in _FORMS.items()}
"""By the length of an hour in it: RFC 3164, RFC 3339."""


WRAPPED = r"[A-Za-z]{3,5}\.? [ 0-3]?[0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
"""So begins a line in a line, as some containers write them: program and time are those of the inner one."""
# Behind any host and tag that the reader of lines knows.
_WRAPPED = re.compile(rf": ?(?:\[ID [^]]*\] )?{WRAPPED}")


def is_wrapped(line: str, at: int) -> bool:
    """Whether a line may have another one in it, from there on."""
    return _WRAPPED.search(line, at) is not None


def clock_of(hour: str) -> re.Pattern[str]:
    """In lines of an hour, a newline before each, what follows it in the stamp of each that `lines_of` takes apart.

    Those with another line in them have the time of that.

    It begins with letters, not with `^`: those are looked for five times as fast.
    """
    stamp = f"{re.escape(hour)}({_FORMS[len(hour)][1]})"
    return re.compile(rf"\n{stamp} {_HOST} {_TAG}: (?!{WRAPPED})", re.ASCII)


def lines_of(size: int, hour: str = "") -> re.Pattern[str]:
    """On lines of one hour, a newline before each: (host and tag, queue id, text), or ("", "", line) of another form.

    Where the hour is known, it is found in two thirds of the time; lines of other hours are then of another form.
    """
    any_hour, clock = _FORMS[size]
    stamp = f"{re.escape(hour) if hour else any_hour}{clock}"
    # Not a possessive repetition of such lines: Python before 3.11.5 then loses lines (gh-106052).
    return re.compile(
        rf"\n(?!{stamp} {_HOST} {_SILENT})(?:{stamp} ({_HOST} {_NAME})(?:\[[0-9]+\]|): (?:({ID}): |)|)([^\n]*)",
        re.ASCII,
    )
