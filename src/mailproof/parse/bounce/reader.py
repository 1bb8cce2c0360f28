"""Whose notice it is, and what it says: the report for programs and the text for people together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from mailproof.model.bounce import Action, Bounce, Undelivered
from mailproof.parse.bounce import (
    anybody,
    courier,
    dma,
    domino,
    exchange,
    exim,
    gmail,
    google_groups,
    mimecast,
    opensmtpd,
    openwave,
    postfix,
    qmail,
    sendmail,
    status,
)
from mailproof.parse.bounce.entities import Entity, entity, walk
from mailproof.parse.bounce.notice import Notice, merged


class Format(NamedTuple):
    """How one program's notice is known, and read."""

    name: str
    mark: re.Pattern[str]
    read: Callable[[str], Notice]


FORMATS = (
    Format("postfix", postfix.MARK, postfix.read),
    Format("exim", exim.MARK, exim.read),
    Format("qmail", qmail.MARK, qmail.read),
    Format("yahoo", qmail.YAHOO, qmail.read),
    Format("courier", courier.MARK, courier.read),
    Format("opensmtpd", opensmtpd.MARK, opensmtpd.read),
    Format("dma", dma.MARK, dma.read),
    Format("nullmailer", dma.NULLMAILER, dma.read_nullmailer),
    Format("chasquid", dma.CHASQUID, dma.read_chasquid),
    Format("google-groups", google_groups.MARK, google_groups.read),
    Format("mimecast", mimecast.MARK, mimecast.read),
    Format("gmail", gmail.MARK, gmail.read),
    Format("sendmail", sendmail.MARK, sendmail.read),
    Format("domino", domino.MARK, domino.read),
    Format("openwave", openwave.MARK, openwave.read),
    Format("exchange", exchange.MARK, exchange.read),
)
"""The first whose mark is in the text reads it. sendmail's headings are used by others too, so it is late."""

_NOTICE_FROM = re.compile(r"mailer-daemon|postmaster|mail delivery|mail administrator|no-?reply@app\.au", re.I)
_SUBJECT = re.compile(
    r"undeliver|returned mail|return(?:ed)? to sender|delivery (?:status|fail|incomplete|has failed|delayed)"
    r"|failure notice|"
    r"mail delivery failed|non.?delivery|delivery notification|mail system error|could not (?:send|be delivered)|"
    r"delayed mail|配信不能|配信エラー|配信できません|不達|メールエラー|送信エラー|エラー通知",
    re.I,
)
_TEXT_LIKE = ("text/plain", "text/html")
_STATUS = ("message/delivery-status", "message/global-delivery-status")
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
_FIELD_OF_REPORT = re.compile(r"(?mi)^(?:Final|Original)-Recipient[ \t]*:[ \t]*[A-Za-z0-9-]{1,20};")
# Where a notice that is only text ends and the message that comes back begins.
_COPY = re.compile(
    r"(?m)^-{2,} ?(?:Below this line|Enclosed is|This is a copy|Original message|Returned message|Returned Message|"
    r"----- Original|Message header|The header of the original)[^\n]*\n+|"
    r"^(?:Message headers follow|Original message follows)\.\n+"
)
_TAG = re.compile(r"<(?:style|script)\b[^<]*+|<br\b[^<>]{0,200}>|</(?:p|div|tr|li|pre|h\d)>|<[^<>]{1,2000}>", re.I)


def read(data: bytes) -> Bounce | None:
    """The notice in a message, or in text that was copied out of one; None for what is none. Never raises."""
    return _read(entity(data), 0)


