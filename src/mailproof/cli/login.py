"""`mailproof login`: are these credentials right? One line answers, and nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mailproof.cli.bar import bar
from mailproof.cli.by_hand import tell
from mailproof.cli.command import MANY, Command, Option, converted, whole_number
from mailproof.cli.options import (
    asked_of,
    connecting,
    connection_options,
    duration,
    network,
    telling_options,
    terms_of,
    wanted_of,
)
from mailproof.cli.records import must_be_writable
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.cli.wishes import login_wish, mechanism_of, must_be_sayable, random_text
from mailproof.model.endpoint import Protocol, Target
from mailproof.run.targets import parse_target

if TYPE_CHECKING:
    pass


def command(terminal: Terminal) -> Command:
    seconds = converted(lambda text: duration(text, terminal))
    params: list[click.Parameter] = [
        click.Argument(["target"], required=False, metavar="TARGET"),
        *connection_options(terminal),
        Option("--try-names", is_flag=True, section="login"),
        Option("--accounts", metavar="FILE", section="login"),
        Option("--pace", metavar="TIME", default="1s", section="login", callback=seconds),
        Option("--refusals", metavar="N", default="4", callback=whole_number(0, MANY, terminal), section="login"),
        *telling_options(terminal),
    ]
    return Command("login", terminal, partial(_login, terminal), params)


def _login(terminal: Terminal, target: str | None, **given: Any) -> int:
    from mailproof.cli.getting_ready import while_getting_ready
    from mailproof.run.hand.login_results import SUBJECTS, login_results
    from mailproof.run.hand.logins import log_in_by_hand

    if given["record"] is not None:
        must_be_writable(given["record"], terminal)
    plan = _plan(target, given, terminal)
    net = network(connecting(given, terminal))
    with bar(terminal, "cli.logging-in") as progress:
        logging_in = log_in_by_hand(net, plan, datetime.now(UTC), progress)
        ready = while_getting_ready(net, logging_in, terminal, "mailproof.report.login", SUBJECTS)
        record, trials = net.run(ready)
    from mailproof.report.login import build_login, render_login

    return tell(
        record,
        given,
        terminal,
        lambda judgement, policy, report: build_login(login_results(record, trials, judgement, policy), report),
        render_login,
        users=(account.wish.credentials.user for account in plan.accounts),
        subjects=SUBJECTS,
    )


def _plan(text: str | None, given: Mapping[str, Any], terminal: Terminal) -> Any:
    from mailproof.run.hand.logins import Account, ByHand, other_names

    how = connecting(given, terminal)
    target = _target(text, terminal) if text is not None else None
    names: tuple[str, ...] = ()
    if given["accounts"] is not None:
        accounts = tuple(
            Account(where, wish) for where, wish in _from_file(given, target, how.mechanism or "", terminal)
        )
        user = ""
    else:
        if target is None:
            raise Complaint(terminal.say("cli.login-no-target"))
        wish = login_wish(given["user"] or "", how, given, (target,), terminal)
        if wish is None:
            raise Complaint(terminal.say("cli.login-user"))
        accounts = (Account(target, wish),)
        user = wish.credentials.user
        names = other_names(user, target, how.name or "") if given["try_names"] else ()
        if given["try_names"] and not names:
            raise Complaint(terminal.say("cli.login-names", user=user))
    return ByHand(
        accounts=accounts,
        wanted=wanted_of(how),
        terms=terms_of(how),
        asked=asked_of(how, user=user),
        all_mechanisms=how.all_mechanisms,
        names=names,
        pace=given["pace"],
        refusals=given["refusals"],
    )


def _from_file(given: Mapping[str, Any], target: Target | None, mechanism: str, terminal: Terminal) -> Any:
    """Target and wish of each account. Raises Complaint for a user beside them, and for one without a target."""
    from mailproof.cli.accounts import read_accounts
    from mailproof.probes.wish import LoginWish
    from mailproof.sasl.credentials import Credentials

    for name in ("user", "password_env", "password_file", "password_fd", "password_command", "netrc", "try_names"):
        if given.get(name):
            option = f"--{name.replace('_', '-')}"
            raise Complaint(terminal.say("cli.accounts-and", option=option))
    wanted = mechanism_of(mechanism, terminal)
    for row in read_accounts(given["accounts"], terminal):
        where = _target(row.target, terminal) if row.target else target
        if where is None:
            raise Complaint(terminal.say("cli.accounts-where", file=given["accounts"]))
        must_be_sayable("--accounts", row.user, terminal)
        yield where, LoginWish(Credentials(row.user, row.password), random_text(), wanted)


def _target(text: str, terminal: Terminal) -> Target:
    target = parse_target(text)
    if target.scheme is not None and target.scheme.protocol is Protocol.LMTP:
        raise Complaint(terminal.say("cli.login-lmtp"))
    return target
