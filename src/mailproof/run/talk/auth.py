"""/auth: a login as a course of lines; SASL where it is offered, else the protocol's own commands."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from mailproof.model.reply import ReplyClass
from mailproof.model.talk import TalkProtocol
from mailproof.model.tls import Protection
from mailproof.parse.talk.heard import HeardLine, LineKind
from mailproof.parse.talk.offers import mechanisms_in, offers
from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.sasl.exchange import answer
from mailproof.sasl.mechanism import Broken, Mechanism, Respond
from mailproof.sasl.registry import MECHANISMS, preferred
from mailproof.wire.imap import commands as imap
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.pop3 import commands as pop3
from mailproof.wire.sieve import commands as sieve
from mailproof.wire.smtp import commands as smtp

Login = Generator[Outgoing, HeardLine, str]
"""Yields what to say, is sent what was answered, and returns what the mechanism objected to, empty if nothing."""

P = TalkProtocol
SERVICES = {P.SMTP: "smtp", P.LMTP: "lmtp", P.POP3: "pop", P.IMAP: "imap", P.SIEVE: "sieve"}
"""Protocols with a login, by their names in SASL (RFC 4422 section 4)."""

TAG = "t9"
# RFC 5321 4.5.3.1.4 allows a command 512 octets; RFC 5034 section 4 keeps POP3 at 255.
_ROOM = {P.SMTP: 480, P.LMTP: 480, P.POP3: 230, P.IMAP: 8000, P.SIEVE: 8000}
# No mechanism takes more than four rounds.
_ROUNDS = 8


def choose(
    protocol: TalkProtocol,
    offered: tuple[str, ...],
    credentials: Credentials,
    protection: Protection,
    binding: Sequence[str],
) -> str:
    """The mechanism to use, `USER` or `LOGIN` for the protocol's own command; empty where nothing serves."""
    usable = preferred(
        mechanisms_in(offered),
        protection=protection,
        have_token=bool(credentials.token),
        have_password=bool(credentials.password),
        binding=binding,
    )
    if usable:
        return usable[0]
    if protocol is P.POP3:
        return "USER"
    return "LOGIN" if protocol is P.IMAP and not offers(offered, "LOGINDISABLED") else ""


def is_own_command(protocol: TalkProtocol, name: str, offered: tuple[str, ...]) -> bool:
    """`USER` of POP3; `LOGIN` of IMAP, unless that is offered as a mechanism."""
    if protocol is P.POP3:
        return name == "USER"
    return protocol is P.IMAP and name == "LOGIN" and "LOGIN" not in mechanisms_in(offered)


def by_command(protocol: TalkProtocol, credentials: Credentials) -> Login:
    """USER and PASS, or LOGIN."""
    if protocol is P.POP3:
        heard = yield pop3.user(credentials.user)
        if heard.status is ReplyClass.POSITIVE:
            yield pop3.pass_(credentials.password)
        return ""
    command = imap.login(TAG, credentials.user, credentials.password)
    for part in command.parts:  # a literal waits to be asked for
        heard = yield part
        if heard.kind is not LineKind.CHALLENGE:
            break
    return ""


def by_sasl(
    protocol: TalkProtocol, name: str, credentials: Credentials, where: Circumstances, offered: tuple[str, ...]
) -> Login:
    """One exchange to its end (RFC 4422)."""
    mechanism = MECHANISMS[name]
    first = mechanism.respond(credentials, where, ())
    if isinstance(first, Broken):
        return first.line
    initial = first.data if isinstance(first, Respond) else None
    if initial is not None and not _room(protocol, len(initial), offered):
        initial = None
    heard = yield _begin(protocol, name, initial)
    received: list[bytes] = []
    objection = ""
    for _ in range(_ROUNDS):
        if heard.kind is not LineKind.CHALLENGE:
            return objection
        if heard.challenge is None:
            objection = "not base64"
            heard = yield _cancel(protocol)
            continue
        received.append(heard.challenge)
        response, objection = _next(mechanism, credentials, where, received, initial is not None)
        heard = yield _cancel(protocol) if response is None else _respond(protocol, response)
    return objection


def _room(protocol: TalkProtocol, size: int, offered: tuple[str, ...]) -> bool:
    if protocol is P.IMAP and not offers(offered, "SASL-IR"):
        return False
    return (size + 2) // 3 * 4 <= _ROOM[protocol]


def _next(
    mechanism: Mechanism, credentials: Credentials, where: Circumstances, received: list[bytes], initial: bool
) -> tuple[bytes | None, str]:
    move = answer(mechanism, credentials, where, received, initial_response=initial)
    if isinstance(move, Broken):
        return None, move.line
    if isinstance(move, Respond):
        return move.data or b"", move.refusal.line if move.refusal is not None else ""
    return b"", ""  # the server has proved itself; an empty response lets it finish


def _begin(protocol: TalkProtocol, name: str, initial: bytes | None) -> Outgoing:
    if protocol is P.POP3:
        return pop3.auth(name, initial)
    if protocol is P.IMAP:
        return imap.authenticate(TAG, name, initial).parts[0]
    if protocol is P.SIEVE:
        return sieve.authenticate(name, initial)
    return smtp.auth(name, initial)


def _respond(protocol: TalkProtocol, data: bytes) -> Outgoing:
    if protocol is P.POP3:
        return pop3.auth_response(data)
    if protocol is P.IMAP:
        return imap.authenticate_response(data)
    if protocol is P.SIEVE:
        return sieve.authenticate_response(data)
    return smtp.auth_response(data)


def _cancel(protocol: TalkProtocol) -> Outgoing:
    if protocol is P.POP3:
        return pop3.auth_cancel()
    if protocol is P.IMAP:
        return imap.authenticate_cancel()
    if protocol is P.SIEVE:
        return sieve.authenticate_cancel()
    return smtp.auth_cancel()
