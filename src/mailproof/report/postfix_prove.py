"""What `mailproof postfix prove` says: of each message what was computed and what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailproof.catalog.words import Words, words
from mailproof.model.postfix import Client, Kind, Leg, Proof, Trial
from mailproof.report.json import text_of
from mailproof.report.layout import wrap
from mailproof.report.postfix import all_sayable, sayable
from mailproof.report.postfix_rewrite import client_words
from mailproof.report.style import Style, paint


def render_trials(trials: Sequence[Trial], lang: str, color: bool, width: int) -> str:
    """The answer first, then each message with the relay that caught it, and what was computed where that differs."""
    say = words(lang)
    proved = sum(trial.verdict is Proof.AS_COMPUTED for trial in trials)
    otherwise = sum(trial.verdict is Proof.OTHERWISE for trial in trials)
    name = "prove-otherwise" if otherwise else "proved" if proved else "prove-unsent"
    counts = {"proved": proved, "all": proved + otherwise, "otherwise": otherwise}
    lines = [paint(say(f"postfix.{name}", **counts), Style.HEADING, color), ""]
    for trial in trials:
        lines += wrap(
            say(
                "postfix.prove-trial",
                client=_client(trial.client, say),
                sender=sayable(trial.sender) or "<>",
                recipient=sayable(trial.recipient),
            ),
            width,
            "  ",
        )
        if trial.verdict is not Proof.OTHERWISE:
            lines += _legs(trial.computed, "prove-leg", say, width)
        else:
            lines += _legs(trial.computed, "prove-computed", say, width)
            lines += _legs(trial.seen, "prove-seen", say, width) or wrap(say("postfix.prove-nothing"), width, "    ")
    return "\n".join([*lines, "", *wrap(say("postfix.prove-how"), width)]) + "\n"


def _client(client: Client, say: Words) -> str:
    """With the address and the user that stood for it."""
    who = client_words(client, say).strip()
    if client.kind is Kind.ADDRESS:
        return who
    stood = ", ".join(sayable(each) for each in (client.address, client.user) if each)
    return say("postfix.prove-client", client=who, stood=stood) if stood else who


def _legs(legs: Sequence[Leg], name: str, say: Words, width: int) -> list[str]:
    lines = []
    for leg in legs:
        if not leg.relay:
            lines += wrap(say("postfix.prove-not-delivered"), width, "    ")
            continue
        named = {
            "relay": sayable(leg.relay),
            "sender": sayable(leg.sender) or "<>",
            "recipients": ", ".join(map(sayable, leg.recipients)),
            "header": sayable(leg.header_from),
        }
        lines += wrap(say(f"postfix.{name}", **named), width, "    ", "      ")
    return lines


def trials_as_json(trials: Sequence[Trial]) -> str:
    """The same in every language."""
    rows = [
        {
            "client": str(trial.client.kind),
            "address": trial.client.address,
            "user": trial.client.user,
            "sender": trial.sender,
            "recipient": trial.recipient,
            "verdict": str(trial.verdict),
            "computed": [_leg_data(leg) for leg in trial.computed],
            "seen": [_leg_data(leg) for leg in trial.seen],
        }
        for trial in trials
    ]
    return text_of(
        all_sayable({"proved": all(trial.verdict is Proof.AS_COMPUTED for trial in trials), "trials": rows})
    )


def _leg_data(leg: Leg) -> dict[str, Any]:
    return {
        "relay": leg.relay,
        "sender": leg.sender,
        "recipients": list(leg.recipients),
        "from": leg.header_from,
    }
