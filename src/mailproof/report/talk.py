"""What `talk` shows: a certificate chain as a person wants it, and what became of a script."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailproof.catalog.words import Words, words
from mailproof.model.talk import Played
from mailproof.model.tls import Certificate, TlsHandshake
from mailproof.model.transcript import Transcript, TurnKind
from mailproof.report.json import text_of
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = 8  # as many as are still read


def played_as_json(told: Played) -> str:
    """`ok`, `exit_code`, the line of the script, what was wanted and said, and the transcript; in English."""
    data = {
        "ok": told.stage == 0,
        "exit_code": told.stage,
        "reason": told.reason,
        "line": told.number,
        "wanted": told.wanted,
        "said": told.said,
        "message": _sentence(told, words("en")),
        "transcript": told.transcript,
    }
    return text_of(data, 1)


def render_played(told: Played, lang: str, color: bool, width: int, *, verbose: bool) -> str:
    """One sentence; with `verbose` the session after it."""
    say = words(lang)
    style = Style.PASS if told.stage == 0 else Style.FAIL
    lines = [paint(line, style, color) for line in wrap(_sentence(told, say), width)]
    if told.reason == "mismatch":
        lines += [f"  {say('talk.script-wanted')}: {told.wanted}", f"  {say('talk.script-said')}: {told.said}"]
    if verbose and told.transcript is not None:
        lines += ["", *_session(told.transcript)]
    return "\n".join(lines) + "\n"


def _sentence(told: Played, say: Words) -> str:
    if told.stage == 0:
        return say("talk.script-ok")
    where = say("talk.script-line", n=told.number) if told.number else say("talk.script-opening")
    return say("talk.script-failed", where=where, why=say(f"talk.script-{told.reason}", said=told.said))


def _session(transcript: Transcript) -> Iterator[str]:
    marks = {TurnKind.SENT: "C: ", TurnKind.RECEIVED: "S: ", TurnKind.EVENT: "* "}
    for turn in transcript.turns:
        for line in turn.text.removesuffix("\\r\\n").split("\\r\\n"):
            yield marks[turn.kind] + line


def render_chain(
    handshake: TlsHandshake, verified: bool, now: datetime, lang: str, color: bool, width: int
) -> list[str]:
    """The verdict in the first line, then each certificate: whose, by whom, until when, for which names."""
    say = words(lang)
    verdict = say("talk.verified", name=handshake.name) if verified else _objection(handshake, say)
    style = Style.PASS if verified else Style.FAIL
    first = say("talk.tls", version=handshake.version, cipher=handshake.cipher, verdict=verdict)
    lines = [paint(line, style, color) for line in wrap(first, width, "* ", "  ")]
    for number, certificate in enumerate(handshake.chain):
        lines += _certificate(number, certificate, handshake, now, say, width)
    if handshake.unreadable:
        lines.append(f"  {say.counted('talk.unreadable', handshake.unreadable)}")
    return lines


def _objection(handshake: TlsHandshake, say: Words) -> str:
    told = [error.text for error in handshake.errors]
    if handshake.chain and not told:
        names = (*handshake.chain[0].dns_names, *handshake.chain[0].ip_addresses)
        return say("talk.misnamed", name=handshake.name, names=names[:_NAMES] or (say("talk.no-names"),))
    return say("talk.unverified", why=tuple(dict.fromkeys(told)) or (say("talk.no-certificate"),))


def _certificate(
    number: int, shown: Certificate, handshake: TlsHandshake, now: datetime, say: Words, width: int
) -> list[str]:
    days = (shown.not_after - now.astimezone(UTC)).days
    left = say.counted("talk.days-left", days) if days >= 0 else say.counted("talk.expired", -days)
    dates = f"{shown.not_before:%Y-%m-%d} … {shown.not_after:%Y-%m-%d} ({left})"
    rows = [
        (say("talk.subject"), shown.subject or "-"),
        (say("talk.issuer"), say("talk.itself") if shown.self_signed else shown.issuer or "-"),
        (say("talk.dates"), dates),
    ]
    names = (*shown.dns_names, *shown.ip_addresses)
    if number == 0:
        more = say("talk.more-names", n=len(names) - _NAMES) if len(names) > _NAMES else ""
        rows.append((say("talk.names"), (", ".join(names[:_NAMES]) or say("talk.no-names")) + more))
        strength = f"{shown.key_type} {shown.key_bits}, {shown.signature_hash or '-'}"
        rows.append((say("talk.key"), strength))
    title = say("talk.certificate-own") if number == 0 else say("talk.certificate", n=number)
    errors = tuple(error.text for error in handshake.errors if error.depth == number)
    lines = [f"  {title}" + (f": {', '.join(errors)}" if errors else "")]
    for label, text in rows:
        lines += wrap(text, width, f"    {label}: ")
    return lines
