"""Every function of `wire` that makes something of a peer's bytes, and how it is fed any bytes at all."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

from wirereaders import modules, name_of

from mailproof.model.escape import to_text
from mailproof.wire import commands, proxy_protocol
from mailproof.wire.imap import folders, mailbox, tokens
from mailproof.wire.imap import responses as imap_responses
from mailproof.wire.imap.commands import ImapCommand
from mailproof.wire.imap.literals import Literal
from mailproof.wire.lines import Line
from mailproof.wire.milter import answers as milter_answers
from mailproof.wire.milter import commands as milter_commands
from mailproof.wire.milter import messages as milter_messages
from mailproof.wire.milter import packets as milter_packets
from mailproof.wire.milter import session as milter_session
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.pop3 import responses as pop3_responses
from mailproof.wire.sieve import responses as sieve_responses
from mailproof.wire.smtp import extensions, messages, paths
from mailproof.wire.smtp import replies as smtp_replies
from mailproof.wire.starttls import course
from mailproof.wire.starttls.registry import UPGRADES


def _ehlo(data: bytes) -> object:
    return [extensions.read_ehlo(reply) for reply in _all_of(smtp_replies.ReplyReader(), data)]


def _capa(data: bytes) -> object:
    reader = pop3_responses.ResponseReader()
    reader.expect(True)
    return [pop3_responses.read_capa(response) for response in _all_of(reader, data)]


def _numbered(data: bytes) -> object:
    reader = pop3_responses.ResponseReader()
    reader.expect(True)
    responses = _all_of(reader, data)
    return [(pop3_responses.numbered(response), pop3_responses.octets(response)) for response in responses]


def _imap(read: Callable[[imap_responses.ImapResponse], object]) -> Callable[[bytes], object]:
    return lambda data: [read(response) for response in _all_of(imap_responses.ResponseReader(), data)]


def _sieve(data: bytes) -> object:
    return [
        sieve_responses.read_capabilities(response) for response in _all_of(sieve_responses.ResponseReader(), data)
    ]


def _all_of(reader: Any, data: bytes) -> list[Any]:
    return [*reader.receive(data), *reader.end()]


def _path(data: bytes) -> object:
    return [paths.read_path(data, keyword) for keyword in ("FROM", "TO")]


def _tokens(data: bytes) -> object:
    """Cut at NUL into text and literals in turn."""
    pieces = data.split(b"\0")
    made = tokens.tokenize(Literal(p, len(p), b"{0}") if at % 2 else p for at, p in enumerate(pieces))
    flat = list(tokens.flatten(made.values))
    assert all(tokens.string_of(value) is not None for value in flat)
    return made


def _proxy(data: bytes) -> object:
    header = proxy_protocol.read(data)
    if header is None:
        return None
    assert header.length <= len(data)
    if header.proxied is not None:  # what was understood can be said again, and means the same
        again = proxy_protocol.read(proxy_protocol.compose(2, header.proxied))
        assert again is not None and again.proxied == header.proxied
    return header


def _message(data: bytes) -> object:
    stuffed = messages.stuff(data)
    assert b"\r\n.\r\n" not in stuffed[:-3] and not stuffed[:-3].startswith(b".\r\n")
    assert messages.stuff(messages.unstuff(stuffed)) == stuffed
    return messages.unstuff(data)


_NAMES = course.Names("client.test", "mx.test")


def _courses(data: bytes) -> object:
    """Every way to ask for TLS, with any answers; they come whole, or a byte at a time, and mean the same."""
    said = data.split(b"\xfe")
    made: list[object] = []
    for upgrade in UPGRADES.values():
        begins = [upgrade.opening, upgrade.request]
        if upgrade.greeting:
            begins.append(lambda names, upgrade=upgrade: course.greeted(upgrade))
        for begin in begins:
            outcome = _follow(begin(_NAMES), said)
            if len(said) == 1:  # else a piece that came before its question would count as an answer to it
                assert outcome == _follow(begin(_NAMES), [data[at : at + 1] for at in range(len(data))])
            made.append(outcome)
    return made


def _follow(running: course.Course, pieces: list[bytes]) -> object:
    """What became of it, what came behind the end included; None where it still waits."""
    waiting = list(pieces)
    try:
        running.send(None)  # type: ignore[arg-type]
        while waiting:
            running.send(waiting.pop(0))
        for _ in range(8):  # a question is due, and what answers it has come already
            running.send(b"")
    except StopIteration as end:
        outcome: course.Outcome = end.value
        if outcome.verdict is not course.Verdict.READY:
            return outcome.verdict  # what came of the objection is told as far as it had come
        return outcome.verdict, outcome.said, outcome.left + b"".join(waiting), outcome.offered
    return None


def _packet(data: bytes) -> milter_packets.Packet:
    return milter_packets.Packet(data[:1], data[1:])


def _milter_answer(data: bytes) -> object:
    """What was understood can be said again, and means the same."""
    answer = milter_answers.read_answer(_packet(data))
    if not isinstance(answer, milter_answers.NoAnswer):
        again = milter_packets.PacketReader()
        again.feed(milter_answers.compose_answer(answer))
        assert milter_answers.read_answer(again.next_event()) == answer
    return answer


def _milter_stage(data: bytes) -> object:
    """Every command but the macros of another has a step."""
    command = milter_commands.read_command(_packet(data))
    return (
        None
        if isinstance(command, milter_commands.NoCommand | milter_commands.Macros)
        else milter_session.stage_of(command)
    )


def _milter_changed(data: bytes) -> object:
    """A message, and behind a byte 0xfe each what a milter wants of it."""
    message, *said = data.split(b"\xfe")
    parted = milter_messages.part(message)
    changes = [milter_answers.read_answer(_packet(each)) for each in said]
    changes = [each for each in changes if isinstance(each, milter_messages.Change)]
    made = milter_messages.joined(milter_messages.changed(parted, changes, len(said) % 2 == 0))
    return made, milter_messages.envelope("a@b", ["c@d"], changes)


FUNCTIONS: dict[Any, Callable[[bytes], object]] = {
    commands.verb_and_argument: lambda data: commands.verb_and_argument(Line(data, 0, len(data))),
    proxy_protocol.read: _proxy,
    milter_packets.strings: milter_packets.strings,
    milter_packets.text_of: milter_packets.text_of,
    milter_answers.read_answer: _milter_answer,
    milter_commands.read_command: lambda data: milter_commands.read_command(_packet(data)),
    milter_messages.part: _milter_changed,
    milter_messages.changed: _milter_changed,
    milter_messages.envelope: _milter_changed,
    milter_session.stage_of: _milter_stage,
    milter_session.macros_for: lambda data: milter_session.macros_for(
        milter_commands.Quit(), {milter_packets.text_of(data): milter_packets.text_of(data)}
    ),
    mailbox.decode_mailbox: mailbox.decode_mailbox,
    tokens.tokenize: _tokens,
    tokens.string_of: _tokens,
    tokens.flatten: _tokens,
    tokens.is_quotable: lambda data: tokens.is_quotable(data) and tokens.quote(data),
    course.bounded: _courses,
    course.one_request: _courses,
    course.greeted: _courses,
    folders.listed_folder: _imap(folders.listed_folder),
    imap_responses.capabilities: _imap(imap_responses.capabilities),
    imap_responses.fetch_items: _imap(imap_responses.fetch_items),
    imap_responses.number_of: _imap(lambda response: [*map(imap_responses.number_of, response.values)]),
    imap_responses.search_numbers: _imap(imap_responses.search_numbers),
    pop3_responses.read_capa: _capa,
    pop3_responses.numbered: _numbered,
    pop3_responses.octets: _numbered,
    pop3_responses.apop_timestamp: lambda data: pop3_responses.apop_timestamp(to_text(data)),
    sieve_responses.read_capabilities: _sieve,
    extensions.read_ehlo: _ehlo,
    messages.unstuff: _message,
    paths.read_path: _path,
}

# What a function returns that only writes. `unstuff` gives bytes, and reads; a greeting comes escaped.
_WRITTEN = (bytes, Outgoing, ImapCommand)
_READS_ALL_THE_SAME = ("messages.unstuff", "responses.apop_timestamp")


def discovered() -> dict[str, Any]:
    """Every public function of `wire` that does more than write: it makes something of what a peer said."""
    return {
        name_of(value): value
        for module in modules()
        for value in vars(module).values()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not value.__name__.startswith("_")
        if _reads(value)
    }


def _reads(function: Any) -> bool:
    hints = typing.get_type_hints(function)
    written = hints.pop("return", None) in _WRITTEN
    told = all(hint in (str, int) for hint in hints.values())  # in words of our own, not in bytes of a peer
    return not (written or told) or any(name_of(function).endswith(name) for name in _READS_ALL_THE_SAME)
