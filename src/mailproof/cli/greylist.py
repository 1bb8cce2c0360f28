"""`mailproof greylist`: the policy of milter-greylist evaluated, its file and its build examined.

Exit codes: 0 told, or nothing wrong; 1 it cannot be told for sure, or something is wrong; 2 wrong usage; 3 there is
nothing to look at.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from mailproof.cli.command import Command, Option, one_of, whole_number
from mailproof.cli.terminal import Complaint, Terminal

ACTIONS = ("eval", "lint", "doctor")
_SPF = ("pass", "fail", "softfail", "neutral", "unknown", "error", "none")


def command(terminal: Terminal) -> Command:
    """Its actions are in `greylist_policy`."""
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="|".join(ACTIONS)),
        click.Argument(["given"], nargs=-1, metavar="[FILE]"),
        Option("--client", metavar="ADDRESS", section="greylist", words="greylist-client"),
        Option("--from", "sender", metavar="ADDRESS", section="greylist", words="greylist-from"),
        Option("--rcpt", "recipient", metavar="ADDRESS", section="greylist", words="greylist-rcpt"),
        Option("--host", metavar="NAME", section="greylist", words="greylist-host"),
        Option("--helo", metavar="NAME", section="greylist", words="greylist-helo"),
        Option("--auth", metavar="NAME", section="greylist", words="greylist-auth"),
        Option("--tls-subject", metavar="NAME", section="greylist", words="greylist-tls"),
        Option("--spf", section="greylist", words="greylist-spf", **one_of(_SPF, terminal)),
        Option(
            "--recipients",
            metavar="N",
            default="1",
            section="greylist",
            words="greylist-recipients",
            callback=whole_number(1, 100000, terminal),
        ),
        Option("--answer", "answers", metavar="CLAUSE=yes|no", multiple=True, section="greylist"),
        Option("--at", metavar="TIME", section="greylist", words="greylist-at"),
        Option("--geoip", metavar="FILE", section="greylist", words="greylist-geoip"),
        Option("--binary", metavar="FILE", section="greylist", words="greylist-binary"),
        Option("--fail-on", default="fail", section="judgement", **one_of(("warn", "fail"), terminal)),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
        Option("-v", "--verbose", is_flag=True, words="greylist-verbose"),
    ]
    return Command("greylist", terminal, partial(_greylist, terminal), params)


def _greylist(terminal: Terminal, action: str, given: tuple[str, ...], **wish: Any) -> int:
    from mailproof.cli.greylist_policy import doctor, evaluate, lint

    if action not in ACTIONS:
        raise Complaint(terminal.say("cli.not-one-of", option="greylist", choices=ACTIONS, value=action))
    if len(given) > 1 or (not given and action != "doctor"):
        raise Complaint(terminal.say("cli.greylist-file", action=action))
    act = {"eval": evaluate, "lint": lint, "doctor": doctor}[action]
    return act(terminal, given[0] if given else None, wish)
