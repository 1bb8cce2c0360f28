"""`mailproof lab`: a mail server to learn on, until Ctrl-C."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mailproof.cli.command import Command, Option, one_of, whole_number
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.lab.embedded.accounts import Account
    from mailproof.lab.embedded.settings import LabSettings, Limits

# Short enough to be typed again.
_SEEDS = 10_000
# The highest of the usual ports is 4190, ManageSieve's.
_MOST_BASE = 65535 - 4190


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The lab, as it was asked for."""

    faults: tuple[str, ...]
    seed: int | None
    listed: bool
    shape: str
    real: bool
    account: tuple[str, ...]
    accounts: str | None
    catch_all: bool
    max_size: int | None
    max_recipients: int | None
    max_connections: int | None
    maildir: str | None
    log: str | None
    host: str | None
    port_base: int | None
    articles: bool


def command(terminal: Terminal) -> Command:
    def number(least: int, most: int) -> Any:
        return whole_number(least, most, terminal)

    params: list[click.Parameter] = [
        Option("--fault", "faults", metavar="FAULT[:WHEN]", multiple=True, section="faults", words="fault"),
        Option("--seed", metavar="N", section="faults", callback=number(0, 10**9)),
        Option("--list-faults", "listed", is_flag=True, section="faults", words="list-faults"),
        Option("--account", metavar="NAME", multiple=True, section="accounts", words="lab-account"),
        Option("--accounts", metavar="FILE", section="accounts", words="lab-accounts"),
        Option("--catch-all", is_flag=True, section="accounts"),
        Option("--maildir", metavar="DIR", section="accounts"),
        Option("--max-size", metavar="BYTES", section="server", callback=number(1, 1 << 30)),
        Option("--max-recipients", metavar="N", section="server", callback=number(1, 10**6)),
        Option("--max-connections", metavar="N", section="server", callback=number(1, 10**6)),
        Option("--host", metavar="ADDRESS", section="server"),
        Option("--port-base", metavar="N", section="server", callback=number(0, _MOST_BASE)),
        Option("--log", metavar="FILE", section="server"),
        Option("--articles", is_flag=True, section="server"),
        Option("--real", is_flag=True, section="server"),
        Option("--format", "shape", default="text", words="lab-format", **one_of(("text", "json"), terminal)),
    ]
    return Command("lab", terminal, partial(_lab, terminal), params)


def _lab(terminal: Terminal, **given: Any) -> int:
    wish = Wish(**given)
    if wish.listed:
        from mailproof.cli.lab.faults import as_data, as_text
        from mailproof.cli.listing import as_json

        terminal.write(as_json(as_data()) if wish.shape == "json" else as_text(terminal))
        return 0
    if wish.real:
        _must_go_with_real(wish, terminal)
    if wish.articles:
        from mailproof.cli.lab.articles import serve_embedded_town, serve_real_town

        _must_go_with_articles(wish, terminal)
        if wish.real:
            return serve_real_town(terminal, wish.port_base, wish.shape)
        return serve_embedded_town(terminal, _settings(wish, terminal), wish.port_base, wish.shape)
    if wish.real:
        from mailproof.cli.lab.real import serve_real

        people = _accounts(wish, terminal)
        return serve_real(
            terminal,
            None if people is None else {account.user: account.password for account in people},
            _limits(wish) if wish.max_size or wish.max_recipients or wish.max_connections else None,
            wish.port_base,
            wish.shape,
        )
    from mailproof.cli.lab.embedded import serve_embedded

    return serve_embedded(terminal, _settings(wish, terminal), wish.shape)


def _must_go_with_real(wish: Wish, terminal: Terminal) -> None:
    """Raises Complaint: Postfix and Dovecot keep their mail and their logs where they do, and have no faults."""
    wrong = {
        "--fault": wish.faults,
        "--seed": wish.seed is not None,
        "--catch-all": wish.catch_all,
        "--maildir": wish.maildir,
        "--log": wish.log,
        "--host": wish.host,
    }
    _refuse(wrong, "cli.lab-real-alone", terminal)


def _must_go_with_articles(wish: Wish, terminal: Terminal) -> None:
    """Raises Complaint: who lives there and how much is taken is what the articles say."""
    wrong = {
        "--account": wish.account,
        "--accounts": wish.accounts,
        "--catch-all": wish.catch_all,
        "--max-size": wish.max_size,
        "--max-recipients": wish.max_recipients,
        "--max-connections": wish.max_connections,
        "--host": wish.host,
    }
    _refuse(wrong, "lab.articles-alone", terminal)


def _refuse(asked: Mapping[str, object], words: str, terminal: Terminal) -> None:
    if wrong := tuple(option for option, value in asked.items() if value):
        raise Complaint(terminal.say(words, options=wrong))


def _settings(wish: Wish, terminal: Terminal) -> LabSettings:
    from mailproof.lab.embedded.settings import SCHEMES, LabSettings

    people = _accounts(wish, terminal)
    base = wish.port_base
    settings = LabSettings(
        faults=wish.faults,
        seed=secrets.randbelow(_SEEDS) if wish.seed is None else wish.seed,
        catch_all=wish.catch_all,
        limits=_limits(wish),
        maildir=wish.maildir,
        log_file=wish.log,
        host=wish.host or "127.0.0.1",
        ports={} if base is None else {scheme: base + scheme.default_port for scheme in SCHEMES},
    )
    return settings if people is None else msgspec.structs.replace(settings, accounts=people)


def _limits(wish: Wish) -> Limits:
    from mailproof.lab.embedded.settings import Limits

    usual = Limits()
    return Limits(
        wish.max_size or usual.message,
        wish.max_recipients or usual.recipients,
        wish.max_connections or usual.connections,
    )


def _accounts(wish: Wish, terminal: Terminal) -> tuple[Account, ...] | None:
    """None for those that the lab has anyway. Raises Complaint and UsageError."""
    if not wish.account and wish.accounts is None:
        return None
    from mailproof.lab.embedded.accounts import all_different, given_accounts, made_accounts

    people = made_accounts(wish.account)
    if wish.accounts is not None:
        from mailproof.cli.accounts import read_accounts

        rows = read_accounts(wish.accounts, terminal)
        people = all_different((*people, *given_accounts((row.user, row.password) for row in rows)))
    return people
