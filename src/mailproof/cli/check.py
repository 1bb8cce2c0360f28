"""`mailproof check`: the whole path to a server, and what it amounts to."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click
import msgspec
from click.core import ParameterSource

from mailproof.cli import credentials
from mailproof.cli.command import Command, Option, converted, not_empty, one_of
from mailproof.cli.getting_ready import while_getting_ready
from mailproof.cli.options import (
    Connecting,
    asked_of,
    connecting,
    connection_options,
    duration,
    network,
    terms_of,
    wanted_of,
    with_domain,
)
from mailproof.cli.records import must_be_writable, read, write
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.cli.verdict import COULD_NOT_TELL, FORMATS, SOUND, exit_code, report_on, schema_text, show
from mailproof.cli.wishes import login_wish, mailbox_wish, random_text
from mailproof.model.attempt import INTRUSIVE
from mailproof.model.dns import DnsAnswer
from mailproof.model.finding import Severity
from mailproof.model.record import Record
from mailproof.run.targets import is_host_name, parse_target

if TYPE_CHECKING:
    from mailproof.run.check.examine import Plan
    from mailproof.run.check.inside import Inside

_THIS_MACHINE = ("[localhost]",)
_DEFAULT_OUTSIDE = "outside@example.com"
# RFC 5321 section 4.5.3.1: 64 octets before the @, 255 after.
_LONGEST_ADDRESS = 320


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be checked and shown, as it was asked for."""

    targets: tuple[str, ...]
    user: str | None
    sender: str | None
    mailbox: str | None
    mailbox_user: str | None
    outside: str | None
    deliver: bool
    message: str | None
    keep_bodies: bool
    profile: str
    fail_on: str
    intrusive: bool
    reference: tuple[str, ...]
    log: tuple[str, ...]
    postfix_dir: str | None
    dovecot_conf: str | None
    exim_conf: str | None
    here: bool
    ssh: str | None
    sudo: bool
    record: str | None
    replay: str | None
    shape: str
    warning: float | None
    critical: float | None
    schema: bool
    verbose: bool
    mask: bool


def command(terminal: Terminal) -> Command:
    seconds = converted(lambda text: duration(text, terminal))
    named = not_empty(terminal)
    params: list[click.Parameter] = [
        click.Argument(["targets"], nargs=-1, metavar="TARGET…"),
        Option("--from", "sender", metavar="ADDRESS", section="path", words="from"),
        Option("--mailbox", metavar="ADDRESS", section="path"),
        Option("--outside", metavar="ADDRESS", section="path"),
        Option("--deliver", is_flag=True, section="path"),
        Option("--message", metavar="FILE", section="path"),
        Option("--intrusive", is_flag=True, section="path"),
        Option("--reference", metavar="HOST", multiple=True, section="path"),
        Option("--log", metavar="FILE", multiple=True, section="inside", words="check-log"),
        Option("--postfix-dir", metavar="DIR", section="inside", words="check-postfix-dir", callback=named),
        Option("--dovecot-conf", metavar="FILE", section="inside", words="check-dovecot-conf", callback=named),
        Option("--exim-conf", metavar="FILE", section="inside", words="check-exim-conf", callback=named),
        Option("--here", is_flag=True, section="inside", words="check-here"),
        Option("--ssh", metavar="HOST", section="inside", words="check-ssh", callback=not_empty(terminal)),
        Option("--sudo", is_flag=True, section="inside", words="check-sudo"),
        *connection_options(terminal),
        *credentials.mailbox_options(),
        Option("--profile", metavar="default|hosted|strict|FILE", default="default", section="judgement"),
        Option("--fail-on", default="fail", section="judgement", **one_of(("warn", "fail"), terminal)),
        Option("--format", "shape", default="text", words="format", **one_of(FORMATS, terminal)),
        Option("-w", "--warning", metavar="TIME", callback=seconds),
        Option("-c", "--critical", metavar="TIME", callback=seconds),
        Option("-v", "--verbose", is_flag=True),
        Option("--record", metavar="FILE"),
        Option("--replay", metavar="FILE"),
        Option("--mask", is_flag=True),
        Option("--keep-bodies", is_flag=True),
        Option("--schema", is_flag=True),
    ]
    return Command("check", terminal, partial(_check, terminal), params)


