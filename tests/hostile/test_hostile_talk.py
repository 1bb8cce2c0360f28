"""Servers that say what they should not, hang up when they should not, or never were mail servers."""

from __future__ import annotations

import unicodedata

import pytest
from hostilehosts import (
    FOREVER,
    GREETINGS,
    MailHost,
    check,
    check_for_real,
    found,
    implicit,
    outputs,
    plan,
    report_of,
    survey_of,
    tls_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.model.attempt import Status, Trouble
from mailproof.model.failure import NetFailure
from mailproof.model.report import Verdict
from mailproof.model.transcript import DeviationKind, TurnKind
from mailproof.net.interface import Driver, ServerStream
from mailproof.script.authority import Authority

SCHEMES = ("smtp", "submission", "submissions", "pop3", "pop3s", "imap", "imaps")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_sound_host_of_these_tests_is_sound(scheme: str, authority: Authority, ca_file: str) -> None:
    record = check(MailHost(scheme, tls_of(authority)), plan(f"{scheme}://mx.test", ca_file=ca_file))
    assert survey_of(record).failed is None
    assert report_of(record).verdict in (Verdict.PASS, Verdict.WARN)


def answers(scheme: str, authority: Authority, ca_file: str) -> int:
    """How many times a sound host speaks in a whole check with login."""
    count = 0

    def counted(said: bytes, line: bytes) -> bytes:
        nonlocal count
        count += 1
        return said

    check(MailHost(scheme, tls_of(authority), counted), plan(f"{scheme}://mx.test", ca_file=ca_file, login=True))
    return count


@pytest.mark.parametrize("scheme", SCHEMES)
def test_closing_421_or_half_a_line_at_any_point_ends_in_a_record(
    scheme: str, authority: Authority, ca_file: str
) -> None:
    wanted = plan(f"{scheme}://mx.test", ca_file=ca_file, login=True)
    tls = tls_of(authority)

    def spoiled(at: int, how: str) -> MailHost:
        said_so_far = 0

        def twist(said: bytes, line: bytes) -> bytes | None:
            nonlocal said_so_far
            said_so_far += 1
            if said_so_far < at:
                return said
            return {"close": None, "half": said[:5], "leave": b"421 4.3.2 Shutting down\r\n"}[how]

        return MailHost(scheme, tls, twist)

    for at in range(1, answers(scheme, authority, ca_file) + 1):
        for how in ("close", "half", "leave"):
            record = check(spoiled(at, how), wanted)
            assert any(attempt.failed for attempt in record.attempts)
            assert record.seconds <= 4 * wanted.terms.session_timeout
            outputs(record)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_closing_in_the_middle_of_anything_it_says_ends_in_a_record(
    scheme: str, authority: Authority, ca_file: str
) -> None:
    tls = tls_of(authority)
    for lines in range(1, 8):

        async def cut(stream: ServerStream, net: Driver, lines: int = lines) -> None:
            left = lines

            def twist(said: bytes, line: bytes) -> bytes | None:
                nonlocal left
                kept = said.splitlines(keepends=True)[:left]
                left -= len(kept)
                return b"".join(kept) or None

            await MailHost(scheme, tls, twist)(stream, net)

        record = check(cut, plan(f"{scheme}://mx.test", ca_file=ca_file))
        assert survey_of(record).steps
        outputs(record)


@pytest.mark.parametrize("chunk", [1, 1 << 16])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_command_answered_twice_confuses_no_one(
    scheme: str, chunk: int, authority: Authority, ca_file: str
) -> None:
    wanted = plan(f"{scheme}://mx.test", ca_file=ca_file)
    host = MailHost(scheme, tls_of(authority), lambda said, line: said * 2)
    record = check(host, wanted, chunk=chunk)
    survey = survey_of(record)
    assert survey.transcript is not None
    kinds = {deviation.kind for deviation in survey.transcript.deviations}
    if chunk > 1 and implicit(scheme):
        assert survey.failed is None
        assert not found(record) & {"reply-not-understood", "login-rejected", "no-reply"}
    if chunk > 1:
        assert kinds & {DeviationKind.UNEXPECTED_REPLY, DeviationKind.TRAILING_DATA} or scheme.startswith("imap")


@pytest.mark.parametrize("direction", ["write", "read"])
@pytest.mark.parametrize("scheme", ["submission", "pop3", "imap"])
def test_a_socket_that_is_closed_on_one_side_only_is_left(scheme: str, direction: str) -> None:
    import socket

    async def serve(stream: ServerStream, net: Driver) -> None:
        protocol = {"submission": "smtp"}.get(scheme, scheme)
        await stream.write(GREETINGS[protocol], FOREVER)
        connection: socket.socket = stream._transport._socket  # type: ignore[attr-defined]
        connection.shutdown(socket.SHUT_WR if direction == "write" else socket.SHUT_RD)
        await net.sleep(60.0)

    record = check_for_real(serve, scheme, timeout=0.3)
    failed = survey_of(record).failed
    assert failed is not None
    assert failed.trouble in (Trouble.CLOSED, Trouble.RESET, Trouble.TIMEOUT)
    assert found(record) & {"closed-unexpectedly", "no-reply"}


ESCAPES = {
    "colours and titles": b"\x1b[31mred\x1b]0;owned\x07\x1b[2J",
    "C1 controls": "\x9b31m\x9d0;owned\x9c".encode(),
    "C1 bytes": b"\x9b31m\x90",
    "bidi": "\u202egnp.exe\u2066x\u2069\u200f".encode(),
    "what hides": "zero\u200bwidth\ufeff\u00ad\u2028\u2029".encode(),
    "carriage returns": b"sound\rforged",
    "NUL and DEL": b"a\0b\x7f\x08\x08",
    "Latin-1, Shift_JIS, EUC-JP, ISO-2022-JP": b"caf\xe9 \x83\x81 \xa5\xe1 \x1b$B%a\x1b(B",
    "broken UTF-8": b"\xc3\x28 \xf0\x9f \xed\xa0\x80 \xc0\xaf",
    "tags of languages": "\U000e0041\U000e007f".encode(),
}


@pytest.mark.parametrize("name", ESCAPES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_that_disturbs_a_terminal_gets_through(
    scheme: str, name: str, authority: Authority, ca_file: str
) -> None:
    """CVE-2021-42574 and all that xterm obeys."""
    bad = ESCAPES[name]

    def twist(said: bytes, line: bytes) -> bytes:
        lines = said.splitlines()
        if scheme.startswith("pop3") and len(lines) > 1:
            lines.insert(1, b"SASL " + bad)
        return b"".join((text if text == b"." else text + b" " + bad) + b"\r\n" for text in lines)

    def refusing(said: bytes, line: bytes) -> bytes:
        word = line.split()[0] if line else b"*"
        no = {"s": b"554 5.7.1 ", "p": b"-ERR [AUTH] ", "i": word + b" NO [" + bad + b"] "}[scheme[0]]
        return no + bad + b"\r\n" if line else said

    for how in (twist, refusing):
        host = MailHost(scheme, tls_of(authority), how)
        record = check(host, plan(f"{scheme}://mx.test", ca_file=ca_file, login=True))
        for output, text in outputs(record).items():
            rough = {f"U+{ord(char):04X}" for char in text if char != "\n" and _disturbs(char)}
            assert not rough, output


def _disturbs(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def test_a_certificate_full_of_escapes_is_harmless_too(authority: Authority) -> None:
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    from mailproof.model.tls import ServerTls

    key = ec.generate_private_key(ec.SECP256R1())
    bad = "\x1b[31m\u202e\x9b2J"
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, bad), x509.NameAttribute(NameOID.ORGANIZATION_NAME, bad)]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("\x1b[31m.test")]), False)
        .sign(key, hashes.SHA256())
    )
    tls = ServerTls(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )
    record = check(MailHost("imaps", tls), plan("imaps://mx.test"))
    assert found(record)
    for output, text in outputs(record).items():
        assert not {char for char in text if char != "\n" and _disturbs(char)}, output


