"""What a server offers, out of its answer to EHLO, CAPA, CAPABILITY or ManageSieve's greeting."""

from __future__ import annotations

import re

from mailproof.model.talk import TalkProtocol

P = TalkProtocol
_HELLO = {
    P.SMTP: re.compile(r"EHLO\b", re.IGNORECASE),
    P.LMTP: re.compile(r"LHLO\b", re.IGNORECASE),
    P.POP3: re.compile(r"CAPA\b", re.IGNORECASE),
    P.IMAP: re.compile(r"\S+ CAPABILITY\b", re.IGNORECASE),
    P.NNTP: re.compile(r"CAPABILITIES\b", re.IGNORECASE),
    P.SIEVE: re.compile(r"CAPABILITY\b", re.IGNORECASE),
}
_IMAP = re.compile(r"(?:^\* |\[)CAPABILITY ([^\]\n]*)", re.MULTILINE | re.IGNORECASE)


def asks_for_offers(protocol: TalkProtocol, line: str) -> bool:
    """Whether this line asks what the server can."""
    pattern = _HELLO.get(protocol)
    return pattern is not None and pattern.match(line) is not None


def offers_in(protocol: TalkProtocol, text: str) -> tuple[str, ...]:
    """One line for each thing offered, `AUTH PLAIN LOGIN`; for IMAP the words, `AUTH=PLAIN`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if protocol in (P.SMTP, P.LMTP):
        return tuple(line[4:].strip() for line in lines[1:] if line.startswith("250"))
    if protocol is P.IMAP:
        found = _IMAP.findall(text)
        return tuple(found[-1].split()) if found else ()
    if protocol is P.SIEVE:
        return tuple(line.replace('"', "") for line in lines if line.startswith('"'))
    return tuple(line for line in lines[1:] if line != "." and not line.startswith(("+OK", "-ERR")))


def lists_unasked(protocol: TalkProtocol, answer: str) -> bool:
    """ManageSieve and IMAP list what they can without being asked, too."""
    return (protocol is P.SIEVE and '"SASL"' in answer.upper()) or (
        protocol is P.IMAP and "CAPABILITY" in answer.upper()
    )


def mechanisms_in(offered: tuple[str, ...]) -> tuple[str, ...]:
    """SASL mechanisms among what is offered, in upper case, each once, in the server's order."""
    names: list[str] = []
    for line in offered:
        words = line.upper().replace("AUTH=", "AUTH ").split()
        if len(words) > 1 and words[0] in ("AUTH", "SASL"):
            names += words[1:]
    return tuple(dict.fromkeys(names))


def offers(offered: tuple[str, ...], name: str) -> bool:
    """Whether this keyword is among what is offered."""
    return any(line.upper().split()[:1] == [name] for line in offered)


def xclient_lacks(offered: tuple[str, ...], attributes: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the attributes `NAME=value` that XCLIENT does not offer; all of them where it is not offered itself.

    A server that lists no names takes what it takes (Postfix XCLIENT_README lists them).
    """
    names = tuple(attribute.partition("=")[0] for attribute in attributes)
    listed = next((line.upper().split()[1:] for line in offered if line.upper().split()[:1] == ["XCLIENT"]), None)
    if listed is None:
        return names
    return tuple(name for name in names if listed and name not in listed)
