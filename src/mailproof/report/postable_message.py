"""A message that is told as it stands, before and after: its fields and lines are told apart, and say nothing."""

from __future__ import annotations

import re
from email.utils import getaddresses
from typing import Any

import msgspec

from mailproof.message.told import hops_of
from mailproof.model.milter import (
    AddHeader,
    ChangeHeader,
    InsertHeader,
    MilterPlayed,
    MilterResult,
    ReplaceBody,
    Stage,
    StepSeen,
)
from mailproof.model.postfix import HeaderChange, Headers, MessageRewriting
from mailproof.report.postable import ADDRESSES, TYPES, WHOLE, received

_FIELD = re.compile(r"([!-9;-~]+):[ \t]?(.*)", re.DOTALL)
# A field begins where a line does not begin with a blank.
_BETWEEN_FIELDS = re.compile(r"\r?\n(?![ \t])")
_END = re.compile(r"\r?\n\r?\n")


class Texts:
    """What stands for the texts of one message; the same text is `[masked 1]` wherever it stands."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.users: set[str] = set()
        """Addresses without a domain that stand in fields."""

    def hidden(self, text: str) -> str:
        if not text.strip():
            return text
        return f"[masked {self._numbers.setdefault(text.strip(), len(self._numbers) + 1)}]"

    def field(self, text: str) -> str:
        """`Name: value` with its further lines; of one with addresses these alone, without the names of people."""
        found = _FIELD.fullmatch(text)
        return self.hidden(text) if found is None else f"{found[1]}: {self.value(found[1], found[2])}"

    def value(self, name: str, value: str) -> str:
        lower = name.lower()
        if lower in ADDRESSES:
            addresses = [address for _, address in getaddresses([value]) if address and not re.search(r"\s", address)]
            self.users.update(address for address in addresses if "@" not in address)
            return ", ".join(addresses) or self.hidden(value)
        if lower == "received":
            return received(next(iter(hops_of(((name, value),))), None))
        if lower in TYPES:
            return value.partition(";")[0]
        return value if lower in WHOLE else self.hidden(value)

    def message(self, text: str) -> str:
        """Line by line, with the ends of lines that it has."""
        end = _END.search(text)
        head, rest = (text, "") if end is None else (text[: end.start()], text[end.start() :])
        newline = "\r\n" if "\r\n" in text else "\n"
        fields = [self.field(each) if each else each for each in _BETWEEN_FIELDS.split(head)]
        return newline.join(fields) + self.body(rest)

    def body(self, text: str) -> str:
        return "".join(self.hidden(line) if line.strip() else line for line in re.split(r"(\r?\n)", text))

    def data(self, data: bytes) -> bytes:
        return self.message(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def exercised(texts: Texts, result: MilterResult) -> MilterResult:
    """What a milter was asked and did, without what the message says."""
    return msgspec.structs.replace(
        result,
        steps=tuple(_step(texts, step) for step in result.steps),
        changes=tuple(_change(texts, change) for change in result.changes),
        message=texts.data(result.message),
    )


def played(texts: Texts, result: MilterPlayed) -> MilterPlayed:
    """The same of a script."""
    return msgspec.structs.replace(
        result,
        steps=tuple(msgspec.structs.replace(each, step=_step(texts, each.step)) for each in result.steps),
    )


def rewritten(texts: Texts, done: MessageRewriting) -> MessageRewriting:
    """A message that Postfix rewrites, with its addresses alone."""
    return msgspec.structs.replace(done, queued=_headers(texts, done.queued), left=_headers(texts, done.left))


def _headers(texts: Texts, headers: Headers) -> Headers:
    changes = tuple(
        HeaderChange(each.name, texts.field(each.before), texts.field(each.after), each.steps)
        for each in headers.changes
    )
    return msgspec.structs.replace(headers, text=texts.message(headers.text), changes=changes)


def _step(texts: Texts, step: StepSeen) -> StepSeen:
    said = step.said
    if step.stage in (Stage.HEADER, Stage.BODY):
        said = texts.field(said) if step.stage is Stage.HEADER else texts.hidden(said)
    return msgspec.structs.replace(step, said=said, changes=tuple(_change(texts, each) for each in step.changes))


def _change(texts: Texts, change: Any) -> Any:
    if isinstance(change, AddHeader | InsertHeader | ChangeHeader):
        return msgspec.structs.replace(change, value=texts.value(change.name, change.value))
    if isinstance(change, ReplaceBody):
        text = texts.body(change.data.decode("utf-8", "surrogateescape"))
        return ReplaceBody(text.encode("utf-8", "surrogateescape"))
    return change
