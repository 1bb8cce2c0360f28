"""`greylist eval`, `lint` and `doctor`: a greylist.conf, its country databases and the program that reads it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mailproof.cli.greylist.mail import mail_of
from mailproof.cli.masked import masked
from mailproof.cli.reading import must_be_texts, read_file
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.greylist import BinarySeen, GreylistConfig, Slips, Unread

if TYPE_CHECKING:
    from mailproof.run.greylist.files import Databases

USUAL = "/etc/milter-greylist/greylist.conf"


def evaluate(terminal: Terminal, file: str | None, wish: dict[str, Any]) -> int:
    """0 told; 1 a clause that asks others, or something not given, may decide otherwise, or it does not start."""
    from mailproof.emulate.greylist.decide import evaluate as decide
    from mailproof.emulate.greylist.decide import unanswered
    from mailproof.emulate.greylist.lint import stopping, without
    from mailproof.report.greylist import evaluated_as_json, render_evaluated
    from mailproof.run.greylist.files import look_at

    mail = mail_of(terminal, wish)
    config = _config(terminal, file or "-")
    databases = _databases(terminal, config, wish["geoip"])
    for clause in unanswered(config, mail):
        raise Complaint(terminal.say("cli.greylist-no-clause", value=clause, file=file or "-"))
    stops = stopping(config)
    if wish["binary"]:
        seen = look_at(wish["binary"])
        if seen.unread is not None:
            raise Complaint(_no_binary(terminal, seen))
        config = without(config, seen)
    evaluated = decide(config, mail, databases.country(mail.client))
    evaluated, mail, stops = masked((evaluated, mail, stops), wish["mask"], config)
    if wish["shape"] == "json":
        terminal.write(evaluated_as_json(evaluated, mail, stops))
    else:
        lang, color, width = terminal.lang, terminal.color, terminal.width
        terminal.write(
            render_evaluated(evaluated, mail, file or "-", stops, lang, color, width, verbose=wish["verbose"])
        )
    return int(not evaluated.built.told or bool(stops.counts))


def lint(terminal: Terminal, file: str | None, wish: dict[str, Any]) -> int:
    from mailproof.emulate.greylist.lint import lint as look

    config = _config(terminal, file or "-")
    slips = look(config, _databases(terminal, config, wish["geoip"]).seen, int(time.time()))
    return _told(terminal, file or "-", slips, "lint", wish)


def doctor(terminal: Terminal, file: str | None, wish: dict[str, Any]) -> int:
    """3 where there is no milter-greylist to look at."""
    from mailproof.emulate.greylist.lint import diagnose
    from mailproof.run.greylist.files import look_at

    name = file or USUAL
    config = _config(terminal, name)
    databases = _databases(terminal, config, wish["geoip"])
    seen = look_at(wish["binary"])
    if seen.unread is not None:
        terminal.tell(f"mailproof: {_no_binary(terminal, seen)}")
        return 3
    slips = diagnose(config, seen, databases.seen)
    return _told(terminal, name, slips, "doctor", wish, seen.path, seen.libraries)


def _told(
    terminal: Terminal,
    file: str,
    slips: Slips,
    action: str,
    wish: dict[str, Any],
    binary: str = "",
    libraries: tuple[str, ...] = (),
) -> int:
    from mailproof.report.greylist import render_slips, slips_as_json

    slips = masked(slips, wish["mask"])
    if wish["shape"] == "json":
        terminal.write(slips_as_json(file, slips, binary, libraries))
    else:
        terminal.write(
            render_slips(file, slips, action, terminal.lang, terminal.color, terminal.width, binary=binary)
        )
    return int(not {"fail", wish["fail_on"]}.isdisjoint(slips.counts))


def _config(terminal: Terminal, file: str) -> GreylistConfig:
    """Raises Complaint for a file that cannot be read, or is larger than any greylist.conf."""
    from mailproof.parse.greylist.grammar import read_greylist
    from mailproof.parse.greylist.tokens import LARGEST, MOST_TOKENS

    data = read_file(file, terminal, LARGEST)
    must_be_texts(terminal, {file: data})
    config = read_greylist(data)
    if config.cut:
        most = str(MOST_TOKENS)
        raise Complaint(terminal.say("cli.greylist-large", file=file, line=str(config.cut), most=most))
    return config


def _databases(terminal: Terminal, config: GreylistConfig, instead: str | None) -> Databases:
    """Those that the file names, for it is said what is wrong with them; one that the user names must be there."""
    from mailproof.run.greylist.files import Databases

    databases = Databases(config, instead)
    for seen in databases.seen:
        if instead is not None and seen.unread is not None:
            why = terminal.say.unread(seen.unread.reason, seen.unread.params)
            raise Complaint(terminal.say("cli.greylist-geoip", file=seen.path, why=why))
    return databases


def _no_binary(terminal: Terminal, seen: BinarySeen) -> str:
    unread = seen.unread or Unread("another-program")
    return terminal.say("cli.greylist-binary", file=seen.path, why=terminal.say.unread(unread.reason, unread.params))
