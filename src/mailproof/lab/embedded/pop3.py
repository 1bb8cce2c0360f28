"""POP3, as Dovecot speaks it (RFC 1939, 2449, 2595, 3206, 5034)."""

from __future__ import annotations

from collections.abc import Callable

from mailproof.lab.embedded.behaviour import OnOpening, Uids, Upgrade
from mailproof.lab.embedded.chaos import Step
from mailproof.lab.embedded.dovecot import BROKEN, DovecotSession
from mailproof.lab.embedded.logins import Login
from mailproof.lab.embedded.mailboxes import Mailbox, StoredMessage
from mailproof.lab.embedded.session import Over
from mailproof.lab.embedded.site import Desk, Site
from mailproof.net.interface import ServerStream
from mailproof.wire.pop3.session import (
    CommandReader,
    Event,
    Pop3Command,
    compose_challenge,
    compose_err,
    compose_multiline,
    compose_ok,
)

# Dovecot's pop3-login and pop3 hang up after so many commands that are none.
_MOST_ERRORS = 20
_PLAIN_TEXT = "Plaintext authentication disallowed on non-secure (SSL/TLS) connections."


class Pop3Session(DovecotSession[Event]):
    service = "pop"
    # RFC 1939 section 3: ten minutes.
    patience = 600.0
    upgrade_word = "STLS"

    def __init__(self, site: Site, desk: Desk, stream: ServerStream) -> None:
        super().__init__(site, desk, stream)
        self._name = ""
        self._errors = 0
        self._mailbox: Mailbox | None = None
        self._messages: list[StoredMessage] = []
        """As they were at login (RFC 1939 section 5)."""
        self._deleted: set[int] = set()

    # -- the protocol's words ---------------------------------------------------------------------------------------

    def new_reader(self) -> CommandReader:
        return CommandReader()

    def greeting(self) -> bytes:
        return compose_ok("Dovecot 2.3.4 ready." if self.behaviour.reveals_version else "Dovecot ready.")

    def refused_greeting(self) -> bytes:
        return compose_err("Too many connections from your IP address.", "SYS/TEMP")

    def farewell_when_late(self) -> bytes:
        return compose_err("Disconnected for inactivity.")

    def refusal(self, step: Step, code: int, text: str) -> bytes:
        return compose_err(text, "SYS/TEMP" if code < 500 else "SYS/PERM")

    def challenge(self, data: bytes) -> bytes:
        return compose_challenge(data)

    def statistics(self) -> str:
        return f", del={len(self._deleted)}, size={sum(len(message.data) for message in self._messages)}"

    async def ok(self, text: str = "") -> None:
        await self.say(compose_ok(text))

    async def err(self, text: str, code: str = "") -> None:
        await self.say(compose_err(text, code))
        self._errors += 1
        if self._errors >= _MOST_ERRORS and not self.behaviour.bears_errors:
            await self.say(compose_err("Too many invalid commands."))
            raise Over

    # -- commands ---------------------------------------------------------------------------------------------------

    async def turn(self) -> None:
        event = await self.next_event()
        if not isinstance(event, Pop3Command):
            return
        words = event.argument.split()
        if await self.disturbed(event.verb):
            return
        if event.verb == "QUIT":
            await self._quit()
        elif event.verb == "CAPA":
            await self.hello()
            await self.say(compose_multiline("", [line.encode() for line in self._capabilities()]))
        elif not self.user:
            await self._before_login(event, words)
        else:
            await self._after_login(event.verb, words)

    def _capabilities(self) -> list[str]:
        lines = ["TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE"]
        lines += [f"LOGIN-DELAY {self.behaviour.login_delay}"] if self.behaviour.login_delay else []
        lines += [f"EXPIRE {self.behaviour.expire}"] if self.behaviour.expire else []
        lines += [self.upgrade_offer] if self.upgrade_offer else []
        if mechanisms := self.offered:
            lines += ["USER", f"SASL {' '.join(mechanisms)}"]
        return lines

    async def _before_login(self, event: Pop3Command, words: list[bytes]) -> None:
        match event.verb:
            case "STLS":
                await self._stls()
            case "USER" | "PASS" | "AUTH" if not self.takes_logins:
                await self.err(_PLAIN_TEXT, "AUTH")
            case "USER":
                self._name = event.argument.decode("utf-8", "replace")
                await self.ok()
            case "PASS" if self._name:
                await self._answer_login(await self.check(self._name, event.argument, "USER"))
            case "PASS":
                await self.err("No username given.")
            case "AUTH" if not words:
                await self.say(compose_multiline("", [name.encode() for name in self.mechanisms]))
            case "AUTH" if words[0].decode("ascii", "replace").upper() in self.mechanisms and len(words) <= 2:
                mechanism = words[0].decode("ascii").upper()
                await self._answer_login(await self.authenticate(mechanism, words[1] if words[1:] else None))
            case "AUTH":
                await self.err("Unsupported authentication mechanism.")
            case _:
                await self.err("Unknown command.")

    async def _stls(self) -> None:
        if self.stream.is_tls:
            await self.err("TLS is already active.")
        elif self.upgrade_offer != self.upgrade_word:
            await self.err("TLS support isn't enabled.")
        elif self.behaviour.upgrade is Upgrade.REFUSED:
            await self.err("TLS initialization failed.")
        else:
            await self.ok("Begin TLS negotiation now.")
            await self.secure()

    async def _answer_login(self, login: Login) -> None:
        self._name = ""
        delay = self.behaviour.login_delay
        if login.user and self.site.comes_too_soon(login.user, delay):
            self.user = ""
            await self.err(f"Logins must be at least {delay} seconds apart.", "LOGIN-DELAY")
            return
        if login.user:
            delivered_to = self.site.mailbox_of(login.user)
            elsewhere = self.behaviour.other_mailbox
            self._mailbox = Mailbox(delivered_to.uid_validity) if elsewhere else delivered_to
            self._messages = list(self._mailbox.messages)
            await self.ok("Logged in.")
            if self.behaviour.on_opening is OnOpening.BROKEN:
                await self.next_event()
                await self.say(compose_err(BROKEN, "SYS/TEMP"))
                raise Over
            return
        code, text = login.refused.pop3 if login.refused else ("", "Authentication aborted by client.")
        await self.err(text, code)
        if self.has_failed_enough:
            raise Over

    async def _after_login(self, verb: str, words: list[bytes]) -> None:
        match verb:
            case "STAT":
                left = [message for _, message in self._left()]
                await self.ok(f"{len(left)} {sum(len(message.data) for message in left)}")
            case "LIST":
                await self._list(words, lambda message: str(len(message.data)), "messages:")
            case "UIDL":
                await self._list(words, self._unique_id, "")
            case "RETR" if (found := await self._message(words)) is not None:
                await self.say(compose_multiline(f"{len(found.data)} octets", _lines(found.data)))
            case "TOP" if len(words) != 2:
                await self.err("Wrong number of arguments.")
            case "TOP" if (found := await self._message(words)) is not None:
                await self.say(compose_multiline("", _top(found.data, words[1])))
            case "DELE" if (found := await self._message(words)) is not None:
                self._deleted.add(found.uid)
                await self.ok("Marked to be deleted.")
            case "RETR" | "TOP" | "DELE":
                pass  # `_message` has said what is wrong
            case "RSET":
                self._deleted.clear()
                await self.ok()
            case "NOOP":
                await self.ok()
            case _:
                await self.err("Unknown command.")

    async def _quit(self) -> None:
        if self._mailbox is not None:
            self._mailbox.remove(message for message in self._messages if message.uid in self._deleted)
        await self.ok("Logging out." if self.user else "Logging out")
        raise Over

    # -- messages ---------------------------------------------------------------------------------------------------

    def _left(self) -> list[tuple[int, StoredMessage]]:
        numbered = enumerate(self._messages, start=1)
        return [(number, message) for number, message in numbered if message.uid not in self._deleted]

    def _unique_id(self, message: StoredMessage) -> str:
        """UID and UIDVALIDITY, as Dovecot's pop3_uidl_format has them."""
        assert self._mailbox is not None
        if self.behaviour.uids is Uids.ANEW:
            return f"{self.pid:08x}{message.uid:08x}"
        return f"{message.uid:08x}{self._mailbox.uid_validity:08x}"

    async def _list(self, words: list[bytes], shown: Callable[[StoredMessage], str], title: str) -> None:
        if words:
            if (found := await self._message(words)) is not None:
                await self.ok(f"{int(words[0])} {shown(found)}")
            return
        left = self._left()
        text = f"{len(left)} {title}" if title else ""
        await self.say(compose_multiline(text, [f"{number} {shown(message)}".encode() for number, message in left]))

    async def _message(self, words: list[bytes]) -> StoredMessage | None:
        """The one whose number is meant; None if there is none, and then that was said."""
        number = words[0] if words else b""
        if not number.isdigit() or len(number) > 9:
            await self.err("Invalid message number.")
            return None
        found = dict(self._left()).get(int(number))
        if found is None:
            await self.err(f"There's no message {int(number)}.")
        return found


def _lines(data: bytes) -> list[bytes]:
    return data.removesuffix(b"\r\n").split(b"\r\n")


def _top(data: bytes, count: bytes) -> list[bytes]:
    """The header, the empty line, and so many lines of the body (RFC 1939 section 7)."""
    head, _, body = data.partition(b"\r\n\r\n")
    number = int(count) if count.isdigit() and len(count) <= 9 else 0
    return [*head.split(b"\r\n"), b"", *_lines(body)[:number]]
