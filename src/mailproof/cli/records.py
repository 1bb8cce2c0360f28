"""Records as files: `--record` writes one, `--replay` reads it back."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from mailproof.cli.reading import LONGEST_RESULT, read_file
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.record import SCHEMA, Record


class _Heading(msgspec.Struct):
    """What tells a record from other JSON, and one version from another."""

    started: str
    schema: int
    attempts: list[msgspec.Raw]


def must_be_writable(file: str, terminal: Terminal) -> None:
    """Raises Complaint now, and not only after the check, for a place where no record can be written."""
    import tempfile

    path = Path(file)
    try:
        if path.exists():
            path.open("ab").close()
        else:
            with tempfile.TemporaryFile(dir=path.parent):
                pass
    except OSError as error:
        raise Complaint(terminal.say("cli.unwritable", file=file, why=error.strerror or "")) from None


def write(record: Record, file: str, terminal: Terminal) -> None:
    """Whole or not at all, and readable by its owner only: it says who talked with whom. Raises Complaint."""
    import tempfile

    from mailproof.report.json import text_of

    path = Path(file)
    data = text_of(record, 1).encode()
    try:
        if path.exists() and not path.is_file():  # /dev/null, /dev/stdout, a pipe
            path.write_bytes(data)
            return
        descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(data)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Complaint(terminal.say("cli.unwritable", file=file, why=error.strerror or "")) from None


def read(file: str, terminal: Terminal) -> Record:
    """Raises Complaint for a file that cannot be read, that is no record, or that a later version wrote."""
    say = terminal.say
    data = read_file(file, terminal, LONGEST_RESULT)
    try:
        schema = msgspec.json.decode(data, type=_Heading).schema
        if schema > SCHEMA:
            raise Complaint(say("cli.record-newer", file=file, schema=schema, known=SCHEMA))
        return msgspec.json.decode(data, type=Record)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Complaint(say("cli.no-record", file=file)) from None
