"""What `mailproof roundtrip` says: did it arrive, how long each leg took, and what became of it on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from mailproof.catalog.words import Words, words
from mailproof.message.compare import compare
from mailproof.message.read import read_headers
from mailproof.model.escape import printable
from mailproof.model.report import Report
from mailproof.model.roundtrip import Change, Leg, RoundtripReport
from mailproof.report.frame import Result, answered, ending, hint_of, proof_of, sessions, why_not
from mailproof.report.json import text_of
from mailproof.report.layout import table, wrap
from mailproof.report.mailbox import hops_of

_DKIM_DOMAIN = re.compile(r"(?:^|;)\s*d=\s*([A-Za-z0-9.-]+)")
_RESULTS = ("authentication-results", "received-spf")


class RoundtripResult(Result, Protocol):
    @property
    def submitted(self) -> str: ...
    @property
    def found(self) -> str: ...
    @property
    def reply(self) -> str: ...
    @property
    def queue_id(self) -> str: ...


class Arrival(Protocol):
    @property
    def data(self) -> bytes: ...
    @property
    def folder(self) -> str: ...
    @property
    def found_at(self) -> float | None: ...
    @property
    def retrieved(self) -> float: ...
    @property
    def removed(self) -> bool: ...
    @property
    def looked(self) -> Sequence[str]: ...


def build_roundtrip(
    result: RoundtripResult,
    arrived: Arrival,
    report: Report,
    *,
    began: float,
    accepted: float,
    sender: str,
    recipient: str,
    sent: bytes,
) -> RoundtripReport:
    """The result with its English sentences, and what a comparison of both messages tells."""
    legs = [Leg("submission", round(accepted - began, 3))]
    if arrived.found_at is not None:
        legs.append(Leg("delivery", round(arrived.found_at - accepted, 3)))
        legs.append(Leg("retrieval", round(arrived.retrieved, 3)))
    headers = read_headers(arrived.data)
    compared = compare(sent, arrived.data)
    hops = hops_of(headers)
    ids = [result.queue_id, *(hop.queue_id for hop in hops)]
    fields = [(name.lower(), value) for name, value in headers]
    return RoundtripReport(
        submitted=result.submitted,
        found=result.found,
        folder=arrived.folder,
        legs=tuple(legs),
        seconds=round(sum(leg.seconds for leg in legs), 3),
        queue_ids=tuple(dict.fromkeys(filter(None, ids))),
        hops=hops,
        changes=(
            *_envelope(fields, sender, recipient),
            *(Change(c.name, c.sent, c.arrived) for c in (compared.fields if arrived.data else ())),
        ),
        body=compared.body if arrived.data else "",
        first_difference=compared.first_difference if arrived.data else "",
        added=compared.added if arrived.data else (),
        results=tuple(value for name, value in fields if name in _RESULTS),
        signed=tuple(
            match[1] for name, value in fields if name == "dkim-signature" and (match := _DKIM_DOMAIN.search(value))
        ),
        removed=arrived.removed,
        reply=result.reply,
        looked=tuple(arrived.looked),
        report=report,
        **ending(result),
    )


def _envelope(fields: Sequence[tuple[str, str]], sender: str, recipient: str) -> list[Change]:
    """What Return-Path and Delivered-To say of the envelope; nothing where they are not there."""
    changes = []
    for name, field, sent in (("envelope-from", "return-path", sender), ("envelope-to", "delivered-to", recipient)):
        seen = next((value.strip().strip("<>") for key, value in fields if key == field), None)
        if seen is not None and seen.lower() != sent.lower():
            changes.append(Change(name, sent, seen))
    return changes


def encode_roundtrip(told: RoundtripReport) -> str:
    """As indented JSON with a final newline."""
    return text_of(told)


def render_roundtrip(told: RoundtripReport, lang: str, color: bool, width: int, verbose: bool = False) -> str:
    """For people, in lines of at most `width` cells, with a final newline."""
    say = words(lang)
    lines = [
        *answered(told, _answer(told, say), say, color, width),
        *proof_of(told, say, width, verbose),
    ]
    lines += ["", *(f"  {line}" for line in table(_leg(leg, told, say) for leg in told.legs))]
    for key, values in _facts(told, say):
        lines += wrap(values, width, f"  {say(f'roundtrip.{key}')}: ", "      ")
    if not told.found:
        for place in told.looked:
            lines += wrap(printable(place), width, f"  {say('roundtrip.looked')}: ", "      ")
    lines += hint_of(told, say, color, width)
    if verbose:
        lines += sessions(told.report, say, color, width)
    return "\n".join(lines) + "\n"


def _leg(leg: Leg, told: RoundtripReport, say: Words) -> tuple[str, str, str]:
    """Its name, its time, and where it ended."""
    place = {"submission": told.submitted, "delivery": f"{told.found} {told.folder}", "retrieval": ""}[leg.name]
    seconds = say("report.seconds", seconds=f"{leg.seconds:.2f}")
    return say(f"roundtrip.leg-{leg.name}"), seconds, printable(place)


def _answer(told: RoundtripReport, say: Words) -> str:
    if told.ok:
        return say("roundtrip.arrived", folder=told.folder, seconds=f"{told.seconds:.2f}")
    return why_not(told, say, say("roundtrip.lost", reply=told.reply) if told.reply else say("login.failed"))


def _facts(told: RoundtripReport, say: Words) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    if told.queue_ids:
        facts.append(("queue-ids", printable(", ".join(told.queue_ids))))
    if not told.found:
        return facts
    body = say(f"roundtrip.body-{told.body or 'changed'}")
    if told.first_difference:
        body += f": {printable(told.first_difference)}"
    facts.append(("body", body))
    for change in told.changes:
        facts.append(("changed", printable(f"{change.name}: {change.sent} → {change.arrived or '-'}")))
    if not told.changes:
        facts.append(("changed", say("roundtrip.nothing")))
    if told.added:
        facts.append(("added", printable(", ".join(told.added))))
    facts += [("results", printable(result)) for result in told.results]
    if told.signed:
        facts.append(("signed", printable(", ".join(told.signed))))
    facts.append(("removed", say("roundtrip.yes" if told.removed else "roundtrip.no")))
    return facts
