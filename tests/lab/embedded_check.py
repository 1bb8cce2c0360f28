"""A check of the embedded lab in memory, as `mailproof check` would make it of all seven endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import Judgement, judge
from mailproof.lab.embedded.faults.spec import EVERYWHERE
from mailproof.lab.embedded.server import OUTSIDE_ADDRESS, EmbeddedLab, in_memory
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.attempt import INTRUSIVE
from mailproof.model.endpoint import Endpoint, Scheme
from mailproof.model.failure import NetFailure
from mailproof.model.record import Asked, Record
from mailproof.model.tls import TlsSettings
from mailproof.net.memory import MemoryNet
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish, Message
from mailproof.run.check.examine import Plan, examine
from mailproof.run.endpoints import Wanted
from mailproof.run.targets import parse_target
from mailproof.sasl.credentials import Credentials
from mailproof.script.authority import Authority

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TOKEN = "token-of-this-test"
HOST = "mail.example.test"


def plan_of(ca_file: str, given: Sequence[str] = ()) -> Plan:
    """Everything: alice logs in, bob's mailbox gets a message. `given` are further options of the check; with another
    user or secret the mailbox is alice's own, so that they are tried where mail is read too."""
    flags = {"--all-mechanisms", "--intrusive"} & set(given)
    options = {} if flags else dict(zip(given[::2], given[1::2], strict=False))
    user = options.get("--user", "alice@example.test")
    token = options.get("--token", "")
    password = "" if token else options.get("--password", "alicepw")
    mechanism = options.get("--mechanism", "")
    sender, mailbox = "alice@example.test", "alice@example.test" if options else "bob@example.test"
    terms = Terms(
        ehlo="client.test",
        settings=TlsSettings(ca_file=ca_file),
        sender=sender,
        mailbox=mailbox,
        timeout=30.0,
        intrusive=INTRUSIVE if "--intrusive" in given else (),
        second_login="--intrusive" in given,
    )
    body = f"From: {sender}\r\nX-Mailproof-Token: {TOKEN}\r\nSubject: proof\r\n\r\n.proof\r\n".encode()
    asked = Asked(
        user=user,
        mechanism=mechanism,
        all_mechanisms="--all-mechanisms" in given,
        sender=sender,
        mailbox=mailbox,
        mailbox_user="" if options else mailbox,
        outside=terms.outside,
        deliver=True,
        tls=terms.tls,
        verify=terms.verify,
    )
    return Plan(
        tuple(parse_target(f"{scheme}://{HOST}") for scheme in EVERYWHERE),
        Wanted(families=("A",)),
        terms,
        asked,
        LoginWish(Credentials(user, password, token=token), "nonce-of-this-test", mechanism),
        None if options else LoginWish(Credentials(mailbox, "bobpw"), "nonce-2"),
        Message(mailbox, body, TOKEN),
    )


def check(
    authority: Authority, ca_file: str, *faults: str, given: Sequence[str] = ()
) -> tuple[EmbeddedLab, Record, Judgement]:
    """The lab with these faults, the record of the check and its judgement; all in virtual time."""
    net, lab = in_memory(LabSettings(faults=faults), authority, NOW)
    record = net.run(examine(net, plan_of(ca_file, given), NOW))
    return lab, record, judge(record, load_profile("default"))


def place_of(scheme: Scheme) -> Endpoint:
    return Endpoint(scheme, HOST, OUTSIDE_ADDRESS, scheme.default_port, HOST)


async def say(net: MemoryNet, scheme: Scheme, said: bytes, ca_file: str = "") -> bytes:
    """Everything at once, as a pipelining client would; what the server answered until it hung up or fell silent.

    With `ca_file` inside TLS, on a port where TLS comes first.
    """
    stream = await net.connect(place_of(scheme), net.now() + 1, purpose="test")
    if ca_file:
        assert (await stream.start_tls(TlsSettings(ca_file=ca_file), HOST, net.now() + 1)).trusted
    await stream.write(said, net.now() + 1)
    heard = b""
    try:
        while data := await stream.read(net.now() + 30):
            heard += data
    except NetFailure:
        pass
    stream.close()
    return heard
