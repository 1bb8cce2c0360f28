"""What eseutil printed, as it comes out of consoles, and what it says of the same files that were read elsewhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.model.ese import Copy, DatabaseState, LogFlaw, LogLink, Position, Signature, Source
from mailproof.parse.ese.eseutil import read_eseutil

# The form is that of dbdump.cxx and logdump.cxx; the values are made up.
HEADER = """\
[PS] D:\\Exchange\\MailboxDB01>eseutil /mh MailboxDB01.edb

Extensible Storage Engine Utilities for Microsoft(R) Exchange Server
Version 15.00
Copyright (C) Microsoft Corporation. All Rights Reserved.

Initiating FILE DUMP mode...
         Database: MailboxDB01.edb

DATABASE HEADER:
Checksum Information:
Expected Checksum: 0x9c3d7e6c
  Actual Checksum: 0x9c3d7e6c

Fields:
        File Type: Database
         Checksum: 0x9c3d7e6c
   Format ulMagic: 0x89abcdef
   Engine ulMagic: 0x89abcdef
 Format ulVersion: 0x620,20,0  (attached by 0)
     DB Signature: Create time:01/18/2018 11:40:08.886 Rand:443294687 Computer:
         cbDbPage: 32768
           dbtime: 13607731 (0xcfa333)
            State: Dirty Shutdown
     Log Required: 163916-164017 (0x2804c-0x280b1) [Min. Req. Pre-Redo: 0 (0x0)]
Gen. Max. Req. Creation Time: 06/19/2018 19:10:02.001 UTC
    Log Committed: 0-164018 (0x0-0x280b2)
Gen. Max. Com. Creation Time: 06/19/2018 19:18:41.596 UTC
         Shadowed: Yes
     Repair Count: 0
      Repair Date: 00/00/1900 00:00:00.000
 Old Repair Count: 1
  Last Consistent: (0x3C30,9B,878)  02/03/2018 14:40:57.597
      Last Attach: (0x3C31,2,268)  02/03/2018 14:41:37.317
      Last Detach: (0x0,0,0)  00/00/1900 00:00:00.000
    Log Signature: Create time:01/18/2018 11:40:08.558 Rand:2639255323 Computer:
       ECC Fix Success Count: found (2)
         ECC Fix Error Count: none
    Bad Checksum Error Count: found (3)

Operation completed successfully in 0.150 seconds.
"""
LOGS = """\
Initiating FILE DUMP mode...

Verifying log files...
     Base name: E00

      Log file: D:\\Exchange\\MailboxDB01\\E000000005A.log - OK
      Log file: D:\\Exchange\\MailboxDB01\\E000000005B.log
                ERROR: Log damaged (unusable). Last Lgpos: (0x5b,12,0). Error -501.
      Missing log file: D:\\Exchange\\MailboxDB01\\E000000005C.log
      Log file: D:\\Exchange\\MailboxDB01\\E000000005D.log - OK
      Log file: D:\\Exchange\\MailboxDB01\\E00.log - OK

