"""ManageSieve, as Pigeonhole speaks it for Dovecot (RFC 5804). A user has no scripts here, and can store none."""

from __future__ import annotations

from mailproof.lab.embedded.behaviour import Upgrade
from mailproof.lab.embedded.chaos import Step
from mailproof.lab.embedded.dovecot import DovecotSession
from mailproof.lab.embedded.logins import Login
from mailproof.lab.embedded.session import Over
from mailproof.lab.embedded.site import Desk, Site
from mailproof.net.interface import ServerStream
from mailproof.wire.imap.tokens import string_of
from mailproof.wire.sieve.session import (
    CommandReader,
    Event,
    SieveCommand,
    compose_challenge,
    compose_data,
    compose_status,
)

# managesieve-login hangs up after so many commands that are none.
_MOST_ERRORS = 3
# IMAP's response codes (RFC 5530) in the words of RFC 5804 section 1.3; the others have no counterpart.
_CODES = {"PRIVACYREQUIRED": "ENCRYPT-NEEDED", "UNAVAILABLE": "TRYLATER"}


class SieveSession(DovecotSession[Event]):
    service = "sieve"
    # RFC 5804 section 1.2: no less than 30 minutes once logged in.
    patience = 1800.0
    upgrade_word = "STARTTLS"

    def __init__(self, site: Site, desk: Desk, stream: ServerStream) -> None:
        super().__init__(site, desk, stream)
        self._errors = 0

    # -- the protocol's words ---------------------------------------------------------------------------------------

    def new_reader(self) -> CommandReader:
        return CommandReader()

    def greeting(self) -> bytes:
        return self._capabilities() + compose_status("OK", f"{self._implementation} ready.")

    def refused_greeting(self) -> bytes:
        return compose_status("BYE", "Too many connections from your IP address.", "TRYLATER")

    def farewell_when_late(self) -> bytes:
        return compose_status("BYE", "Disconnected for inactivity.")

    def refusal(self, step: Step, code: int, text: str) -> bytes:
        return compose_status("BYE" if step is Step.CONNECT else "NO", text, "TRYLATER" if code < 500 else "")

    def challenge(self, data: bytes) -> bytes:
        return compose_challenge(data)

    @property
    def _implementation(self) -> str:
        return "Dovecot 2.3.4 Pigeonhole" if self.behaviour.reveals_version else "Dovecot Pigeonhole"

    def _capabilities(self) -> bytes:
        """Section 1.7, in Pigeonhole's order."""
        lines: list[tuple[str, ...]] = [
            ("IMPLEMENTATION", self._implementation),
            (
                "SIEVE",
                "fileinto reject envelope vacation subaddress copy include variables body date index",
            ),
            ("NOTIFY", "mailto"),
            ("SASL", " ".join(self.offered)),
        ]
        lines += [(self.upgrade_offer,)] if self.upgrade_offer else []
        return compose_data([*lines, ("VERSION", "1.0")])

    async def ok(self, text: str) -> None:
        await self.say(compose_status("OK", text))

    async def no(self, text: str, code: str = "") -> None:
        await self.say(compose_status("NO", text, code))

    # -- commands ---------------------------------------------------------------------------------------------------

    async def turn(self) -> None:
        event = await self.next_event()
        if not isinstance(event, SieveCommand):
            return
        if await self.disturbed(event.name):
            return
        match "" if event.problem else event.name:
            case "LOGOUT":
                await self.ok("Logout completed.")
                raise Over
            case "CAPABILITY":
                await self.hello()
                await self.say(self._capabilities() + compose_status("OK", "Capability completed."))
            case "NOOP":
                await self.ok("NOOP completed.")
            case "STARTTLS" if not self.user:
                await self._starttls()
            case "AUTHENTICATE" if not self.user:
                await self._log_in([text for value in event.args if (text := string_of(value)) is not None])
            case "LISTSCRIPTS" if self.user:
                await self.ok("Listscripts completed.")
            case "HAVESPACE" | "PUTSCRIPT" if self.user:
                await self.no("The lab keeps no scripts.", "QUOTA")
            case "GETSCRIPT" | "SETACTIVE" | "DELETESCRIPT" if self.user:
                await self.no("Script does not exist.", "NONEXISTENT")
            case _:
                await self._unknown(event.problem)

    async def _unknown(self, problem: str) -> None:
        self._errors += 1
        if self._errors >= _MOST_ERRORS and not self.behaviour.bears_errors:
            await self.say(compose_status("BYE", "Too many invalid MANAGESIEVE commands."))
            raise Over
        await self.no(f"Error in MANAGESIEVE command: {problem or 'unknown command'}.")

    async def _starttls(self) -> None:
        if self.stream.is_tls:
            await self.no("TLS is already active.")
        elif self.upgrade_offer != self.upgrade_word:
            await self.no("TLS support isn't enabled.")
        elif self.behaviour.upgrade is Upgrade.REFUSED:
            await self.no("TLS initialization failed.", "TRYLATER")
        else:
            await self.ok("Begin TLS negotiation now.")
            await self.secure()
            await self.say(self._capabilities() + compose_status("OK", "TLS negotiation successful."))

    async def _log_in(self, words: list[bytes]) -> None:
        mechanism = words[0].decode("ascii", "replace").upper() if words else ""
        if not self.takes_logins:
            text = "Plaintext authentication disallowed on non-secure (SSL/TLS) connections."
            await self.no(text, "ENCRYPT-NEEDED")
        elif mechanism not in self.mechanisms or len(words) > 2:
            await self.no("Unsupported authentication mechanism.")
        else:
            await self._answer_login(await self.authenticate(mechanism, words[1] if words[1:] else None))

    async def _answer_login(self, login: Login) -> None:
        if login.user:
            await self.ok("Logged in.")
            return
        code, text = login.refused.imap if login.refused else ("", "Authentication aborted by client.")
        await self.no(text, _CODES.get(code, ""))
        if self.has_failed_enough:
            raise Over
