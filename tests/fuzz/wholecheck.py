"""A whole check of a server that says any bytes: probes, checks, diagnosis and the report, in virtual time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import msgspec

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.endpoint import Scheme
from mailproof.model.escape import printable
from mailproof.model.failure import NetFailure
from mailproof.model.policy import Policy
from mailproof.model.record import Asked, Record
from mailproof.model.tls import TlsPolicy
from mailproof.net.interface import ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish, Message
from mailproof.report.build import build
from mailproof.report.json import encode
from mailproof.report.text import render
from mailproof.run.check.examine import Plan, examine
from mailproof.run.endpoints import Wanted
from mailproof.run.targets import parse_target
from mailproof.sasl.credentials import Credentials

SCHEMES = (Scheme.SMTP, Scheme.SUBMISSION, Scheme.LMTP, Scheme.POP3, Scheme.IMAP, Scheme.SIEVE)
NEXT = b"\xff"
"""Ends what is said at once; then the client has its turn."""
_CHUNKS = (1, 7, 1 << 16)
_PASSWORD = "wonderland"
_FOREVER = 1e9


@cache
def _policy() -> Policy:
    return load_profile()


def whole_check(data: bytes) -> None:
    """The first two bytes choose the protocol, and how what is said is cut."""
    which, cut = (*data[:2], 0, 0)[:2]
    scheme, said = SCHEMES[which % len(SCHEMES)], data[2:].split(NEXT)

    async def serve(stream: ServerStream) -> None:
        try:
            for number, part in enumerate(said):
                if number:
                    await stream.read(_FOREVER)
                if part:
                    await stream.write(part, _FOREVER)
        except NetFailure:
            pass

    names = (DnsAnswer("mx.test", "A", DnsStatus.OK, ("192.0.2.25",)),)
    net = MemoryNet(switchboard=lambda to, purpose: serve, names=names, chunk=_CHUNKS[cut % len(_CHUNKS)])
    plan = _plan(scheme)
    record = net.run(examine(net, plan, datetime(2026, 11, 21, tzinfo=UTC)))
    assert record.seconds <= 10 * plan.terms.timeout
    written = msgspec.json.encode(record)
    assert msgspec.json.decode(written, type=Record) == record
    report = build(record, judge(record, _policy()), _policy())
    for text in (render(report, "en", False, 80, True), render(report, "ja", False, 40, False), encode(report)):
        assert printable(text, keep_newlines=True) == text
        assert _PASSWORD not in text


def _plan(scheme: Scheme) -> Plan:
    terms = Terms(
        timeout=10.0, ehlo="client.test", tls=TlsPolicy.NEVER, mailbox="alice@mx.test", sender="alice@mx.test"
    )
    wish = LoginWish(Credentials("alice", _PASSWORD), "nonce-of-this-test")
    asked = Asked(user="alice", mailbox="alice@mx.test", deliver=True, tls=TlsPolicy.NEVER, timeout=10.0)
    message = Message("alice@mx.test", b"X-Mailproof-Token: t\r\n\r\nproof\r\n", "t")
    wanted = Wanted(name="mx.test", families=("A",), timeout=10.0)
    return Plan((parse_target(f"{scheme}://mx.test"),), wanted, terms, asked, wish, None, message)