Operation terminated with error -501 (JET_errLogFileCorrupt, Log file is corrupt) after 0.844 seconds.
"""


def test_a_header() -> None:
    (found,) = read_eseutil(HEADER).databases
    assert found.source is Source.PASTED
    assert found.file == "D:\\Exchange\\MailboxDB01\\MailboxDB01.edb"
    assert (found.state, found.primary, found.shadow) == (DatabaseState.DIRTY, Copy.GOOD, Copy.UNSEEN)
    assert (found.required, found.committed) == (range(163916, 164018), range(164018, 164019))
    assert (found.repair_count, found.old_repair_count, found.repaired) == (0, 1, "")
    assert (found.page_size, found.version) == (32768, "0x620,20,0")
    assert found.log_signature == Signature(2639255323, "2018-01-18T11:40:08.558")
    assert found.committed_time == "2018-06-19T19:18:41.596Z"
    assert (found.last_attach, found.attached) == (Position(0x3C31, 2, 0x268), "2018-02-03T14:41:37.317")
    assert (found.corrected_pages, found.uncorrected_pages, found.bad_checksums) == (2, 0, 3)


def test_logs() -> None:
    found = read_eseutil(LOGS).logs
    assert [(log.known, log.flaw, log.error, log.segment) for log in found] == [
        (0x5A, LogFlaw.NONE, 0, 0),
        (0x5B, LogFlaw.SEGMENT, -501, 0x12),
        (0x5D, LogFlaw.NONE, 0, 0),
        (0x5E, LogFlaw.NONE, 0, 0),
    ]
    assert {log.stem for log in found} == {"E00"}


@pytest.mark.parametrize(
    ("line", "flaw", "link", "error"),
    [
        ("Cannot read log file header. Error -501.", LogFlaw.HEADER, LogLink.UNKNOWN, -501),
        ("Cannot read log file header. Error -541.", LogFlaw.SIZE, LogLink.UNKNOWN, -541),
        ("Log damaged (unusable). Last Lgpos: (0x5b,12,0). Error -501.", LogFlaw.SEGMENT, LogLink.UNKNOWN, -501),
        (
            "Mismatched log generation 90 (0x5A) with log file name. Expected generation 91 (0x5B).",
            *(LogFlaw.RENAMED, LogLink.UNKNOWN, -513),
        ),
        (
            "Invalid log sequence. Previous generation time is [07/03/2022 02:05:58.202 UTC], but expected [x].",
            *(LogFlaw.NONE, LogLink.OTHER_TIME, -515),
        ),
        (
            "Invalid log sequence. Previous generation accumulated segment checksum is 0x00, but expected 0x01.",
            *(LogFlaw.NONE, LogLink.OTHER_CONTENT, -590),
        ),
        (
            "Invalid log signature: Create time:03/05/2022 16:20:02.646 Rand:1 Computer:",
            *(LogFlaw.NONE, LogLink.OTHER_SIGNATURE, -530),
        ),
        (
            "Log file header is OK but integrity could not be verified. Error -1032.",
            *(LogFlaw.UNREADABLE, LogLink.UNKNOWN, -1032),
        ),
    ],
)
@pytest.mark.parametrize("apart", ["\n                ", " "])
def test_every_error_of_a_log(line: str, flaw: LogFlaw, link: LogLink, error: int, apart: str) -> None:
    (log,) = read_eseutil(f"      Log file: D:\\E000000005B.log{apart}ERROR: {line}\n").logs
    assert (log.flaw, log.link, log.error) == (flaw, link, error)


def test_the_current_log_says_which_it_is_where_others_are_missing() -> None:
    text = """\
      Log file: E0000000001.log - OK
      Log file: E00.log
                ERROR: Missing log file(s). Log file is generation 7 (0x7), but expected generation is 2 (0x2).
"""
    first, current = read_eseutil(text).logs
    assert (first.known, current.known, current.error) == (1, 7, -528)


@pytest.mark.parametrize(
    ("line", "flaw"),
    [
        ("Integrity check passed for log file: E00123ab.log", LogFlaw.NONE),
        ("CORRUPTION DETECTED in log file: E00123ab.log", LogFlaw.SEGMENT),
    ],
)
def test_one_log_as_exchange_2003_says_it(line: str, flaw: LogFlaw) -> None:
    (log,) = read_eseutil(line).logs
    assert (log.known, log.flaw) == (0x123AB, flaw)


def test_one_log_by_itself() -> None:
    text = """\
      Log file: E00.log

      lGeneration: 92 (0x5C)
      Checkpoint: (0x5C,8,0)
      creation time: 07/03/2022 02:10:42.308 UTC
      prev gen time: 07/03/2022 02:05:58.609 UTC
      Signature: Create time:03/05/2022 16:20:02.646 Rand:629754882 Computer:
      Env LogFilePath: C:\\Windows\\system32\\SRU\\