NUMBERS = [b"\xc2\xb2 100", b"9" * 1999, b"-1 0", b"", b"99999999999999999999 1", b"\xd9\xa1 1"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_count_that_is_none_is_no_crash(number: bytes, authority: Authority, ca_file: str) -> None:
    def twist(said: bytes, line: bytes) -> bytes:
        if line.startswith(b"PASS"):
            return b"+OK\r\n"
        return b"+OK " + number + b"\r\n" if line == b"STAT" else said

    host = MailHost("pop3s", tls_of(authority), twist)
    record = check(host, plan("pop3s://mx.test", ca_file=ca_file, login=True))
    logged_in = next(attempt for attempt in record.attempts if attempt.job == "login")
    assert logged_in.failed is not None
    outputs(record)


FRAGMENTS = {
    "smtp": [b"220 ", b"250-", b"250 ", b"334 ", b"235 ", b"421 ", b"535 ", b"STARTTLS", b"AUTH PLAIN"],
    "pop3": [b"+OK ", b"-ERR ", b"+ ", b"[AUTH] ", b".", b"..", b"STLS", b"SASL PLAIN", b"UIDL"],
    "imap": [
        b"* OK ",
        b"a1 OK ",
        b"a2 NO ",
        b"a3 BAD ",
        b"* BYE ",
        b"+ ",
        b"* CAPABILITY ",
        b"{3}",
        b"{9999}",
        b"(",
        b'"',
    ],
}


def test_a_machine_that_says_nothing_on_any_port_is_one_cause() -> None:
    async def mute(stream: ServerStream, net: Driver) -> None:
        try:
            while await stream.read(FOREVER):
                pass
        except NetFailure:
            return

    report = report_of(check(mute, plan(*(f"{scheme}://mx.test" for scheme in SCHEMES))))
    assert [item.name for item in report.causes] == ["no-greeting"]
    following = [item for item in report.findings if item.explained_by]
    assert [(item.name, item.explained_by) for item in following] == [("tls-handshake-failed", ("no-greeting",))]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("scheme", ["submission", "submissions", "pop3", "pop3s", "imap", "imaps", "smtp"])
def test_any_bytes_at_all_end_in_a_record(
    scheme: str, data: st.DataObject, authority: Authority, ca_file: str
) -> None:
    protocol = {"su": "smtp", "sm": "smtp", "po": "pop3", "im": "imap"}[scheme[:2]]
    piece = st.one_of(st.binary(max_size=20), st.sampled_from([*FRAGMENTS[protocol], b"\r\n", b"\r\n", b"\n", b" "]))
    said = st.lists(st.one_of(piece, st.none()), max_size=30)
    script = data.draw(st.lists(said, min_size=1, max_size=6))
    greets = data.draw(st.booleans())
    connections = iter(range(1000))

    async def serve(stream: ServerStream, net: Driver) -> None:
        try:
            if implicit(scheme):
                await stream.accept_tls(tls, FOREVER)
            if greets:
                await stream.write(GREETINGS[protocol], FOREVER)
            for part in script[next(connections) % len(script)]:
                if part is None:  # waits for the client
                    await stream.read(FOREVER)
                else:
                    await stream.write(part, FOREVER)
            await stream.read(FOREVER)
        except NetFailure:
            return

    tls = tls_of(authority)
    wanted = plan(f"{scheme}://mx.test", ca_file=ca_file, login=True)
    record = check(serve, wanted, chunk=data.draw(st.sampled_from([1, 7, 1 << 16])))
    assert record.seconds <= 4 * wanted.terms.session_timeout
    for attempt in record.attempts:
        if attempt.failed is not None:
            assert attempt.failed.status is Status.FAILED and attempt.failed.trouble is not None
        if attempt.transcript is not None:
            assert all(turn.kind in TurnKind for turn in attempt.transcript.turns)
    outputs(record)
