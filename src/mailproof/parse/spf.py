"""An SPF record taken apart (RFC 7208 sections 4.6, 5, 6 and 12); what it leads to is `emulate.sending.spf`."""

from __future__ import annotations

import ipaddress
import re

import msgspec

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_VERSION = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE)
_TERM = re.compile(r"(?P<qualifier>[-+?~]?)(?P<name>[A-Za-z][A-Za-z0-9_.-]*)(?P<sign>[:=/]?)(?P<rest>.*)", re.DOTALL)
_MASKS = re.compile(r"(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?\Z")
# RFC 7208 section 7.1; `%{p}` and the letters of explanations are syntax too.
_EXPAND = re.compile(r"%(?:\{([slodiphcrtv])(\d*)(r?)([-.+,/_=]*)\}|([%_-]))", re.IGNORECASE)
# These stand for something in the text of an explanation alone (section 7.2).
_OF_EXPLANATIONS = re.compile(r"%\{[crt]", re.IGNORECASE)
_LENGTH = re.compile(r"(?:/(?:0|[1-9]\d*))?\Z")
_DOMAIN_END = re.compile(r"(?:\.(?=[A-Za-z0-9-]*[A-Za-z-])[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?|%\{[^}]*\})\Z")
_WITH_DOMAIN = ("include", "exists")
_MAY_HAVE_DOMAIN = ("a", "mx", "ptr")
QUERYING = frozenset({"include", "a", "mx", "ptr", "exists"})
"""Mechanisms that ask DNS; ten of them and of `redirect` are allowed (section 4.6.4)."""


class SpfSyntaxError(ValueError):
    """The record does not parse; the text is the term."""


class Mechanism(msgspec.Struct, frozen=True):
    """A term that may match."""

    name: str
    qualifier: str
    """`+`, `-`, `~` or `?`."""
    text: str
    """As it stands in the record."""
    domain: str = ""
    """With its macros; empty for the domain that is being checked."""
    masks: tuple[int, int] = (32, 128)
    """Of `a` and `mx`, for IPv4 and IPv6."""
    network: Network | None = None
    """Of `ip4` and `ip6`."""


class SpfRecord(msgspec.Struct, frozen=True):
    mechanisms: tuple[Mechanism, ...]
    redirect: str = ""
    """With its macros; empty where there is none."""


def is_spf(text: str) -> bool:
    """Whether a TXT record is one (section 4.5)."""
    return _VERSION.match(text) is not None


def read_spf(text: str) -> SpfRecord:
    """Raises SpfSyntaxError."""
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, str] = {}
    for term in text[6:].split(" "):
        if not term:
            continue
        found = _TERM.fullmatch(term)
        if found is None:
            raise SpfSyntaxError(term)
        name = found["name"].lower()
        if found["sign"] == "=":
            if found["qualifier"] or (name in modifiers and name in ("redirect", "exp")):
                raise SpfSyntaxError(term)
            _macros(found["rest"], term, is_domain=name in ("redirect", "exp"))
            modifiers.setdefault(name, found["rest"])
        else:
            mechanisms.append(_mechanism(name, found["qualifier"] or "+", found["sign"] + found["rest"], term))
    return SpfRecord(tuple(mechanisms), modifiers.get("redirect", ""))


def _mechanism(name: str, qualifier: str, rest: str, term: str) -> Mechanism:
    if name == "all" and not rest:
        return Mechanism(name, qualifier, term)
    if name in ("ip4", "ip6") and rest.startswith(":"):
        return Mechanism(name, qualifier, term, network=_network(name, rest[1:], term))
    if name in _WITH_DOMAIN and rest.startswith(":"):
        return Mechanism(name, qualifier, term, _macros(rest[1:], term))
    if name in _MAY_HAVE_DOMAIN:
        slash = _masks_at(rest)
        domain = rest[:slash]
        masks = _MASKS.fullmatch(rest[slash:])
        if masks is None or (name == "ptr" and slash != len(rest)):
            raise SpfSyntaxError(term)
        four, six = (
            int(mask) if mask is not None else most for mask, most in zip(masks.groups(), (32, 128), strict=True)
        )
        if four > 32 or six > 128 or (domain and not domain.startswith(":")):
            raise SpfSyntaxError(term)
        return Mechanism(name, qualifier, term, _macros(domain[1:], term) if domain else "", (four, six))
    raise SpfSyntaxError(term)


def _masks_at(rest: str) -> int:
    """Where the lengths of a network begin: a slash can also stand within a macro."""
    found = re.search(r"(?:/\d+)?(?://\d+)?\Z", rest)
    return found.start() if found is not None else len(rest)


def _network(name: str, text: str, term: str) -> Network:
    _, slash, length = text.partition("/")
    if _LENGTH.fullmatch(slash + length) is None:
        raise SpfSyntaxError(term)
    try:
        four = name == "ip4"
        return ipaddress.IPv4Network(text, strict=False) if four else ipaddress.IPv6Network(text, strict=False)
    except ValueError:
        raise SpfSyntaxError(term) from None


def _macros(text: str, term: str, *, is_domain: bool = True) -> str:
    """The text itself, where it is well formed (section 7.1)."""
    if is_domain and (not text or _DOMAIN_END.search(text) is None):
        raise SpfSyntaxError(term)
    if is_domain and _OF_EXPLANATIONS.search(text):
        raise SpfSyntaxError(term)
    rest = _EXPAND.sub("", text)
    if "%" in rest or any(not "!" <= char <= "~" for char in rest):
        raise SpfSyntaxError(term)
    if any(found[2] and int(found[2]) == 0 for found in _EXPAND.finditer(text)):
        raise SpfSyntaxError(term)
    return text


def expanded(text: str, values: dict[str, str]) -> str:
    """A domain with its macros replaced (section 7.3); cut from the left to 253 characters.

    `values` by the letter of the macro, in lower case.
    """

    def value(found: re.Match[str]) -> str:
        if found[5]:
            return {"%": "%", "_": " ", "-": "%20"}[found[5]]
        letter, digits, reverse, delimiters = found[1], found[2], found[3], found[4] or "."
        parts = re.split(f"[{re.escape(delimiters)}]", values.get(letter.lower(), ""))
        if reverse:
            parts.reverse()
        if digits:
            parts = parts[-int(digits) :]
        text = ".".join(parts)
        return _escaped(text) if letter.isupper() else text

    whole = _EXPAND.sub(value, text)
    while len(whole) > 253 and "." in whole:
        whole = whole.partition(".")[2]
    return whole


def _escaped(text: str) -> str:
    """As in a URL (RFC 3986 section 2.3)."""
    plain = "-._~"
    return "".join(
        char
        if (char.isascii() and char.isalnum()) or char in plain
        else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in text
    )