def _check(terminal: Terminal, **given: Any) -> int:
    wish = Wish(**{name: given[name] for name in Wish.__struct_fields__})
    if wish.schema:
        terminal.write(schema_text())
        return 0
    for name in ("warning", "critical"):
        if wish.shape != "nagios" and _typed(name):
            raise Complaint(terminal.say("cli.only-for-nagios", option=f"--{name}"))
    if wish.replay is not None and wish.targets:
        raise Complaint(terminal.say("cli.replay-and-target"))
    if wish.replay is None and not wish.targets and not wish.here:
        named = {"postfix": wish.postfix_dir, "dovecot": wish.dovecot_conf, "exim": wish.exim_conf}
        linter = next((server for server, path in named.items() if path), "")
        only = terminal.say("cli.no-target-lint", server=linter) if linter else ""
        raise Complaint(terminal.say("cli.no-target") + only)
    if wish.here and wish.ssh is not None:
        raise Complaint(terminal.say("cli.here-and-ssh"))
    if wish.sudo and wish.ssh is None:
        raise Complaint(terminal.say("cli.sudo-without-ssh"))
    if wish.record is not None:
        must_be_writable(wish.record, terminal)
    if wish.replay is None:
        record = _examined(wish, given, terminal)
    else:
        record = read(wish.replay, terminal)
    return _told(record, wish, terminal)


