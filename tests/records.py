"""Records built by hand, for tests of what comes after the probes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailproof.model.attempt import Job, Skipped, Status, Step, StepTaken
from mailproof.model.capabilities import Capabilities, Capability, Stage
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Endpoint, Scheme, Target, TargetKind
from mailproof.model.observation import AnyObservation
from mailproof.model.record import Asked, Attempt, Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.tls import Certificate, StartTls, TlsHandshake
from mailproof.model.transcript import Transcript, Turn, TurnKind

NOTHING_ASKED = Asked()
STARTED = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def endpoint_at(url: str, address: str = "192.0.2.25", promised: bool = True) -> Endpoint:
    """`submission://mail.example.com` or with a port: `imap://mail.example.com:10143`."""
    scheme_text, _, place = url.partition("://")
    host, _, port = place.partition(":")
    scheme = Scheme(scheme_text)
    return Endpoint(scheme, host, address, int(port or scheme.default_port), host, promised=promised)


def transcript_of(endpoint: Endpoint, *lines: str, purpose: str = "survey") -> Transcript:
    """Lines as in a dialogue: `S: 220 ready`, `C: EHLO me`, `* connected`; one turn each."""
    kinds = {"S": TurnKind.RECEIVED, "C": TurnKind.SENT, "*": TurnKind.EVENT}
    turns = []
    for number, line in enumerate(lines):
        mark, text = line.split(" ", 1)
        kind = kinds[mark.rstrip(":")]
        turns.append(Turn(kind, number / 100, text if kind is TurnKind.EVENT else text + "\\r\\n"))
    return Transcript(endpoint.url, endpoint.address, purpose, tuple(turns))


def attempt_of(
    *observations: AnyObservation,
    endpoint: str | Endpoint = "submission://mail.example.com",
    lines: tuple[str, ...] = ("* connected to 192.0.2.25", "S: 220 mail.example.com ESMTP"),
    job: str = "survey",
    steps: tuple[StepTaken, ...] = (StepTaken(Step.CONNECT, Status.OK, 0.01), StepTaken(Step.QUIT, Status.OK, 0.02)),
    skipped: tuple[Skipped, ...] = (),
) -> Attempt:
    place = endpoint_at(endpoint) if isinstance(endpoint, str) else endpoint
    return Attempt(Job(job), place, steps, observations, skipped, transcript_of(place, *lines, purpose=job))


def record_of(*attempts: Attempt, asked: Asked = NOTHING_ASKED, vantage: str = "198.51.100.7") -> Record:
    targets = tuple(
        Target(a.endpoint.url, TargetKind.URL, a.endpoint.host, a.endpoint.scheme) for a in attempts if a.endpoint
    )
    return Record(STARTED, targets, asked, attempts, 0.84, (vantage,), "0.1.0")


def reply_of(line: str, turn: int = 1) -> Reply:
    """`250 2.1.0 Ok`, `+OK ready`, `NO refused` as the last turn of a conversation."""
    code, _, text = line.partition(" ")
    kinds = {"2": ReplyClass.POSITIVE, "3": ReplyClass.INTERMEDIATE, "4": ReplyClass.TRANSIENT}
    positive = code in ("+OK", "OK")
    kind = ReplyClass.POSITIVE if positive else kinds.get(code[:1], ReplyClass.PERMANENT)
    return Reply(kind, code, text, turn=turn)


def certificate_of(*names: str, days_left: int = 60) -> Certificate:
    return Certificate(
        subject=f"CN={names[0]}",
        issuer="CN=Test CA",
        serial="5f3a9c",
        not_before=STARTED - timedelta(days=30),
        not_after=STARTED + timedelta(days=days_left),
        dns_names=names,
        ip_addresses=(),
        common_name=names[0],
        is_ca=False,
        self_signed=False,
        key_type="EC",
        key_bits=256,
        signature_hash="sha256",
        sha256="ab" * 32,
    )


def without_starttls(url: str = "submission://mail.example.com", address: str = "192.0.2.25") -> Attempt:
    """A survey of a server that offers no STARTTLS."""
    lines = (
        f"* connected to {address}",
        "S: 220 mail.example.com ESMTP",
        "C: EHLO client.example.net",
        "S: 250-mail.example.com\\r\\n250 SIZE 1000",
        "C: QUIT",
    )
    reply = Reply(ReplyClass.POSITIVE, "250", "mail.example.com\nSIZE 1000", turn=3)
    return attempt_of(
        Connection(address, 0.01, "198.51.100.7:40000", turns=(0,)),
        Capabilities(Stage.CLEAR, "EHLO", reply, (Capability("SIZE", ("1000",)),), (2, 3)),
        StartTls("STARTTLS", False, turns=(3,)),
        endpoint=endpoint_at(url, address),
        lines=lines,
    )


def sound(url: str, version: str = "TLSv1.3", logged_in: bool = False) -> Attempt:
    """A survey in which everything is as it should be."""
    endpoint = endpoint_at(url)
    steps = (
        StepTaken(Step.CONNECT, Status.OK, 0.01),
        StepTaken(Step.TLS, Status.OK, 0.02),
        *((StepTaken(Step.AUTH, Status.OK, 0.03),) if logged_in else ()),
        StepTaken(Step.QUIT, Status.OK, 0.001),
    )
    lines = ("* connected to 192.0.2.25", "S: 220 mail.example.com ESMTP", "C: EHLO client.example.net")
    return attempt_of(
        Connection("192.0.2.25", 0.01, "198.51.100.7:40000", turns=(0,)),
        TlsHandshake(endpoint.name, 0.02, version, "TLS_AES_256_GCM_SHA384", chain=(certificate_of(endpoint.name),)),
        endpoint=endpoint,
        lines=(*lines, "S: 250-mail.example.com\\r\\n250 STARTTLS"),
        steps=steps,
    )
