"""Hosts that misbehave, and what must hold of a check of any of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import msgspec

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.endpoint import Scheme
from mailproof.model.failure import NetFailure
from mailproof.model.record import Asked, Attempt, Record
from mailproof.model.report import Report
from mailproof.model.tls import ServerTls, TlsSettings, TlsVersion
from mailproof.model.transcript import TurnKind
from mailproof.net.interface import Driver, ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.net.recorder import KEEP
from mailproof.net.sockets import SocketNet
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish
from mailproof.report.build import build
from mailproof.report.json import encode
from mailproof.report.text import render
from mailproof.run.check.examine import Plan, examine
from mailproof.run.endpoints import Wanted
from mailproof.run.targets import parse_target
from mailproof.sasl.credentials import Credentials
from mailproof.script.authority import Authority, CertificateKind

HOST = "mx.test"
FOREVER = 1e9
"""Longer than any client waits."""
USER, PASSWORD = "alice", 'open "sesame" 7/8 ünd'

Serving = Callable[[ServerStream, Driver], Awaitable[None]]
"""A host that misbehaves. It may know the time."""

GREETINGS = {"smtp": b"220 mx.test ESMTP\r\n", "pop3": b"+OK ready\r\n", "imap": b"* OK ready\r\n"}


def plan(*urls: str, ca_file: str = "", login: bool = False, timeout: float = 30.0, **more: bool) -> Plan:
    terms = Terms(
        timeout=timeout, ehlo="client.test", settings=TlsSettings(ca_file=ca_file or None), mailbox="alice@mx.test"
    )
    wish = LoginWish(Credentials(USER, PASSWORD), "nonce-of-this-test") if login else None
    return Plan(
        tuple(parse_target(url) for url in urls),
        Wanted(name=HOST, families=("A",), timeout=timeout),
        terms,
        Asked(user=USER if login else "", timeout=timeout),
        wish,
        **more,
    )


def check(serving: Serving, wanted: Plan, *, chunk: int = 1 << 16) -> Record:
    """The record of a check in virtual time, where every connection meets `serving`."""
    net: MemoryNet

    async def handler(stream: ServerStream) -> None:
        await serving(stream, net)

    names = (DnsAnswer(HOST, "A", DnsStatus.OK, ("192.0.2.25",)),)
    net = MemoryNet(switchboard=lambda to, purpose: handler, names=names, chunk=chunk)
    return sound(net.run(examine(net, wanted, datetime(2026, 11, 21, tzinfo=UTC))), wanted.terms)


def check_for_real(serving: Serving, scheme: str, **more: object) -> Record:
    """The same on real sockets."""
    net = SocketNet()

    async def main() -> Record:
        async def handler(stream: ServerStream) -> None:
            await serving(stream, net)

        server = net.listen(handler)
        try:
            wanted = plan(f"{scheme}://127.0.0.1:{server.port}", **more)  # type: ignore[arg-type]
            return sound(await examine(net, wanted, datetime(2026, 11, 21, tzinfo=UTC)), wanted.terms)
        finally:
            server.close()

    return net.run(main())


def sound(record: Record, terms: Terms) -> Record:
    """What holds whatever a server does: bounds of time and memory, and a record that reads back."""
    assert record.attempts
    for attempt in record.attempts:
        if attempt.transcript is None:
            continue
        turns = attempt.transcript.turns
        assert len(attempt.transcript.deviations) <= 1000
        assert sum(len(turn.data) for turn in turns if turn.kind is not TurnKind.EVENT) <= KEEP
        assert len(turns) < 1000
        if attempt.endpoint is not None:
            assert turns[-1].at - turns[0].at <= terms.session_timeout + 1.0
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record
    return record


def survey_of(record: Record) -> Attempt:
    return next(attempt for attempt in record.attempts if attempt.job == "survey")


def report_of(record: Record) -> Report:
    policy = load_profile("default")
    return build(record, judge(record, policy), policy)


def outputs(record: Record) -> dict[str, str]:
    """Everything that a command shows or writes of a record."""
    report = report_of(record)
    return {
        "record": msgspec.json.encode(record).decode(),
        "json": encode(report),
        "repr": repr(record) + repr(report),
        **{
            f"text {lang} {width}": render(report, lang, False, width, verbose)
            for lang, width, verbose in (("en", 80, True), ("ja", 80, True), ("en", 40, False), ("ja", 40, False))
        },
    }


def found(record: Record) -> set[str]:
    return {finding.name for finding in report_of(record).findings}


async def heard(stream: ServerStream) -> AsyncIterator[bytes]:
    """The client's lines, without their ends, until it hangs up."""
    buffer = b""
    try:
        while data := await stream.read(FOREVER):
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                yield line.rstrip(b"\r")
    except NetFailure:
        return


