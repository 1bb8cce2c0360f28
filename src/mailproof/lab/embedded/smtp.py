"""SMTP, submission and LMTP, as Postfix's smtpd(8) and Dovecot's lmtp speak them (RFC 5321, 6409, 2033)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from mailproof.lab.embedded.behaviour import OnHello, Passwords, Refusal, Stage, Upgrade
from mailproof.lab.embedded.chaos import Step
from mailproof.lab.embedded.log import clean
from mailproof.lab.embedded.logins import Login
from mailproof.lab.embedded.post import Envelope
from mailproof.lab.embedded.restrictions import Restrictions
from mailproof.lab.embedded.session import HANG_UP_CODES, Over
from mailproof.lab.embedded.site import Desk, Site
from mailproof.lab.embedded.smtp_speech import SmtpSpeech
from mailproof.net.interface import ServerStream
from mailproof.wire.smtp.paths import Path, read_path
from mailproof.wire.smtp.replies import compose_reply
from mailproof.wire.smtp.session import (
    CommandReader,
    SmtpChunk,
    SmtpCommand,
    SmtpMessage,
)

# Postfix: smtpd_forbidden_commands.
_NOT_SMTP = frozenset({"CONNECT", "GET", "POST"})
# Allowed before TLS where it is demanded (postconf(5) smtpd_tls_security_level).
_BEFORE_TLS = frozenset({"EHLO", "LHLO", "HELO", "STARTTLS", "NOOP", "QUIT"})
_MAIL_PARAMS = frozenset({"SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH"})
_RCPT_PARAMS = frozenset({"NOTIFY", "ORCPT"})
# RFC 3030 section 2; more digits than a 64-bit size has are no size.
_CHUNK = re.compile(rb"[0-9]{1,18}(?: +LAST)?\Z", re.IGNORECASE)


class SmtpSession(SmtpSpeech):
    def __init__(self, site: Site, desk: Desk, stream: ServerStream) -> None:
        super().__init__(site, desk, stream)
        self._method = ""
        self._chunks = bytearray()
        self._chunked = 0
        """Bytes that came by BDAT, kept or not."""
        self._restrictions = Restrictions(site, desk, self.client, self.strikes)

    # -- commands ---------------------------------------------------------------------------------------------------

    async def turn(self) -> None:
        event = await self.next_event()
        if not isinstance(event, SmtpCommand):
            return
        if event.verb in _NOT_SMTP:
            await self.say(compose_reply(221, "Error: I can break rules, too. Goodbye.", enhanced="2.7.0"))
            raise Over
        if self.behaviour.mail_needs_tls and not self.stream.is_tls and event.verb not in _BEFORE_TLS:
            await self.reply(530, "5.7.0", "Must issue a STARTTLS command first")
            return
        if await self.disturbed(event.verb):
            return
        match event.verb:
            case "EHLO" | "HELO" if not self._lmtp:
                await self._hello(event.argument, extended=event.verb == "EHLO")
            case "LHLO" if self._lmtp:
                await self._hello(event.argument, extended=True)
            case "STARTTLS":
                await self._starttls(event)
            case "AUTH" if not self._lmtp:
                await self._auth(event.argument)
            case "MAIL":
                await self._mail(event)
            case "RCPT":
                await self._rcpt(event)
            case "DATA":
                await self._data()
            case "BDAT":
                await self._bdat(event.argument)
            case "RSET":
                self._forget()
                await self.reply(250, "2.0.0", "Ok")
            case "NOOP":
                await self.reply(250, "2.0.0", "Ok")
            case "VRFY" | "EXPN" if self.behaviour.verifies_users:
                await self._verify(event.verb, event.argument)
            case "VRFY" | "EXPN":
                await self.reply(502, "5.5.1", f"{event.verb} command is disabled")
            case "QUIT":
                await self.say(compose_reply(221, "Bye", enhanced="2.0.0"))
                raise Over
            case _:
                await self.reply(500, "5.5.2", "Error: command not recognized")

    async def _verify(self, verb: str, argument: bytes) -> None:
        user = argument.decode("ascii", "replace").strip("<> ")
        if user.lower() in self.site.mailboxes:
            code, enhanced, text = (252, "2.0.0", user) if verb == "VRFY" else (250, "2.1.5", f"<{user}>")
            await self.reply(code, enhanced, text)
        else:
            text = f"<{user}>: Recipient address rejected: User unknown in virtual mailbox table"
            await self.reply(550, "5.1.1", text)

    async def _hello(self, argument: bytes, *, extended: bool) -> None:
        await self.hello()
        if not argument:
            await self.reply(501, "", f"Syntax: {'EHLO' if extended else 'HELO'} hostname")
            return
        if self.behaviour.on_hello is OnHello.REFUSAL:
            await self.reply(550, "5.7.1", "Command rejected: this server is not for you")
            return
        self._helo, self._extended = clean(argument.decode("utf-8", "replace"))[:255], extended
        self._forget()
        if not extended:
            await self.say(compose_reply(250, self.site.hostname))
            return
        lines = [self.site.hostname, "PIPELINING", f"SIZE {self.behaviour.message_limit}"]
        lines += ["VRFY"] if self.behaviour.verifies_users else []
        lines += ["ETRN"] if not self._lmtp else []
        lines += [self.upgrade_offer] if self.upgrade_offer else []
        if mechanisms := self.offered:
            lines.append(f"AUTH {' '.join(mechanisms)}")
            lines += [f"AUTH={' '.join(mechanisms)}"] if self.behaviour.legacy_auth else []
        lines += ["ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING"]
        await self.say(compose_reply(250, *lines))

    async def _starttls(self, event: SmtpCommand) -> None:
        if self.stream.is_tls:
            await self.reply(554, "5.5.1", "Error: TLS already active")
        elif event.argument:
            await self.reply(501, "5.5.4", "Syntax: STARTTLS")
        elif self.upgrade_offer != self.upgrade_word:
            await self.reply(502, "5.5.1", "Error: command not implemented")
        elif self.behaviour.upgrade is Upgrade.REFUSED:
            await self.reply(454, "4.7.0", "TLS not available due to local problem")
        else:
            await self.reply(220, "2.0.0", "Ready to start TLS")
            # RFC 3207 section 4.2: nothing said before counts any more.
            self._helo, self._extended = "", False
            self._forget()
            await self.secure()

    async def _auth(self, argument: bytes) -> None:
        words = argument.split()
        if self.behaviour.hello_needed and not self._extended:
            await self.reply(503, "5.5.1", "Error: send HELO/EHLO first")
        elif not self.takes_logins:
            if self.can_upgrade and self.behaviour.passwords is Passwords.IN_TLS:
                await self.reply(538, "5.7.0", "Encryption required for requested authentication mechanism")
            else:
                await self.reply(503, "5.5.1", "Error: authentication not enabled")
        elif self.user and not self.behaviour.logs_in_again:
            await self.reply(503, "5.5.1", "Error: already authenticated")
        elif self._sender is not None:
            await self.reply(503, "5.5.1", "Error: MAIL transaction in progress")
        elif not 1 <= len(words) <= 2:
            await self.reply(501, "5.5.4", "Syntax: AUTH mechanism")
        elif (mechanism := words[0].decode("ascii", "replace").upper()) not in self.mechanisms:
            await self.reply(535, "5.7.8", "Error: authentication failed: Invalid authentication mechanism")
        else:
            await self._answer_login(await self.authenticate(mechanism, words[1] if len(words) == 2 else None))

    async def _answer_login(self, login: Login) -> None:
        if login.user:
            self._method = login.method
            await self.reply(235, "2.7.0", "Authentication successful")
        elif login.refused is None:
            await self.reply(501, "5.7.0", "Authentication aborted")
        else:
            await self.reply(*login.refused.smtp)
            if login.refused.smtp[0] in HANG_UP_CODES:
                raise Over

    # -- the transaction --------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._sender = None
        self._recipients.clear()
        self._chunks.clear()
        self._chunked = 0

    async def _mail(self, event: SmtpCommand) -> None:
        path = read_path(event.argument, "FROM")
        if self.behaviour.hello_needed and not self._helo:
            await self.reply(503, "5.5.1", "Error: send HELO/EHLO first")
        elif self._sender is not None:
            await self.reply(503, "5.5.1", "Error: nested MAIL command")
        elif path.problem:
            await self.reply(501, "5.5.4", "Syntax: MAIL FROM:<address>")
        elif unknown := _unknown(path, _MAIL_PARAMS):
            await self.reply(555, "5.5.4", f"Unsupported option: {unknown}")
        elif (size := dict(path.params).get("SIZE")) and _number(size) > self.behaviour.message_limit:
            await self.reply(552, "5.3.4", "Message size exceeds fixed limit")
        else:
            self._sender = path.address
            if not await self._refused(Stage.MAIL, ""):
                await self.reply(250, "2.1.0", "Ok")
            else:
                self._forget()

    async def _rcpt(self, event: SmtpCommand) -> None:
        path = read_path(event.argument, "TO")
        if self._sender is None:
            await self.reply(503, "5.5.1", "Error: need MAIL command")
        elif path.problem:
            await self.reply(501, "5.5.4", "Syntax: RCPT TO:<address>")
        elif unknown := _unknown(path, _RCPT_PARAMS):
            await self.reply(555, "5.5.4", f"Unsupported option: {unknown}")
        elif len(self._recipients) >= (self.behaviour.most_recipients or self.site.limits.recipients):
            await self.reply(452, "4.5.3", "Error: too many recipients")
        elif not await self._refused(Stage.RCPT, path.address):
            self._recipients.append(path.address)
            await self.reply(250, "2.1.5", "Ok")

    async def _data(self) -> None:
        if self._sender is None:
            await self.reply(503, "5.5.1", "Error: need RCPT command")
            return
        if not self._recipients:
            await self.reply(554, "5.5.1", "Error: no valid recipients")
            return
        if self._chunked:
            await self.reply(503, "5.5.1", "Error: DATA after BDAT")  # RFC 3030 section 3
            return
        limit = self.behaviour.message_limit
        self._expect(limit)
        await self.say(compose_reply(354, "End data with <CR><LF>.<CR><LF>"))
        event = await self.next_event()
        assert isinstance(event, SmtpMessage)
        await self._answer_message(event.data, event.size)

    async def _bdat(self, argument: bytes) -> None:
        """One chunk (RFC 3030 section 2). Its bytes are read whatever the answer is: they must not be commands."""
        size, last = (*argument.upper().split(), b"", b"")[:2]
        if not _CHUNK.match(argument):
            # Where the next command begins cannot be known any more: Postfix hangs up too.
            await self.reply(521, "5.5.4", "Syntax: BDAT count [LAST]")
            raise Over
        assert isinstance(self._reader, CommandReader)
        room = max(0, self.behaviour.message_limit - len(self._chunks))
        self._reader.expect_chunk(int(size), room if self._recipients else 0)
        event = await self.next_event()
        assert isinstance(event, SmtpChunk)
        if self._sender is None or not self._recipients:
            await self.reply(503, "5.5.1", "Error: need RCPT command")
            return
        self._chunks += event.data
        self._chunked += event.size
        if last:
            await self._answer_message(bytes(self._chunks), self._chunked)
        elif self._chunked > self.behaviour.message_limit:
            await self.reply(552, "5.3.4", "Error: message file too big")
            self._forget()
        else:
            await self.reply(250, "2.0.0", f"Ok: {event.size} bytes")

    async def _answer_message(self, data: bytes, size: int) -> None:
        recipients, limit = tuple(self._recipients), self.behaviour.message_limit
        if await self.disturbed(Step.MESSAGE, len(recipients) if self._lmtp else 1):
            self._forget()
            return
        code, enhanced, text = 552, "5.3.4", "Error: message file too big"
        if size > limit:
            pass
        elif (refusal := self._refusal_of_message(recipients[0])) is not None:
            code, enhanced, text = refusal.code, refusal.enhanced, self._filled(refusal, recipients[0])
            self._log_refusal("END-OF-MESSAGE", code, enhanced, text, recipients[0])
            await self.pause(refusal.occasion.delay)
        else:
            await self._take(data, recipients)
            return
        await self.say(compose_reply(code, text, enhanced=enhanced) * (len(recipients) if self._lmtp else 1))
        self._forget()
        if code in HANG_UP_CODES:
            raise Over

    def _expect(self, limit: int) -> None:
        assert isinstance(self._reader, CommandReader)
        self._reader.expect_message(limit)

    async def _take(self, data: bytes, recipients: tuple[str, ...]) -> None:
        secured = "S" if self.stream.is_tls else ""
        protocol = (
            f"{'LMTP' if self._lmtp else 'ESMTP' if self._extended else 'SMTP'}{secured if self._extended else ''}"
        )
        hub = self.site.hub
        data = hub.message(data, self.client, self.behaviour.rewrites_headers) if hub.canonical else data
        envelope = Envelope(
            self.behaviour.rewritten_sender or hub.sender(self._sender or ""),
            recipients,
            self.client,
            self._helo,
            protocol + ("A" if self.user else ""),
            self.user,
            self._method,
        )
        queue_id, data = self.site.post.accept(envelope, data, self._program)
        if self._lmtp:  # a reply for each recipient, RFC 2033 section 4.2
            replies = [compose_reply(250, f"<{r}> {queue_id} Saved", enhanced="2.0.0") for r in recipients]
        else:
            replies = [compose_reply(250, f"Ok: queued as {queue_id}", enhanced="2.0.0")]
        self._forget()
        await self.say(b"".join(replies))
        deliver = partial(
            self.site.post.deliver,
            queue_id,
            envelope,
            data,
            at_all=self.behaviour.delivers,
            folder=self.behaviour.files_into,
        )
        if self.behaviour.delivery_seconds:
            self.site.net.spawn(self._later(self.behaviour.delivery_seconds, deliver))
        else:
            deliver()

    async def _later(self, seconds: float, deliver: Callable[[], None]) -> None:
        await self.site.net.sleep(seconds)
        deliver()

    # -- who may send what to whom ----------------------------------------------------------------------------------

    async def _refused(self, stage: Stage, recipient: str) -> bool:
        """Answer and log a refusal, if there is one."""
        refusal = self._restrictions.refusal(stage, self._sender or "", recipient, self.user)
        if refusal is None:
            return False
        text = self._filled(refusal, recipient)
        self._log_refusal(stage.name, refusal.code, refusal.enhanced, text, recipient)
        await self.pause(refusal.occasion.delay)
        await self.reply(refusal.code, refusal.enhanced, text)
        if refusal.code in HANG_UP_CODES:
            raise Over
        return True

    def _refusal_of_message(self, recipient: str) -> Refusal | None:
        return self._restrictions.refusal(Stage.MESSAGE, self._sender or "", recipient, self.user)

    def _filled(self, refusal: Refusal, recipient: str) -> str:
        return refusal.text.format(
            sender=self._sender or "", recipient=recipient, client=self.client, helo=self._helo, user=self.user
        )


def _unknown(path: Path, known: frozenset[str]) -> str:
    return next((name for name, _ in path.params if name not in known), "")


def _number(text: str) -> int:
    """RFC 1870 section 6: up to 20 digits; what is none does not count."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 0
