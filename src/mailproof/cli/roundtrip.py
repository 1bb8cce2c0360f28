"""`mailproof roundtrip`: a message sent and found, with the time of each leg."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mailproof.cli import credentials
from mailproof.cli.by_hand import tell
from mailproof.cli.command import Command, Option, converted
from mailproof.cli.getting_ready import while_getting_ready
from mailproof.cli.options import (
    Connecting,
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
from mailproof.cli.wishes import login_wish, mailbox_wish, random_text
from mailproof.model.endpoint import Protocol, Target
from mailproof.run.targets import parse_target

if TYPE_CHECKING:
    from mailproof.run.hand.roundtrip import RoundtripPlan

_HANDS_IN = (Protocol.SMTP, Protocol.LMTP)
_READS = (Protocol.IMAP, Protocol.POP3)


def command(terminal: Terminal) -> Command:
    seconds = converted(lambda text: duration(text, terminal))
    params: list[click.Parameter] = [
        click.Argument(["targets"], nargs=-1, metavar="TARGET [TARGET]"),
        Option("--from", "sender", metavar="ADDRESS", section="path", words="from"),
        Option("--to", "recipient", metavar="ADDRESS", section="path", words="roundtrip-to"),
        Option("--message", metavar="FILE", section="path", words="roundtrip-message"),
        Option("--within", metavar="TIME", default="60s", section="path", callback=seconds),
        Option("--keep", is_flag=True, section="path"),
        *connection_options(terminal, without=("all_mechanisms", "xclient")),
        *credentials.mailbox_options(),
        *telling_options(terminal),
        Option("--keep-bodies", is_flag=True),
    ]
    return Command("roundtrip", terminal, partial(_roundtrip, terminal), params)


def _roundtrip(terminal: Terminal, targets: tuple[str, ...], **given: Any) -> int:
    from mailproof.run.hand.roundtrip import roundtrip

    if given["record"] is not None:
        must_be_writable(given["record"], terminal)
    how = connecting(given, terminal)
    plan = _plan(targets, given, how, terminal)
    net = network(how)
    with terminal.progress("cli.travelling", what=plan.read.text):
        going = roundtrip(net, plan, datetime.now(UTC))
        record, arrived, times = net.run(while_getting_ready(net, going, terminal, "mailproof.report.roundtrip"))
    from mailproof.report.frame import in_words
    from mailproof.report.postable import travelled
    from mailproof.report.roundtrip import render_roundtrip
    from mailproof.run.hand.roundtrip_result import roundtrip_report

    return tell(
        record,
        given,
        terminal,
        lambda judgement, _, report: in_words(roundtrip_report(record, judgement, report, plan, arrived, times)),
        render_roundtrip,
        users=(plan.sending.sender, plan.sending.recipients[0].address),
        postable=travelled,
    )


def _plan(texts: tuple[str, ...], given: Mapping[str, Any], how: Connecting, terminal: Terminal) -> RoundtripPlan:
    from mailproof.cli.compose import addresses
    from mailproof.probes.transaction import Recipient, Sending
    from mailproof.run.hand.roundtrip import RoundtripPlan

    submit, read = _places(texts, terminal)
    login = login_wish(given["user"] or "", how, given, tuple({submit, read}), terminal)
    user = login.credentials.user if login is not None else ""
    known = user if "@" in user else ""
    recipient = given["recipient"] or (given["mailbox_user"] if "@" in (given["mailbox_user"] or "") else known)
    if not recipient:
        raise Complaint(terminal.say("cli.roundtrip-to"))
    sender = given["sender"] if given["sender"] is not None else known or recipient
    for option, address in (("--from", sender), ("--to", recipient)):
        if address not in ("", "<>"):
            addresses((address,), option, terminal)
    reader = mailbox_wish(given["mailbox_user"] or "", given, recipient, terminal) or login
    if reader is None:
        raise Complaint(terminal.say("cli.roundtrip-login"))
    token = random_text()
    data = _message(given["message"], sender.strip("<>"), recipient, token, terminal)
    hands_in = login if submit.scheme is None or submit.scheme.is_submission else None
    sending = Sending(
        sender=sender.strip("<>"),
        recipients=(Recipient(recipient),),
        data=data,
        needs=() if (sender + recipient).isascii() else (("SMTPUTF8", "SMTPUTF8"),),
        eight_bit=not data.isascii(),
        login=hands_in,
    )
    return RoundtripPlan(
        submit=submit,
        read=read,
        wanted=wanted_of(how),
        terms=terms_of(how, keep_bodies=given["keep_bodies"]),
        asked=asked_of(
            how,
            user=user,
            sender=sender,
            mailbox=recipient,
            mailbox_user=given["mailbox_user"] or "",
            deliver=True,
        ),
        sending=sending,
        reader=reader,
        token=token,
        within=given["within"],
        keep=given["keep"],
    )


def _places(texts: tuple[str, ...], terminal: Terminal) -> tuple[Target, Target]:
    """Where it is handed in and where it is read; one host or domain does for both."""
    if not 1 <= len(texts) <= 2:
        raise Complaint(terminal.say("cli.roundtrip-targets"))
    targets = [parse_target(text) for text in texts]
    if len(targets) == 1:
        if targets[0].scheme is not None:
            raise Complaint(terminal.say("cli.roundtrip-targets"))
        return targets[0], targets[0]
    submit = [t for t in targets if t.scheme is None or t.scheme.protocol in _HANDS_IN]
    read = [t for t in targets if t.scheme is None or t.scheme.protocol in _READS]
    if not submit or not read or (submit == read and len(submit) < 2):
        raise Complaint(terminal.say("cli.roundtrip-targets"))
    first = submit[0]
    return first, next((t for t in read if t is not first), read[0])


# Lines that something on the way may not leave alone: dots (RFC 5321 section 4.5.2), mbox's From, blanks, a long one.
_TRICKY = (".", "..two dots", "From a line that an mbox would change", "blanks at the end  ", "\ttab", "x" * 900)


def _message(file: str | None, sender: str, recipient: str, token: str, terminal: Terminal) -> bytes:
    from mailproof.cli.message import message_of, proof_message

    if file is not None:
        return message_of(file, recipient, token, terminal).data
    made = proof_message(sender, recipient, token, datetime.now(UTC))
    return made.data + "".join(f"{line}\r\n" for line in _TRICKY).encode()