def _typed(name: str) -> bool:
    """Whether it stands in this command line: in a file of settings it is for the calls that can use it."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def _examined(wish: Wish, given: Mapping[str, Any], terminal: Terminal) -> Record:
    from mailproof.run.check.examine import examine

    now = datetime.now(UTC)
    how = connecting(given, terminal)
    if not wish.targets:  # `check --here` checks this machine
        wish = msgspec.structs.replace(wish, targets=_THIS_MACHINE)
        how = msgspec.structs.replace(how, name=how.name or _own_name(terminal))
    net = network(how)
    plan = _plan(wish, how, given, now, terminal)
    shown = plan.targets[0].text if len(plan.targets) == 1 else str(len(plan.targets))
    key = "cli.checking-one" if len(plan.targets) == 1 else "cli.checking-many"
    inside = _inside(wish)
    if inside is None:
        with terminal.progress(key, what=shown):
            return net.run(while_getting_ready(net, examine(net, plan, now), terminal))
    from mailproof.cli.check_inside import reached
    from mailproof.run.check.inside import examine_inside

    # Before the word that one waits: ssh may have to ask for a password.
    with reached(wish.ssh, wish.sudo, plan.terms.timeout, terminal) as host, terminal.progress(key, what=shown):
        net, now = network(how), datetime.now(UTC)
        return net.run(while_getting_ready(net, examine_inside(net, host, plan, now, inside), terminal))


def _own_name(terminal: Terminal) -> str:
    """What the certificate here is to be for: nobody has one for localhost. Raises Complaint for a bare name."""
    name = with_domain(socket.gethostname(), socket.getfqdn)
    if not name:
        raise Complaint(terminal.say("cli.no-own-name", name=socket.gethostname()))
    return name


def _inside(wish: Wish) -> Inside | None:
    """Where the server itself is to be asked; None where nothing of it was named."""
    named = (*wish.log, wish.postfix_dir, wish.dovecot_conf, wish.exim_conf)
    if not (any(named) or wish.here or wish.ssh is not None):
        return None
    from mailproof.run.check.inside import Inside

    return Inside(
        logs=wish.log,
        postfix_dir=wish.postfix_dir or "",
        dovecot_conf=wish.dovecot_conf or "",
        exim_conf=wish.exim_conf or "",
        machine=wish.here or wish.ssh is not None,
    )


def _told(record: Record, wish: Wish, terminal: Terminal) -> int:
    """Keep the record, show the report, and return the exit code."""
    from mailproof.catalog.profiles import load_profile

    policy = load_profile(wish.profile)
    report = report_on(record, policy)
    if wish.mask:
        from mailproof.report.mask import Mask

        mask = Mask(record)
        record, report = mask.apply(record), mask.apply(report)
    slow = None
    if wish.shape == "nagios":
        from mailproof.report.nagios import Slow

        slow = Slow(wish.warning, wish.critical)
    fail_on = Severity(wish.fail_on)
    try:
        show(report, policy, wish.shape, terminal, verbose=wish.verbose, fail_on=fail_on, slow=slow)
    finally:  # neither is lost where the other has nowhere to go
        if wish.record is not None:
            write(record, wish.record, terminal)
    code = exit_code(report, wish.shape, fail_on, slow)
    if _nothing_resolved(record):
        names = tuple(dict.fromkeys(target.host for target in record.targets))
        terminal.tell("mailproof: " + terminal.say("cli.not-resolved", names=names))
        # A profile that takes it lightly does not make a server sound that nobody has seen.
        return code if wish.shape == "nagios" or code != SOUND else COULD_NOT_TELL
    return code


def _nothing_resolved(record: Record) -> bool:
    """No target led to any address: there was nothing to check."""
    answers = [sighting.fact for sighting in record.seen(DnsAnswer)]
    if any(answer.answers for answer in answers if answer.rtype in ("A", "AAAA")):
        return False  # there are addresses; of what sort, the report says
    return bool(answers) and all(attempt.endpoint is None for attempt in record.attempts)


def _plan(wish: Wish, how: Connecting, given: Mapping[str, Any], now: datetime, terminal: Terminal) -> Plan:
    from mailproof.catalog.profiles import load_profile
    from mailproof.cli.message import message_of, proof_message
    from mailproof.run.check.examine import Plan

    targets = tuple(dict.fromkeys(parse_target(text) for text in wish.targets))
    for option, address in (("--from", wish.sender), ("--mailbox", wish.mailbox), ("--outside", wish.outside)):
        if address:
            _must_be_address(option, address, terminal)
    login = login_wish(wish.user or "", how, given, targets, terminal)
    user = login.credentials.user if login else ""
    users_address = user if "@" in user else ""
    sender = users_address if wish.sender is None else wish.sender
    deliver = wish.deliver or wish.message is not None
    mailbox = wish.mailbox or (users_address if deliver else "")
    if deliver and not mailbox:
        raise Complaint(terminal.say("cli.deliver-where"))
    token = random_text()
    message = None
    if deliver and wish.message is not None:
        message = message_of(wish.message, mailbox, token, terminal)
    elif deliver:
        message = proof_message(sender, mailbox, token, now)
    mailbox_login = mailbox_wish(wish.mailbox_user or "", given, mailbox, terminal)
    terms = terms_of(
        how,
        sender=sender,
        outside=wish.outside or _DEFAULT_OUTSIDE,
        mailbox=mailbox,
        # The default profile leaves nothing out, and reading it takes longer than a connection.
        skip=() if wish.profile == "default" else load_profile(wish.profile).skip,
        keep_bodies=wish.keep_bodies,
        intrusive=INTRUSIVE if wish.intrusive else (),
        second_login=wish.intrusive,
    )
    asked = asked_of(
        how,
        user=user,
        sender=sender,
        mailbox=mailbox,
        mailbox_user=mailbox_login.credentials.user if mailbox_login else "",
        outside=terms.outside,
        deliver=deliver,
    )
    for host in wish.reference:
        if not is_host_name(host):
            raise Complaint(terminal.say("cli.no-reference", value=host))
    return Plan(targets, wanted_of(how), terms, asked, login, mailbox_login, message, wish.reference)


def _must_be_address(option: str, address: str, terminal: Terminal) -> None:
    local, at, domain = address.rpartition("@")
    printable = all(char.isprintable() for char in address) and " " not in domain and not set("<>") & set(address)
    if not (local and at and domain and printable and len(address) <= _LONGEST_ADDRESS):
        raise Complaint(terminal.say("cli.no-mail-address", option=option, value=address))
