"""The room of the file system of the mailboxes: space and inodes, and what is said where there is none."""

from __future__ import annotations

import msgspec
import pytest
from mailrecord import answers, attempt, record

from configurations import MemoryHost, record_of
from mailproof.catalog.profiles import load_profile
from mailproof.checks.log import said
from mailproof.checks.machine.mailbox_space import check
from mailproof.diagnose.judge import judge
from mailproof.host.here import Here
from mailproof.model.configuration import DovecotFiles, FileSeen, FileState
from mailproof.model.record import Record
from mailproof.model.server_log import LogQuote, LogRead, LogSaid
from mailproof.model.space import SpaceSeen
from mailproof.parse.machine.free_space import free_files
from mailproof.probes.space import mailbox_space
from mailproof.run.log.telling import meant

MEGABYTE = 1 << 20
PLACE = "/var/vmail"
ROW = "tmpfs 1024 0 1024 0% /var/vmail"


def configured(location: str) -> str:
    return f"== dovecot.conf\nmail_location = {location}\nmail_uid = vmail\n"


def seen(space: SpaceSeen | None, main: str = "", location: str = f"maildir:{PLACE}/%d/%n") -> Record:
    postfix = f"== main.cf\ncompatibility_level = 3.6\n{main}" if main else ""
    files = record_of(configured(location) + postfix, here=True)
    own = attempt(*([space] if space is not None else []), job="machine")
    return msgspec.structs.replace(files, attempts=(*files.attempts, own))


@pytest.mark.parametrize(
    ("free", "files", "main", "said_of"),
    [
        (11 * MEGABYTE, 1000, "", "+mailboxes-have-room"),
        (9 * MEGABYTE, 1000, "", "mailbox-disk-full"),  # a message may have 10240000 octets
        (9 * MEGABYTE, 1000, "message_size_limit = 5000000\n", "+mailboxes-have-room"),
        (30 * MEGABYTE, 1000, "message_size_limit = 50000000\n", "mailbox-disk-full"),
        (9 * MEGABYTE, 1000, "message_size_limit = 0\n", "mailbox-disk-full"),
        (11 * MEGABYTE, 14, "", "+mailboxes-have-room"),
        (11 * MEGABYTE, 13, "", "mailbox-disk-full"),
        (11 * MEGABYTE, 0, "", "mailbox-disk-full"),
        (11 * MEGABYTE, None, "", "+mailboxes-have-room"),  # btrfs
    ],
)
def test_how_much_is_wanted(free: int, files: int | None, main: str, said_of: str) -> None:
    assert answers(check, seen(SpaceSeen(PLACE, free, ROW, files, ROW), main)) == [said_of]


def test_what_is_short_is_shown() -> None:
    (told,) = check(seen(SpaceSeen(PLACE, 11 * MEGABYTE, "space", 0, "inodes")), load_profile())
    assert (told.evidence[0].where, told.evidence[0].text) == (f"df -Pi {PLACE}", "inodes")
    assert "space" not in [each.text for each in told.evidence]


@pytest.mark.parametrize(
    ("location", "path", "told"),
    [
        (f"maildir:{PLACE}/%d/%n", PLACE, True),
        # Not there yet: what is above it was asked about.
        (f"maildir:{PLACE}/new/%d/%n", PLACE, True),
        (f"mbox:{PLACE}/%u:INBOX=/var/mail/%u", PLACE, True),
        # The queue, or somewhere else.
        (f"maildir:{PLACE}/%d/%n", "/var/spool/postfix", False),
        ("maildir:~/Maildir", PLACE, False),
    ],
)
def test_which_file_system_is_meant(location: str, path: str, told: bool) -> None:
    assert answers(check, seen(SpaceSeen(path, 0, ROW), location=location)) == (["mailbox-disk-full"] if told else [])


@pytest.mark.parametrize(("there", "path"), [((PLACE, "/var", "/"), PLACE), (("/var", "/"), "/var"), ((), "")])
def test_whom_df_is_asked_about(there: tuple[str, ...], path: str) -> None:
    (fact,) = (
        sighting.fact for sighting in record_of(configured(f"maildir:{PLACE}/%d"), here=True).seen(DovecotFiles)
    )
    head = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n"
    told = {
        f"df -Pk {path}": f"{head}tmpfs 1024 24 1000 3% /var/vmail\n",
        f"df -Pi {path}": "Filesystem Inodes IUsed IFree IUse% Mounted on\ntmpfs 60 58 2 97% /var/vmail\n",
    }
    host = MemoryHost({each: FileSeen(each, each, FileState.DIRECTORY) for each in there}, told)
    found = mailbox_space(host, fact)
    assert [(each.path, each.free, each.files) for each in found] == ([(path, 1_024_000, 2)] if path else [])
    copied = msgspec.structs.replace(fact, here=False)
    assert mailbox_space(host, copied) == ()


def test_how_many_files_df_says_here() -> None:
    head = "Filesystem     Inodes IUsed IFree IUse% Mounted on\n"
    assert free_files(f"{head}tmpfs              60    60     0  100% /mnt\n") == (
        0,
        "tmpfs              60    60     0  100% /mnt",
    )
    assert free_files(f"{head}/dev/sda2           0     0     0     - /\n") is None
    # df of a BSD has octets in front of them.
    assert (
        free_files("Filesystem 512-blocks Used Avail Capacity iused ifree %iused Mounted on\nx 9 9 9 9% 1 2 3% /\n")
        is None
    )
    printed = Here().answer(("df", "-Pi", "/"))
    assert printed is None or free_files(printed) is None or free_files(printed) != (0, "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rcpt b@e.test: mkdir(/v/b@e.test) failed: No space left on device", "mailbox-disk-full"),
        (
            "Mailbox INBOX: Saving mail: write(/v/b/tmp/1.M1P1.vm) failed: No space left on device",
            "mailbox-disk-full",
        ),
        ("write queue file: No space left on device", "queue-disk-full"),
        ("Mailbox INBOX: Saving mail: write(/v/b/tmp/1.M1P1.vm) failed: Disk quota exceeded", ""),
    ],
)
def test_a_full_mailbox_disk_is_told_from_a_full_queue(text: str, name: str) -> None:
    assert meant(text).name == name or (not name and "disk-full" not in meant(text).name)


def test_it_is_the_cause_of_mail_that_waits() -> None:
    line = "dovecot: lmtp(bob@e.test): Error: rcpt bob@e.test: mkdir(/v/bob) failed: No space left on device"
    told = LogSaid("mailbox-disk-full", 2, {"path": "/v/bob"}, (LogQuote("dovecot.log, line 3", line),), 1)
    waits = LogSaid("delivery-deferred", 2, {}, (LogQuote("mail.log, line 9", "status=deferred"),), 1)
    log = record(attempt(LogRead(("mail.log",), 2, 2), told, waits, job="deliver"))
    assert set(answers(said.check, log)) == {"mailbox-disk-full", "delivery-deferred"}
    assert [each.name for each in judge(log, load_profile()).causes] == ["mailbox-disk-full"]
    full = seen(SpaceSeen(PLACE, 0, ROW))
    both = judge(msgspec.structs.replace(full, attempts=(*full.attempts, *log.attempts)), load_profile())
    (one,) = (each for each in both.findings if each.name == "mailbox-disk-full")
    assert [each.kind for each in one.evidence] == ["file", "config", "log"]
