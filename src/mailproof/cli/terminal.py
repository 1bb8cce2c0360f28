"""Where a command writes: its language, colours and width, and what must never be written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from mailproof.model.secret import Secrets

if TYPE_CHECKING:
    from mailproof.catalog.words import Words

_WIDTH = 100
COLORS = ("auto", "always", "never")


class Complaint(Exception):
    """What the user asked for cannot be; a sentence of the catalogue, filled, that ends with what to do instead.

    Exit code 2, as a UsageError of the other rooms, which have a reason and no words.
    """


class Unwritten(Exception):
    """Standard output takes no more: a disk that is full, a stream that was closed. Its cause is the OSError."""


class Terminal:
    """Standard output for results, standard error for everything else."""

    def __init__(self, lang: str, color: str = "auto") -> None:
        self.lang = lang
        self.color = _colored(color, os.environ)
        self.secrets = Secrets()
        """What was read as a password or token in this run; taken out of the report of a crash."""

    @cached_property
    def say(self) -> Words:
        """The strings of its language."""
        from mailproof.catalog.words import words

        return words(self.lang)

    @property
    def width(self) -> int:
        """Cells of a line: COLUMNS, or of the terminal, or 100."""
        # As shutil.get_terminal_size, which brings the codecs of archives along: two milliseconds of every command.
        told = os.environ.get("COLUMNS", "")
        if told.isascii() and told.isdigit() and int(told):
            return int(told)
        try:
            return os.get_terminal_size(sys.stdout.fileno()).columns or _WIDTH
        except (AttributeError, ValueError, OSError):
            return _WIDTH

    def write(self, text: str) -> None:
        """A result. Raises BrokenPipeError where nobody reads it any more, Unwritten where it cannot be written."""
        with _writing():
            sys.stdout.write(text)
            sys.stdout.flush()

    def write_bytes(self, data: bytes) -> None:
        """The same for a result that is no text."""
        with _writing():
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()

    def tell(self, sentence: str) -> None:
        """A word to the user, beside the result, in lines that fit."""
        if sys.stderr.isatty():
            from mailproof.report.layout import wrap

            sentence = "\n".join(wrap(sentence, max(self.width, 20)))
        try:
            sys.stderr.write(f"{sentence}\n")
            sys.stderr.flush()
        except OSError:
            drop(sys.stderr)  # nobody hears it; the exit code still tells

    @contextmanager
    def progress(self, key: str, **params: str) -> Iterator[None]:
        """One line while something takes its time, on a terminal only; it is gone afterwards.

        Elsewhere not even the words are read: that would cost more than the first connection.
        """
        if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            yield
            return
        from mailproof.report.layout import cut

        # A terminal wraps a line that fills it, and then clearing clears half of it.
        sys.stderr.write(cut(self.say(key, **params), self.width - 1))
        sys.stderr.flush()
        try:
            yield
        finally:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unwritten from error


def open_streams() -> None:
    """Take the streams that the caller closed: else the first socket has the number of one, and output goes there.

    Input is empty, messages go nowhere, and a result that is written fails as it does in every other program.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def drop(stream: TextIO) -> None:
    """Let go of what the stream still holds: the interpreter would write it, and complain of it, at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def language(environ: Mapping[str, str], settings: str = "") -> str:
    """`ja` for a Japanese locale, else `en`: the first that is set decides, of locales as in setlocale(3).

    `settings` is what the file of settings says; it wins over the locale, and MAILPROOF_LANG over it.
    """
    locale = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    chosen = next(filter(None, (environ.get("MAILPROOF_LANG"), settings, *locale)), "")
    return "ja" if chosen.lower().startswith("ja") else "en"


def _colored(wish: str, environ: Mapping[str, str]) -> bool:
    """`always` and `never` as they say; else NO_COLOR, FORCE_COLOR (no-color.org, force-color.org)."""
    if wish != "auto":
        return wish == "always"
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and environ.get("TERM") != "dumb")
