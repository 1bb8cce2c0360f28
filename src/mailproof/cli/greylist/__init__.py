"""`mailproof greylist`: milter-greylist's policy evaluated, its file and build examined, its package built anew; and
greylisting proved from outside.

Exit codes: 0 told, nothing wrong, or done; 1 it cannot be told for sure, something is wrong, or something else
refuses; 2 wrong usage; 3 there is nothing to look at, or nothing could be told.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from mailproof.cli.actions import actions_of, must_be_action, refuse_others
from mailproof.cli.command import Command, Option, converted, one_of, whole_number
from mailproof.cli.options import connection_options, duration
from mailproof.cli.terminal import Complaint, Terminal

_SPF = ("pass", "fail", "softfail", "neutral", "unknown", "error", "none")
_LIBRARIES = ("libGeoIP", "libmaxminddb")
# Of the options for those who connect: what offering a mail can do with.
_SHARED = ("name", "tls", "ca_file", "no_verify", "timeout", "ipv4", "ipv6", "ehlo", "source", "resolver", "xclient")


def command(terminal: Terminal) -> Command:
    """Its actions are in `policy`, `rebuild` and `probe`."""
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="|".join(actions_of("greylist"))),
        click.Argument(["given"], nargs=-1, metavar="[FILE|DIR|TARGET]"),
        Option("--from", "sender", metavar="ADDRESS", section="greylist", words="greylist-from"),
        Option("--rcpt", "recipient", metavar="ADDRESS", section="greylist", words="greylist-rcpt"),
        *_policy_options(terminal),
        *_package_options(terminal),
        *_probe_options(terminal),
        Option("--fail-on", default="fail", section="judgement", **one_of(("warn", "fail"), terminal)),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
        Option("-v", "--verbose", is_flag=True, words="greylist-verbose"),
        Option("--mask", is_flag=True),
    ]
    return Command("greylist", terminal, partial(_greylist, terminal), params)


def _policy_options(terminal: Terminal) -> list[click.Parameter]:
    count = whole_number(1, 100000, terminal)
    return [
        Option("--client", metavar="ADDRESS", section="greylist", words="greylist-client"),
        Option("--host", metavar="NAME", section="greylist", words="greylist-host"),
        Option("--helo", metavar="NAME", section="greylist", words="greylist-helo"),
        Option("--auth", metavar="NAME", section="greylist", words="greylist-auth"),
        Option("--tls-subject", metavar="NAME", section="greylist", words="greylist-tls"),
        Option("--spf", section="greylist", words="greylist-spf", **one_of(_SPF, terminal)),
        Option(
            "--recipients", metavar="N", default="1", section="greylist", words="greylist-recipients", callback=count
        ),
        Option("--answer", "answers", metavar="CLAUSE=yes|no", multiple=True, section="greylist"),
        Option("--at", metavar="TIME", section="greylist", words="greylist-at"),
        Option("--geoip", metavar="FILE", section="greylist", words="greylist-geoip"),
        Option("--binary", metavar="FILE", section="greylist", words="greylist-binary"),
    ]


def _package_options(terminal: Terminal) -> list[click.Parameter]:
    return [
        Option("--write", is_flag=True, section="package", words="package-write"),
        Option("--build", is_flag=True, section="package", words="package-build"),
        Option("--into", metavar="DIR", section="package", words="package-into"),
        Option("--package-version", metavar="VERSION", section="package"),
        Option("--maintainer", metavar="NAME <ADDRESS>", section="package"),
        Option("--country-library", section="package", **one_of(_LIBRARIES, terminal)),
    ]


def _probe_options(terminal: Terminal) -> list[click.Parameter]:
    seconds = converted(lambda text: duration(text, terminal))
    return [
        Option(
            "--within",
            "probe_within",
            metavar="TIME",
            default="15m",
            section="probe",
            words="probe-within",
            callback=seconds,
        ),
        Option("--every", metavar="TIME", default="1m", section="probe", words="probe-every", callback=seconds),
        Option("--pause", metavar="TIME", default="5s", section="probe", words="probe-pause", callback=seconds),
        Option("--send-data", "with_data", is_flag=True, section="probe", words="probe-data"),
        *(option for option in connection_options(terminal) if option.name in _SHARED),
    ]


def _greylist(terminal: Terminal, action: str, given: tuple[str, ...], **wish: Any) -> int:
    must_be_action(terminal, "greylist", action)
    refuse_others(terminal, "greylist", action)
    if len(given) > 1 or (not given and action != "doctor"):
        kind = action if action in ("rebuild", "probe") else "file"
        raise Complaint(terminal.say(f"cli.greylist-{kind}", action=action))
    what = given[0] if given else ""
    if action == "rebuild":
        from mailproof.cli.greylist.rebuild import rebuild

        return rebuild(terminal, what, wish)
    if action == "probe":
        from mailproof.cli.greylist.probe import probe

        return probe(terminal, what, wish)
    from mailproof.cli.greylist.policy import doctor, evaluate, lint

    return {"eval": evaluate, "lint": lint, "doctor": doctor}[action](terminal, what or None, wish)
