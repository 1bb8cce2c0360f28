"""`greylist eval`, `lint` and `doctor`: a greylist.conf, its country databases and the program that reads it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from mailproof.cli.reading import read_file
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.greylist import BinarySeen, GreylistConfig, GreylistMail, Slip

USUAL = "/etc/milter-greylist/greylist.conf"
# A list of all networks of a country is a tenth of it.
_LARGEST = 16 << 20
_YES_OR_NO = {"yes": True, "no": False}


def evaluate(terminal: Terminal, file: str | None, wish: dict[str, Any]) -> int:
    """0 told; 1 a clause that asks others, or something not given, may decide otherwise."""
    from mailproof.emulate.greylist.decide import evaluate as decide
    from mailproof.emulate.greylist.lint import without
    from mailproof.report.greylist import evaluated_as_json, render_evaluated
    from mailproof.run.greylist_files import Databases, look_at

    config = _config(terminal, file or "-")
    mail = _mail(terminal, wish)
    databases = Databases(config, wish["geoip"])
    if wish["binary"]:
        seen = look_at(wish["binary"])
        if seen.trouble:
            raise Complaint(_no_binary(terminal, seen))
        config = without(config, seen)
    try:
        evaluated = decide(config, mail, databases.country(mail.client))
    except ValueError:
        raise Complaint(terminal.say("cli.greylist-client", value=mail.client)) from None
    refused = tuple(slip for slip in config.slips if slip.severity == "fail")
    if wish["shape"] == "json":
        terminal.write(evaluated_as_json(evaluated, mail, refused))
    else:
        terminal.write(
            render_evaluated(
                evaluated, mail, refused, terminal.lang, terminal.color, terminal.width, verbose=wish["verbose"]
            )
        )
    return int(not evaluated.built.told or bool(refused))


def lint(terminal: Terminal, file: str | None, wish: dict[str, Any]) -> int:
    from mailproof.emulate.greylist.lint import lint as look
    from mailproof.run.greylist_files import Databases

    config = _config(terminal, file or "-")
    slips = look(config, Databases(config, wish["geoip"]).seen, int(time.time()))
    return _told(terminal, file or "-", slips, "lint", wish)


def doctor(terminal: Terminal, file: str | None, wish: dict[str, Any]) -> int:
    """3 where there is no milter-greylist to look at."""
    from mailproof.emulate.greylist.lint import diagnose
    from mailproof.run.greylist_files import Databases, look_at

    name = file or USUAL
    config = _config(terminal, name)
    seen = look_at(wish["binary"])
    if seen.trouble:
        terminal.tell("mailproof: " + _no_binary(terminal, seen))
        return 3
    slips = diagnose(config, seen, Databases(config, wish["geoip"]).seen)
    return _told(terminal, name, slips, "doctor", wish, seen.path, seen.libraries)


def _told(
    terminal: Terminal,
    file: str,
    slips: tuple[Slip, ...],
    action: str,
    wish: dict[str, Any],
    binary: str = "",
    libraries: tuple[str, ...] = (),
) -> int:
    from mailproof.report.greylist import render_slips, slips_as_json

    if wish["shape"] == "json":
        terminal.write(slips_as_json(file, slips, binary, libraries))
    else:
        terminal.write(
            render_slips(file, slips, action, terminal.lang, terminal.color, terminal.width, binary=binary)
        )
    bad = {"fail", wish["fail_on"]}
    return int(any(slip.severity in bad for slip in slips))


def _no_binary(terminal: Terminal, seen: BinarySeen) -> str:
    from mailproof.report.greylist import trouble_words

    why = trouble_words(seen.trouble, terminal.say)
    return terminal.say("cli.greylist-binary", file=seen.path, why=why)


def _config(terminal: Terminal, file: str) -> GreylistConfig:
    from mailproof.parse.greylist.grammar import read_greylist

    return read_greylist(read_file(file, terminal, _LARGEST))


def _mail(terminal: Terminal, wish: dict[str, Any]) -> GreylistMail:
    for option in ("client", "sender", "recipient"):
        if wish[option] is None:
            raise Complaint(terminal.say("cli.greylist-mail"))
    return GreylistMail(
        wish["client"].strip("[] "),
        wish["sender"].strip("<> "),
        wish["recipient"].strip("<> "),
        wish["host"],
        wish["helo"],
        wish["auth"] or "",
        wish["tls_subject"] or "",
        wish["spf"],
        recipients=wish["recipients"],
        at=_at(terminal, wish["at"]),
        answers=tuple(_answer(terminal, text) for text in wish["answers"]),
    )


def _answer(terminal: Terminal, text: str) -> tuple[str, bool]:
    clause, equals, said = text.rpartition("=")
    if not equals or said not in _YES_OR_NO or not clause.strip():
        raise Complaint(terminal.say("cli.greylist-answer", value=text))
    return " ".join(clause.split()), _YES_OR_NO[said]


def _at(terminal: Terminal, text: str | None) -> tuple[int, int, int, int, int]:
    try:
        when = datetime.now() if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise Complaint(terminal.say("cli.greylist-at", value=str(text))) from None
    return when.minute, when.hour, when.day, when.month, when.isoweekday() % 7
