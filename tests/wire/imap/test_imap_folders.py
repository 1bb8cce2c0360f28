"""LIST responses: names, attributes and special uses, as servers write them; any bytes give a folder or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.wire.imap import commands
from mailproof.wire.imap.folders import Folder, listed_folder
from mailproof.wire.imap.responses import ResponseReader


def folders(data: bytes) -> list[Folder | None]:
    return [listed_folder(response) for response in ResponseReader().receive(data)]


@pytest.mark.parametrize(
    ("line", "name", "uses", "can_be_opened"),
    [
        (b'* LIST (\\HasNoChildren \\Junk) "." Junk', "Junk", ("\\junk",), True),
        (b'* LIST (\\HasNoChildren) "." INBOX', "INBOX", (), True),
        (b'* LIST (\\Noselect \\HasChildren) "/" "[Gmail]"', "[Gmail]", (), False),
        (b'* LIST (\\HasNoChildren \\All) "/" "[Gmail]/All Mail"', "[Gmail]/All Mail", ("\\all",), True),
        (b'* LIST (\\JUNK \\Archive) NIL "a \\"b\\""', 'a "b"', ("\\junk", "\\archive"), True),
        (b'* LIST () "/" &j,dg0TDhMPww6w-', "迷惑メール", (), True),
        (b'* LIST (\\NonExistent) "." gone', "gone", (), False),
        (b'* LIST () "." {4}\r\nJunk', "Junk", (), True),
        (b"* LIST () NIL 2026", "2026", (), True),
    ],
)
def test_what_a_server_lists(line: bytes, name: str, uses: tuple[str, ...], can_be_opened: bool) -> None:
    [folder] = folders(line + b"\r\n")
    assert folder is not None
    assert (folder.name, folder.uses, folder.can_be_opened) == (name, uses, can_be_opened)


@pytest.mark.parametrize(
    "line", [b"* LIST", b"* LIST ()", b'* LIST () "."', b'* LIST x "." y', b'* LSUB () "." y', b"a1 OK done", b"+ x"]
)
def test_what_lists_no_mailbox(line: bytes) -> None:
    assert folders(line + b"\r\n") == [None]


@given(st.binary(max_size=60))
def test_any_bytes_give_a_folder_or_none(data: bytes) -> None:
    for folder in folders(b"* LIST " + data + b"\r\n"):
        assert folder is None or isinstance(folder.name, str)


def test_the_uses_can_be_asked_for() -> None:
    [part] = commands.list_("a1", returned=["SPECIAL-USE"]).parts
    assert part.data == b'a1 LIST "" "*" RETURN (SPECIAL-USE)\r\n'
