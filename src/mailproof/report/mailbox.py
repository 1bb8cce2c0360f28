"""What `mailproof fetch` says: a table of messages, one message as a person reads it, the way it came."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Protocol

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.message.hops import Hop, read_hops
from mailproof.message.read import read_headers, read_mail
from mailproof.model.escape import printable
from mailproof.model.mail import AttachedTold, FetchReport, FolderTold, HopTold, MailTold
from mailproof.model.report import Report
from mailproof.report.frame import Result, answered, counted, ending, hint_of, proof_of, sessions, why_not
from mailproof.report.json import text_of
from mailproof.report.layout import cut, rows_with_text, table, wrap
from mailproof.report.style import Style, paint

# What a person wants to see of a header, in this order.
_SHOWN = ("Date", "From", "To", "Cc", "Subject", "Message-ID", "X-Original-To", "Delivered-To", "Return-Path")
# Fields that say what receivers made of the message.
_RESULTS = ("Authentication-Results", "Received-SPF", "X-Spam-Status", "X-Spam-Flag")
# Cells of the columns that could grow without end.
_DATE, _FROM, _SUBJECT = 22, 28, 60
# A subject with less room beside its row stands below.
_SUBJECT_ROOM = 20


class Item(Protocol):
    """One message as it was fetched; named here by its shape."""

    @property
    def number(self) -> int: ...
    @property
    def uid(self) -> str: ...
    @property
    def size(self) -> int | None: ...
    @property
    def flags(self) -> tuple[str, ...]: ...
    @property
    def date(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def whole(self) -> bool: ...


class Folder(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def uses(self) -> tuple[str, ...]: ...


class FetchResult(Result, Protocol):
    @property
    def endpoint(self) -> str: ...
    @property
    def address(self) -> str: ...


def told_mail(item: Item) -> MailTold:
    """The message in words; whole ones with their text, attachments and hops."""
    headers = read_headers(item.data)
    first = {name.lower(): value for name, value in reversed(headers)}
    told = MailTold(
        number=item.number,
        uid=item.uid,
        size=item.size if item.size is not None else (len(item.data) if item.whole else None),
        date=first.get("date", item.date),
        sender=first.get("from", ""),
        to=first.get("to", ""),
        subject=first.get("subject", ""),
        flags=item.flags,
    )
    if not item.whole:
        return told
    mail = read_mail(item.data)
    hops = read_hops(headers)
    dated = [hop.date for hop in hops if hop.date is not None]
    return msgspec.structs.replace(
        told,
        headers=headers,
        text=mail.text,
        attachments=tuple(AttachedTold(part.name, part.type, part.size) for part in mail.attachments),
        hops=tuple(map(_told_hop, hops)),
        seconds=(dated[-1] - dated[0]).total_seconds() if len(dated) > 1 else None,
    )


def hops_of(headers: tuple[tuple[str, str], ...]) -> tuple[HopTold, ...]:
    """The way that these header fields tell, the sender's server first."""
    return tuple(map(_told_hop, read_hops(headers)))


def _told_hop(hop: Hop) -> HopTold:
    date = hop.date.strftime("%Y-%m-%dT%H:%M:%SZ") if hop.date is not None else ""
    return HopTold(hop.by, hop.source, hop.protocol, hop.queue_id, hop.recipient, date, hop.delay)


def build_fetched(
    result: FetchResult,
    report: Report,
    *,
    folder: str,
    total: int | None,
    items: Sequence[Item],
    folders: Sequence[Folder],
    missing: Sequence[int],
    deleted: Sequence[int],
    saved: str,
) -> FetchReport:
    """The result with its English sentences."""
    return FetchReport(
        endpoint=result.endpoint,
        address=result.address,
        folder=folder,
        total=total,
        messages=tuple(map(told_mail, items)),
        folders=tuple(FolderTold(each.name, each.uses) for each in folders),
        missing=tuple(missing),
        deleted=tuple(deleted),
        saved=saved,
        report=report,
        **ending(result),
    )


def encode_fetched(told: FetchReport) -> str:
    """As indented JSON with a final newline."""
    return text_of(told)


def render_fetched(
    told: FetchReport, lang: str, color: bool, width: int, *, hops: bool = False, verbose: bool = False
) -> str:
    """For people, in lines of at most `width` cells, with a final newline."""
    say = words(lang)
    lines = _answer(told, say, color, width)
    if told.folders:
        rows = [(printable(f.name), " ".join(_use(use, say) for use in f.uses)) for f in told.folders]
        lines += ["", *(f"  {line}" for line in table(rows))]
    whole = [mail for mail in told.messages if mail.headers]
    if whole and not told.saved:
        for mail in whole:
            lines += ["", *(_way(mail, say, width) if hops else _message(mail, say, color, width))]
    elif told.messages and not told.saved:
        lines += ["", *_table(told.messages, say, width)]
    lines += proof_of(told, say, width, verbose)
    lines += hint_of(told, say, color, width)
    if verbose:
        lines += sessions(told.report, say, color, width)
    return "\n".join(lines) + "\n"


