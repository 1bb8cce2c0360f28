"""Does the server keep to the form of its protocol? What the tolerant parsers noticed, called by its name."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mailproof.checks.survey import place, url
from mailproof.model.attempt import INTRUSIVE, Trouble
from mailproof.model.connection import Greeting, Interrupted
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed
from mailproof.model.observed import Observation
from mailproof.model.policy import Policy
from mailproof.model.record import Attempt, Record, Sighting
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.transcript import DeviationKind, Transcript, TurnKind

NAME = "protocol-kept"
NEEDS = (Greeting,)
KINDS = (
    FindingKind(
        "clear-text-after-starttls",
        Layer.TLS,
        references=("RFC 3207 section 4.2", "RFC 9051 section 6.2.1", "CVE-2011-0411", "CVE-2021-38371"),
    ),
    FindingKind(
        "reply-cut-off",
        Layer.REACH,
        # Half a list of what the server can says nothing of the other half.
        explains=(
            Explains("closed-unexpectedly"),
            Explains("starttls-not-offered"),
            Explains("auth-not-offered"),
            Explains("auth-mechanism-missing"),
        ),
        references=("RFC 5321 section 4.2.1", "RFC 1939 section 3", "RFC 9051 section 2.2"),
    ),
    FindingKind(
        "reply-malformed",
        Layer.REACH,
        references=("RFC 5321 section 4.2", "RFC 1939 section 3", "RFC 9051 section 2.2.2", "RFC 5804 section 1.2"),
    ),
    FindingKind(
        "multiline-reply-malformed", Layer.REACH, references=("RFC 5321 section 4.2.1", "RFC 1939 section 3")
    ),
    FindingKind(
        "unexpected-reply",
        Layer.REACH,
        references=("RFC 5321 section 4.1.1", "RFC 2920 section 3.2", "RFC 9051 section 2.2.1"),
    ),
    FindingKind("wrong-literal", Layer.REACH, references=("RFC 9051 section 4.3", "RFC 5804 section 4")),
    FindingKind(
        "challenge-malformed",
        Layer.LOGIN,
        explains=(Explains("auth-rejected"), Explains("auth-mechanism-broken")),  # we cancel, and that is refused
        references=("RFC 4954 section 4", "RFC 5034 section 4", "RFC 4648 section 4"),
    ),
    FindingKind(
        "reply-too-long",
        Layer.REACH,
        references=("RFC 5321 section 4.5.3.1.5", "RFC 2449 section 4", "RFC 9051 section 4.3"),
    ),
    FindingKind(
        "bare-lf", Layer.REACH, references=("RFC 5321 section 2.3.8", "RFC 1939 section 3", "RFC 9051 section 2.2")
    ),
    FindingKind(
        "control-bytes-in-reply",
        Layer.REACH,
        references=("RFC 5321 section 4.2", "RFC 9051 section 9", "RFC 5198 section 2"),
    ),
    FindingKind("reply-not-utf8", Layer.REACH, references=("RFC 5321 section 4.2", "RFC 6531 section 3.7.4.1")),
)
_K = DeviationKind
_NAMES = {
    _K.TRAILING_DATA: "clear-text-after-starttls",
    _K.MISSING_LAST_LINE: "reply-cut-off",
    _K.NOT_A_REPLY: "reply-malformed",
    _K.CODE_CHANGED: "multiline-reply-malformed",
    _K.BAD_UNSTUFFING: "multiline-reply-malformed",
    _K.UNEXPECTED_REPLY: "unexpected-reply",
    _K.WRONG_LITERAL: "wrong-literal",
    _K.BAD_CONTINUATION: "challenge-malformed",
    _K.LINE_TOO_LONG: "reply-too-long",
    _K.REPLY_TOO_LONG: "reply-too-long",
    _K.BARE_LF: "bare-lf",
    _K.BARE_CR: "control-bytes-in-reply",
    _K.CONTROL_BYTE: "control-bytes-in-reply",
    _K.EIGHT_BIT: "reply-not-utf8",
}
"""All but LEGACY_AUTH, of which `auth-syntax-standard` speaks."""

# What is no reply of the protocol at all has checks of its own (`greeting-in-order`, `session-complete`).
_NO_PROTOCOL = frozenset({Trouble.NOT_THE_PROTOCOL, Trouble.TOO_MUCH})
# A few examples are proof; the transcript holds the rest.
_EXAMPLES = 3
# Characters of a turn that are shown: twice the line that a parser takes.
_SHOWN = 4096


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    sightings: dict[int, Sighting[Observation]] = {}
    for sighting in record.seen(Observation):
        sightings.setdefault(id(sighting.attempt), sighting)
    found: dict[tuple[str, str | None, str], list[tuple[Sighting[Observation], Evidence]]] = {}
    for sighting in sightings.values():
        for name, piece in _named(sighting):
            pieces = found.setdefault((name, url(sighting), place(sighting)["address"]), [])
            if len(pieces) < _EXAMPLES and piece not in (known for _, known in pieces):
                pieces.append((sighting, piece))
    for (name, _, _), pieces in found.items():
        yield Finding(name, tuple(piece for _, piece in pieces), **place(pieces[0][0]))
    strange = {(where, address) for _, where, address in found}
    for greeting in record.seen(Greeting):
        reply, where = greeting.fact.reply, (url(greeting), place(greeting)["address"])
        if reply is not None and greeting.fact.trouble is None and where not in strange:
            strange.add(where)
            if evidence := greeting.evidence(reply.turn):
                yield Passed(NAME, evidence, url(greeting))


def _named(sighting: Sighting[Observation]) -> Iterable[tuple[str, Evidence]]:
    attempt = sighting.attempt
    if attempt.transcript is None or attempt.job in INTRUSIVE or _we_spoke_first(attempt.transcript):
        return
    lost = _not_understood_from(attempt)
    for deviation in attempt.transcript.deviations:
        name = _NAMES.get(deviation.kind)
        if name is None or deviation.turn is None or (lost is not None and deviation.turn >= lost):
            continue
        for piece in sighting.evidence(deviation.turn):
            yield name, msgspec.structs.replace(piece, text=piece.text[:_SHOWN])


def _we_spoke_first(transcript: Transcript) -> bool:
    """A PROXY header before the greeting: a server that wants none may answer to it as to a wrong command."""
    said = (turn.kind for turn in transcript.turns if turn.kind is not TurnKind.EVENT)
    return next(said, None) is TurnKind.SENT


def _not_understood_from(attempt: Attempt) -> int | None:
    """The turn from which the conversation is none of this protocol; None if it was understood to its end."""
    turns = [turn for fact in attempt.observations for turn in _strange_turns(fact)]
    return min(turns, default=None)


def _strange_turns(fact: Observation) -> Iterable[int]:
    if isinstance(fact, Greeting | Interrupted) and fact.trouble in _NO_PROTOCOL:
        # What could not be followed came in the turn before the note about it.
        yield from (max(0, turn - isinstance(fact, Interrupted)) for turn in fact.turns[:1])
    reply = getattr(fact, "reply", None)
    if isinstance(reply, Reply) and reply.kind is ReplyClass.INVALID:
        yield reply.turn
