"""What stands around the typed line: completion, a history without secrets, and secrets that are not shown."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput

from mailproof.cli.reading import from_home
from mailproof.cli.talk.local import LOCAL
from mailproof.cli.talk.tty import between_prompts
from mailproof.model.talk import TalkProtocol
from mailproof.parse.talk.typed import secret_in
from mailproof.parse.talk.verbs import VERBS
from mailproof.run.talk.session import Phase, Session

_SASL = {
    TalkProtocol.SMTP: ("AUTH ",),
    TalkProtocol.LMTP: ("AUTH ",),
    TalkProtocol.POP3: ("AUTH ",),
    TalkProtocol.SIEVE: ("AUTHENTICATE ",),
}
_AFTER = {"MAIL ": "FROM:<", "RCPT ": "TO:<", "PROT ": "P", "PBSZ ": "0", "MODE ": "READER"}
_MAIL_PARAMETERS = {"SIZE": "SIZE=", "8BITMIME": "BODY=8BITMIME", "SMTPUTF8": "SMTPUTF8", "DSN": "RET=HDRS"}


class TalkCompleter(Completer):
    """Verbs of the protocol, what the server offered, local commands."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        if self._session.phase is not Phase.COMMAND:
            return
        for whole in self._candidates(text):
            if whole.upper().startswith(text.upper()) and whole != text:
                yield Completion(whole, start_position=-len(text))

    def _candidates(self, text: str) -> Iterator[str]:
        session, upper = self._session, text.upper()
        if text.startswith("/"):
            yield from (f"/{name}" for name in LOCAL)
            yield from (f"/auth {name}" for name in session.mechanisms)
            return
        tag, space, _ = text.partition(" ")
        if session.protocol is TalkProtocol.IMAP:
            if space:
                yield from (f"{tag} {verb}" for verb in VERBS[TalkProtocol.IMAP])
                yield from (f"{tag} AUTHENTICATE {name}" for name in session.mechanisms)
            return
        yield from VERBS.get(session.protocol, ())
        for head in _SASL.get(session.protocol, ()):
            yield from (head + name for name in session.mechanisms)
        yield from (verb + rest for verb, rest in _AFTER.items() if upper.startswith(verb))
        if upper.startswith("MAIL FROM:") and ">" in text:
            names = {line.upper().split()[0] for line in session.offered if line.split()}
            start = text[: text.rindex(">") + 1]
            yield from (f"{start} {_MAIL_PARAMETERS[name]}" for name in names & _MAIL_PARAMETERS.keys())


class TalkInput(Vt100Input):
    """While a line is written above the prompt, too, nothing that is typed is shown, edited or lost."""

    def cooked_mode(self) -> AbstractContextManager[None]:
        return between_prompts()


class HideSecrets(Processor):
    """The secret part of the line is shown as asterisks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        text = transformation_input.document.text
        hidden = (
            slice(0, len(text)) if self._session.phase is Phase.ANSWER else secret_in(self._session.protocol, text)
        )
        if hidden is None:
            return Transformation(transformation_input.fragments)
        shown = text[: hidden.start] + "*" * (hidden.stop - hidden.start) + text[hidden.stop :]
        return Transformation([("", shown)])


def cleaned(session: Session, line: str) -> str:
    """What the history keeps of a line: no answers to challenges, no lines of messages, no secrets."""
    if session.phase is not Phase.COMMAND or not line.strip():
        return ""
    hidden = secret_in(session.protocol, line)
    return line if hidden is None else line[: hidden.start].rstrip()


class TalkHistory(History):
    """Kept in a file for the next time, or in memory where there is none to be had."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        path = _file()
        self._kept: History = FileHistory(str(path)) if path is not None else InMemoryHistory()

    def load_history_strings(self) -> Iterable[str]:
        return self._kept.load_history_strings()

    def append_string(self, string: str) -> None:
        if kept := cleaned(self._session, string):
            super().append_string(kept)

    def store_string(self, string: str) -> None:
        self._kept.store_string(string)


def _file() -> Path | None:
    """`$XDG_STATE_HOME/mailproof/talk_history`, for the user alone; None where it cannot be written."""
    home = Path(os.environ.get("XDG_STATE_HOME") or from_home("~/.local/state"))
    if not home.is_absolute():  # there is no home: nothing of ours belongs into the current directory
        return None
    path = home / "mailproof" / "talk_history"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError:
        return None
    return path
