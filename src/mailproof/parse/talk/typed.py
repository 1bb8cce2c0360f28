"""A typed line: which part of it is a secret, and the slips that people make."""

from __future__ import annotations

import re
from difflib import get_close_matches

import msgspec

from mailproof.model.talk import TalkProtocol
from mailproof.parse.talk.verbs import VERBS

P = TalkProtocol


class Situation(msgspec.Struct, frozen=True):
    """What a line is said into."""

    hello: str = ""
    """`EHLO`, `HELO`, `LHLO` once it was said; empty before."""
    tls: bool = False
    mechanisms: tuple[str, ...] = ()
    """SASL mechanisms as offered."""
    mail: bool = False
    """A sender was accepted."""
    rcpt: bool = False
    """A recipient was accepted."""


class Slip(msgspec.Struct, frozen=True):
    """Something that is not as it should be; its words are `slips.NAME` of the catalogue."""

    name: str
    params: dict[str, str] = {}


_AUTH = re.compile(r"\s*AUTH\s+(\S+)[ \t]+(\S.*)\Z", re.IGNORECASE | re.DOTALL)
_SECRETS: dict[TalkProtocol, tuple[re.Pattern[str], ...]] = {
    P.SMTP: (_AUTH,),
    P.LMTP: (_AUTH,),
    P.POP3: (
        _AUTH,
        re.compile(r"\s*(PASS)[ \t]+(.+)\Z", re.IGNORECASE | re.DOTALL),
        re.compile(r"\s*APOP\s+(\S+)[ \t]+(\S.*)\Z", re.IGNORECASE | re.DOTALL),
    ),
    P.IMAP: (
        re.compile(r"\s*(?:\S+\s+)?LOGIN\s+(\"(?:[^\"\\]|\\.)*\"|\S+)[ \t]+(.+)\Z", re.IGNORECASE | re.DOTALL),
        re.compile(r"\s*(?:\S+\s+)?AUTHENTICATE\s+(\S+)[ \t]+(\S.*)\Z", re.IGNORECASE | re.DOTALL),
    ),
    P.SIEVE: (re.compile(r"\s*AUTHENTICATE\s+(\S+)[ \t]+(\S.*)\Z", re.IGNORECASE | re.DOTALL),),
    P.FTP: (re.compile(r"\s*(PASS)[ \t]+(.+)\Z", re.IGNORECASE | re.DOTALL),),
    P.NNTP: (re.compile(r"\s*AUTHINFO\s+(PASS|SASL\s+\S+)[ \t]+(\S.*)\Z", re.IGNORECASE | re.DOTALL),),
    P.IRC: (re.compile(r"\s*(PASS|AUTHENTICATE|OPER\s+\S+)[ \t]+(\S.*)\Z", re.IGNORECASE | re.DOTALL),),
    P.XMPP: (re.compile(r"\s*(<(?:auth|response)\b[^>]*>)([^<]+)", re.IGNORECASE | re.DOTALL),),
    P.HTTP: (re.compile(r"\s*((?:Proxy-)?Authorization:\s*\S+|Cookie:)\s+(\S.*)\Z", re.IGNORECASE | re.DOTALL),),
}
# Arguments of AUTH that are no secret: an empty response, a cancellation, a name for whom nothing is proved.
_HARMLESS = re.compile(r'[=*]|"="|\{\d+\+?\}|PLAIN|LOGIN', re.IGNORECASE)


def secret_in(protocol: TalkProtocol, line: str) -> slice | None:
    """Which characters of the line hold a password, a token or a proof of one; None if there are none.

    In IMAP also where the tag was forgotten; and a line that is nothing but base64 was meant for a challenge.
    """
    if protocol in _WITH_SASL and _is_token(line.strip()):
        return slice(0, len(line))
    for pattern in _SECRETS.get(protocol, ()):
        match = pattern.match(line)
        if match is not None and not _HARMLESS.fullmatch(match[2].strip()):
            return slice(match.start(2), match.end(2))
    return None


