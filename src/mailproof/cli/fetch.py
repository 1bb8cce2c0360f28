"""`mailproof fetch`: a mailbox looked through by POP3 or IMAP; nothing is deleted unless it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mailproof.cli.by_hand import tell
from mailproof.cli.command import MANY, Command, Option, whole_number
from mailproof.cli.getting_ready import while_getting_ready
from mailproof.cli.masked import masked
from mailproof.cli.options import (
    Connecting,
    asked_of,
    connecting,
    connection_options,
    network,
    telling_options,
    terms_of,
    wanted_of,
)
from mailproof.cli.reading import LONGEST_MESSAGE, read_file
from mailproof.cli.records import must_be_writable
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.cli.wishes import login_wish
from mailproof.model.endpoint import Protocol
from mailproof.model.record import Record
from mailproof.run.targets import parse_target

if TYPE_CHECKING:
    from mailproof.model.mail import Item
    from mailproof.probes.mailbox import Found, Want
    from mailproof.run.hand.fetching import FetchPlan


def command(terminal: Terminal) -> Command:
    params: list[click.Parameter] = [
        click.Argument(["target"], required=False, metavar="[TARGET]"),
        Option("--message", metavar="N|last|all", multiple=True, section="mailbox", words="fetch-message"),
        Option("--folder", metavar="NAME", default="INBOX", section="mailbox"),
        Option("--folders", is_flag=True, section="mailbox"),
        Option("--newest", metavar="N", default="20", callback=whole_number(1, MANY, terminal), section="mailbox"),
        Option("--search", metavar="TEXT", section="mailbox"),
        Option("--delete", is_flag=True, section="mailbox"),
        Option("--hops", metavar="[FILE|-]", is_flag=False, flag_value="", section="mailbox"),
        Option("--raw", is_flag=True, section="output", words="fetch-raw"),
        Option("--save", metavar="DIRECTORY|FILE.mbox", section="output"),
        *connection_options(terminal, without=("all_mechanisms",)),
        *telling_options(terminal),
        Option("--keep-bodies", is_flag=True),
    ]
    return Command("fetch", terminal, partial(_fetch, terminal), params)


def _fetch(terminal: Terminal, target: str | None, **given: Any) -> int:
    if given["hops"]:
        if target is not None:
            raise Complaint(terminal.say("cli.fetch-hops-file"))
        return _hops_of_file(given["hops"], given["shape"], terminal, mask=given["mask"])
    if target is None:
        raise Complaint(terminal.say("cli.fetch-no-target"))
    from mailproof.probes.mailbox import Found
    from mailproof.run.hand.fetching import fetch_by_hand

    if given["record"] is not None:
        must_be_writable(given["record"], terminal)
    how = connecting(given, terminal)
    plan = _plan(target, given, how, terminal)
    found = Found()
    found.kept = partial(_kept, found, given, terminal)
    net = network(how)
    with terminal.progress("cli.fetching-from", what=plan.target.text):
        fetching = fetch_by_hand(net, plan, found, datetime.now(UTC))
        record = net.run(while_getting_ready(net, fetching, terminal, "mailproof.report.mailbox"))
    return _told(record, found, given, terminal)


def _told(record: Record, found: Found, given: Mapping[str, Any], terminal: Terminal) -> int:
    from mailproof.report.frame import in_words
    from mailproof.report.mailbox import render_fetched
    from mailproof.report.postable import fetched
    from mailproof.run.hand.fetching import fetch_report

    whole = [item for item in found.items if item.whole]
    if found.kept is not None:  # nothing was to be deleted
        _kept(found, given, terminal, whole)
    saved = given["save"] or "" if whole else ""
    return tell(
        record,
        given,
        terminal,
        lambda judgement, _, report: in_words(fetch_report(record, judgement, report, found, saved=saved)),
        None if given["raw"] and whole else partial(render_fetched, hops=given["hops"] is not None),
        postable=fetched,
    )


def _kept(found: Found, given: Mapping[str, Any], terminal: Terminal, items: list[Item] | None = None) -> bool:
    """What is to be kept is written before anything is deleted, and once. Raises Complaint where it cannot be."""
    whole = [item for item in (found.items if items is None else items) if item.whole]
    found.kept = None
    if given["save"] and whole:
        from mailproof.cli.saving import save

        save([item.data for item in whole], given["save"], terminal)
    if given["raw"]:
        for item in whole:
            terminal.write_bytes(item.data)
    return True


def _plan(text: str, given: Mapping[str, Any], how: Connecting, terminal: Terminal) -> FetchPlan:
    from mailproof.run.hand.fetching import FetchPlan

    target = parse_target(text)
    if target.scheme is not None and target.scheme.protocol not in (Protocol.IMAP, Protocol.POP3):
        raise Complaint(terminal.say("cli.fetch-protocol", scheme=str(target.scheme)))
    want = _want(given, terminal)
    if target.scheme is not None and target.scheme.protocol is Protocol.POP3 and want.of_folders:
        option = "--folders" if want.folders else "--folder"
        raise Complaint(terminal.say("cli.fetch-folders", option=option))
    login = login_wish(given["user"] or "", how, given, (target,), terminal)
    if login is None:
        raise Complaint(terminal.say("cli.login-user"))
    return FetchPlan(
        target=target,
        wanted=wanted_of(how),
        terms=terms_of(how, keep_bodies=given["keep_bodies"]),
        asked=asked_of(how, user=login.credentials.user),
        login=login,
        want=want,
    )


def _want(given: Mapping[str, Any], terminal: Terminal) -> Want:
    from mailproof.probes.mailbox import Want

    numbers: list[int] = []
    everything = False
    for word in given["message"]:
        if word.lower() == "all":
            everything = True
        elif word.lower() == "last":
            numbers.append(0)
        elif word.isascii() and word.isdigit() and 0 < int(word) < 1 << 32:
            numbers.append(int(word))
        else:
            raise Complaint(terminal.say("cli.fetch-number", value=word))
    if given["delete"] and not numbers and not everything:
        raise Complaint(terminal.say("cli.fetch-delete"))
    whole = given["raw"] or given["save"] or given["hops"] is not None
    if given["search"] and (whole or numbers or everything):
        raise Complaint(terminal.say("cli.fetch-search"))
    if given["mask"] and (given["raw"] or given["save"]):
        raise Complaint(terminal.say("cli.fetch-mask"))
    if given["save"] and not numbers:
        everything = True
    elif whole and not numbers and not everything:
        numbers.append(0)
    if not given["folder"] or not _is_unicode(given["folder"]):
        raise Complaint(terminal.say("cli.fetch-folder", value=given["folder"]))
    for text in (given["folder"], given["search"] or ""):
        if set(text) & set("\r\n\0"):
            raise Complaint(terminal.say("cli.fetch-line", value=text))
    return Want(
        folder=given["folder"],
        newest=given["newest"],
        search=given["search"] or "",
        numbers=tuple(numbers),
        everything=everything,
        folders=given["folders"],
        delete=given["delete"],
    )


def _is_unicode(text: str) -> bool:
    """A byte that is not UTF-8 has no place in modified UTF-7 (RFC 3501 section 5.1.3)."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _hops_of_file(file: str, shape: str, terminal: Terminal, *, mask: bool) -> int:
    from mailproof.message.told import told_mail
    from mailproof.model.mail import Item
    from mailproof.report.mailbox import hops_as_data, render_hops

    mail = told_mail(Item(1, data=read_file(file, terminal, LONGEST_MESSAGE), whole=True))
    if not mail.headers:
        raise Complaint(terminal.say("cli.no-message", file=file))
    if mask:
        from mailproof.report import postable

        mail = postable.mail(mail)
    mail = masked(mail, mask)
    terminal.write(hops_as_data(mail) if shape == "json" else render_hops(mail, terminal.lang, terminal.width))
    return 0
