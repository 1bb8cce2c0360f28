"""What a token holds beside what was meant: which tool took out or changed what. Pure; each tool is replayed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from enum import StrEnum

from mailproof.model.escape import printable
from mailproof.sasl.credentials import Credentials, octets
from mailproof.sasl.read import Flaw, Reading


class Spoiler(StrEnum):
    """Why a part is not what was meant. Closed; the first that gives just what the token holds is named."""

    PRINTF_PERCENT = "printf-percent"
    """`%` in the format of printf(1): a conversion without an argument prints nothing, or 0."""
    SHELL_DOLLAR = "shell-dollar"
    """`$name` inside double quotes."""
    SHELL_BANG = "shell-bang"
    """`!word` inside double quotes is an event of bash's history, and `\\!` keeps its backslash."""
    PERL_AT = "perl-at"
    """`@name` inside double quotes of perl is an array (Postfix SASL_README: "you must specify \\@")."""
    OCTAL = "octal"
    """Digits at the beginning became a part of the `\\0` before them."""
    BACKSLASH = "backslash"
    """Escapes were carried out: `\\t`, `\\n`, `\\\\`."""
    RECODED = "recoded"
    """Another character set, as `nkf` guesses it."""
    NORMALIZED = "normalized"
    """The same letters, composed in another way (Unicode NFC and NFD)."""
    BLANKS = "blanks"
    CASE = "case"
    CUT = "cut"
    """Only its beginning is there."""
    OTHER = "other"


class Part(StrEnum):
    USER = "user"
    AUTHZID = "authzid"
    SECRET = "secret"
    WHOLE = "whole"
    """The parts cannot be told from each other any more."""


def compare(meant: Credentials, reading: Reading) -> tuple[tuple[Part, Spoiler], ...]:
    """Which parts are not as meant, and why; a part that was not given, or is not in the token, is not compared.

    A digest cannot be compared with a password: the secret is, in PLAIN and LOGIN, and a token in the two of OAuth.
    """
    if reading.mechanism == "PLAIN" and reading.nuls != 2:
        return ((Part.WHOLE, Spoiler.OCTAL),) if _is_octal(meant, reading) else ()
    held = reading.secret if reading.mechanism in ("PLAIN", "LOGIN", "", "XOAUTH2", "OAUTHBEARER") else None
    # A tab is shown as a backslash and a t: where a control character is in the token, the two may be mistaken.
    controls = Flaw.OCTAL_ESCAPE in reading.flaws

    def differs(text: str, got: str) -> bool:
        return _as(text) != got or (controls and _unescaped(text) != text and _as(_unescaped(text)) == got)

    secret = meant.token if "OAUTH" in reading.mechanism else meant.password
    rows = (
        (Part.USER, meant.user, reading.user),
        (Part.AUTHZID, meant.authzid, reading.authzid),
        (Part.SECRET, secret, held),
    )
    given = ((part, text, got) for part, text, got in rows if text and got is not None)
    return tuple((part, _why(text, got)) for part, text, got in given if differs(text, got))


def _as(text: str) -> str:
    """As a Reading has it."""
    return printable(octets(text).decode("utf-8", "backslashreplace"))


def _why(text: str, got: str) -> Spoiler:
    return next((spoiler for spoiler, held in _spoiled(text, got) if held), Spoiler.OTHER)


