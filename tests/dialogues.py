"""Plays a script against the real probes, in memory and in virtual time, and judges what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import Judgement, judge
from mailproof.model.attempt import INTRUSIVE
from mailproof.model.dns import DnsAnswer
from mailproof.model.observation import AnyObservation
from mailproof.model.proxy import Proxy, ProxyKind
from mailproof.model.record import Asked, Record
from mailproof.model.report import Judged
from mailproof.model.tls import TlsPolicy, TlsSettings
from mailproof.net.memory import MemoryNet
from mailproof.probes.terms import Terms
from mailproof.probes.transaction import Recipient, Sending
from mailproof.probes.wish import LoginWish, Message
from mailproof.run.check.examine import Plan, examine
from mailproof.run.endpoints import Wanted
from mailproof.run.hand.sending import SendPlan, send_by_hand
from mailproof.run.targets import parse_target
from mailproof.sasl.credentials import Credentials
from mailproof.script.authority import Authority
from mailproof.script.format import Script, parse
from mailproof.script.server import ScriptedServer

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TOKEN = "token-of-this-test"

SHOWN = {
    "tls": "TLS began",
    "eof": "the server closed the connection",
    "silence": "nothing came",
    "timeout": "no answer",
    "refused": "refused",
    "unreachable": "unreachable",
    "NXDOMAIN": "no-such-name",
}
"""Events of a script, and what the client sees of them."""


def play(text: str, authority: Authority, ca_file: str, *, chunk: int = 1 << 16) -> Record:
    """The record of a check of everything the script describes. Raises Mismatch where the client erred."""
    script = parse(text)
    server = ScriptedServer(script, authority, NOW)
    net = MemoryNet(switchboard=server.switchboard, names=server.names(), chunk=chunk)
    server.attach(net)
    if script.mentions("send"):
        record = net.run(send_by_hand(net, send_plan_of(script, ca_file), NOW))
    else:
        record = net.run(examine(net, plan_of(script, server.names(), ca_file), NOW))
    server.finish()
    return record


def send_plan_of(script: Script, ca_file: str) -> SendPlan:
    """`mailproof send` to the one endpoint of the script: `given --to A,B`, `--chunking`."""
    sender = script.option("from")
    sending = Sending(
        sender=sender,
        recipients=tuple(map(Recipient, script.option("to").split(","))),
        data=b"Subject: proof\r\n\r\nproof\r\n",
        chunk=1 << 20 if script.option("chunking") else 0,
    )
    [url] = script.urls
    terms = Terms(ehlo="client.test", settings=TlsSettings(ca_file=ca_file), keep_bodies=True)
    return SendPlan(
        target=parse_target(url),
        wanted=Wanted(families=("A",)),
        terms=terms,
        asked=Asked(sender=sender),
        sending=sending,
    )


def plan_of(script: Script, names: tuple[DnsAnswer, ...], ca_file: str) -> Plan:
    user, password = script.option("user"), script.option("password")
    sender = script.option("from") or (user if "@" in user else "")
    mailbox = script.option("mailbox")
    mechanism, everything = script.option("mechanism"), bool(script.option("all-mechanisms"))
    xclient = tuple(script.option("xclient").split()) if script.option("xclient") else ()
    terms = Terms(
        ehlo="client.test",
        tls=TlsPolicy(script.option("tls", "auto")),
        verify=not script.option("no-verify"),
        settings=TlsSettings(ca_file=ca_file),
        sender=sender,
        outside=script.option("outside", "outside@example.com"),
        mailbox=mailbox,
        xclient=xclient,
        source=script.option("source"),
        proxy=_proxy(script.option("proxy")),
        skip=load_profile(script.option("profile", "default")).skip,
        timeout=float(script.option("timeout", "30").removesuffix("s")),
        intrusive=tuple(job for job in INTRUSIVE if script.mentions(job)),
        second_login=bool(script.option("intrusive")),
    )
    token = script.option("token")
    wish = LoginWish(Credentials(user, password, token=token), "nonce-of-this-test", mechanism) if user else None
    box_user = script.option("mailbox-user")
    box = LoginWish(Credentials(box_user, script.option("mailbox-password")), "nonce-2") if box_user else None
    deliver = bool(script.option("deliver"))
    body = f"X-Mailproof-Token: {TOKEN}\r\nSubject: proof\r\n\r\nproof\r\n".encode()
    asked = Asked(
        user=user,
        mechanism=mechanism,
        all_mechanisms=everything,
        sender=sender,
        mailbox=mailbox,
        mailbox_user=box_user,
        outside=terms.outside,
        deliver=deliver,
        tls=terms.tls,
        verify=terms.verify,
        xclient=xclient,
    )
    return Plan(
        tuple(parse_target(url) for url in (script.option("target") or " ".join(script.urls)).split()),
        Wanted(
            name=script.option("name"), families=("A", "AAAA") if any(n.rtype == "AAAA" for n in names) else ("A",)
        ),
        terms,
        asked,
        wish,
        box,
        Message(mailbox, body, TOKEN) if deliver else None,
        versions=script.mentions("version"),
        clear=script.mentions("clear"),
        verify=script.mentions("verify"),
        impersonate=script.mentions("impersonate"),
        uids=script.mentions("uidl"),
    )


def _proxy(url: str) -> Proxy | None:
    if not url:
        return None
    parts = urlsplit(url)
    return Proxy(ProxyKind(parts.scheme), parts.hostname or "", parts.port or 0, user=parts.username or "")


def judged(record: Record) -> Judgement:
    return judge(record, load_profile("default"))


def assert_as_marked(found: tuple[Judged, ...], script: str) -> None:
    """The findings are those that the script marks, and each shows the lines that it is marked at."""
    marks = parse(script).marks
    named = {finding.name for finding in found}
    assert named == set(marks), f"found and not marked: {named - set(marks)}; marked: {set(marks) - named}"
    for name, lines in marks.items():
        evidence = "\n".join(piece.text for finding in found if finding.name == name for piece in finding.evidence)
        for line in lines:
            assert shown(line) in evidence, f"{name} does not show {line!r}"


def shown(marked: str) -> str:
    """How a report shows a marked line: as it was said, or what became of an event."""
    _, alert, which = marked.partition("alert=")
    if alert:
        return f"the peer sent the alert {which}"
    return SHOWN.get(marked.split()[0], marked)


def facts(record: Record) -> list[AnyObservation]:
    return [fact for attempt in record.attempts for fact in attempt.observations]