def render_hops(data: bytes, lang: str, width: int) -> str:
    """The way of a message that lies in a file."""
    mail = told_mail(_File(data))
    return "\n".join(_way(mail, words(lang), width)) + "\n"


def hops_as_data(data: bytes) -> str:
    """The same as JSON."""
    mail = told_mail(_File(data))
    told = {"hops": mail.hops, "seconds": mail.seconds, "headers": mail.headers}
    return text_of(told)


class _File(msgspec.Struct, frozen=True):
    data: bytes
    number: int = 1
    uid: str = ""
    size: int | None = None
    flags: tuple[str, ...] = ()
    date: str = ""
    whole: bool = True


def _answer(told: FetchReport, say: Words, color: bool, width: int) -> list[str]:
    if told.ok and told.saved:
        sentence = counted(say, "mailbox.saved", len(told.messages), place=told.saved)
    elif told.ok and told.folders:
        sentence = counted(say, "mailbox.folders", len(told.folders))
    elif told.ok and told.total is None:
        sentence = say("mailbox.unknown-total", folder=told.folder)
    elif told.ok:
        sentence = counted(say, "mailbox.total", told.total or 0, folder=told.folder)
    elif told.missing:
        sentence = say("mailbox.missing", numbers=tuple(map(str, told.missing)), n=told.total or 0)
    else:
        sentence = why_not(told, say, say("login.failed"))
    if told.ok and told.deleted:
        sentence += " " + say("mailbox.deleted", n=len(told.deleted))
    lines = answered(told, sentence, say, color, width)
    if told.endpoint:
        lines += wrap(say("report.at", where=told.endpoint), width, "  ")
    return lines


def _use(use: str, say: Words) -> str:
    """A special use in words (RFC 6154), where there are any."""
    key = f"mailbox.use-{use.removeprefix(chr(92))}"
    return say(key) if key in say else printable(use)


def _table(mails: Sequence[MailTold], say: Words, width: int) -> list[str]:
    """A row for each, the subject beside it or, where it would be cut short, below."""
    *heading, subject = (say(f"mailbox.column-{name}") for name in ("number", "date", "from", "size", "subject"))
    rows = [
        (
            str(mail.number),
            _date(mail.date),
            cut(printable(mail.sender), _FROM),
            "-" if mail.size is None else str(mail.size),
        )
        for mail in mails
    ]
    subjects = (cut(printable(mail.subject), _SUBJECT) for mail in mails)
    laid = rows_with_text([tuple(heading), *rows], [subject, *subjects], width, _SUBJECT_ROOM)
    return [line for lines in laid for line in lines]


def _date(text: str) -> str:
    """As the sender's clock had it, in a form that sorts; what is no date as it stands."""
    try:
        date = parsedate_to_datetime(text)
        return f"{date:%Y-%m-%d %H:%M} {date:%z}".rstrip()
    except (ValueError, TypeError, IndexError, OverflowError):
        return cut(printable(text), _DATE)


def _message(mail: MailTold, say: Words, color: bool, width: int) -> list[str]:
    lines: list[str] = []
    for name in (*_SHOWN, *_RESULTS):
        for key, value in mail.headers:
            if key.lower() == name.lower():
                shown = wrap(printable(value), width, f"{name}: ", "    ")
                lines += [shown[0].replace(f"{name}:", paint(f"{name}:", Style.HEADING, color), 1), *shown[1:]]
    lines.append("")
    lines += [printable(line) for line in mail.text.rstrip("\n").split("\n")]
    if mail.attachments:
        lines += ["", paint(say("mailbox.attachments"), Style.HEADING, color)]
        rows = [
            (printable(a.name) or "-", printable(a.type), say("mailbox.bytes", n=a.size)) for a in mail.attachments
        ]
        lines += [f"  {line}" for line in table(rows)]
    return lines


def _way(mail: MailTold, say: Words, width: int) -> list[str]:
    """A row for each hop with its delay, then where it was meant to go and where it went."""
    if not mail.hops:
        return wrap(say("mailbox.no-hops"), width)
    rows = [tuple(say(f"mailbox.hop-{name}") for name in ("delay", "by", "from", "with", "id"))]
    rows += [
        (
            "-" if hop.delay is None else say("mailbox.seconds", n=f"{hop.delay:+.0f}"),
            printable(hop.by),
            printable(hop.source),
            printable(hop.protocol),
            printable(hop.queue_id),
        )
        for hop in mail.hops
    ]
    lines = [cut(line, width) for line in table(rows)]
    if mail.seconds is not None:
        lines.append(say("mailbox.whole-way", seconds=f"{mail.seconds:.0f}"))
    if any(hop.delay is not None and hop.delay < 0 for hop in mail.hops):
        lines += wrap(say("mailbox.clocks"), width)
    for name in ("Return-Path", "X-Original-To", "Delivered-To", *_RESULTS):
        lines += [
            line
            for key, value in mail.headers
            if key.lower() == name.lower()
            for line in wrap(printable(value), width, f"{name}: ", "    ")
        ]
    return lines
