"""Names without a dot or an `@`, by what stands before them: nothing else tells them from other words."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Of more than one letter: `a` is a word of every sentence.
_WORD = r"[^\W\d_][\w.+-]{1,80}"

# As programs write a login, an owner, an envelope: `user=<alice>`, `sasl_username=alice`, `from=<root>`, `U=alice`.
_USER = re.compile(
    r"(?<![\w-])"
    r"(?:user(?:name)?|from|to|orig_to|sasl_username|sasl_sender|ruser|authid|login|mailbox|rcpt|[UFA])"
    rf"\s?=\s?[<\"']?(?:[\w-]+:)?({_WORD})(?=[>\"'\s,;)\]]|\Z)"
    rf"|\b(?:for|of) user[ :=]+[<\"']?({_WORD})(?=[>\"'\s,;)\]]|\Z)"
    rf"|\b(?:lda|lmtp|imap|pop3|managesieve|indexer-worker|deliver)\(({_WORD})\)"
    rf"|(?<![\w-])(?:uid|UID)=({_WORD})(?=,\s?\w{{1,40}}=)"
)
_HOST = re.compile(
    r"(?<![\w-])(?:helo|relay|client|rhost|host|H) ?= ?[<(\"']?([A-Za-z][\w-]{0,62})(?=[\[>)\"'\s,;:]|\Z)"
    r"|(?<![\w.@/-])(?!(?i:client|host|server|address|peer|proxy|gateway|resolver|network|literal|port) )"
    r"(?!(?i:transport|service|takes?|from|for|to|at|by|of|with|and|or|via|through|is|are|as|on|in|than|not) )"
    r"([A-Za-z][\w-]{0,62}) ?\[(?:IPv6:)?(?=[0-9a-f]*[.:])[0-9A-Fa-f.:]{3,45}\]"
    r"|\b(?:EHLO|HELO|LHLO) ([A-Za-z][\w-]{0,62})(?=\\r|[\s>)]|\Z)"
    r"|\bby ([A-Za-z][\w-]{0,62}) (?=with |id |\()|\binet6?:\d{1,5}@([A-Za-z][\w-]{0,62})"
    r"|(?<![\w\\])\\\\([A-Za-z][\w-]{0,62})\\"
    r"|\b(?:smtps?|lmtp|relay|esmtp|uucp):\[?([A-Za-z][\w-]{0,62})\]?(?=[:\s,;]|\Z)"
)
# Before the program of a line of syslog, with either stamp.
_LOGGING = re.compile(
    r"^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,32})"
    r" ([\w-]{1,63}) [\w./()-]{1,80}(?:\[\d+\])?:",
    re.MULTILINE,
)
_SETTING = re.compile(
    r"(?:^[ \t]*|-o[ \t]*)(?:myhostname|mydomain|myorigin|mydestination|relayhost|smtp_helo_name|lmtp_lhlo_name"
    r"|(?:smtp_)?fallback_relay|(?:default|local|mailbox|virtual|relay|luser)_(?:transport|relay)|hostname"
    r"|\w{1,60}_domains|auth_realms|auth_default_realm|primary_hostname|qualify_domain)[ \t]*=[ \t]*([^\n]*)",
    re.MULTILINE,
)
_OF_SETTING = re.compile(r"(?<![\w$./:{-])([A-Za-z][\w-]{0,62})(?![\w./:(-])")
# greylist.conf(5).
_RULE = re.compile(r"^[ \t]*(?:[rds]?acl[ \t]|list[ \t]+\")[^\n]*", re.MULTILINE)
_CLAUSE = re.compile(r"(?:not )?(?:helo|domain|auth) [\"<]?([A-Za-z][\w-]{0,62})[\">]?")
_OF_RULE = re.compile(r"\b(?:helo|domain|auth|from|rcpt)[ \t]+[\"<]?([A-Za-z][\w-]{0,62})(?![\w@./-])")
_QUEUED = re.compile(
    r"\bqueued as ([A-Za-z0-9]{4,})|\bid=([A-Za-z0-9]+-[A-Za-z0-9]+-[A-Za-z0-9]+)"
    r"|\bwith [A-Z]*(?:SMTP|smtp)\w* id ([\w.-]{6,40})(?=[\s;]|\Z)"
)
# As Postfix, Exim and sendmail begin the text of a line with them.
_LOGGED = re.compile(
    r"(?:\]|^[\w/-]+): "
    r"([0-9A-F]{8,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}|\w{6}-\w{6,11}-\w{2,4}|\w{14}\d{6}): "
)


def users_in(text: str) -> Iterator[str]:
    for found in _USER.finditer(text):
        yield next(filter(None, found.groups()))


def hosts_in(text: str) -> Iterator[str]:
    for pattern in (_HOST, _LOGGING):
        for found in pattern.finditer(text):
            yield next(filter(None, found.groups()))


def hosts_of_settings(text: str) -> Iterator[str]:
    """In lines of main.cf and its like, and of greylist.conf."""
    for found in _SETTING.finditer(text):
        yield from _OF_SETTING.findall(found[1])
    if clause := _CLAUSE.fullmatch(text):
        yield clause[1]
    for rule in _RULE.finditer(text):
        yield from _OF_RULE.findall(rule[0])


def queue_ids_in(text: str, *, logged: bool = False) -> Iterator[str]:
    """`logged`: the text is a line of a log, whose first word can be one."""
    for found in _QUEUED.finditer(text):
        yield found[1] or found[2] or found[3]
    if logged:
        yield from _LOGGED.findall(text)
