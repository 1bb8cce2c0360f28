"""Servers that lie about TLS: clear text behind the agreement, garbage for a handshake, an odd certificate."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hostilehosts import (
    FOREVER,
    GREETINGS,
    MailHost,
    check,
    found,
    heard,
    implicit,
    plan,
    survey_of,
    tls_of,
)

from mailproof.model.attempt import Trouble
from mailproof.model.capabilities import Capabilities, Stage
from mailproof.model.tls import TlsHandshake
from mailproof.model.transcript import DeviationKind
from mailproof.net.interface import Driver, ServerStream
from mailproof.script.authority import Authority


@pytest.mark.parametrize("protocol", ["smtp", "pop3", "imap"])
def test_what_comes_in_clear_after_the_agreement_to_tls_is_never_read_as_inside(
    protocol: str, authority: Authority, ca_file: str
) -> None:
    """RFC 3207 section 4.2; CVE-2011-0411."""
    scheme = {"smtp": "submission"}.get(protocol, protocol)
    injected = {
        "smtp": b"250-evil\r\n250 AUTH EVIL\r\n",
        "pop3": b"+OK\r\nSASL EVIL\r\n.\r\n",
        "imap": b"* CAPABILITY IMAP4rev1 AUTH=EVIL\r\na3 OK evil\r\n",
    }[protocol]

    def twist(said: bytes, line: bytes) -> bytes:
        return said + injected if line.upper().endswith((b"STARTTLS", b"STLS")) else said

    record = check(
        MailHost(scheme, tls_of(authority), twist), plan(f"{scheme}://mx.test", ca_file=ca_file, login=True)
    )
    for attempt in record.attempts:
        for seen in attempt.observations:
            if isinstance(seen, Capabilities) and seen.stage is Stage.TLS:
                assert "EVIL" not in seen.mechanisms and "evil" not in seen.reply.text
    survey = survey_of(record)
    assert survey.failed is None
    assert survey.transcript is not None
    assert DeviationKind.TRAILING_DATA in {deviation.kind for deviation in survey.transcript.deviations}


_EVIL = b"250-evil\r\n250 AUTH EVIL\r\n"


@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
@pytest.mark.parametrize("cuts", [(0,), (len(_EVIL),), (3, 20), (0, 1, 2)])
def test_injected_bytes_get_one_answer_however_they_are_cut(
    cuts: tuple[int, ...], chunk: int, authority: Authority, ca_file: str
) -> None:
    """In the segment of the 220, in segments of their own, or in both."""
    pieces = [_EVIL[start:end] for start, end in itertools.pairwise((0, *cuts, len(_EVIL)))]

    async def serve(stream: ServerStream, net: Driver) -> None:
        await stream.write(GREETINGS["smtp"], FOREVER)
        secured = False
        async for line in heard(stream):
            if line == b"STARTTLS":
                await stream.write(b"220 go\r\n" + pieces[0], FOREVER)
                for piece in pieces[1:]:
                    await net.sleep(0.1)
                    await stream.write(piece, FOREVER)
                await stream.accept_tls(tls_of(authority), FOREVER)
                secured = True
            elif line.startswith(b"EHLO") and not secured:
                await stream.write(b"250-mx.test\r\n250 STARTTLS\r\n", FOREVER)
            else:
                await stream.write(b"250 mx.test\r\n", FOREVER)

    record = check(serve, plan("submission://mx.test", ca_file=ca_file), chunk=chunk)
    survey = survey_of(record)
    assert survey.failed is None
    assert survey.transcript is not None
    [noted] = [d for d in survey.transcript.deviations if d.kind is DeviationKind.TRAILING_DATA]
    assert noted.detail == f"{len(_EVIL)} bytes"
    assert noted.turn is not None and "evil" in survey.transcript.turns[noted.turn].text
    assert not any(isinstance(seen, Capabilities) and "EVIL" in seen.mechanisms for seen in survey.observations)


@pytest.mark.parametrize("chunk", [1, 1 << 16])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_server_that_agrees_and_goes_on_in_clear_text_has_no_tls(at_once: bool, chunk: int) -> None:
    async def serve(stream: ServerStream, net: Driver) -> None:
        await stream.write(GREETINGS["smtp"], FOREVER)
        async for line in heard(stream):
            if line == b"STARTTLS":
                await stream.write(b"220 go\r\n" + (b"500 what?\r\n" if at_once else b""), FOREVER)
                if not at_once:
                    await stream.read(FOREVER)
                    await stream.write(b"500 what?\r\n", FOREVER)
                await stream.read(FOREVER)
                return
            await stream.write(b"250-mx.test\r\n250 STARTTLS\r\n", FOREVER)

    record = check(serve, plan("submission://mx.test"), chunk=chunk)
    assert "tls-handshake-failed" in found(record)
    [made] = [seen for seen in survey_of(record).observations if isinstance(seen, TlsHandshake)]
    assert made.clear_text == "500 what?\\r\\n"
    assert record.seconds < 15


GARBAGE = {
    "nothing": b"",
    "noise": bytes(range(256)) * 8,
    "half a record": b"\x16\x03\x03\x40\x00" + b"\x02" * 100,
    "a record of the longest size": b"\x16\x03\x03\xff\xff" + b"\x02" * 70000,
    "alerts without end": b"\x15\x03\x03\x00\x02\x01\x5a" * 5000,
    "empty records": b"\x16\x03\x03\x00\x00" * 5000,
    "clear text": b"220 mx.test ESMTP\r\n" * 100,
    "a web server": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize("scheme", ["submission", "submissions", "imaps"])
def test_tls_that_stalls_or_is_none_is_a_failed_handshake(scheme: str, name: str) -> None:
    async def serve(stream: ServerStream, net: Driver) -> None:
        if not implicit(scheme):
            await stream.write(GREETINGS["smtp"], FOREVER)
            async for line in heard(stream):
                if line == b"STARTTLS":
                    await stream.write(b"220 go\r\n", FOREVER)
                    break
                await stream.write(b"250-mx.test\r\n250 STARTTLS\r\n", FOREVER)
        await stream.read(FOREVER)
        await stream.write(GARBAGE[name], FOREVER)
        await stream.read(FOREVER)

    record = check(serve, plan(f"{scheme}://mx.test"))
    handshake = next(seen for seen in survey_of(record).observations if isinstance(seen, TlsHandshake))
    assert handshake.trouble in (Trouble.TLS_FAILED, Trouble.TIMEOUT, Trouble.CLOSED)
    assert found(record) & {"tls-handshake-failed", "implicit-tls-missing", "unexpected-greeting"}
    assert record.seconds <= 61.0


def test_tls_that_goes_on_and_on_once_made_ends_with_the_session(authority: Authority, ca_file: str) -> None:
    async def serve(stream: ServerStream, net: Driver) -> None:
        await stream.accept_tls(tls_of(authority), FOREVER)
        while True:
            await stream.write(b"2", FOREVER)
            await net.sleep(0.5)

    assert check(serve, plan("submissions://mx.test", ca_file=ca_file)).seconds <= 31.0


def test_a_certificate_that_only_openssl_can_read_is_no_crash(authority: Authority, tmp_path: Path) -> None:
    """Version 5 does not exist (RFC 5280 section 4.1.2.1); OpenSSL shakes hands with it all the same."""
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificate
    from OpenSSL import SSL, crypto

    from mailproof.model.tls import TlsSettings
    from mailproof.net.tls import Contexts, Engine

    sound = tls_of(authority)
    leaf = load_pem_x509_certificate(sound.chain_pem.encode()).public_bytes(Encoding.DER)
    odd = leaf.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x04", 1)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    (tmp_path / "leaf.der").write_bytes(odd)
    (tmp_path / "leaf.key").write_text(sound.key_pem)
    context.use_certificate_file(str(tmp_path / "leaf.der"), crypto.FILETYPE_ASN1)
    context.use_privatekey_file(str(tmp_path / "leaf.key"))
    server, client = Engine(context, server=True), Engine(Contexts().client(TlsSettings()), server=False)
    done = False
    while not done:
        done = client.handshake()
        server.feed(client.outgoing())
        server.handshake()
        if data := server.outgoing():
            client.feed(data)
    assert client.chain() == (odd,)
