"""OpenDKIM, Rspamd, spamass-milter and milter-greylist of Debian's packages; beside Postfix and miltertest."""

from __future__ import annotations

import re
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import dkim
import pytest
from milterservers import DKIM_RECORD, GREYLIST, OPENDKIM, RSPAMD, SPAMASS
from unpacked import BRANDS, Brand, serving

from mailproof.lab.milter import MilterUnderTest
from mailproof.lab.real.server import RealLab
from mailproof.model.milter import Action, Health, Stage, Verdict, Wish
from mailproof.script.milter.place import parse_place
from mailproof.wire.milter.messages import part

MESSAGE = b"""From: Alice <alice@example.test>
To: bob@example.net
Subject: a signed
 message
Date: Sun, 29 Nov 2026 10:00:00 +0000
Message-ID: <1@example.test>

Hi Bob,
.with a dot
"""
GTUBE = MESSAGE.replace(b"Hi Bob,", b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X")


def run(brand: Brand) -> Iterator[SimpleNamespace]:
    if not brand.runs():
        pytest.skip(f"{brand.name} is not unpacked here (tools/fetch-server-brands.sh)")
    with serving(brand) as lab:
        socket = lab.directory / brand.sockets["unix"] if brand.sockets else None
        lab.place = f"unix:{socket}" if socket else f"inet:{lab.ports['milter']}@127.0.0.1"
        lab.milter = MilterUnderTest(parse_place(lab.place))
        yield lab


@pytest.fixture(scope="module")
def opendkim() -> Iterator[SimpleNamespace]:
    yield from run(OPENDKIM)


@pytest.fixture(scope="module")
def rspamd() -> Iterator[SimpleNamespace]:
    yield from run(RSPAMD)


@pytest.fixture
def greylist() -> Iterator[SimpleNamespace]:
    yield from run(GREYLIST)


@pytest.fixture(scope="module")
def spamass() -> Iterator[SimpleNamespace]:
    yield from run(SPAMASS)


def signed(lab: SimpleNamespace):
    return lab.milter.send(
        MESSAGE, sender="alice@example.test", recipients=["bob@example.net"], client="localhost 127.0.0.1"
    )


def verifies(message: bytes, lab: SimpleNamespace) -> bool:
    lines = (lab.directory / "dkim.pub").read_text().splitlines()[1:-1]
    record = f"v=DKIM1; k=rsa; p={''.join(lines)}".encode()
    return dkim.verify(
        message, dnsfunc=lambda name, timeout=5: record if name.decode().startswith(DKIM_RECORD) else b""
    )


def test_opendkim_negotiates_as_measured(opendkim):
    seen = opendkim.milter.negotiate()
    assert (seen.health, seen.negotiated.version) == (Health.SOUND, 6)
    assert seen.negotiated.actions == Action.ADD_HEADERS | Action.CHANGE_HEADERS | Action.CHOOSE_MACROS
    assert seen.negotiated.wishes == (Wish.NO_HELO | Wish.NO_UNKNOWN | Wish.NO_DATA | Wish.SKIP | Wish.LEADING_SPACE)


def test_opendkim_signs_and_the_signature_holds(opendkim):
    result = signed(opendkim)
    assert result.verdict is Verdict.ACCEPT and result.stage is Stage.END
    assert verifies(result.message, opendkim)
    assert not verifies(result.message.replace(b"Hi Bob", b"Hi Rob"), opendkim)


@pytest.fixture(scope="module")
def queued(opendkim, rspamd) -> Iterator[RealLab]:
    """A Postfix that holds what it takes, so that its queue can be read."""
    if RealLab.missing():
        pytest.skip("needs Postfix")
    both = {"smtp": opendkim.place, "submission": rspamd.place}
    with RealLab(
        main={"smtpd_sender_restrictions": "static:hold", "mynetworks": "127.0.0.0/8"},
        master={
            scheme: {
                "smtpd_milters": postfix_place(place),
                "smtpd_client_restrictions": "",
                "smtpd_tls_security_level": "none",
            }
            for scheme, place in both.items()
        },
    ) as lab:
        yield lab


def postfix_place(place: str) -> str:
    port, _, host = place.partition(":")[2].partition("@")
    return f"inet:{host}:{port}"


def through_postfix(lab: RealLab, scheme: str, message: bytes) -> bytes:
    """The message as it lies in the queue, without the Received field of that Postfix."""
    with smtplib.SMTP("127.0.0.1", lab.ports[scheme], timeout=60) as client:
        client.ehlo("localhost")
        client.mail("alice@example.test")
        client.rcpt("bob@example.net")
        code, said = client.data(message.replace(b"\n", b"\r\n"))
    assert code == 250, said
    queue_id = said.decode().rpartition("queued as ")[2].split()[0]
    show = ["postcat", "-c", str(lab.postfix_dir), "-hbq", queue_id]
    shown = subprocess.run(show, capture_output=True, check=True, timeout=60).stdout.replace(b"\n", b"\r\n")
    parted = part(shown)
    received = next(field for field in parted.fields if field.name == "Received")
    return shown.replace(received.data, b"", 1)


@pytest.mark.real
def test_what_comes_out_is_what_postfix_queues_opendkim(opendkim, queued):
    """But for the time and the hash over it."""
    ours, theirs = signed(opendkim).message, through_postfix(queued, "smtp", MESSAGE)
    assert verifies(theirs, opendkim)
    assert without_time(ours) == without_time(theirs)


def without_time(message: bytes) -> bytes:
    return re.sub(rb"\bb=[^;]+?(?=\r\n[A-Z])", b"b=", re.sub(rb"\bt=\d+", b"t=", message))


@pytest.mark.real
def test_what_comes_out_is_what_postfix_queues_rspamd(rspamd, queued):
    ours = rspamd.milter.send(
        MESSAGE,
        sender="alice@example.test",
        recipients=["bob@example.net"],
        client="localhost 127.0.0.1",
        helo="localhost",
    )
    assert ours.verdict in (Verdict.ACCEPT, Verdict.CONTINUE) and b"X-Spamd-Bar:" in ours.message
    assert ours.message == through_postfix(queued, "submission", MESSAGE)


def test_rspamd_refuses_the_test_spam_in_its_own_words(rspamd):
    result = rspamd.milter.send(GTUBE, sender="alice@example.test", recipients=["bob@example.net"])
    assert (result.health, result.verdict, result.stage) == (Health.SOUND, Verdict.REPLY, Stage.END)
    assert result.reply.startswith("554 5.7.1")


def test_a_milter_that_was_ended_is_dead(opendkim):
    """The same place a moment later, and the same 451 for the client of a mail server."""
    for lab in run(OPENDKIM):
        assert lab.milter.negotiate().health is Health.SOUND
        milter = lab.milter
    assert milter.send(MESSAGE).health is Health.REFUSED


def test_greylisting_is_told_from_death(greylist):
    result = greylist.milter.send(MESSAGE, recipients=["bob@example.net"])
    assert (result.health, result.verdict, result.stage) == (Health.SOUND, Verdict.REPLY, Stage.RCPT)
    assert result.reply == "451 4.7.1 Greylisting in action, please come back in 00:30:00"
    assert result.refused == ("bob@example.net",)


def test_spamass_milter_negotiates(spamass):
    seen = spamass.milter.negotiate()
    assert seen.health is Health.SOUND
    assert seen.negotiated.actions & Action.CHANGE_BODY


LUA = """
conn = mt.connect("inet:@port@@127.0.0.1")
if conn == nil then error("no connection") end
if mt.conninfo(conn, "localhost", "127.0.0.1") ~= nil then error("conninfo") end
if mt.mailfrom(conn, "<alice@example.test>") ~= nil then error("mailfrom") end
if mt.rcptto(conn, "<bob@example.net>") ~= nil then error("rcptto") end
for _, h in ipairs({{"From", "alice@example.test"}, {"Subject", "x"}, {"Date", "Sun, 29 Nov 2026 10:00:00 +0000"}}) do
    if mt.header(conn, h[1], h[2]) ~= nil then error("header") end
end
if mt.eoh(conn) ~= nil then error("eoh") end
if mt.bodystring(conn, "Hi\\r\\n") ~= nil then error("body") end
if mt.eom(conn) ~= nil then error("eom") end
mt.echo("reply=" .. string.char(mt.getreply(conn)))
mt.echo("signature=" .. mt.getheader(conn, "DKIM-Signature", 0))
mt.disconnect(conn)
"""


def test_miltertest_sees_the_same(opendkim, tmp_path: Path):
    """OpenDKIM's own test driver, from its package."""
    program, script = BRANDS / "milters" / "usr" / "bin" / "miltertest", tmp_path / "x.lua"
    script.write_text(LUA.replace("@port@", str(opendkim.ports["milter"])))
    libraries = f"{BRANDS}/milters/usr/lib/x86_64-linux-gnu:{BRANDS}/milters/usr/lib"
    done = subprocess.run(
        [program, "-s", script],
        env={"LD_LIBRARY_PATH": libraries},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    message = b"From: alice@example.test\nSubject: x\nDate: Sun, 29 Nov 2026 10:00:00 +0000\n\nHi\n"
    ours = opendkim.milter.send(message, sender="alice@example.test", client="localhost 127.0.0.1")
    assert "reply=a" in done.stdout and ours.verdict is Verdict.ACCEPT
    body_hash = re.compile(r"bh=([^;]+);")
    (change,) = ours.changes
    assert body_hash.search(done.stdout)[1] == body_hash.search(change.value)[1]
