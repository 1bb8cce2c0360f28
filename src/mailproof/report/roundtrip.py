"""What `mailproof roundtrip` says: did it arrive, how long each leg took, and what became of it on the way."""

from __future__ import annotations

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.roundtrip import Leg, RoundtripReport
from mailproof.report.frame import answered, hint_of, proof_of, sessions, why_not
from mailproof.report.layout import table, wrap


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
            url, _, folder = place.partition(" ")
            shown = f"{url} {say('roundtrip.other-folders') if folder == '*' else folder}"
            lines += wrap(printable(shown), width, f"  {say('roundtrip.looked')}: ", "      ")
        if told.queue_ids:
            # A command is as long as it is: it is to be pasted.
            lines += ["", f"  {say('roundtrip.trace')}:", f"    mailproof log trace --queue-id {told.queue_ids[0]}"]
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
