"""How far a session by hand has come: the hello, the login, the envelope."""

from __future__ import annotations

from mailproof.model.reply import ReplyClass
from mailproof.parse.talk.notes import is_login
from mailproof.parse.talk.typed import Situation


class Progress:
    def __init__(self) -> None:
        self.hello = ""
        """`EHLO`, `HELO`, `LHLO`, once it was answered."""
        self.logged_in = False
        self._mail = self._rcpt = False

    def heard(self, asked: str, status: ReplyClass | None) -> None:
        """The answer to a command: what it changes."""
        verb = asked.upper().split()[0] if asked.split() else ""
        good = status is ReplyClass.POSITIVE
        if good and is_login(asked):
            self.logged_in = True
        elif verb in ("EHLO", "HELO", "LHLO") and good:
            self.hello, self._mail, self._rcpt = verb, False, False
        elif verb == "MAIL":
            self._mail = self._mail or good  # a second one is refused, and the first still holds
        elif verb == "RCPT":
            self._rcpt = self._rcpt or good
        elif verb in ("RSET", "."):
            self._mail = self._rcpt = False

    @property
    def has_begun(self) -> bool:
        """Whether the server has taken a MAIL FROM that nothing has ended yet."""
        return self._mail

    def taken_for_another(self, asked: str) -> None:
        """XCLIENT was granted: a client of that name has come, and has logged in only where LOGIN= says so."""
        self._mail = self._rcpt = False
        self.logged_in = " LOGIN=" in asked.upper()

    def situation(self, is_tls: bool, mechanisms: tuple[str, ...]) -> Situation:
        """What a typed line is held against."""
        return Situation(self.hello, is_tls, mechanisms, self._mail, self._rcpt)