def tls_of(authority: Authority, kind: CertificateKind = CertificateKind.GOOD) -> ServerTls:
    issued = authority.issue(kind, HOST, datetime(2026, 11, 21, tzinfo=UTC))
    return ServerTls(issued.chain_pem.decode(), issued.key_pem.decode(), TlsVersion.TLS1_2)


def implicit(scheme: str) -> bool:
    return scheme in (Scheme.SUBMISSIONS, Scheme.POP3S, Scheme.IMAPS)


class MailHost:
    """A small sound server of all three protocols. What it says goes through `twist` on its way out.

    Accepts no login: AUTH, PASS and LOGIN are refused after all that the client had to say.
    """

    def __init__(
        self, scheme: str, tls: ServerTls, twist: Callable[[bytes, bytes], bytes | None] | None = None
    ) -> None:
        self.scheme = scheme
        self.protocol = str(Scheme(scheme).protocol)
        self._tls = tls
        self._twist = twist or (lambda said, line: said)

    async def __call__(self, stream: ServerStream, net: Driver) -> None:
        if implicit(self.scheme):
            await stream.accept_tls(self._tls, FOREVER)
        if not await self._say(stream, GREETINGS[self.protocol], b""):
            return
        open_command = b""
        async for line in heard(stream):
            line, open_command = open_command + line, b""  # a literal belongs to its command
            verb = line.upper()
            if self.protocol == "imap" and verb.endswith(b"}"):
                open_command = line
                await stream.write(b"+ \r\n", FOREVER)
                continue
            answer = getattr(self, f"_{self.protocol}")(verb, stream.is_tls)
            if not await self._say(stream, answer, line):
                return
            if verb.endswith((b"STARTTLS", b"STLS")):
                await stream.accept_tls(self._tls, FOREVER)
            if verb.endswith((b"QUIT", b"LOGOUT")):
                return

    async def _say(self, stream: ServerStream, said: bytes, line: bytes) -> bool:
        """False where the connection is to end."""
        twisted = self._twist(said, line)
        try:
            if twisted:
                await stream.write(twisted, FOREVER)
        except NetFailure:
            return False
        return twisted is not None

    def _smtp(self, verb: bytes, tls: bool) -> bytes:
        if verb.startswith(b"EHLO"):
            more = b"250-AUTH PLAIN LOGIN\r\n" if tls else b"250-STARTTLS\r\n"
            return b"250-mx.test\r\n" + more + b"250 SIZE 1000\r\n"
        if verb == b"STARTTLS":
            return b"220 2.0.0 Ready\r\n"
        if verb.startswith(b"AUTH"):
            return b"535 5.7.8 Authentication failed\r\n"
        if verb.startswith(b"RCPT") and b"ALICE" not in verb:
            return b"554 5.7.1 Relay access denied\r\n"
        return b"221 2.0.0 Bye\r\n" if verb == b"QUIT" else b"250 2.0.0 Ok\r\n"

    def _pop3(self, verb: bytes, tls: bool) -> bytes:
        if verb == b"CAPA":
            return b"+OK\r\n" + (b"USER\r\n" if tls else b"STLS\r\n") + b".\r\n"
        return b"-ERR [AUTH] failed\r\n" if verb.startswith(b"PASS") else b"+OK\r\n"

    def _imap(self, verb: bytes, tls: bool) -> bytes:
        tag, _, rest = verb.partition(b" ")
        if rest == b"CAPABILITY":
            return (
                b"* CAPABILITY IMAP4rev1"
                + (b"" if tls else b" STARTTLS LOGINDISABLED")
                + b"\r\n"
                + tag
                + b" OK done\r\n"
            )
        if rest.startswith(b"LOGIN"):
            return tag + b" NO [AUTHENTICATIONFAILED] failed\r\n"
        return (b"* BYE\r\n" if rest == b"LOGOUT" else b"") + tag + b" OK done\r\n"
