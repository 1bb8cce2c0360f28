"""IMAP4rev1 and rev2, as Dovecot speaks them (RFC 3501, 9051, 4959, 2177); the mailbox itself is `imap_mailbox`."""

from __future__ import annotations

import base64

from mailproof.lab.embedded.behaviour import MESSAGE_LIMIT, Idle, OnOpening, Revision, Upgrade
from mailproof.lab.embedded.chaos import Step
from mailproof.lab.embedded.dovecot import BROKEN, DovecotSession
from mailproof.lab.embedded.imap_listing import listing, named, status_line
from mailproof.lab.embedded.imap_mailbox import OpenMailbox, Refused
from mailproof.lab.embedded.logins import Login
from mailproof.lab.embedded.mailboxes import SYSTEM_FLAGS, Mailbox
from mailproof.lab.embedded.session import Over
from mailproof.lab.embedded.site import Desk, Site
from mailproof.model.attempt import Trouble
from mailproof.model.failure import NetFailure
from mailproof.net.interface import ServerStream
from mailproof.wire.commands import ClientLine
from mailproof.wire.imap.commands import SMALL_LITERAL
from mailproof.wire.imap.session import (
    CommandReader,
    Event,
    ImapCommandLine,
    NeedContinuation,
    compose_continuation,
    compose_tagged,
    compose_untagged,
)
from mailproof.wire.imap.tokens import Value, string_of

# Dovecot's imap-login hangs up after three commands that are none, imap after twenty.
_MOST_ERRORS = 20
# Of one command: a message that is put into the mailbox is as large as one that may be sent.
_LITERALS = MESSAGE_LIMIT
# What both revisions have here; IMAP4rev2 alone does not name it (RFC 9051 appendix E).
_EXTENSIONS = (
    "SASL-IR",
    "ID",
    "ENABLE",
    "UNSELECT",
    "NAMESPACE",
    "UIDPLUS",
    "ESEARCH",
    "SEARCHRES",
    "MOVE",
    "BINARY",
    "SPECIAL-USE",
)
# Seconds between two looks at the mailbox during IDLE.
_IDLE_LOOK = 1.0
# RFC 2177: clients renew IDLE every 29 minutes.
_IDLE_LIMIT = 1800.0


