"""The words of a greylist.conf, as its scanner cuts them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

MOST_TOKENS = 1_000_000
"""Of one file: all networks of all countries are some four hundred thousand. What follows is UNKNOWN."""


class Kind(StrEnum):
    WORD = "word"
    """A keyword, lower case, without its colon."""
    STRING = "string"
    REGEX = "regex"
    EMAIL = "email"
    ADDRESS = "address"
    CIDR = "cidr"
    NAME = "name"
    NUMBER = "number"
    DELAY = "delay"
    OPERATOR = "operator"
    PROPERTY = "property"
    PUNCTUATION = "punctuation"
    END = "end"
    """Of a line."""
    UNKNOWN = "unknown"


class Token(msgspec.Struct, frozen=True):
    kind: Kind
    text: str
    """A string without its quotes, a regular expression without its slashes."""
    line: int
    start: int
    end: int
    """Where it stands in the text of the file."""


def words(text: str) -> frozenset[str]:
    """A set of words, written as they are read."""
    return frozenset(text.split())


# Those that may have a colon behind them.
_COLON = frozenset(
    words(
        "addr from rawfrom rcpt peer greylist autowhite pidfile dumpfile subnetmatch subnetmatch6 socket user "
        "report dumpfreq timeout domain syncaddr syncsrcaddr syncmaxqlen whitelist blacklist"
    )
)
KEYWORDS = _COLON | frozenset(
    words(
        "helo verbose quiet noauth multiracl auth tls msgsize rcptcount noaccessdb extendedregex localaddr "
        "unbracket nospf spf dkim pass fail softfail neutral unknown error self delayedreject testmode "
        "nodetach stat none delays nodelays delay tarpit tarpit_scope session command lazyaw all binddn "
        "bindpw time port acl racl dacl continue default drac db nodrac dump_no_time_translation logexpired "
        "dnsrbl sm_macro urlcheck postmsg getprop fork set rset clear noencode noescape unset list flushaddr "
        "nolog log code ecode msg header addheader addfooter subjtag body maxpeek geoipdb geoipv6db geoip2db geoip "
        "ldapconf ldapcheck fixldapcheck domatch logfac p0fsock p0f spamdsock inet unix spamd ratelimit key "
        "no not domainexact mx data tsig nsupdate servers rname rvalue ttl class type"
    )
)
# After these a slash begins a regular expression, up to the end of the line.
_BEFORE_REGEX = words("helo from rawfrom rcpt auth tls sm_macro header body p0f domain")

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`}{|~.-]"
_PIECES = re.compile(
    rf"""(?P<blank>[ \t\r]+)|(?P<comment>\#[^\n]*)|(?P<next>\\[^\n]*\n)|(?P<end>\n)
    |(?P<string>"(?:\\"|[^"\n])*")
    |(?P<email>(?:{_ATEXT}+|"[!-~]+?")@[A-Za-z0-9._-]+)
    |(?P<property>\$[-_A-Za-z0-9]*[_A-Za-z0-9])
    |(?P<v6>(?:[0-9a-fA-F]*:){{2,}}[0-9a-fA-F.]*(?:%[0-9a-zA-Z]+)?)
    |(?P<cidr>/[0-9]{{1,3}}(?![0-9A-Za-z]))
    |(?P<word>-?[A-Za-z0-9._-]+:?)
    |(?P<operator>==|!=|>=|<=|\+=|-=|[<>=])|(?P<mark>[{{}},*/!-])""",
    re.VERBOSE,
)
_REGEX = re.compile(r"/(?:\\/|[^/\n])+/")
_NUMBER, _DELAY = re.compile(r"[0-9]+[kM]?\Z"), re.compile(r"-?[0-9]+[smhdw]?\Z")
_V4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")
_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")


def tokens(text: str) -> Iterator[Token]:
    """All of them, each line with its END. What the scanner does not know is UNKNOWN, and the rest of its line is
    left out: milter-greylist ends there."""
    at, line, regex, count = 0, 1, False, 0
    while at < len(text):
        match = _REGEX.match(text, at) if regex and text[at] == "/" else None
        if match is not None:
            yield Token(Kind.REGEX, match[0][1:-1].replace("\\/", "/"), line, at, match.end())
            at = match.end()
            continue
        match = _PIECES.match(text, at)
        if match is None:
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            yield Token(Kind.UNKNOWN, text[at:end], line, at, end)
            at = end
            continue
        at = match.end()
        kind = str(match.lastgroup)
        if kind == "next":
            line += 1
        elif kind == "end":
            yield Token(Kind.END, "", line, match.start(), at)
            line, regex = line + 1, False
        elif kind not in ("blank", "comment"):
            token = _token(kind, match, line)
            count += 1
            if count > MOST_TOKENS:
                yield Token(Kind.UNKNOWN, "…", line, match.start(), match.end())
                break
            regex = regex or token.kind is Kind.PROPERTY or (token.kind is Kind.WORD and token.text in _BEFORE_REGEX)
            yield token
    yield Token(Kind.END, "", line, len(text), len(text))


def _token(kind: str, match: re.Match[str], line: int) -> Token:
    text = match[0]
    if kind == "word":
        kind, text = _word(text)
    elif kind == "string":
        text = text[1:-1].replace('\\"', '"')
    elif kind == "v6":
        kind = "address" if _is_v6(text) else "unknown"
    elif kind == "cidr":
        text = text[1:]
    elif kind == "mark":
        kind = "word" if text == "!" else "punctuation"
        text = "not" if text == "!" else text
    return Token(Kind(kind), text, line, match.start(), match.end())


def _word(text: str) -> tuple[str, str]:
    bare = text.removesuffix(":").lower()
    if bare in KEYWORDS and (text[-1] != ":" or bare in _COLON):
        return "word", {"no": "not"}.get(bare, bare)
    if _V4.match(text) and all(int(part) < 256 for part in text.split(".")):
        return "address", text
    if _NUMBER.match(text):
        return "number", text
    if _DELAY.match(text):
        return "delay", text
    return ("name", text) if _NAME.match(text) else ("unknown", text)


def _is_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
