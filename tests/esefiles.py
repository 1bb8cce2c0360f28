"""Files of ESE databases for tests: those of a real Windows 11, whole or damaged in one way, and made ones."""

from __future__ import annotations

import gzip
import random
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.checks import all_checks
from mailproof.diagnose.judge import judge
from mailproof.emulate.ese.plan import plan
from mailproof.emulate.ese.shell import Wishes
from mailproof.emulate.ese.situation import Situation, situations
from mailproof.model.ese import EseCheckpoint, EseDatabase, EseLog, EsePages, Signature
from mailproof.model.ese_plan import Plan
from mailproof.model.record import Record
from mailproof.model.report import Judged
from mailproof.parse.ese.checksum import NEW_FORMAT_BIT, SEED, block_checksum, blocks_of, header_checksum
from mailproof.run.ese.look import attempts_of, examine

HERE = Path(__file__).parent / "data" / "ese"
WHOLE = Path(__file__).resolve().parents[2] / "shared" / "data" / "ese"
"""The whole files lie beside the project where it is developed."""
beside = pytest.mark.skipif(not WHOLE.is_dir(), reason="the whole ESE databases are not beside the project")

LOGS = ("SRU00059.log", "SRU0005A.log", "SRU0005B.log", "SRU.log")
DATABASE = "SRUDB.dat"
PAGE = 4096
OWN = Signature(629754882, "2022-03-05T16:20:02.646")
OTHER = Signature(4711, "2020-01-01T00:00:00.000")
POLICY = load_profile()


def kept(name: str) -> bytes:
    return gzip.decompress((HERE / f"{name}.gz").read_bytes())


def lay(directory: Path, state: str = "dirty") -> Path:
    """The database in this state, its four logs, its checkpoint."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / DATABASE).write_bytes(kept(f"SRUDB.{state}.dat"))
    for name in (*LOGS, "SRU.chk"):
        (directory / name).write_bytes(kept(name))
    return directory


def flip(path: Path, offset: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1 << bit
    path.write_bytes(data)


def scribble(path: Path, offset: int, length: int = 64) -> None:
    """Much more than a bit, without a pattern: an XOR does not see what is the same in every row."""
    data = bytearray(path.read_bytes())
    data[offset : offset + length] = random.Random(offset).randbytes(length)
    path.write_bytes(data)


def seen(*places: Path, with_pages: bool = True) -> Record:
    return examine(places, lambda done, of: None, with_pages=with_pages)


def found(record: Record) -> dict[str, Judged]:
    """The findings by their names; of several with one name the worst."""
    judged = judge(record, POLICY, all_checks("ese")).findings
    return {item.name: item for item in reversed(judged)}


def planned(record: Record, **wishes: str | bool) -> Plan:
    """Of its only database."""
    (situation,) = situations(record)
    return plan(situation, Wishes(**wishes))  # type: ignore[arg-type]


def of_facts(
    database: EseDatabase, *logs: EseLog, pages: Sequence[EsePages] = (), checkpoint: EseCheckpoint | None = None
) -> Record:
    points = () if checkpoint is None else (checkpoint,)
    return Record(datetime(2026, 1, 1, tzinfo=UTC), attempts=attempts_of([database], logs, points, pages))


def situation_of(database: EseDatabase, *logs: EseLog, pages: Sequence[EsePages] = ()) -> Situation:
    (situation,) = situations(of_facts(database, *logs, pages=pages))
    return situation


def page(number: int, size: int = PAGE, fill: bytes = b"mail") -> bytes:
    """A sound page of the new format."""
    data = bytearray((fill * (size // len(fill) + 1))[:size])
    data[0:64] = bytes(64)
    data[NEW_FORMAT_BIT >> 3] |= 1 << (NEW_FORMAT_BIT & 7)
    return summed(data, number)


def summed(data: bytearray, number: int) -> bytes:
    """With the checksums of its blocks, those of the later ones first, for the first covers them."""
    count = blocks_of(len(data))
    length = len(data) // count
    for at, place in reversed(list(zip(range(count), (0, 40, 48, 56), strict=False))):
        checksum = block_checksum(bytes(data[at * length : (at + 1) * length]), number, first=not at)
        data[place : place + 8] = checksum.to_bytes(8, "little")
    return bytes(data)


def old_page(number: int, size: int = PAGE) -> bytes:
    """A sound page of the format before Exchange 2003 SP1."""
    data = bytearray((b"post" * (size // 4))[:size])
    data[36:40] = bytes(4)
    struct.pack_into("<I", data, 4, number)
    struct.pack_into("<I", data, 0, header_checksum(bytes(data)))
    return bytes(data)


def header(size: int = PAGE, **fields: int) -> bytes:
    """One copy of a sound header; a field is its offset, `at_52=2`."""
    data = bytearray(size)
    words = {"at_4": SEED, "at_8": 0x620, "at_52": 3, "at_232": 20, "at_236": size, **fields}
    for name, value in words.items():
        struct.pack_into("<I", data, int(name.removeprefix("at_")), value)
    struct.pack_into("<I", data, 0, header_checksum(bytes(data)))
    return bytes(data)


def made_database(pages: int, size: int = PAGE, **fields: int) -> bytes:
    """A whole file: header, shadow, and sound pages."""
    return header(size, **fields) * 2 + b"".join(page(number, size) for number in range(1, pages + 1))


def database(
    state: str = "dirty-shutdown", required: tuple[int, int] = (5, 6), committed: int = 6, **more: object
) -> EseDatabase:
    """Facts of a database, as they would have been read."""
    from mailproof.model.ese import Copy, DatabaseState

    fields: dict[str, object] = {
        "file": "D:\\Exchange\\DB01\\DB01.edb",
        "size": 1 << 30,
        "primary": Copy.GOOD,
        "shadow": Copy.GOOD,
        "page_size": 32768,
        "log_signature": OWN,
        "database_signature": Signature(1, "2020-02-02T00:00:00.000"),
        **more,
    }
    first, last = required
    return EseDatabase(
        state=DatabaseState(state),
        required_first=first,
        required_last=last,
        committed_last=committed,
        **fields,  # type: ignore[arg-type]
    )


def log(generation: int, *, current: bool = False, **more: object) -> EseLog:
    """Facts of a sound log of that generation, begun in the minute of its number."""
    fields: dict[str, object] = {
        "file": f"D:\\Exchange\\DB01\\E00{'' if current else f'{generation:08X}'}.log",
        "size": 1 << 20,
        "stem": "E00",
        "number": 0 if current else generation,
        "generation": generation,
        "created": f"2024-03-02T14:{generation:02}:00.000Z",
        "previous_created": f"2024-03-02T14:{generation - 1:02}:00.000Z",
        "signature": OWN,
        "version": "8.4000.4.20",
        **more,
    }
    return EseLog(**fields)  # type: ignore[arg-type]
