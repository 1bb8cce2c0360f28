"""How much room a mail server has, for its queue and for its mailboxes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from mailproof.host.interface import Host
from mailproof.model.configuration import DovecotFiles, FileState, PostfixFiles
from mailproof.model.space import SpaceSeen
from mailproof.parse.dovecot.mailboxes import mail_directory_of
from mailproof.parse.machine.free_space import free_files, free_space
from mailproof.parse.postfix.parameters import read_main


def queue_space(host: Host, postfix: PostfixFiles) -> tuple[SpaceSeen, ...]:
    """Of the queue of this Postfix, if it is on this host; nothing where df(1) does not tell."""
    if not postfix.here:
        return ()
    main = next((each.data for each in postfix.files if each.name == "main.cf"), b"")
    queue = read_main(main, postfix.machine).value("queue_directory").text
    return _space(host, queue) if queue.startswith("/") else ()


def mailbox_space(host: Host, dovecot: DovecotFiles) -> tuple[SpaceSeen, ...]:
    """Of the directory that the mailboxes of all users are in, before the first variable, likewise."""
    where = mail_directory_of(dovecot) if dovecot.here else None
    if where is None:
        return ()
    # Dovecot makes what is not there yet, and where it would be made there must be room.
    there = (path for path in _upwards(where.value) if host.look(path).state is FileState.DIRECTORY)
    path = next(there, "")
    return _space(host, path) if path else ()


def _upwards(path: str) -> Iterable[str]:
    return (path, *map(str, PurePosixPath(path).parents))


def _space(host: Host, path: str) -> tuple[SpaceSeen, ...]:
    found = free_space(host.answer(("df", "-Pk", path)) or "")
    if found is None:
        return ()
    files, text = free_files(host.answer(("df", "-Pi", path)) or "") or (None, "")
    return (SpaceSeen(path, *found, files, text),)
