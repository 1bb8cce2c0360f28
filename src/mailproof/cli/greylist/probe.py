"""`greylist probe`: greylisting proved from outside, by its sequence."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from mailproof.cli.masked import masked
from mailproof.cli.options import asked_of, connecting, network, terms_of, wanted_of
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.greylisting import Greylisted

_TOKEN_BYTES = 5
_TOLD = {Greylisted.PROVED: 0, Greylisted.NOT: 0, Greylisted.ANOTHER_CAUSE: 1}


def probe(terminal: Terminal, text: str, wish: dict[str, Any]) -> int:
    """0 it is told whether there is a greylist; 1 something else refuses; 3 it cannot be told."""
    from mailproof.report.greylisting import probed_as_json, render_probed
    from mailproof.run.greylist.probe import probe as ask

    plan = _plan(terminal, text, wish)
    net = network(connecting(wish, terminal))
    with terminal.progress("greylisting.asking", what=text):
        probed = net.run(
            ask(net, plan, datetime.now(UTC), lambda: secrets.token_hex(_TOKEN_BYTES), lambda look: None)
        )
    probed = masked(probed, wish["mask"], hosts=(plan.send.target.host, plan.send.wanted.name))
    if wish["shape"] == "json":
        terminal.write(probed_as_json(probed))
    else:
        terminal.write(render_probed(probed, terminal.lang, terminal.color, terminal.width))
    return _TOLD.get(probed.verdict, 3)


def _plan(terminal: Terminal, text: str, wish: dict[str, Any]) -> Any:
    from mailproof.cli.greylist.mail import address
    from mailproof.cli.message import proof_message
    from mailproof.model.endpoint import Protocol
    from mailproof.probes.transaction import Recipient, Sending, Until
    from mailproof.run.greylist.probe import GreylistPlan
    from mailproof.run.hand.sending import SendPlan
    from mailproof.run.targets import parse_target

    if not wish["recipient"]:
        raise Complaint(terminal.say("cli.greylist-recipient"))
    recipient = address(terminal, "--rcpt", wish["recipient"], may_be_empty=False)
    target = parse_target(text)
    if target.scheme is not None and target.scheme.protocol not in (Protocol.SMTP, Protocol.LMTP):
        raise Complaint(terminal.say("cli.send-protocol", scheme=str(target.scheme)))
    local, at, domain = address(terminal, "--from", wish["sender"] or "mailproof@example.com").rpartition("@")
    if not at or not domain:
        raise Complaint(terminal.say("cli.greylist-sender"))
    how = connecting(wish, terminal)
    now = datetime.now(UTC)
    message = proof_message(f"{local}@{domain}", recipient, secrets.token_hex(_TOKEN_BYTES), now)
    sending = Sending(
        sender=f"{local}@{domain}",
        recipients=(Recipient(recipient),),
        data=message.data,
        last=Until.MESSAGE if wish["with_data"] else Until.RCPT,
    )
    send = SendPlan(
        target=target,
        wanted=wanted_of(how),
        terms=terms_of(how),
        asked=asked_of(how, user="", sender=sending.sender),
        sending=sending,
    )
    return GreylistPlan(
        send=send,
        domain=domain,
        local=local or "mailproof",
        pause=wish["pause"],
        every=wish["every"],
        within=wish["probe_within"],
    )
