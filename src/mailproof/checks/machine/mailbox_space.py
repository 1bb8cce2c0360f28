"""Have the mailboxes room for a message, and their file system for one more file?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.dovecot.configured import configurations
from mailproof.checks.files import fault
from mailproof.checks.log.causes import cause_named
from mailproof.checks.machine.queue_space import largest_message
from mailproof.model.configuration import DovecotFiles
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.space import SpaceSeen
from mailproof.parse.dovecot.mailboxes import mail_directory

NAME = "mailboxes-have-room"
NEEDS = (SpaceSeen, DovecotFiles)
KINDS = (cause_named("mailbox-disk-full"),)

# What Dovecot 2.3 makes of a Maildir at the first message, that message with it (counted).
_FIRST_FILES = 14


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    spaces = {sighting.fact.path: sighting.fact for sighting in record.seen(SpaceSeen)}
    for configured in configurations(record):
        where = mail_directory(configured.configuration) if configured.fact.here else None
        space = _space_of(where.value, spaces) if where is not None else None
        if where is None or space is None:
            continue
        room = Evidence(EvidenceKind.FILE, f"df -Pk {space.path}", space.text)
        files = Evidence(EvidenceKind.FILE, f"df -Pi {space.path}", space.files_text)
        short = []
        if space.free < largest_message(record):
            short.append(room)
        if space.files is not None and space.files < _FIRST_FILES:
            short.append(files)
        if short:
            yield fault("mailbox-disk-full", *short, configured.at(where.setting), path=space.path)
        else:
            yield Passed(NAME, (room, files) if space.files is not None else (room,))


def _space_of(path: str, spaces: dict[str, SpaceSeen]) -> SpaceSeen | None:
    """Of the directory, or of the innermost above it that was there to be asked about."""
    while path not in spaces and path.strip("/"):
        path = path.rpartition("/")[0] or "/"
    return spaces.get(path)
