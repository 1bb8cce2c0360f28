"""The message that `send` sends: from its options, or from a file as it is."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from mailproof import __version__
from mailproof.cli.reading import LONGEST_MESSAGE, is_file, read_file
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.message.draft import Attachment, Draft, compose

_FROM_LINE = re.compile(rb"\AFrom [^\n]*\n")
"""What stands before a message in an mbox, and is no part of it (RFC 4155)."""


def addresses(given: Sequence[str], option: str, terminal: Terminal) -> tuple[str, ...]:
    """Addresses as typed, commas between them; what RFC 5321 forbids (`a..b.@docomo.ne.jp`) is sent all the same.

    Raises Complaint for what would end the path or begin another command.
    """
    found: list[str] = []
    for text in given:
        for piece in _split(text):
            address = piece.strip()
            if address.startswith("<") and address.endswith(">"):
                address = address[1:-1]
            if not address or set(address) & set("<>\r\n\0"):
                raise Complaint(terminal.say("cli.no-mail-address", option=option, value=piece.strip() or text))
            found.append(address)
    return tuple(found)


def _account() -> str:
    """Who runs this: the name, or the number of a user id without an account, as in a container."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def as_typed(given: str | None, user: str, terminal: Terminal) -> str:
    """The envelope sender as typed, `<>` for the null sender; else the user, if an address, or who runs this here."""
    if given is None:
        return user if "@" in user else f"{_account()}@{socket.gethostname()}"
    return "" if given.strip() in ("", "<>") else addresses((given.replace(",", "\0"),), "--from", terminal)[0]


def _split(text: str) -> list[str]:
    """At commas that stand in no quotes."""
    pieces, quoted = [""], False
    for char in text:
        if char == '"':
            quoted = not quoted
        if char == "," and not quoted:
            pieces.append("")
        else:
            pieces[-1] += char
    return pieces


def message_to_send(
    given: Mapping[str, Any], sender: str, to: Sequence[str], cc: Sequence[str], terminal: Terminal
) -> bytes:
    """Raises Complaint for what cannot be read, text that the charset cannot hold, and a key that signs nothing."""
    now = datetime.now().astimezone()
    message_id = f"<{now:%Y%m%d%H%M%S}.{os.urandom(6).hex()}@{socket.gethostname()}>"
    if given["data"] is not None:
        data = _message(given["data"], terminal)
        if not given["raw"] and not given["keep_from_line"]:
            data = _FROM_LINE.sub(b"", data)
    else:
        data = _composed(given, sender, to, cc, now, message_id, terminal)
    if given["template"]:
        from email.utils import format_datetime

        from mailproof.message.template import fill

        values = {
            "FROM_ADDRESS": sender,
            "TO_ADDRESS": ",".join(to),
            "DATE": format_datetime(now),
            "MESSAGEID": message_id,
            "NEWLINE": "\n",
        }
        data = fill(data, values)
    return _signed(data, given, terminal)


def _composed(
    given: Mapping[str, Any],
    sender: str,
    to: Sequence[str],
    cc: Sequence[str],
    now: datetime,
    message_id: str,
    terminal: Terminal,
) -> bytes:
    from email.utils import format_datetime

    body = {} if given["body"] is None else {"body": _decoded(_text("--body", given["body"], terminal))}
    subject = given["subject"] if given["subject"] is not None else f"test {format_datetime(now)}"
    draft = Draft(
        sender=sender,
        to=tuple(to),
        cc=tuple(cc),
        subject=subject,
        date=now,
        message_id=message_id,
        mailer=f"mailproof {__version__}",
        replaced=tuple(_field(text, "--header", terminal) for text in given["header"]),
        added=tuple(_field(text, "--add-header", terminal) for text in given["add_header"]),
        forms=tuple(_form(text, terminal) for text in given["attach_body"]),
        attachments=tuple(_attachment(text, terminal) for text in given["attach"]),
        charset=given["charset"],
        boundary=f"----=_mailproof_{os.urandom(8).hex()}",
        **body,
    )
    try:
        return compose(draft)
    except (UnicodeEncodeError, LookupError):
        raise Complaint(terminal.say("cli.send-charset", charset=given["charset"])) from None
    except ValueError as error:
        raise Complaint(terminal.say("cli.send-header", why=str(error))) from None


def _text(option: str, value: str, terminal: Terminal) -> bytes:
    """`-` for standard input, `@FILE` for what it holds, else the text: `\\n` a line end, `@@` an `@` at its start.

    A file of that name is not read: who sends "hello" would send what lies there. It is told, for swaks reads it.
    """
    if value == "-":
        return read_file(value, terminal, LONGEST_MESSAGE)
    if value.startswith("@") and not value.startswith("@@"):
        return read_file(value[1:], terminal, LONGEST_MESSAGE)
    if is_file(value):
        terminal.tell("mailproof: " + terminal.say("cli.send-text-is-file", option=option, value=value))
    return _octets(value.removeprefix("@") if value.startswith("@@") else value)


def _message(value: str, terminal: Terminal) -> bytes:
    """The same for a whole message, which has more than one line: what has one is the name of a file, as in swaks."""
    if value.startswith("@@") or any(end in value for end in ("\n", "\\n", "%NEWLINE%")):
        return _octets(value.removeprefix("@") if value.startswith("@@") else value)
    return read_file(value.removeprefix("@"), terminal, LONGEST_MESSAGE)


def _octets(text: str) -> bytes:
    return text.replace("\\n", "\n").encode("utf-8", "surrogateescape")


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def _field(text: str, option: str, terminal: Terminal) -> tuple[str, str]:
    name, colon, value = text.replace("\\n", "\n").partition(":")
    if not colon or not name or not name.isascii() or not name.isprintable() or " " in name:
        raise Complaint(terminal.say("cli.send-field", option=option, value=text))
    return name, value.removeprefix(" ")


def _attachment(text: str, terminal: Terminal) -> Attachment:
    """`FILE;type=application/pdf;name=x.pdf`, with or without `@`; an empty name is none."""
    file, *said = text.split(";")
    known = dict(piece.partition("=")[::2] for piece in said)
    if not set(known) <= {"type", "name"}:
        raise Complaint(terminal.say("cli.send-attach", value=text))
    path = file.removeprefix("@")
    data = read_file(path, terminal, LONGEST_MESSAGE)
    name = known.get("name", "" if path == "-" else Path(path).name)
    return Attachment(data, known.get("type") or "application/octet-stream", name)


def _form(text: str, terminal: Terminal) -> Attachment:
    kind, semicolon, value = text.partition(";")
    if not semicolon or "/" not in kind:
        raise Complaint(terminal.say("cli.send-attach-body", value=text))
    data = _text("--attach-body", value, terminal)
    if kind.startswith("text/") and "charset" not in kind and not data.isascii():
        kind += "; charset=utf-8"
    return Attachment(data, kind)


def _signed(data: bytes, given: Mapping[str, Any], terminal: Terminal) -> bytes:
    wanted = [given[name] for name in ("dkim_domain", "dkim_selector", "dkim_key")]
    if not any(wanted):
        return data
    if not all(wanted):
        raise Complaint(terminal.say("cli.send-dkim"))
    from mailproof.message.signature import NotSigned, sign

    domain, selector, key = wanted
    try:
        return sign(data, domain, selector, read_file(key, terminal, LONGEST_MESSAGE))
    except NotSigned as error:
        raise Complaint(terminal.say("cli.send-not-signed", why=str(error))) from None
