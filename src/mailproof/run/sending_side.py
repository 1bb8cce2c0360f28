"""Where a message was refused or taken for junk because of who sends it: what DNS has of that, asked only then."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from mailproof.emulate.sending.questions import Question
from mailproof.emulate.sending.whole import sending
from mailproof.message.read import read_headers
from mailproof.model.attempt import Job, Step
from mailproof.model.capabilities import Capabilities
from mailproof.model.connection import Connection, Greeting
from mailproof.model.dns import DnsAnswer
from mailproof.model.endpoint import Endpoint
from mailproof.model.envelope import EnvelopeTried, Submitted
from mailproof.model.record import Attempt
from mailproof.model.reply import Reply
from mailproof.model.retrieval import Retrieved
from mailproof.model.sending_side import SendingSide, Signature
from mailproof.net.interface import Net
from mailproof.parse.doubts import doubts_sender
from mailproof.parse.junk import is_junk
from mailproof.parse.vantage import Vantage, address, vantage
from mailproof.probes.terms import Terms
from mailproof.run.targets import is_host_name

_TAGS = re.compile(r"(?:^|;)\s*([ds])\s*=\s*([^;\s]+)")
_ADDRESS = re.compile(r"[^\s<>,;:\"]+@([^\s<>,;:\"]+)")
# Of one message; more signatures than this vouch for nothing more.
_MOST_SIGNATURES = 5
# SPF allows ten lookups, each with ten names more (RFC 7208 section 4.6.4); of a sound domain it is a dozen.
_MOST = 60


async def sending_sides(net: Net, terms: Terms, attempts: Sequence[Attempt], data: bytes = b"") -> list[Attempt]:
    """An attempt for each endpoint that doubts who sends; none where nobody does. `data` is the message, if any."""
    made: list[Attempt] = []
    asked: dict[SendingSide, SendingSide] = {}
    deadline = net.now() + terms.timeout
    for endpoint, side in dict.fromkeys(_doubted(attempts, terms, data)):
        if side not in asked:
            asked[side] = await _asked(net, side, deadline)
        made.append(Attempt(Job.SENDING_SIDE, endpoint, observations=(asked[side],)))
    return made


async def _asked(net: Net, side: SendingSide, deadline: float) -> SendingSide:
    """`side` with the answers. What is left when `deadline` comes was not asked, and has no answer."""
    course = sending(side)
    known: dict[Question, DnsAnswer] = {}
    try:
        question = next(course)
        while True:
            question = Question(question.name.lower(), question.rtype)
            if question not in known:
                if len(known) >= _MOST or net.now() >= deadline:
                    break
                # With the dot no domain of resolv.conf is put behind it.
                answer = await net.resolve(question.name, question.rtype, deadline)
                known[question] = msgspec.structs.replace(answer, name=question.name)
            question = course.send(known[question])
    except StopIteration:
        pass
    return msgspec.structs.replace(side, answers=tuple(known.values()))


def _doubted(attempts: Sequence[Attempt], terms: Terms, data: bytes) -> Iterator[tuple[Endpoint, SendingSide]]:
    searches = [fact for attempt in attempts for fact in attempt.observations if isinstance(fact, Retrieved)]
    junk = {each.token for each in searches if each.found and is_junk(each.mailbox, each.special_use)}
    for attempt in attempts:
        if attempt.endpoint is None:
            continue
        for fact in attempt.observations:
            match fact:
                case Submitted():
                    said = [
                        (fact.mail, Step.MAIL),
                        (fact.rcpt, Step.RCPT),
                        (fact.data, Step.DATA),
                        (fact.final, Step.DATA),
                    ]
                    if fact.token in junk or any(_is_doubt(*each) for each in said):
                        yield attempt.endpoint, _side(attempt, terms, fact.sender, fact.client, data)
                case EnvelopeTried():
                    if _is_doubt(fact.mail, Step.MAIL) or _is_doubt(fact.rcpt, Step.RCPT):
                        yield attempt.endpoint, _side(attempt, terms, fact.sender, fact.client, b"")
                case Greeting() | Capabilities():
                    if fact.reply is not None and _is_doubt(fact.reply, None):
                        yield attempt.endpoint, _side(attempt, terms, terms.sender, "", b"")
                case _:
                    pass


def _is_doubt(reply: Reply | None, step: Step | None) -> bool:
    return reply is not None and doubts_sender(reply, step)


def _side(attempt: Attempt, terms: Terms, sender: str, client: str, data: bytes) -> SendingSide:
    headers = [(name.lower(), value) for name, value in read_headers(data)] if data else []
    written = next((value for name, value in headers if name == "from"), "")
    named = _ADDRESS.search(written)
    author = (named[1] if named else sender.rpartition("@")[2]).lower().rstrip(".>")
    signatures = [_signature(value) for name, value in headers if name == "dkim-signature"]
    return SendingSide(
        _known_as(attempt, client),
        terms.ehlo,
        sender,
        author if is_host_name(author) else "",
        tuple(each for each in signatures if each is not None)[:_MOST_SIGNATURES],
    )


def _signature(value: str) -> Signature | None:
    """None for one that is none, or names no host."""
    found = dict(_TAGS.findall(value))
    domain, selector = found.get("d", ""), found.get("s", "")
    return Signature(domain, selector) if is_host_name(domain) and is_host_name(f"{selector}.x") else None


def _known_as(attempt: Attempt, client: str) -> str:
    """Our address as the server sees it: a private one is that only for a server that is as near."""
    connection = next((fact for fact in attempt.observations if isinstance(fact, Connection)), None)
    found = address(client or (connection.client if connection is not None else ""))
    server = attempt.endpoint.address if attempt.endpoint is not None else ""
    if found is None or found.is_loopback:
        return ""
    ours, theirs = vantage(str(found), server), vantage(server, "")
    hidden = ours is Vantage.PRIVATE and theirs not in (Vantage.PRIVATE, Vantage.LOOPBACK)
    return "" if hidden else str(found)
