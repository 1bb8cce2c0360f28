"""Scripts for milters: what the mail server says, and what the milter must answer.

    C: CONNECT mx.example.com 192.0.2.1
    C: HELO mx.example.com
    C: MACRO {auth_authen} alice
    C: MAIL <alice@example.com> SIZE=1000
    S: CONTINUE
    C: RCPT <bob@example.net>
    S: 451 4.7.1 ~
    * within 2s
    @
    * wait 5s
    C: CONNECT mx.example.com 192.0.2.1
    C: MESSAGE mail.eml
    S: ADDHEADER X-Greylist: ~
    S: ACCEPT

As in the dialogues of SMTP, `~` in an `S:` line stands for any text, `#` begins a comment line and `@` another
connection. A `C:` line without `S:` lines must be answered with CONTINUE or ACCEPT, or be one that the milter does
not want to hear or does not answer. `S: ~` among the changes of a message stands for any others.
"""

from __future__ import annotations

import re

import msgspec

from mailproof.model.escape import printable, to_bytes
from mailproof.model.milter import (
    AddHeader,
    AddRecipient,
    Change,
    ChangeHeader,
    ChangeSender,
    DeleteRecipient,
    InsertHeader,
    Quarantine,
    ReplaceBody,
    StepSeen,
    Verdict,
)
from mailproof.script.format import ScriptError, must_have_bytes
from mailproof.script.milter.mail import client_of

VERBS = {
    "CONNECT": 1,
    "HELO": 1,
    "MACRO": 2,
    "MAIL": 1,
    "RCPT": 1,
    "DATA": 0,
    "HEADER": 1,
    "EOH": 0,
    "BODY": 1,
    "EOM": 0,
    "MESSAGE": 1,
    "UNKNOWN": 1,
    "ABORT": 0,
    "QUIT": 0,
}
"""What a `C:` line can say, and how many words must follow."""
NONE = "NONE"
"""In an `S:` line: no answer, for none is due."""

_LINE = re.compile(r"(?P<who>[SC]): ?(?P<text>.*)\Z")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?\Z", re.ASCII)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
# A script is written by hand; the longest suite of milter-manager has some hundred lines.
_MOST_LINES = 10_000
_LONGEST_WAIT = 86400.0


class Wanted(msgspec.Struct, frozen=True):
    text: str
    number: int


class Line(msgspec.Struct, frozen=True):
    """One command, with what must come of it."""

    verb: str
    rest: str
    number: int
    wanted: tuple[Wanted, ...] = ()
    within: float | None = None
    """Seconds."""

    @property
    def text(self) -> str:
        """What follows the verb, its escapes undone; a byte that is no UTF-8 as PEP 383 keeps it."""
        return to_bytes(self.rest).decode("utf-8", "surrogateescape")


class Wait(msgspec.Struct, frozen=True):
    seconds: float
    number: int


class MilterScript(msgspec.Struct, frozen=True):
    connections: tuple[tuple[Line | Wait, ...], ...]


def parse(text: str) -> MilterScript:
    """Raises ScriptError."""
    connections: list[list[Line | Wait]] = [[]]
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        raise ScriptError("script-too-long", line=str(_MOST_LINES))
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line == "@":
            connections.append([])
        elif line.startswith("*"):
            _event(line[1:].split(), connections[-1], number)
        else:
            _talk(line, connections[-1], number)
    made = tuple(tuple(lines) for lines in connections if lines)
    if not made:
        raise ScriptError("script-says-nothing")
    return MilterScript(made)


def _talk(line: str, lines: list[Line | Wait], number: int) -> None:
    match = _LINE.match(line)
    if match is None:
        raise ScriptError("script-line", line=str(number), text=line)
    text = match["text"].strip()
    if match["who"] == "S":
        last = lines[-1] if lines else None
        if not isinstance(last, Line):
            raise ScriptError("script-answer-to-nothing", line=str(number))
        if not text:
            raise ScriptError("script-answer-empty", line=str(number))
        lines[-1] = msgspec.structs.replace(last, wanted=(*last.wanted, Wanted(text, number)))
        return
    verb, _, rest = text.partition(" ")
    verb = {"EOB": "EOM", "END": "EOM"}.get(verb.upper(), verb.upper())
    if verb not in VERBS:
        raise ScriptError("script-verb", line=str(number), verb=verb, verbs=tuple(VERBS))
    if len(rest.split()) < VERBS[verb]:
        raise ScriptError("script-verb-short", line=str(number), verb=verb)
    if verb == "HEADER" and ":" not in rest:
        raise ScriptError("script-header", line=str(number))
    must_have_bytes(rest, number)
    made = Line(verb, rest.strip(), number)
    if verb == "CONNECT":
        try:
            client_of(made.text.split())
        except ValueError:
            raise ScriptError("script-client", line=str(number), text=made.rest) from None
    lines.append(made)


def _event(words: list[str], lines: list[Line | Wait], number: int) -> None:
    match = _DURATION.match(words[1]) if len(words) == 2 else None
    seconds = float(match[1]) * _UNITS[match[2]] if match else -1.0
    if words[:1] not in (["within"], ["wait"]) or not 0 <= seconds <= _LONGEST_WAIT:
        raise ScriptError("script-milter-event", line=str(number))
    if words[0] == "wait":
        lines.append(Wait(seconds, number))
    elif lines and isinstance(last := lines[-1], Line):
        lines[-1] = msgspec.structs.replace(last, within=seconds)
    else:
        raise ScriptError("script-within", line=str(number))


def answer_lines(step: StepSeen) -> tuple[str, ...]:
    """What came of a command, as `S:` lines say it."""
    return (*map(change_line, step.changes), _final(step))


def _final(step: StepSeen) -> str:
    if step.answer == Verdict.REPLY:
        return printable(step.reply)
    if step.answer in set(Verdict):
        return {Verdict.CONNECTION_FAILED: "CONN_FAIL"}.get(Verdict(step.answer), step.answer.upper())
    return NONE


def change_line(change: Change) -> str:
    """In the words of libmilter (smfi_addheader and so on); safe to print."""
    return printable(_change(change))


def _change(change: Change) -> str:
    match change:
        case AddHeader(name, value):
            return f"ADDHEADER {name}: {value.strip()}"
        case InsertHeader(at, name, value):
            return f"INSHEADER {at} {name}: {value.strip()}"
        case ChangeHeader(nth, name, ""):
            return f"DELHEADER {nth} {name}"
        case ChangeHeader(nth, name, value):
            return f"CHGHEADER {nth} {name}: {value.strip()}"
        case AddRecipient(address, arguments):
            return f"ADDRCPT {address} {arguments}".rstrip()
        case DeleteRecipient(address):
            return f"DELRCPT {address}"
        case ChangeSender(address, arguments):
            return f"CHGFROM {address} {arguments}".rstrip()
        case ReplaceBody(data):
            return f"REPLBODY {data[:100].decode('utf-8', 'replace')}"
        case Quarantine(reason):
            return f"QUARANTINE {reason}"
    raise TypeError(change)
