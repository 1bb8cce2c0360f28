"""What POP3, IMAP and ManageSieve have in common: they are Dovecot's, and so is their log."""

from __future__ import annotations

from mailproof.lab.embedded.logins import Login, LoginSession
from mailproof.lab.embedded.session import Event
from mailproof.model.endpoint import Protocol
from mailproof.sasl.server import Reason

BROKEN = "Internal error occurred. Refer to server log for more information."
"""What a user is told of whatever is wrong with a mailbox."""

_IN_DOVECOT = {
    Reason.WRONG_PASSWORD: "Password mismatch",
    Reason.UNKNOWN_USER: "unknown user",
    Reason.EXPIRED_TOKEN: "oauth2 failed: Token is expired",
}


class DovecotSession(LoginSession[Event]):
    """Dovecot logs logins and how sessions end; a connection by itself is no line."""

    def log_connected(self) -> None:
        """Nothing."""

    def log_login(self, login: Login) -> None:
        if login.user:
            text = f"{self._protocol}-login: Login: user=<{login.user}>, method={login.method}{self._rip}"
        else:
            reason = login.reason or Reason.MALFORMED
            text = f"auth: passwd-file({login.given},{self.client}): {_IN_DOVECOT.get(reason, str(reason))}"
        self.site.log.write("dovecot", text)

    def log_disconnected(self) -> None:
        if self.user:
            text = f"{self._protocol}({self.user})<{self.pid}>: Disconnected: Logged out{self.statistics()}"
        else:
            tried = f"auth failed, {self.failures} attempts" if self.failures else "no auth attempts"
            text = f"{self._protocol}-login: Disconnected ({tried}){self._rip}"
        self.site.log.write("dovecot", text)

    def log_tls(self, words: str, *, ok: bool) -> None:
        if not ok:
            text = f"Disconnected (no auth attempts){self._rip}, TLS handshaking: SSL_accept() failed: {words}"
            self.site.log.write("dovecot", f"{self._protocol}-login: {text}")

    def statistics(self) -> str:
        """What there is to say of a session that was logged in."""
        return ""

    @property
    def _protocol(self) -> str:
        protocol = self.desk.scheme.protocol
        return "managesieve" if protocol is Protocol.SIEVE else protocol

    @property
    def _rip(self) -> str:
        return f", rip={self.client}" + (", TLS" if self.stream.is_tls else "")
