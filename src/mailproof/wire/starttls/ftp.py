"""FTP (RFC 4217): AUTH TLS, 234. FEAT is only looked at: many servers that know AUTH TLS do not list it."""

from __future__ import annotations

from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, Upgrade, Verdict, one_request

_END = rb"(?m)^\d{3}(?: [^\n]*)?\r?\n"


def _opening(names: Names) -> Course:
    heard = Heard()
    greeting = yield from heard.ask(b"", _END)
    if not greeting.startswith(b"220"):
        return Outcome(Verdict.REFUSED, greeting)
    offered = yield from heard.ask(b"FEAT\r\n", _END)
    said = yield from heard.ask(b"AUTH TLS\r\n", _END)
    if said.startswith((b"500", b"502", b"504")):
        return Outcome(Verdict.NOT_OFFERED, said, offered=offered)
    if not said.startswith(b"234"):
        return Outcome(Verdict.REFUSED, said, offered=offered)
    return heard.ready(said, offered)


FTP = Upgrade(
    _opening,
    lambda names: one_request(b"AUTH TLS\r\n", _END, rb"\A234"),
    r"AUTH +(?:TLS|SSL)(?:-[CP])?\s*",
    r"234",
    _END,
)
