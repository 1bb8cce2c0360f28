"""What `mailproof postfix rewrite` says: the addresses first, then every step with its file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.postfix import (
    Client,
    Context,
    Handed,
    HeaderChange,
    Kind,
    MessageRewriting,
    Obstacle,
    Place,
    Rewriting,
    Rewritten,
    Step,
    WhyNot,
)
from mailproof.report.json import text_of
from mailproof.report.layout import records, wrap
from mailproof.report.postfix import all_sayable, configuration_lines, sayable, step_data, step_lines
from mailproof.report.style import Style, paint

_ROLES = {
    "sender": (Place.ENVELOPE_SENDER, Place.HEADER_SENDER),
    "recipient": (Place.ENVELOPE_RECIPIENT, Place.HEADER_RECIPIENT),
}
_MARKS, _GATE_MARKS = "rewrite-mark", "gate-mark"


def render_rewritings(rewritings: Sequence[Rewriting], lang: str, color: bool, width: int) -> str:
    """One after the other; whether headers are touched is the same for all, and is said once."""
    say = words(lang)
    lines: list[str] = []
    for each in rewritings:
        lines += _results(each, say, color, width)
        if not each.told:
            lines += [*wrap(say("postfix.rewrite-not-told"), width), ""]
    first = next(iter(rewritings))
    lines += configuration_lines(first.configuration, say, color, width)
    in_headers = any(place.place.in_header for handed in first.handed for place in handed.places)
    for handed in first.handed if in_headers else ():
        lines += [*_gate(handed, say, color, width), ""]
    for each in rewritings:
        for place, steps in _decisions(each):
            heading = say(f"postfix.rewrite-{place}", address=sayable(each.address))
            lines += [*step_lines(steps, heading, say, color, width, _MARKS), ""]
        outgoing = [step for done in each.outgoing for step in done.steps]
        if outgoing:
            heading = say("postfix.rewrite-outgoing")
            lines += [*step_lines(_once(outgoing), heading, say, color, width, _MARKS), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _once(steps: Sequence[Step]) -> list[Step]:
    """Each once: what becomes of an address as it goes out is the same in every place."""
    seen: list[Step] = []
    for step in steps:
        if step not in seen:
            seen.append(step)
    return seen


def _results(rewriting: Rewriting, say: Words, color: bool, width: int) -> list[str]:
    lines = [paint(_shown(rewriting.address), Style.HEADING, color)]
    for role, places in _ROLES.items():
        shown = [place for place in places if any(done.place is place for done in rewriting.handed[0].places)]
        if not shown:
            continue
        rows = [(say(f"postfix.rewrite-as-{role}"), *(say(f"postfix.rewrite-column-{place}") for place in shown))]
        for handed in rewriting.handed:
            done = {each.place: each for each in handed.places}
            rows.append((client_words(handed.client, say), *(_result(done[place], handed, say) for place in shown)))
        lines += [""] * (len(lines) > 1)
        lines += [f"  {line}" for line in records(rows, width - 2)]
    leaving = {each.address: each.results for each in rewriting.outgoing if each.results != (each.address,)}
    for address, results in leaving.items():
        lines.append(f"  {say('postfix.rewrite-leaves', address=sayable(address), results=_joined(results))}")
    return [*lines, ""]


def _result(done: Rewritten, handed: Handed, say: Words) -> str:
    if done.place.in_header and handed.context is Context.LEFT_ALONE:
        return say("postfix.rewrite-left")
    return _joined(done.results) or "<>"


def _joined(addresses: Sequence[str]) -> str:
    return ", ".join(map(_shown, addresses))


def _shown(text: str) -> str:
    """Of files and messages, for what is printed as it stands and not as part of a sentence."""
    return printable(sayable(text.replace("\t", "    ")))


def client_words(client: Client, say: Words) -> str:
    """Who hands the mail in."""
    if client.kind is Kind.ADDRESS:
        name = "postfix.client-address-user" if client.user else "postfix.client-address"
        return say(name, address=client.address, user=sayable(client.user))
    return say(f"postfix.client-{client.kind}")


def _gate(handed: Handed, say: Words, color: bool, width: int) -> list[str]:
    who = client_words(handed.client, say)
    if not handed.service:
        heading = say("postfix.rewrite-gate", client=who)
    else:
        service = f"{sayable(handed.service)}, master.cf:{handed.service_line}"
        heading = say("postfix.rewrite-gate-of", client=who, service=service)
    return step_lines(handed.gate, heading, say, color, width, _GATE_MARKS)


def _decisions(rewriting: Rewriting) -> list[tuple[Place, Sequence[Step]]]:
    """Of each place, once for clients that meet the same; a header left alone is told by its gate."""
    found: list[tuple[Place, Sequence[Step]]] = []
    for place in Place:
        for handed in rewriting.handed:
            for done in handed.places:
                left = place.in_header and handed.context is Context.LEFT_ALONE
                if done.place is place and done.steps and not left and (place, done.steps) not in found:
                    found.append((place, done.steps))
    return found


def render_why_not(why: WhyNot, lang: str, color: bool, width: int) -> str:
    """One sentence, the line to add, and then how one comes to it."""
    say = words(lang)
    lines: list[str] = []
    who = client_words(why.handed.client, say)
    if not why.told:
        lines += [*wrap(say("postfix.rewrite-not-told"), width), ""]
    if not why.obstacles:
        same = why.result.lower() == why.address.lower()
        name = "why-not-wanted" if same else "why-rewritten"
        text = say(f"postfix.{name}", address=sayable(why.address), result=sayable(why.result), client=who)
        lines += [paint(line, Style.HEADING, color) for line in wrap(text, width)]
    for obstacle in why.obstacles:
        lines += [paint(line, Style.HEADING, color) for line in wrap(_why(why, obstacle, say), width)]
        where = "postfix.why-where-service" if obstacle.service else "postfix.why-where"
        text = f"-o {{ {obstacle.setting} }}" if obstacle.service else obstacle.setting
        named = {"where": sayable(obstacle.where), "service": sayable(obstacle.service)}
        lines += ["", f"  {say(where, **named)}", f"    {_shown(text)}", ""]
        for warning in obstacle.warnings:
            lines += wrap(say(f"postfix.warn-{warning}"), width, "  ")
    lines += ["", *configuration_lines(why.configuration, say, color, width)]
    lines += [*_gate(why.handed, say, color, width), ""]
    for done in why.handed.places:
        if done.steps:
            heading = say(f"postfix.rewrite-{done.place}", address=sayable(why.address))
            lines += [*step_lines(done.steps, heading, say, color, width, _MARKS), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _why(why: WhyNot, obstacle: Obstacle, say: Words) -> str:
    params = {name: sayable(value) for name, value in obstacle.params.items()}
    params |= {"address": sayable(why.address), "wished": sayable(why.wished)}
    params["client"] = client_words(why.handed.client, say)
    params["place"] = f"{obstacle.file}:{obstacle.line}" if obstacle.line else say("postfix.default")
    return say(f"postfix.why-{obstacle.name}", **params)


def render_message(done: MessageRewriting, lang: str, color: bool, width: int) -> str:
    """Each header that changes, before and after; then why, and what Postfix adds."""
    say = words(lang)
    changes = [*done.queued.changes, *done.left.changes]
    lines = [] if changes else wrap(say("postfix.message-same"), width)
    for change in changes:
        lines += [f"- {_shown(line)}" for line in change.before.split("\n")]
        lines += [paint(f"+ {_shown(line)}", Style.PASS, color) for line in change.after.split("\n")]
    for name in done.queued.missing:
        lines += wrap(say("postfix.message-missing", name=name.title()), width)
    if not done.told:
        lines += ["", *wrap(say("postfix.rewrite-not-told"), width)]
    lines += ["", *configuration_lines((*done.configuration, *_untold(done)), say, color, width)]
    lines += [*step_lines(done.gate, say("postfix.message-gate"), say, color, width, _GATE_MARKS), ""]
    for change in changes:
        heading = say("postfix.message-header", name=change.name.title())
        lines += [*step_lines(change.steps, heading, say, color, width, _MARKS), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def rewritings_as_json(rewritings: Sequence[Rewriting]) -> str:
    """The same in every language: messages are English."""
    say = words("en")
    told = all(each.told for each in rewritings)
    untold = [step_data(step, say) for step in next(iter(rewritings)).configuration]
    addresses = [_rewriting_data(each, say) for each in rewritings]
    return text_of(all_sayable({"told": told, "untold": untold, "addresses": addresses}))


def _rewriting_data(rewriting: Rewriting, say: Words) -> dict[str, Any]:
    return {
        "address": rewriting.address,
        "told": rewriting.told,
        "clients": [_handed_data(handed, say) for handed in rewriting.handed],
        "outgoing": [_place_data(done, say) for done in rewriting.outgoing],
    }


def _handed_data(handed: Handed, say: Words) -> dict[str, Any]:
    return {
        "client": str(handed.client.kind),
        "address": handed.client.address,
        "user": handed.client.user,
        "service": handed.service,
        "service_line": handed.service_line,
        "headers": str(handed.context),
        "steps": [step_data(step, say) for step in handed.gate],
        "places": [_place_data(done, say) for done in handed.places],
    }


def _place_data(done: Rewritten, say: Words) -> dict[str, Any]:
    return {
        "place": str(done.place),
        "address": done.address,
        "results": list(done.results),
        "steps": [step_data(step, say) for step in done.steps],
    }


def why_not_as_json(why: WhyNot) -> str:
    """The same in every language: messages are English."""
    say = words("en")
    obstacles = [
        {
            "name": each.name,
            "params": dict(each.params),
            "file": each.file,
            "line": each.line,
            "setting": each.setting,
            "where": each.where,
            "service": each.service,
            "warnings": list(each.warnings),
            "message": _why(why, each, say),
        }
        for each in why.obstacles
    ]
    data = {
        "address": why.address,
        "told": why.told,
        "untold": [step_data(step, say) for step in why.configuration],
        "result": why.result,
        "wished": why.wished,
        "obstacles": obstacles,
        "client": _handed_data(why.handed, say),
    }
    return text_of(all_sayable(data))


def _untold(done: MessageRewriting) -> Sequence[Step]:
    """What could not be told of headers that show no change, and so no steps."""
    shown = [step for change in (*done.queued.changes, *done.left.changes) for step in change.steps]
    return [step for step in _once([*done.queued.untold, *done.left.untold]) if step not in shown]


def message_as_json(done: MessageRewriting) -> str:
    """With the whole message as it leaves."""
    say = words("en")
    untold = _once([*done.configuration, *done.queued.untold, *done.left.untold])
    data: Mapping[str, Any] = {
        "told": done.told,
        "headers": str(done.context),
        "steps": [step_data(step, say) for step in done.gate],
        "untold": [step_data(step, say) for step in untold],
        "changes": [_change_data(change, say) for change in (*done.queued.changes, *done.left.changes)],
        "missing": list(done.queued.missing),
        "message": done.left.text,
    }
    return text_of(all_sayable(data))


def _change_data(change: HeaderChange, say: Words) -> dict[str, Any]:
    return {
        "header": change.name,
        "before": change.before,
        "after": change.after,
        "steps": [step_data(step, say) for step in change.steps],
    }
