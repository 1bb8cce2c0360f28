"""A file of accounts to log in with, as people keep them in spreadsheets."""

from __future__ import annotations

import csv
import io
import re

import msgspec

from mailproof.cli.reading import read_file
from mailproof.cli.terminal import Complaint, Terminal

# A provider's largest list of accounts that one would try at a few seconds each.
_LONGEST = 4 << 20
_MAY_BE_HEADING = ("email", "e-mail", "mail", "address", "name", "メールアドレス", "氏名", "名前")
_USER = ("user", "username", "user name", "login", "account", "ユーザー名", "ユーザ名", "アカウント")
_PASSWORD = ("password", "pass", "パスワード")
_TARGET = ("target", "server", "host", "サーバー", "サーバ")


# In a column without a name only what looks like a place is one.
_PLACE = re.compile(r"://|\.|:|\A\[")


class Row(msgspec.Struct, frozen=True):
    """One line of the file. Its repr shows no password."""

    user: str
    password: str
    target: str = ""

    def __repr__(self) -> str:
        return f"Row(user={self.user!r}, target={self.target!r})"


def read_accounts(file: str, terminal: Terminal) -> tuple[Row, ...]:
    """The rows of a CSV file, or of standard input for `-`: user, password and, where there is one, target.

    Commas, semicolons or tabs; a heading may name the columns in any order. Raises Complaint, which names the line
    and never quotes it.
    """
    text = _text(file, terminal)
    first = text.partition("\n")[0]
    # A semicolon or a tab where there is one: a comma can stand in a password beside them.
    delimiter = next((mark for mark in "\t;" if mark in first), ",")
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise Complaint(terminal.say("cli.accounts-form", file=file)) from None
    for text in (text for cells in lines for text in cells):
        terminal.secrets.add(text.encode("utf-8", "surrogateescape"))  # until it is known which are the passwords
    order, begin = _columns(lines[0], file, terminal) if lines else ((0, 1, 2), 0)
    rows: list[Row] = []
    for number, cells in enumerate(lines[begin:], begin + 1):
        if not any(cell.strip() for cell in cells):
            continue
        cell = [cells[at] if 0 <= at < len(cells) else "" for at in order]
        row = Row(cell[0].strip(), cell[1], cell[2].strip())
        if not begin and row.target and not _PLACE.search(row.target):
            raise Complaint(terminal.say("cli.accounts-line", file=file, line=number))
        if not row.user or not row.password or set(row.user) & set("\r\n\0"):
            raise Complaint(terminal.say("cli.accounts-line", file=file, line=number))
        terminal.secrets.add(row.password.encode("utf-8", "surrogateescape"))
        if "\0" in row.password:
            raise Complaint(terminal.say("cli.secret-nul", option="--accounts", value=f"{file}:{number}"))
        rows.append(row)
    if not rows:
        raise Complaint(terminal.say("cli.accounts-none", file=file))
    return tuple(rows)


def _columns(heading: list[str], file: str, terminal: Terminal) -> tuple[tuple[int, int, int], int]:
    """Where user, password and target stand, and the first line of accounts.

    Raises Complaint for a heading that does not name both of the first two: a guess could log in as the heading, or
    look up a password as a host.
    """
    names = [cell.strip().lower() for cell in heading]

    def place(known: tuple[str, ...]) -> int:
        return next((at for at, name in enumerate(names) if name in known), -1)

    user, password = place(_USER), place(_PASSWORD)
    if user < 0 or password < 0:
        if any(name in (*_USER, *_PASSWORD, *_TARGET, *_MAY_BE_HEADING) for name in names):
            raise Complaint(terminal.say("cli.accounts-heading", file=file))
        return (0, 1, 2), 0
    return (user, password, place(_TARGET)), 1


def _text(file: str, terminal: Terminal) -> str:
    return read_file(file, terminal, _LONGEST).decode("utf-8-sig", "surrogateescape")
