"""A certificate in DER becomes the facts that checks judge."""

from __future__ import annotations

import ipaddress
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from mailproof.parse.certificate import read_certificate

START = datetime(2026, 1, 1, tzinfo=UTC)
CA_KEY = ec.generate_private_key(ec.SECP256R1())
LEAF_KEY = ec.generate_private_key(ec.SECP256R1())


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def made(subject="mx.test", issuer="Test CA", key=LEAF_KEY, signer=CA_KEY, ca=False, names=(), hash_=None, serial=7):
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=90))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hash_ or hashes.SHA256()
    return builder.sign(signer, algorithm).public_bytes(Encoding.DER)


def test_a_leaf_says_whom_it_names_and_for_how_long():
    names = [x509.DNSName("mx.test"), x509.DNSName("*.mx.test"), x509.IPAddress(ipaddress.ip_address("192.0.2.25"))]
    certificate = read_certificate(made(names=names))
    assert certificate is not None
    assert certificate.dns_names == ("mx.test", "*.mx.test")
    assert certificate.ip_addresses == ("192.0.2.25",)
    assert (certificate.subject, certificate.issuer, certificate.common_name) == (
        "CN=mx.test",
        "CN=Test CA",
        "mx.test",
    )
    assert (certificate.not_before, certificate.not_after) == (START, START + timedelta(days=90))
    assert (certificate.key_type, certificate.key_bits, certificate.signature_hash) == ("EC", 256, "sha256")
    assert (certificate.serial, certificate.is_ca, certificate.self_signed) == ("7", False, False)
    assert len(certificate.sha256) == 64


def test_self_signed_is_what_its_own_key_signed_and_not_what_only_says_so():
    genuine = read_certificate(made("mx.test", "mx.test", key=LEAF_KEY, signer=LEAF_KEY))
    pretended = read_certificate(made("mx.test", "mx.test", key=LEAF_KEY, signer=CA_KEY))
    assert genuine is not None and genuine.self_signed
    assert pretended is not None and not pretended.self_signed


def test_keys_of_every_kind_have_a_type_and_a_size():
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    edwards = ed25519.Ed25519PrivateKey.generate()
    weak = read_certificate(made(key=small, signer=small))
    modern = read_certificate(made(key=edwards, signer=edwards))
    assert weak is not None and (weak.key_type, weak.key_bits) == ("RSA", 1024)
    assert modern is not None and (modern.key_type, modern.key_bits, modern.signature_hash) == ("Ed25519", 256, None)


def test_text_that_could_disturb_a_terminal_is_escaped_and_a_nul_hides_nothing():
    certificate = read_certificate(made("\x1b[2Jmx", names=[x509.DNSName("mx.test\0.evil.test")]))
    assert certificate is not None
    assert "\x1b" not in certificate.subject
    assert certificate.dns_names == ("mx.test\\x00.evil.test",)


def test_nothing_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_certificate(made()) is not None


@given(st.binary(max_size=400))
def test_bytes_that_are_no_certificate_are_none(junk):
    assert read_certificate(junk) is None


@given(st.data())
def test_a_damaged_certificate_is_read_or_refused_but_never_raises(data):
    der = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    read_certificate(bytes(der))


@pytest.mark.parametrize("cut", [0, 1, 10, -1])
def test_a_cut_certificate_is_refused(cut):
    assert read_certificate(GOOD[:cut]) is None


def test_more_than_any_chain_may_hold_is_not_even_parsed():
    assert read_certificate(GOOD + bytes(200_000)) is None


GOOD = made(names=[x509.DNSName("mx.test")])
