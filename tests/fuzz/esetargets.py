"""What reads the files of an ESE database, and what eseutil and Exchange say of them."""

from __future__ import annotations

from datetime import UTC, datetime

from mailproof.catalog.profiles import load_profile
from mailproof.checks import all_checks
from mailproof.diagnose.judge import judge
from mailproof.emulate.ese.plan import plan
from mailproof.emulate.ese.shell import Wishes
from mailproof.emulate.ese.situation import situations
from mailproof.model.escape import printable
from mailproof.model.record import Record
from mailproof.parse.ese.checkpoint import read_checkpoint
from mailproof.parse.ese.checksum import header_checksum
from mailproof.parse.ese.eseutil import read_eseutil
from mailproof.parse.ese.header import read_database
from mailproof.parse.ese.logfile import LOG_HEADER, read_log
from mailproof.parse.ese.mount_error import mount_error
from mailproof.parse.ese.page import bad_pages, suspects_by_hand
from mailproof.parse.ese.records import chain
from mailproof.parse.ese.segments import read_segments
from mailproof.run.ese.look import attempts_of

_PAGE = 4096
_POLICY = load_profile()


def files(data: bytes) -> None:
    """Whatever it is taken for; the second time with a checksum that holds, so that its fields are read."""
    for head in (data, _sound(data)):
        database = read_database("a.edb", len(head), head)
        log, geometry = read_log("E00.log", "E00.log", len(head), head)
        if geometry is not None:
            read_segments((head[at : at + _PAGE] for at in range(_PAGE, len(head), _PAGE)), geometry)
        assert not chain(head, log.generation) or len(head) > LOG_HEADER
        point = read_checkpoint("E00.chk", len(head), head)
        whole = memoryview(head)[: len(head) // _PAGE * _PAGE]
        assert len(list(bad_pages(whole, _PAGE, 1, suspects_by_hand))) <= len(whole) // _PAGE
        _judged(Record(datetime(2026, 1, 1, tzinfo=UTC), attempts=attempts_of([database], [log], [point])))


def _sound(data: bytes) -> bytes:
    """As a header of one page, twice."""
    page = bytearray(data[:_PAGE].ljust(_PAGE, b"\0"))
    page[4:8] = (0x89ABCDEF).to_bytes(4, "little") if data[:1] < b"\x80" else page[4:8]
    page[:4] = header_checksum(bytes(page)).to_bytes(4, "little")
    return bytes(page) * 2 + data[_PAGE:]


def text(data: bytes) -> None:
    said = data.decode("utf-8", "replace")
    found = read_eseutil(said)
    _judged(Record(datetime(2026, 1, 1, tzinfo=UTC), attempts=attempts_of(found.databases, found.logs)))
    error = mount_error(said)
    assert error is None or error.hr.startswith("0x")


def _judged(record: Record) -> None:
    judge(record, _POLICY, all_checks("ese"))
    for situation in situations(record):
        made = plan(situation, Wishes())
        assert made.rows and made.steps[0].name == "copy"
        assert all(printable(command) == command for step in made.steps for command in step.commands)


FILE_WORDS = (
    b"\xef\xcd\xab\x89\x20\x06\0\0",
    bytes(40),
    b"\x02\0\0\0",
    b"\x10\0\x10\0\x01\0",
    b"\x08\0\0\0\xa0\x0f\0\0",
    b"\x03\0\0\0",
    b"C\0:\0\\\0a\0",
    b"C:\\a\0",
)
TEXT_WORDS = (
    b"         Database: D:\\a.edb\n",
    b"            State: Dirty Shutdown\n",
    b"     Log Required: 5-6 (0x5-0x6)\n",
    b"    Log Committed: 0-7 (0x0-0x7)\n",
    b"    Log Signature: Create time:01/18/2018 11:40:08.558 Rand:9 Computer:\n",
    b"DATABASE SHADOW HEADER:\n",
    b"      Log file: D:\\E0000000005.log - OK\n",
    b"      Log file: D:\\E00.log\n",
    b"                ERROR: Log damaged (unusable). Last Lgpos: (0x5b,12,0). Error -501.\n",
    b"MapiExceptionDatabaseError: Unable to mount database. (hr=0x80004005, ec=1108)\n",
)
