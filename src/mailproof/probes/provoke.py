"""What a server makes of what no honest client does. Only where it was asked for (`--intrusive`): its log fills, and
who does so may be shut out.

Each is one connection, a second after the one before, with few bytes and an end of its own: a command behind STARTTLS
in the same packet, a login that is not offered, wrong commands until the server has enough, one very long line, and a
hundred recipients without a message. No secret is said, and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from mailproof.model.attempt import Job, Step
from mailproof.model.capabilities import Stage
from mailproof.model.endpoint import Endpoint, Protocol
from mailproof.model.provoked import Injected, LoginProbed, Strained
from mailproof.model.record import Attempt
from mailproof.model.reply import Reply, ReplyClass
from mailproof.net.interface import Net
from mailproof.probes.conversation import Conversation, held
from mailproof.probes.protocols import converse
from mailproof.probes.smtp import SmtpConversation
from mailproof.probes.speech import Ended
from mailproof.probes.terms import Terms
from mailproof.wire.smtp import commands as smtp

_PAUSE = 1.0
"""Seconds before each connection; Postfix's anvil counts by the minute."""
# Between wrong commands; servers that slow down by themselves (Postfix smtpd_soft_error_limit) are waited for anyway.
_PACE = 0.1
# One more than the most patient: sendmail hangs up at the 25th (MaxBadCommands), Postfix at the 20th.
_MOST_ERRORS = 26
# More than any buffer of a line: Exim takes 16 KB, Dovecot 64 KB, Postfix 2 KB (line_length_limit).
_LONG_LINE = 70_000
# RFC 5321 section 4.5.3.1.8: as many a server must take.
_RECIPIENTS = 100
# Seconds for an answer to what should have none.
_PATIENCE = 2.0
_MOST_ANSWERS = 50

_INJECTED = {Protocol.SMTP: b"NOOP\r\n", Protocol.POP3: b"CAPA\r\n", Protocol.IMAP: b"x1 NOOP\r\n"}
"""Said behind STARTTLS, in clear. Of ManageSieve nothing, for there a server speaks first inside TLS."""

Course = Callable[[Conversation[Any]], Coroutine[Any, Any, None]]
_OURS = (Injected, LoginProbed, Strained)


async def provoke(net: Net, endpoint: Endpoint, terms: Terms, job: Job) -> Attempt:
    """One of the provocations. Of what is seen on the way, only the answer to it is kept: what it brings about is no
    fault of the server."""
    await net.sleep(_PAUSE)
    talk = converse(net, endpoint, terms, job)
    made = await held(talk, _COURSES[job](talk))
    kept = tuple(seen for seen in made.observations if isinstance(seen, _OURS))
    return msgspec.structs.replace(made, observations=kept)


async def _inject(talk: Conversation[Any]) -> None:
    await talk.connect()
    await talk.greet()
    offered = await talk.capabilities()
    command = _INJECTED.get(talk.endpoint.scheme.protocol)
    if command is None or offered.get(talk.upgrade_capability) is None:
        await talk.leave()
        return
    agreed = await talk.ask_for_tls(command)
    inside: Reply | None = None
    try:
        if agreed.kind is ReplyClass.POSITIVE:
            await talk.start_tls()
            inside = await talk.unasked(_PATIENCE)
    finally:
        turns = (agreed.turn - 1, agreed.turn, *((inside.turn,) if inside is not None else ()))
        talk.saw(Injected(command.decode().strip(), agreed, inside, turns))
    await talk.leave()


async def _hidden_login(talk: Conversation[Any]) -> None:
    await talk.connect()
    await talk.greet()
    offered = await talk.capabilities()
    if not offered.mechanisms:
        answer, _ = await talk.auth_begin("PLAIN", None)
        turns = (answer.reply.turn - 1, answer.reply.turn)
        talk.saw(LoginProbed(Stage.CLEAR, "PLAIN", answer.reply, turns, talk.the_stream.local))
        if answer.reply.kind is ReplyClass.INTERMEDIATE:
            await talk.auth_say(None)
    await talk.leave()


async def _errors(talk: Conversation[Any]) -> None:
    await talk.enter()
    last: Reply | None = None
    said, hung_up = 0, False
    try:
        while said < _MOST_ERRORS and not hung_up:
            said += 1
            last = await talk.ask(Step.CAPABILITY, talk.nonsense(), "XMAILPROOF")
            hung_up = last.code == "421"
            await talk.net.sleep(_PACE)
    except Ended:
        hung_up = True
        raise
    finally:
        turns = (talk.the_stream.turn,) if last is None else (last.turn,)
        talk.saw(Strained(talk.job, said, said, hung_up=hung_up, reply=last, turns=turns))
    await talk.leave()


async def _long_line(talk: Conversation[Any]) -> None:
    await talk.enter()
    first: Reply | None = None
    answers = 0
    try:
        first = await talk.ask(Step.CAPABILITY, talk.nonsense(_LONG_LINE), "XMAILPROOF", keep=False)
        answers = 1
        while answers < _MOST_ANSWERS and await talk.unasked(_PATIENCE) is not None:
            answers += 1
    finally:
        turns = (talk.the_stream.turn,) if first is None else (max(0, first.turn - 1), first.turn)
        talk.saw(Strained(talk.job, _LONG_LINE, answers, hung_up=not answers, reply=first, turns=turns))
    await talk.leave()


async def _recipients(talk: Conversation[Any]) -> None:
    await talk.enter()
    assert isinstance(talk, SmtpConversation)
    mail = await talk.ask(Step.MAIL, smtp.mail(talk.terms.sender), "MAIL FROM")
    last, taken = mail, 0
    while last.kind is ReplyClass.POSITIVE and taken < _RECIPIENTS:
        last = await talk.ask(Step.RCPT, smtp.rcpt(talk.terms.mailbox), "RCPT TO")
        taken += last.kind is ReplyClass.POSITIVE
    talk.saw(Strained(talk.job, _RECIPIENTS, taken, reply=last, turns=(last.turn - 1, last.turn)))
    if mail.kind is ReplyClass.POSITIVE:
        await talk.ask(Step.MAIL, smtp.rset(), "RSET")
    await talk.leave()


_COURSES: dict[Job, Course] = {
    Job.INJECT: _inject,
    Job.HIDDEN_LOGIN: _hidden_login,
    Job.ERRORS: _errors,
    Job.LONG_LINE: _long_line,
    Job.RECIPIENTS: _recipients,
}