def _read(root: Entity, depth: int) -> Bounce | None:
    if root.type == "message/rfc822" and root.parts:
        root = root.parts[0]
    entities = list(walk(root))
    text = _text_of(root, entities)
    reports = [status.read(each.text) for each in entities if each.type in _STATUS]
    if not reports and _FIELD_OF_REPORT.search(text):
        reports = [status.read(text)]
    chosen = next((each for each in FORMATS if each.mark.search(text)), None)
    notice = chosen.read(text) if chosen else Notice(())
    if not notice.recipients and not any(report.recipients for report in reports) and _is_notice(root):
        notice = _guessed(root, text)
    recipients = _together(notice, reports)
    if chosen is not None and chosen.name == "sendmail" and reports:
        recipients = tuple(sendmail.in_own_words(text, each) for each in recipients)
    original = _returned(entities, text)
    if not recipients:
        enclosed = [part.parts[0] for part in entities if part.type == "message/rfc822" and part.parts]
        inner = (_read(part, depth + 1) for part in enclosed if depth < 2)
        found = next((each for each in inner if each is not None), None)
        if found is None and chosen is not None and (_is_notice(root) or not root.fields):
            # Surely a notice, of which nothing could be read.
            return Bounce(chosen.name, notice.reporter, (), original, ("text/plain",))
        return found
    reporter = next((each.reporter for each in (*reports, notice) if each.reporter), "")
    name = chosen.name if chosen else "report" if any(report.recipients for report in reports) else "unknown"
    unread = tuple(dict.fromkeys(each.type for each in entities if not each.parts and not _is_known(each)))
    return Bounce(name, reporter, recipients, original, unread)


def _text_of(root: Entity, entities: list[Entity]) -> str:
    """What people are to read; out of HTML where there is nothing else."""
    plain = "\n".join(
        each.text for each in entities if each.type == "text/plain" or (not each.parts and each is root)
    )
    if plain.strip():
        return plain
    return "\n".join(_without_tags(each.text) for each in entities if each.type == "text/html")


def _guessed(root: Entity, text: str) -> Notice:
    """Of a program that is not known: replies beside addresses, else whom the header names (Exim's field)."""
    notice = anybody.read(text)
    failed = root.get("x-failed-recipients")
    if notice.recipients or not failed:
        return notice
    return Notice(tuple(Undelivered(each.strip()) for each in failed.split(",")[:20] if "@" in each))


def _is_known(part: Entity) -> bool:
    return part.type in (*_TEXT_LIKE, *_STATUS, *_RETURNED) or part.type.startswith(
        ("message/", "image/", "multipart/")
    )


def _is_notice(root: Entity) -> bool:
    return bool(
        root.type == "multipart/report"
        or _NOTICE_FROM.search(root.get("from"))
        or _SUBJECT.search(root.get("subject"))
        or root.get("return-path").strip() in ("<>", "<MAILER-DAEMON>")
    )


def _together(notice: Notice, reports: list[Notice]) -> tuple[Undelivered, ...]:
    """What the report says of each recipient, and what the text adds. A text that names one recipient where the
    report has one is about that one, whatever it calls him (an alias, a forwarding).
    """
    told = merged(each for report in reports for each in report.recipients)
    if not told:
        return merged(notice.recipients)
    by_name = {each.recipient.lower(): each for each in notice.recipients}
    alone = notice.recipients[0] if len(told) == len(notice.recipients) == 1 else None
    joined = []
    for each in told:
        text = by_name.get(each.recipient.lower()) or alone
        if text is None:
            joined.append(each)
            continue
        said = (*each.said, *(word for word in text.said if word not in each.said))
        # Exim and dma call a warning what RFC 3464 calls delayed; the report is the more exact.
        action = each.action if each.action is not Action.FAILED else text.action
        joined.append(
            msgspec.structs.replace(
                each, said=said, action=action, status=each.status or text.status, remote=each.remote or text.remote
            )
        )
    return tuple(joined)


def _returned(entities: list[Entity], text: str) -> bytes:
    """Header of the message that comes back; empty where it does not."""
    for part in entities:
        if part.type == "message/rfc822" and part.parts:
            return part.parts[0].head
        if part.type in _RETURNED:
            return part.body
    found = _COPY.search(text)
    return text[found.end() :][:65536].encode("utf-8", "replace") if found else b""


def _without_tags(html: str) -> str:
    from html import unescape

    return unescape(_TAG.sub(lambda tag: "\n" if tag[0][:2] in ("</", "<b", "<B") else " ", html[:200_000]))
