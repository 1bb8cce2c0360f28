"""What `mailproof fetch` says: a table of messages, one message as a person reads it, the way it came."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parsedate_to_datetime

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.mail import FetchReport, MailTold
from mailproof.model.outcome import MASKED
from mailproof.report.frame import answered, beside_lines, hint_of, place_line, proof_of, sessions, why_not
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
# As long as the ids of Dovecot's LMTP.
_QUEUE_ID = 22
# A terminal with fewer cells shows dates without their zone; and what the other columns and a subject take there.
_NARROW, _BESIDE_FROM = 90, 58


def render_fetched(
    told: FetchReport, lang: str, color: bool, width: int, verbose: bool = False, *, hops: bool = False
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
    if any(MASKED in (mail.subject, mail.text) for mail in told.messages):
        lines += ["", *wrap(say("mailbox.masked"), width)]
    lines += proof_of(told, say, width, verbose)
    lines += hint_of(told, say, color, width)
    lines += beside_lines({told.cause.name} if told.cause is not None else (), told.report, say, width)
    if verbose:
        lines += sessions(told.report, say, color, width)
    return "\n".join(lines) + "\n"


def render_hops(mail: MailTold, lang: str, width: int) -> str:
    """The way of a message."""
    return "\n".join(_way(mail, words(lang), width)) + "\n"


def hops_as_data(mail: MailTold) -> str:
    """The same as JSON."""
    return text_of({"hops": mail.hops, "seconds": mail.seconds, "headers": mail.headers})


def _answer(told: FetchReport, say: Words, color: bool, width: int) -> list[str]:
    if told.ok and told.saved:
        sentence = say.counted("mailbox.saved", len(told.messages), place=told.saved)
    elif told.ok and told.folders:
        sentence = say.counted("mailbox.folders", len(told.folders))
    elif told.ok and told.total is None:
        sentence = say("mailbox.unknown-total", folder=told.folder)
    elif told.ok:
        sentence = say.counted("mailbox.total", told.total or 0, folder=told.folder)
    elif told.missing:
        sentence = say("mailbox.missing", numbers=tuple(map(str, told.missing)), n=told.total or 0)
    else:
        sentence = why_not(told, say, say("login.failed"))
    if told.ok and told.matches is not None:
        found = say.counted("mailbox.matches", told.matches) if told.matches else say("mailbox.matches-none")
        sentence += ("" if say.lang == "ja" else " ") + found
    if told.ok and told.deleted:
        sentence += " " + say("mailbox.deleted", n=len(told.deleted))
    lines = answered(told, sentence, say, color, width)
    if told.endpoint:
        lines += wrap(place_line(told.endpoint, told.address, told.report, say), width, "  ")
    return lines


def _use(use: str, say: Words) -> str:
    """A special use in words (RFC 6154), where there are any."""
    key = f"mailbox.use-{use.removeprefix(chr(92))}"
    return say(key) if key in say else printable(use)


def _table(mails: Sequence[MailTold], say: Words, width: int) -> list[str]:
    """A row for each, the subject beside it or, where it would be cut short, below."""
    *heading, subject = (say(f"mailbox.column-{name}") for name in ("number", "date", "from", "size", "subject"))
    narrow = width < _NARROW
    room = min(max(width - _BESIDE_FROM, _FROM // 2), _FROM)
    rows = [
        (
            str(mail.number),
            _date(mail.date, narrow),
            cut(printable(mail.sender), room),
            "-" if mail.size is None else str(mail.size),
        )
        for mail in mails
    ]
    subjects = (cut(printable(mail.subject), _SUBJECT) for mail in mails)
    laid = rows_with_text([tuple(heading), *rows], [subject, *subjects], width, _SUBJECT_ROOM)
    return [line for lines in laid for line in lines]


def _date(text: str, narrow: bool) -> str:
    """As the sender's clock had it, in a form that sorts, without its zone where it is narrow; else as it stands."""
    try:
        date = parsedate_to_datetime(text)
        return f"{date:%Y-%m-%d %H:%M} {'' if narrow else f'{date:%z}'}".rstrip()
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
    *heads, ids = (say(f"mailbox.hop-{name}") for name in ("delay", "by", "from", "with", "id"))
    rows = [tuple(heads)]
    rows += [
        (
            "-" if hop.delay is None else say("mailbox.seconds", n=f"{hop.delay:+.0f}"),
            printable(hop.by),
            printable(hop.source),
            printable(hop.protocol),
        )
        for hop in mail.hops
    ]
    # A queue id that is cut short is of no use in a log.
    laid = rows_with_text(rows, [ids, *(printable(hop.queue_id) for hop in mail.hops)], width, _QUEUE_ID)
    lines = [line for each in laid for line in each]
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
