"""main.cf as each daemon of a Postfix sees it, of files that were read."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.model.configuration import PostfixFiles
from mailproof.parse.postfix.master import read_master
from mailproof.parse.postfix.parameters import MainFile, read_main


def daemons(postfix: PostfixFiles) -> Iterator[tuple[str, MainFile]]:
    """The program of each service (`smtpd`), and main.cf with its `-o` options; first "" and main.cf alone."""
    files = {each.name: each.data for each in postfix.files}
    main = read_main(files.get("main.cf", b""), postfix.machine)
    yield "", main
    for service in read_master(files.get("master.cf", b"")).services:
        seen = main.with_options(service.options, service.line, lines=service.option_lines)
        yield service.command.rpartition("/")[2], seen