def _spoiled(text: str, got: str) -> Iterator[tuple[Spoiler, bool]]:
    yield Spoiler.PRINTF_PERCENT, "%" in text and got in {_as(_printf(text)), _as(text.partition("%")[0])}
    # A shell is most often followed by printf.
    forms = (text, _printf(text))
    yield Spoiler.SHELL_DOLLAR, any(_expanded(_DOLLAR, form, got) for form in forms)
    yield (
        Spoiler.SHELL_BANG,
        ("!" in text and got == _as(text.replace("!", "\\!"))) or any(_expanded(_BANG, form, got) for form in forms),
    )
    yield Spoiler.PERL_AT, _expanded(_PERL, text, got)
    yield Spoiler.BACKSLASH, "\\" in text and got in {_as(_unescaped(text)), _as(text.replace("\\", ""))}
    yield Spoiler.RECODED, not text.isascii() and got in set(_recoded(text))
    yield (
        Spoiler.NORMALIZED,
        got in {_as(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")},
    )
    yield Spoiler.BLANKS, got.strip() == _as(text.strip())
    yield Spoiler.CASE, got.casefold() == _as(text).casefold()
    yield Spoiler.CUT, bool(got) and _as(text).startswith(got)


# A name in brackets is none that is longer than this.
_BRACED = r"\{[^}]{0,255}\}"
_DOLLAR = re.compile(rf"\$(?:[A-Za-z_]\w*|{_BRACED}|[0-9@*#?$!-])")
_BANG = re.compile(r"!(?:[^\s=(]\S*)")
_PERL = re.compile(rf"@(?:[A-Za-z_]\w*(?:::\w+)*|{_BRACED})")
_CONVERSION = re.compile(r"%(?:%|[-+ #0]*+\d*+(?:\.\d*+)?([a-zA-Z]))")
_BACKSLASHED = re.compile(r"\\(?:([abfnrtv\\\"'$`@!])|(0?[0-7]{1,3})|x([0-9A-Fa-f]{1,2}))")
_LETTERS = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
# What nkf may take the bytes for, and what it may write.
_TAKEN_FOR = ("euc_jp", "cp932", "latin-1", "iso2022_jp", "utf-8")
_WRITTEN = ("iso2022_jp", "euc_jp", "cp932", "utf-8")


def _printf(text: str) -> str:
    """As the format of printf(1) without arguments (POSIX: a missing one is an empty string or zero)."""
    return _CONVERSION.sub(lambda m: "%" if not m[1] else "0" if m[1] in "diouxX" else "", text)


def _expanded(pattern: re.Pattern[str], text: str, got: str) -> bool:
    """Whether `got` is `text` with something, most often nothing, in place of what the pattern finds."""
    kept = [_as(piece) for piece in pattern.split(text)]
    if len(kept) == 1:
        return False
    # In order and apart: in proportion to the length, which an expression with `.*` in it is not.
    at = len(kept[0])
    if not got.startswith(kept[0]) or not got.endswith(kept[-1]):
        return False
    for piece in kept[1:-1]:
        found = got.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    # A piece at both ends that is empty says nothing about what stood there.
    return at + len(kept[-1]) <= len(got) and any(kept)


def _unescaped(text: str) -> str:
    def meaning(match: re.Match[str]) -> str:
        if match[1]:
            return _LETTERS.get(match[1], match[1])
        return chr(int(match[2], 8) & 0xFF if match[2] else int(match[3], 16))

    return _BACKSLASHED.sub(meaning, text)


def _recoded(text: str) -> Iterator[str]:
    for source in _TAKEN_FOR:
        for target in _WRITTEN:
            try:
                data = octets(text).decode(source).encode(target)
            except UnicodeError:
                continue
            yield printable(data.decode("utf-8", "backslashreplace"))


def _is_octal(meant: Credentials, reading: Reading) -> bool:
    if not meant.user or not meant.password:
        return False
    held = [each for each in (reading.user, reading.secret) if each is not None]
    written = [(identity, meant.user, meant.password) for identity in ("", meant.user)]
    # printf and perl read three digits, the first zero among them; `echo -e` reads three after it.
    readers: tuple[Callable[[str], str], ...] = tuple(_octal(f"0[0-7]{{0,{digits}}}") for digits in (2, 3))
    made = [read("\\0".join(parts)) for read in readers for parts in written]
    return any([_as(piece) for piece in text.split("\0")] == held or [_as(text)] == held for text in made)


def _octal(digits: str) -> Callable[[str], str]:
    escape = re.compile(rf"\\({digits})")
    return lambda text: escape.sub(lambda match: chr(int(match[1], 8) & 0xFF), text)
