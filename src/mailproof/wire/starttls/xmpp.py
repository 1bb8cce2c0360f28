"""XMPP, for clients and between servers (RFC 6120 sections 4, 5): a stream, its features, <starttls/>, <proceed/>."""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, Upgrade, Verdict, one_request

_FEATURES = rb"</(?:\w+:)?features\s*>|<(?:\w+:)?features\s*/>|</(?:\w+:)?stream\s*>"
_ANSWER = rb"<(?:\w+:)?(?:proceed|failure)\b[^>]*>"
_ASK = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


def _upgrade(namespace: str) -> Upgrade:
    def header(names: Names) -> bytes:
        whose = f"to={quoteattr(names.host)}"
        if namespace == "jabber:server":
            whose = f"from={quoteattr(names.hello)} {whose}"
        return (
            f"<?xml version='1.0'?><stream:stream {whose} version='1.0' xmlns='{namespace}' "
            "xmlns:stream='http://etherx.jabber.org/streams'>"
        ).encode()

    def opening(names: Names) -> Course:
        heard = Heard()
        offered = yield from heard.ask(header(names), _FEATURES)
        if re.search(rb"</(?:\w+:)?stream\s*>", offered):
            return Outcome(Verdict.REFUSED, offered, offered=offered)
        if not re.search(rb"<(?:\w+:)?starttls\b", offered):
            return Outcome(Verdict.NOT_OFFERED, offered, offered=offered)
        said = yield from heard.ask(_ASK, _ANSWER)
        if not re.search(rb"<(?:\w+:)?proceed\b", said):
            return Outcome(Verdict.REFUSED, said, offered=offered)
        return heard.ready(said, offered)

    return Upgrade(
        opening,
        lambda names: one_request(_ASK, _ANSWER, rb"<(?:\w+:)?proceed\b"),
        r"<starttls\b.*",
        r"<proceed\b",
        b"",
        header,
        lines=False,
    )


XMPP = _upgrade("jabber:client")
XMPP_SERVER = _upgrade("jabber:server")