_WITH_SASL = (P.SMTP, P.LMTP, P.POP3, P.IMAP, P.SIEVE)
_HEADER = re.compile(r"(?:subject|from|to|cc|date|reply-to|message-id|mime-version|content-type)\s*:", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{12,}={0,2}\Z")
_PATH = re.compile(r"\s*(MAIL|RCPT)\s+(FROM|TO)\b(\s*)(:?)(\s*)(.*)\Z", re.IGNORECASE)


def _is_token(text: str) -> bool:
    """Base64 and no word: words are in small letters or in capitals."""
    word = text.isalpha() and (text.isupper() or text.islower())
    return not word and _BASE64.match(text) is not None


def slips_in(protocol: TalkProtocol, line: str, situation: Situation) -> tuple[Slip, ...]:
    """What of this command is not as it should be; it is sent all the same."""
    verb, _, argument = line.strip().partition(" ")
    if not verb:
        return ()
    if protocol is P.IMAP:
        tagless = verb.upper() in VERBS[P.IMAP]
        return (Slip("no-tag", {"verb": verb.upper()}),) if tagless else ()
    found = list(_unknown(protocol, verb, argument, situation))
    if protocol in (P.SMTP, P.LMTP) and not found:
        found += _smtp(verb.upper(), argument.strip(), line, situation)
    return tuple(found)


def _unknown(protocol: TalkProtocol, verb: str, argument: str, situation: Situation) -> tuple[Slip, ...]:
    verbs = VERBS.get(protocol, ())
    if not verbs or protocol is P.HTTP or verb.upper() in verbs:
        return ()
    if protocol in (P.SMTP, P.LMTP) and _HEADER.match(f"{verb} {argument}"):
        return (Slip("header-outside-message", {"header": verb.rstrip(":")}),)
    if not argument and _is_token(verb):
        return (Slip("base64-as-command"),)
    near = get_close_matches(verb.upper(), verbs, 1)
    return (Slip("verb-mistyped", {"near": near[0]}),) if near else ()


def _smtp(verb: str, argument: str, line: str, situation: Situation) -> list[Slip]:
    found: list[Slip] = []
    if verb in ("EHLO", "HELO", "LHLO") and not argument:
        found.append(Slip("hello-without-name", {"verb": verb}))
    if verb == "HELO":
        found.append(Slip("helo-not-ehlo"))
    if verb in ("MAIL", "AUTH", "RCPT", "DATA") and not situation.hello:
        found.append(Slip("no-hello-yet", {"verb": verb}))
    if verb == "AUTH":
        found += _auth(argument, situation)
    if verb in ("MAIL", "RCPT"):
        found += _path(verb, line)
    if verb == "RCPT" and not situation.mail:
        found.append(Slip("rcpt-before-mail"))
    if verb == "DATA" and not situation.rcpt:
        found.append(Slip("data-before-rcpt"))
    return found


def _auth(argument: str, situation: Situation) -> list[Slip]:
    name = argument.split()[0].upper() if argument else ""
    offered = situation.mechanisms
    if not name or name in offered or not offered:
        return []
    near = get_close_matches(name, offered, 1)
    if near:
        return [Slip("mechanism-mistyped", {"name": name, "near": near[0]})]
    return [Slip("mechanism-not-offered", {"name": name, "offered": ", ".join(offered)})]


def _path(verb: str, line: str) -> list[Slip]:
    match = _PATH.match(line)
    wanted = "FROM" if verb == "MAIL" else "TO"
    if match is None or match[2].upper() != wanted:
        return [Slip("path-form", {"verb": verb, "word": wanted})]
    if not match[4]:
        return [Slip("path-without-colon", {"verb": verb, "word": wanted})]
    if match[6] and not match[6].startswith("<"):
        return [Slip("path-without-brackets", {"address": match[6].split()[0]})]
    return [Slip("space-after-colon")] if match[5] or match[3] else []