class ImapSession(DovecotSession[Event]):
    service = "imap"
    # RFC 3501 section 5.4: at least thirty minutes.
    patience = 1800.0
    upgrade_word = "STARTTLS"

    def __init__(self, site: Site, desk: Desk, stream: ServerStream) -> None:
        super().__init__(site, desk, stream)
        self._errors = 0
        self._tag = ""
        self._open: OpenMailbox | None = None
        self._second = self.behaviour.revision is Revision.TWO
        """IMAP4rev2 is spoken: nothing else is known, or the client has enabled it."""

    # -- the protocol's words ---------------------------------------------------------------------------------------

    def new_reader(self) -> CommandReader:
        rev2_alone = self.behaviour.revision is Revision.TWO
        return CommandReader(keep=_LITERALS, unasked=SMALL_LITERAL if rev2_alone else None)

    def greeting(self) -> bytes:
        software = "Dovecot 2.3.4" if self.behaviour.reveals_version else "Dovecot"
        return compose_untagged(f"OK [CAPABILITY {self._capabilities()}] {software} ready.")

    def refused_greeting(self) -> bytes:
        return compose_untagged("BYE [UNAVAILABLE] Too many connections from your IP address.")

    def farewell_when_late(self) -> bytes:
        return compose_untagged("BYE Disconnected for inactivity.")

    def refusal(self, step: Step, code: int, text: str) -> bytes:
        word = "UNAVAILABLE" if code < 500 else "CONTACTADMIN"
        if step is Step.CONNECT:
            return compose_untagged(f"BYE [{word}] {text}")
        return compose_tagged(self._tag, "NO", text, word)

    def challenge(self, data: bytes) -> bytes:
        return compose_continuation(base64.b64encode(data))

    def _capabilities(self) -> str:
        revision = self.behaviour.revision
        words = {
            Revision.ONE: ["IMAP4rev1", "LITERAL+"],
            Revision.BOTH: ["IMAP4rev1", "IMAP4rev2", "LITERAL+"],
            Revision.TWO: ["IMAP4rev2"],
        }[revision]
        idle = self.behaviour.idle is not Idle.NOT_OFFERED
        words += ["ID"] if revision is Revision.TWO else [*_EXTENSIONS, *(["IDLE"] if idle else [])]
        words += [self.upgrade_offer] if self.upgrade_offer else []
        words += [f"AUTH={name}" for name in self.offered] if not self.user else []
        words += ["LOGINDISABLED"] if not self.offered and not self.user else []
        return " ".join(words)

    async def tagged(self, tag: str, status: str, text: str, code: str = "") -> None:
        await self.say(compose_tagged(tag, status, text, code))
        self._errors += status == "BAD"
        if self._errors >= _MOST_ERRORS and not self.behaviour.bears_errors:
            await self.say(compose_untagged("BYE Too many invalid IMAP commands."))
            raise Over

    # -- commands ---------------------------------------------------------------------------------------------------

    async def turn(self) -> None:
        event = await self.next_event()
        if isinstance(event, NeedContinuation):
            await self.say(compose_continuation("OK"))
        elif isinstance(event, ImapCommandLine):
            if event.problem:
                await self.tagged(event.tag or "*", "BAD", f"Error in IMAP command: {event.problem}.")
            else:
                await self._command(event)

    async def _command(self, command: ImapCommandLine) -> None:
        tag = self._tag = command.tag
        if await self.disturbed(command.name):
            return
        match command.name:
            case "CAPABILITY":
                await self.hello()
                await self.say(compose_untagged(f"CAPABILITY {self._capabilities()}"))
                await self.tagged(tag, "OK", "Capability completed.")
            case "LOGOUT":
                await self.say(compose_untagged("BYE Logging out") + compose_tagged(tag, "OK", "Logout completed."))
                raise Over
            case "ID":
                await self.say(compose_untagged("ID NIL"))
                await self.tagged(tag, "OK", "ID completed.")
            case "NOOP" | "CHECK":
                await self._updates()
                await self.tagged(tag, "OK", f"{command.name.capitalize()} completed.")
            case "STARTTLS" if not self.user:
                await self._starttls(tag)
            case "LOGIN" | "AUTHENTICATE" if not self.user:
                await self._log_in(command)
            case _ if not self.user:
                await self.tagged(tag, "BAD", "Error in IMAP command received by server.")
            case _:
                await self._logged_in(command)

    async def _starttls(self, tag: str) -> None:
        if self.stream.is_tls:
            await self.tagged(tag, "BAD", "TLS is already active.")
        elif self.upgrade_offer != self.upgrade_word:
            await self.tagged(tag, "BAD", "TLS support isn't enabled.")
        elif self.behaviour.upgrade is Upgrade.REFUSED:
            await self.tagged(tag, "NO", "TLS initialization failed.", "UNAVAILABLE")
        else:
            await self.tagged(tag, "OK", "Begin TLS negotiation now.")
            await self.secure()

    async def _log_in(self, command: ImapCommandLine) -> None:
        texts = [string_of(value) for value in command.args]
        words = [text for text in texts if text is not None]
        if not self.takes_logins:
            text = "Plaintext authentication disallowed on non-secure (SSL/TLS) connections."
            await self.tagged(command.tag, "NO", text, "PRIVACYREQUIRED")
            return
        if command.name == "LOGIN":
            if len(words) != 2 or len(texts) != 2:
                await self.tagged(command.tag, "BAD", "Invalid arguments.")
                return
            login = await self.check(words[0].decode("utf-8", "replace"), words[1], "LOGIN")
        else:
            mechanism = words[0].decode("ascii", "replace").upper() if words else ""
            if mechanism not in self.mechanisms or len(words) > 2:
                await self.tagged(command.tag, "NO", "Unsupported authentication mechanism.")
                return
            login = await self.authenticate(mechanism, words[1] if len(words) == 2 else None)
        await self._answer_login(command.tag, login)

    async def _answer_login(self, tag: str, login: Login) -> None:
        if login.user:
            await self.tagged(tag, "OK", "Logged in", f"CAPABILITY {self._capabilities()}")
        elif login.refused is None:
            await self.tagged(tag, "BAD", "Authentication aborted by client.")
        else:
            code, text = login.refused.imap
            await self.tagged(tag, "NO", text, code)
            if self.has_failed_enough:
                raise Over

    # -- after the login --------------------------------------------------------------------------------------------

    @property
    def _inbox(self) -> Mailbox:
        return self.site.mailbox_of(self.user)

    async def _logged_in(self, command: ImapCommandLine) -> None:
        tag, args = command.tag, command.args
        match command.name:
            case "SELECT" | "EXAMINE":
                await self._select(tag, args, writable=command.name == "SELECT")
            case "LIST" | "LSUB":
                await self._list(command)
            case "STATUS":
                await self._status(tag, args)
            case "NAMESPACE":
                await self.say(compose_untagged('NAMESPACE (("" ".")) NIL NIL'))
                await self.tagged(tag, "OK", "Namespace completed.")
            case "ENABLE":
                await self._enable(tag, args)
            case "APPEND":
                await self._append(tag, args)
            case "IDLE":
                await self._idle(tag)
            case _ if self._open is None:
                await self.tagged(tag, "BAD", "No mailbox selected.")
            case "CLOSE" | "UNSELECT":
                if command.name == "CLOSE":
                    self._open.expunge()
                self._open = None
                await self.tagged(tag, "OK", f"{command.name.capitalize()} completed.")
            case _:
                await self._in_mailbox(self._open, command)

    async def _in_mailbox(self, mailbox: OpenMailbox, command: ImapCommandLine) -> None:
        try:
            for line in mailbox.run(command.name, command.args, command.tag):
                await self.say(compose_untagged(line))
        except Refused as refused:
            await self.tagged(command.tag, refused.status, str(refused))
            return
        # Numbers may not change under a FETCH, STORE or SEARCH by number (RFC 3501 section 7.4.1).
        if command.name not in ("FETCH", "STORE", "SEARCH"):
            await self._updates()
        await self.tagged(command.tag, "OK", f"{command.name.capitalize()} completed.")

    async def _updates(self) -> None:
        for line in self._open.updates() if self._open is not None else ():
            await self.say(compose_untagged(line))

    async def _select(self, tag: str, args: tuple[Value, ...], *, writable: bool) -> None:
        if self._open is not None and self._second:
            await self.say(compose_untagged("OK [CLOSED] Previous mailbox closed."))
        self._open = None
        found = await self._named(tag, args)
        if found is None:
            return
        if self.behaviour.on_opening is OnOpening.BROKEN:
            await self.tagged(tag, "NO", BROKEN, "SERVERBUG")
            return
        self._open = OpenMailbox(found[1], found[0], self._inbox, writable=writable, second=self._second)
        for line in self._open.opening():
            await self.say(compose_untagged(line))
        words = "Select" if writable else "Examine"
        await self.tagged(tag, "OK", f"{words} completed.", "READ-WRITE" if writable else "READ-ONLY")

    async def _named(self, tag: str, args: tuple[Value, ...]) -> tuple[str, Mailbox] | None:
        """The mailbox that is meant, and its name; None if there is none, and then that was said."""
        said = string_of(args[0]) if args else None
        if said is None:
            await self.tagged(tag, "BAD", "Invalid arguments.")
            return None
        found = named(said, self._inbox)
        if found is None:
            await self.tagged(tag, "NO", "Mailbox doesn't exist: it is neither INBOX nor listed.", "NONEXISTENT")
        return found

    async def _enable(self, tag: str, args: tuple[Value, ...]) -> None:
        """RFC 5161; there is no way back."""
        wanted = {(string_of(value) or b"").upper() for value in args}
        enabled = b"IMAP4REV2" in wanted and self.behaviour.revision is not Revision.ONE
        self._second = self._second or enabled
        if self._open is not None:
            self._open.second = self._second
        await self.say(compose_untagged("ENABLED IMAP4rev2" if enabled else "ENABLED"))
        await self.tagged(tag, "OK", "Enabled.")

    async def _append(self, tag: str, args: tuple[Value, ...]) -> None:
        """`APPEND INBOX (flags) "date" message`; flags and date may be left out (RFC 3501 section 6.3.11)."""
        found = await self._named(tag, args)
        if found is None:
            return
        box, message = found[1], args[-1]
        if not isinstance(message, bytes) or not 2 <= len(args) <= 4:
            await self.tagged(tag, "BAD", "Invalid arguments.")
        elif not box.has_room(len(message)):
            await self.tagged(tag, "NO", "Quota exceeded.", "OVERQUOTA")
        else:
            added = box.add(message, self.site.clock())
            flags = next((arg for arg in args[1:-1] if isinstance(arg, tuple)), ())
            low = {flag.lower() for flag in flags if isinstance(flag, str)}
            added.flags = {flag for flag in SYSTEM_FLAGS if flag.lower() in low}
            await self._updates()
            await self.tagged(tag, "OK", "Append completed.", f"APPENDUID {box.uid_validity} {added.uid}")

    async def _list(self, command: ImapCommandLine) -> None:
        lines = listing(command.name, command.args, self._inbox, utf8=self._second)
        if lines is None:
            await self.tagged(command.tag, "BAD", "Invalid arguments.")
            return
        for line in lines:
            await self.say(compose_untagged(line))
        await self.tagged(command.tag, "OK", f"{command.name.capitalize()} completed.")

    async def _status(self, tag: str, args: tuple[Value, ...]) -> None:
        found = await self._named(tag, args)
        if found is None:
            return
        line = status_line(args[1], *found, utf8=self._second) if len(args) == 2 else b""
        if not line:
            await self.tagged(tag, "BAD", "Invalid status items.")
            return
        await self.say(compose_untagged(line))
        await self.tagged(tag, "OK", "Status completed.")

    async def _idle(self, tag: str) -> None:
        """Tell of new mail until the client says DONE (RFC 2177)."""
        if self.behaviour.idle is Idle.REFUSED:
            await self.tagged(tag, "NO", "IDLE is not available now.")
            return
        await self.say(compose_continuation("idling"))
        self._reader.expect_line()
        until = self.site.net.now() + _IDLE_LIMIT
        while True:
            try:
                done = await self.next_event(_IDLE_LOOK)
                break
            except NetFailure as failure:
                if failure.trouble is not Trouble.TIMEOUT or self.site.net.now() > until:
                    raise
                if self.behaviour.idle is Idle.TELLS:
                    await self._updates()
        if isinstance(done, ClientLine) and done.data.strip().upper() == b"DONE":
            if self.behaviour.idle is Idle.TELLS:
                await self._updates()
            await self.tagged(tag, "OK", "Idle completed.")
        else:
            await self.tagged(tag, "BAD", "Expected DONE.")