"""
    (log,) = read_eseutil(text).logs
    assert (log.generation, log.created, log.previous_created) == (
        92,
        "2022-07-03T02:10:42.308Z",
        "2022-07-03T02:05:58.609Z",
    )
    assert (log.signature.random, log.log_folder) == (629754882, "C:\\Windows\\system32\\SRU")


@pytest.mark.parametrize(
    ("change", "primary", "shadow"),
    [
        ("WARNING: primary header has a checksum error.", Copy.DAMAGED, Copy.GOOD),
        ("WARNING: shadow header has a checksum error.", Copy.GOOD, Copy.DAMAGED),
        ("WARNING: primary header and shadow header are not identical.", Copy.GOOD, Copy.DIFFERS),
    ],
)
def test_what_it_warns_of(change: str, primary: Copy, shadow: Copy) -> None:
    text = HEADER.replace("DATABASE HEADER", "DATABASE SHADOW HEADER") if primary is Copy.DAMAGED else HEADER
    (found,) = read_eseutil(text.replace("Operation completed", change + "\nOperation completed")).databases
    assert (found.primary, found.shadow) == (primary, shadow)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="crlf"),
        pytest.param(lambda text: "\n".join(f"> {line}" for line in text.split("\n")), id="quoted"),
        pytest.param(lambda text: "\n".join(f"- {line.strip()}" for line in text.split("\n")), id="list"),
        pytest.param(lambda text: text.replace(": ", ":\u00a0"), id="no-break"),
        pytest.param(lambda text: re.sub(r"(?m)^(.{80})(?=.)", r"\1\n", text), id="80-columns"),
    ],
)
def test_pasted_from_anywhere(make) -> None:  # type: ignore[no-untyped-def]
    plain, found = read_eseutil(HEADER + LOGS), read_eseutil(make(HEADER + LOGS))
    assert [(each.state, each.required, each.repair_count) for each in found.databases] == [
        (each.state, each.required, each.repair_count) for each in plain.databases
    ]
    assert [(log.file, log.flaw) for log in found.logs] == [(log.file, log.flaw) for log in plain.logs]


def test_a_path_that_the_console_cut() -> None:
    text = (
        "      Log file: D:\\Program Files\\Microsoft\\Exchange Server\\V15\\Mailbox\\Mailbox Datab\n"
        "ase 0123456789\\E010000005A.log - OK\n"
    )
    (log,) = read_eseutil(text).logs
    assert log.file.endswith("\\Mailbox\\Mailbox Database 0123456789\\E010000005A.log")
    assert log.known == 0x5A


def test_the_words_of_a_japanese_page() -> None:
    text = """\
データベース: D:\\Exchange\\MailboxDB01.edb
状態:ダーティ シャットダウン
必要なログ: 44-46 (0x2c-0x2e)
コミットされたログ: 0-46 (0x0-0x2e)
修復回数: 2
ログの署名: Create time:03/05/2022 16:20:02.646 Rand:629754882 Computer:
"""
    (found,) = read_eseutil(text).databases
    assert (found.state, found.required, found.repair_count) == (DatabaseState.DIRTY, range(44, 47), 2)
    assert found.log_signature.random == 629754882
    clean = text.replace("ダーティ シャットダウン", "クリーン シャットダウン")
    assert read_eseutil(clean).databases[0].state is DatabaseState.CLEAN


def test_of_a_repaired_database_nothing_of_the_logs_is_left() -> None:
    text = """\
         Database: a.edb
            State: Clean Shutdown
     Repair Count: 2
    Log Signature: Create time:00/00/1900 00:00:00.000 Rand:0 Computer:
"""
    assert not read_eseutil(text).databases[0].log_signature.there


def test_several_databases() -> None:
    assert [
        each.repair_count
        for each in read_eseutil(HEADER + HEADER.replace("Repair Count: 0", "Repair Count: 4")).databases
    ] == [0, 4]


@pytest.mark.parametrize("text", ["", "hello", "State", "550 5.1.1 no such user", "Log: x"])
def test_what_eseutil_has_not_printed(text: str) -> None:
    assert read_eseutil(text) == ((), (), 0)


@given(
    st.lists(
        st.sampled_from([*HEADER.split("\n"), *LOGS.split("\n"), "Log file:", "ERROR: x", "状態:", "["])
        | st.text(max_size=30),
        max_size=30,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_text_is_facts_or_nothing(lines: list[str]) -> None:
    found = read_eseutil("\n".join(lines))
    assert len(found.databases) + len(found.logs) <= len(lines) + 1
