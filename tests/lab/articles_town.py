"""The lab of the articles, embedded and real, as one thing for tests; and a hand that types its lessons."""

from __future__ import annotations

import os
import re
import select
import smtplib
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from mailproof.lab.articles import town
from mailproof.lab.articles.embedded import EmbeddedTown
from mailproof.lab.articles.lessons import Lesson, Place
from mailproof.lab.articles.real import place_of, real_town
from mailproof.lab.embedded.settings import LabSettings
from mailproof.lab.embedded.thread import in_thread
from mailproof.net.sockets import SocketNet
from mailproof.script.authority import Authority

SECONDS = 60.0
DELAY = 1.0
"""Of the greylist."""

Value = TypeVar("Value")


class Town(msgspec.Struct, frozen=True):
    place: Place

    @property
    def ports(self) -> Mapping[str, int]:
        return self.place.ports

    def log(self) -> str:
        return Path(self.place.maillog).read_text("utf-8", "replace")

    def mail(self, login: str) -> list[str]:
        return _messages(self.place.maildirs[login])

    def caught(self, relay: str) -> list[str]:
        return _messages(self.place.relays[relay])

    def send(
        self, sender: str, recipient: str, *, port: str = "smtp", source: str = town.SERVER, subject: str = "x"
    ) -> tuple[int, str]:
        """Hand a message in without a login; the answer that decided."""
        with smtplib.SMTP("127.0.0.1", self.ports[port], source_address=(source, 0), timeout=SECONDS) as client:
            body = f"From: {sender}\r\nSubject: {subject}\r\n\r\nhello\r\n"
            try:
                client.sendmail(sender, [recipient], body)
            except smtplib.SMTPRecipientsRefused as refused:
                code, words = refused.recipients[recipient]
                return code, words.decode()
        return 250, ""


def _messages(maildir: str) -> list[str]:
    return [path.read_text("utf-8") for part in ("new", "cur") for path in sorted(Path(maildir, part).glob("*"))]


def until(condition: Callable[[], Value], what: str) -> Value:
    """The first true value. Real servers deliver when they like."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if value := condition():
            return value
        select.select([], [], [], 0.02)
    raise AssertionError(f"{what} did not come within {SECONDS:g} seconds")


@contextmanager
def embedded(directory: Path, authority: Authority) -> Iterator[Town]:
    log = directory / "maillog"
    settings = LabSettings(maildir=str(directory / "mail"), log_file=str(log), greylist_delay=DELAY)
    net = SocketNet()
    made = EmbeddedTown(net, settings, str(directory / "relays"), authority, datetime.now(UTC), None)
    ca_file = authority.write_root(directory)
    with in_thread(net, made.start, made.stop):
        yield Town(made.place(str(ca_file)))


@contextmanager
def real() -> Iterator[Town]:
    with real_town(delay=DELAY) as (lab, relays):
        yield Town(place_of(lab, relays))


def play(lesson: Lesson) -> str:
    """What was seen; each line is typed once the line before it has been answered, as a person does."""
    with subprocess.Popen(
        ["bash", "-c", lesson.command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        seen = _Seen(child.stdout.fileno())
        try:
            if not lesson.typed:
                child.stdin.close()
                seen.all()
                assert lesson.printed in seen.text, f"{lesson.command}: {seen.text}"
                return seen.text
            seen.line(r"(220|250) .*|\+OK.*")
            for line, answer in lesson.typed:
                child.stdin.write(line.encode() + b"\n")
                child.stdin.flush()
                if answer:
                    seen.line(re.escape(answer) + r".*" if answer != "." else r"\.")
            return seen.text
        finally:
            child.kill()


class _Seen:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._deadline = time.monotonic() + SECONDS
        self.text = ""
        self._from = 0

    def line(self, pattern: str) -> None:
        """Wait for a whole line that has not been waited for yet."""
        expected = re.compile(rf"^{pattern}\r*$", re.MULTILINE)
        while (found := expected.search(self.text, self._from)) is None:
            assert self._more(), f"{pattern!r} did not come in {self.text[self._from :]!r} after {self.text!r}"
        self._from = found.end()

    def all(self) -> None:
        while self._more():
            pass

    def _more(self) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], max(0.0, self._deadline - time.monotonic()))
        data = os.read(self._descriptor, 65536) if ready else b""
        self.text += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)
