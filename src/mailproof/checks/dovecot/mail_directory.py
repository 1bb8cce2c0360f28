"""May the user of the mailboxes write where they are, and is it one that Dovecot takes?"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from itertools import islice

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.files import bounded, fault
from mailproof.checks.log.causes import cause_named
from mailproof.checks.rights import SEARCH, WRITE, closed, folders_above, rights
from mailproof.model.configuration import Account, DovecotFiles, FileSeen, FileState
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.dovecot.mailboxes import Place, mail_directory, mail_user

NAME = "mail-directory-usable"
NEEDS = (DovecotFiles,)
KINDS = (cause_named("mailbox-not-writable"), cause_named("mail-uid-not-allowed"))


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        user = mail_user(configured.configuration, configured.data)
        account = configured.fact.mail_user
        if not configured.fact.here or user is None or account is None:
            continue
        where = mail_directory(configured.configuration)
        answers = bounded(NAME, _uid(configured, user, account), _directory(configured, where, user, account))
        yield from answers or [Passed(NAME, (configured.at(user.setting),))]


def _uid(configured: Configured, user: Place, account: Account) -> Iterator[Answer]:
    """Dovecot takes none below `first_valid_uid`, and none above `last_valid_uid` where that is not 0."""
    first, last = (_number(configured.value(each)) for each in ("first_valid_uid", "last_valid_uid"))
    bound = "first_valid_uid" if account.uid < first else "last_valid_uid" if 0 < last < account.uid else ""
    if bound:
        told = configured.at(user.setting)
        yield fault("mail-uid-not-allowed", told, configured.where(bound))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0


def _directory(configured: Configured, where: Place | None, user: Place, account: Account) -> Iterator[Answer]:
    """Who may not go through a folder has no mailbox below it, and who may not write in one makes none."""
    if where is None:
        return
    seen = configured.files.get(where.value)
    lines = (configured.at(where.setting), configured.at(user.setting))
    if seen is not None and seen.state is FileState.DIRECTORY:
        for step in _shut(configured, where.value, SEARCH, account):
            yield fault("mailbox-not-writable", *lines, configured.file(step, rights(step)))
    elif seen is not None and seen.state is FileState.MISSING and (parent := _last_there(configured, where.value)):
        for step in _shut(configured, parent.name, WRITE | SEARCH, account):
            made = f"install -d -o {shlex.quote(account.name)} -m 0700 {shlex.quote(where.value)}"
            shown = (*lines, configured.file(seen), configured.file(step, rights(step)))
            yield fault("mailbox-not-writable", *shown).mended_by(Remedy(then=(made,)))


def _shut(configured: Configured, path: str, needed: int, account: Account) -> Iterator[FileSeen]:
    """The first step of the way that is closed for sure.

    Where its group may, an access control list may let the user in, whose mask stands in that place (acl(5)), and so
    may a group that is not known from these files.
    """
    for step, wanted in islice(closed(configured.files, path, needed, account.name, account.groups), 1):
        if (step.mode >> 3) & wanted != wanted:
            yield step


def _last_there(configured: Configured, path: str) -> FileSeen | None:
    """The innermost folder above that is there; None where that is not known."""
    for folder in reversed(folders_above(path)):
        seen = configured.files.get(folder)
        if seen is None or seen.state is not FileState.MISSING:
            return seen if seen is not None and seen.state is FileState.DIRECTORY else None
    return None
