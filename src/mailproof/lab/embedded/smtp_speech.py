"""How Postfix's smtpd(8) and Dovecot's lmtp speak, and what they write into the log."""

from __future__ import annotations

import base64
import re

from mailproof.lab.embedded.chaos import Step
from mailproof.lab.embedded.logins import Login, LoginSession
from mailproof.lab.embedded.session import Over
from mailproof.lab.embedded.site import Desk, Site
from mailproof.model.endpoint import Protocol
from mailproof.net.interface import ServerStream
from mailproof.sasl.server import Reason
from mailproof.wire.smtp.replies import compose_reply
from mailproof.wire.smtp.session import CommandReader, Event

# Postfix: smtpd_hard_error_limit.
_MOST_ERRORS = 20
_LINE_END = re.compile(r"[\r\n\0]")


class SmtpSpeech(LoginSession[Event]):
    """Its answers by Postfix's count and words, and a line of Postfix's log for each."""

    service = "smtp"
    # Postfix smtpd_timeout.
    patience = 300.0
    upgrade_word = "STARTTLS"

    def __init__(self, site: Site, desk: Desk, stream: ServerStream) -> None:
        super().__init__(site, desk, stream)
        self._helo = ""
        self._extended = False
        self._errors = 0
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._lmtp = self.desk.scheme.protocol is Protocol.LMTP
        # master.cf: -o syslog_name=postfix/submission
        service = f"{desk.scheme}/" if desk.scheme.is_submission else ""
        self._program = f"dovecot: lmtp({self.pid})" if self._lmtp else f"postfix/{service}smtpd[{self.pid}]"

    # -- the protocol's words ---------------------------------------------------------------------------------------

    def new_reader(self) -> CommandReader:
        return CommandReader()

    def greeting(self) -> bytes:
        software = " Postfix (3.4.13)" if self.behaviour.reveals_version else ""
        words = f"{'LMTP' if self._lmtp else 'ESMTP'}{software} {self.behaviour.greeting_ends}"
        return compose_reply(220, f"{self.site.hostname} {words.rstrip()}")

    def refused_greeting(self) -> bytes:
        text = f"{self.site.hostname} Error: too many connections from {self.client}"
        return compose_reply(421, text, enhanced="4.7.0")

    def farewell_when_late(self) -> bytes:
        return compose_reply(421, f"{self.site.hostname} Error: timeout exceeded", enhanced="4.4.2")

    def refusal(self, step: Step, code: int, text: str) -> bytes:
        return compose_reply(code, text, enhanced=f"{code // 100}.3.0")

    def challenge(self, data: bytes) -> bytes:
        return compose_reply(334, base64.b64encode(data))

    async def reply(self, code: int, enhanced: str, text: str) -> None:
        """Postfix counts what it refuses, and hangs up in the end (smtpd_hard_error_limit)."""
        self._errors += code >= 400
        await self.say(compose_reply(code, _LINE_END.sub("?", text), enhanced=enhanced))
        if self._errors >= _MOST_ERRORS and not self.behaviour.bears_errors:
            await self.say(compose_reply(421, f"{self.site.hostname} Error: too many errors", enhanced="4.7.0"))
            raise Over

    # -- the log ----------------------------------------------------------------------------------------------------

    def log_connected(self) -> None:
        self.site.log.write(self._program, f"connect from unknown[{self.client}]")

    def log_disconnected(self) -> None:
        self.site.log.write(self._program, f"disconnect from unknown[{self.client}]")

    def log_tls(self, words: str, *, ok: bool) -> None:
        if ok:
            text = f"Anonymous TLS connection established from unknown[{self.client}]: {words}"
        else:
            text = f"SSL_accept error from unknown[{self.client}]: {words}"
        self.site.log.write(self._program, text)

    def log_login(self, login: Login) -> None:
        if not login.user:
            reason = login.reason or Reason.MALFORMED
            text = f"warning: unknown[{self.client}]: SASL {login.method} authentication failed: {reason}"
            self.site.log.write(self._program, text)

    def _log_refusal(self, stage: str, code: int, enhanced: str, text: str, recipient: str) -> None:
        to = f" to=<{recipient}>" if recipient else ""
        self.site.log.write(
            self._program,
            f"NOQUEUE: reject: {stage} from unknown[{self.client}]: {code} {enhanced} {text}; "
            f"from=<{self._sender or ''}>{to} proto={'ESMTP' if self._extended else 'SMTP'} helo=<{self._helo}>",
        )

    def log_refused(self, step: Step, code: int, text: str) -> None:
        stage = {Step.CONNECT: "CONNECT", Step.MESSAGE: "END-OF-MESSAGE"}.get(step, step.name)
        self._log_refusal(stage, code, f"{code // 100}.3.0", text, self._recipients[0] if self._recipients else "")

    def log_cut(self, step: Step) -> None:
        stage = "END-OF-MESSAGE" if step is Step.MESSAGE else step.name
        self.site.log.write(self._program, f"lost connection after {stage} from unknown[{self.client}]")
