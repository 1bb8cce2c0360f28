"""The words of a greylist.conf, as its scanner cuts them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

LARGEST = 4 << 20
"""Bytes of one file. The networks of the country that has most of them (the United States, 68 279 in Debian's
geoip-database of 2019) are 1.1 MB as a list."""
MOST_TOKENS = 300_000
"""Of one file: a network is two, and those of that country are 136 558. The rest is not read; see CUT."""
LONGEST_TOKEN = 16_383
"""Bytes, with the next one where that must be seen too. At one more the scanner of milter-greylist 4.6.2 ends, in
blanks and comments as well: `input buffer overflow, can't enlarge buffer` (YY_BUF_SIZE of flex)."""


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
    TOO_LONG = "too-long"
    """More than LONGEST_TOKEN."""
    UNENDED = "unended"
    """The end of a file whose last line has no newline."""
    CUT = "cut"
    """From here on the file is not read: it has more than MOST_TOKENS."""


class Token(msgspec.Struct, frozen=True):
    kind: Kind
    text: str
    """A string without its quotes, a regular expression without its slashes, an IPv4 address as it is read."""
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

# An address is looked for by `_Ahead`, for it is known only at its end.
_PIECES = re.compile(
    r"""(?P<blank>[ \t]+)|(?P<comment>\#[^\n]*\n?)|(?P<next>\\[^\n]*\n)|(?P<end>\n)
    |(?P<string>"(?:\\"|[^"\n])*")
    |(?P<property>\$[-_A-Za-z0-9]*[_A-Za-z0-9])
    |(?P<v6>(?:[0-9a-fA-F]*:){2,}[0-9a-fA-F]*(?:%[0-9a-zA-Z]+)?)
    |(?P<cidr>/[0-9]{1,3}(?![0-9A-Za-z]))
    |(?P<word>-?[A-Za-z0-9._-]+:?)
    |(?P<operator>==|!=|>=|<=|\+=|-=|[<>=])|(?P<mark>[{},*/!-])""",
    re.VERBOSE,
)
_ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`}{|~.-]+")
_DOMAIN, _NOT_GRAPHIC = re.compile(r"@[A-Za-z0-9._-]+"), re.compile(r"[^!-~]")
_REGEX = re.compile(r"/(?:\\/|[^/\n])+/")
_NUMBER, _DELAY = re.compile(r"[0-9]+[kM]?\Z"), re.compile(r"-?[0-9]+[smhdw]?\Z")
_V4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")
_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")


def excerpt(text: str, longest: int) -> str:
    """With an ellipsis where it is longer."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def tokens(text: str) -> Iterator[Token]:
    """All of them, each line with its END, in a time that grows with the length of the text alone. What the scanner
    does not know is UNKNOWN, and the rest of its line is left out: milter-greylist ends there."""
    at, line, regex, count, ahead = 0, 1, False, 0, _Ahead(text)
    something = False
    """Stands in this line."""
    while at < len(text):
        kind, end = _piece(text, at, regex, ahead)
        count += kind not in ("blank", "comment", "next", "end")
        if count > MOST_TOKENS:
            yield Token(Kind.CUT, "", line, at, end)
            break
        if kind in ("unknown", "too-long"):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            yield Token(Kind(kind), text[at:end], line, at, end)
            something = True
        elif kind == "next":
            line += 1
        elif kind == "end" or (kind == "comment" and text[end - 1] == "\n"):
            yield Token(Kind.END, "", line, end - 1, end)
            line, regex, something = line + 1, False, False
        elif kind == "comment":  # a comment ends with its line, and this one does not end
            yield Token(Kind.UNKNOWN, text[at:end], line, at, end)
        elif kind != "blank":
            token = _token(kind, text[at:end], line, at, end)
            regex = regex or token.kind is Kind.PROPERTY or (token.kind is Kind.WORD and token.text in _BEFORE_REGEX)
            something = True
            yield token
        at = end
    if something and at >= len(text):
        yield Token(Kind.UNENDED, "", line, len(text), len(text))
    yield Token(Kind.END, "", line, len(text), len(text))


def _piece(text: str, at: int, regex: bool, ahead: _Ahead) -> tuple[str, int]:
    """What stands there, and where it ends."""
    if regex and text[at] == "/" and (match := _REGEX.match(text, at)) is not None:
        kind, end = "regex", match.end()
    elif (end := ahead.email(at)) > at:
        kind = "email"
    elif (match := _PIECES.match(text, at)) is not None:
        kind, end = str(match.lastgroup), match.end()
    else:
        return "unknown", at
    # As far as it could still become an address, or longer, the scanner must read to see that it is none.
    closed = text[end - 1] == "\n" or (kind == "string" and not ahead.is_graphic(end))
    return ("too-long", end) if _too_long(text, at, max(end, ahead.atext(at)) + (not closed)) else (kind, end)


def _too_long(text: str, at: int, end: int) -> bool:
    if (end - at) * 4 <= LONGEST_TOKEN:
        return False
    return end - at > LONGEST_TOKEN or len(text[at:end].encode("utf-8", "surrogateescape")) > LONGEST_TOKEN


class _Ahead:
    """Where addresses are. Each place of the text is looked at once, from wherever it is asked about."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._atext = self._sign = self._blank = -1

    def atext(self, at: int) -> int:
        """The end of what may stand before an @; `at` for nothing."""
        if self._atext <= at:
            match = _ATEXT.match(self._text, at)
            self._atext = match.end() if match is not None else at
        return self._atext

    def email(self, at: int) -> int:
        """The end of the address that begins there; `at` for none."""
        sign = self._quoted(at) if self._text[at] == '"' else self.atext(at)
        domain = _DOMAIN.match(self._text, sign) if sign > at else None
        return domain.end() if domain is not None else at

    def is_graphic(self, end: int) -> bool:
        """Whether there is no blank in the quotation marks that were looked at last, up to there."""
        return self._blank >= end

    def _quoted(self, at: int) -> int:
        """The @ behind a local part in quotation marks, without blanks; `at` for none."""
        if self._sign < at + 2:
            found = self._text.find('"@', at + 2)
            self._sign = found if found >= 0 else len(self._text)
        if self._blank < at:
            match = _NOT_GRAPHIC.search(self._text, at)
            self._blank = match.start() if match is not None else len(self._text)
        return self._sign + 1 if self._sign < self._blank else at


def _token(kind: str, text: str, line: int, start: int, end: int) -> Token:
    if kind == "word":
        kind, text = _word(text)
    elif kind == "regex":
        text = text[1:-1].replace("\\/", "/")
    elif kind == "string":
        text = text[1:-1].replace('\\"', '"')
    elif kind == "v6":
        kind = "address" if _is_v6(text) else "unknown"
    elif kind == "cidr":
        text = text[1:]
    elif kind == "mark":
        kind = "word" if text == "!" else "punctuation"
        text = "not" if text == "!" else text
    return Token(Kind(kind), text, line, start, end)


def _word(text: str) -> tuple[str, str]:
    bare = text.removesuffix(":").lower()
    if bare in KEYWORDS and (text[-1] != ":" or bare in _COLON):
        return "word", {"no": "not"}.get(bare, bare)
    if _V4.match(text) and (address := four_octets(text)):
        return "address", address
    if _NUMBER.match(text):
        return "number", text
    if _DELAY.match(text):
        return "delay", text
    return ("name", text) if _NAME.match(text) else ("unknown", text)


def four_octets(text: str) -> str:
    """As inet_aton(3) reads it, for which a zero in front makes a number octal; empty for none."""
    try:
        parts = [int(part, 8 if part[0] == "0" else 10) for part in text.split(".")]
    except ValueError:
        return ""
    return ".".join(map(str, parts)) if max(parts) < 256 else ""


def _is_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
