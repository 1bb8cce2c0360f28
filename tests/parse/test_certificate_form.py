"""Certificates of the usual forms, read without the parser of `cryptography`, which has to say the same of them."""

from __future__ import annotations

import ipaddress
import warnings
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.tls import Certificate
from mailproof.parse.certificate import read_by_parser, read_certificate
from mailproof.parse.certificate_form import read_by_form
from mailproof.parse.der import elements
from mailproof.parse.pem import read_pem
from mailproof.script.authority import Authority, CertificateKind

START = datetime(2026, 1, 1, tzinfo=UTC)
SHA256 = "ab" * 32


@cache
def key_of(kind: str):
    if kind == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key({"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}[kind])


def made(
    subject: list[tuple[x509.ObjectIdentifier, str]],
    names: tuple[x509.GeneralName, ...] = (),
    key: str = "P-256",
    signer: str = "P-256",
    ca: bool = False,
    until: datetime = START + timedelta(days=90),
    serial: int = 7,
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    """A certificate with all that public authorities put in."""
    public = key_of(key).public_key()
    url = x509.UniformResourceIdentifier("http://ca.test/1.crt")
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca, 0 if ca else None), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False),
        (
            x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, url)]),
            False,
        ),
    ]
    if names:
        extensions.append((x509.SubjectAlternativeName(names), False))
    builder = x509.CertificateBuilder(
        x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.COMMON_NAME, "R3")]),
        x509.Name([x509.NameAttribute(kind, value) for kind, value in subject]),
        public,
        serial,
        START,
        until,
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.sign(key_of(signer), algorithm or hashes.SHA256()).public_bytes(Encoding.DER)


def by_parser_whole(der: bytes) -> Certificate | None:
    """None also where the parser cannot read the extensions, and so has no names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            assert x509.load_der_x509_certificate(der).extensions is not None
        except Exception:
            return None
        return read_by_parser(der)


@pytest.mark.parametrize("key", ["RSA", "P-256", "P-384"])
@pytest.mark.parametrize("signer", ["RSA", "P-384"])
@pytest.mark.parametrize("ca", [False, True])
def test_the_usual_ones_are_read_by_their_form(key: str, signer: str, ca: bool) -> None:
    names = (x509.DNSName("mx.test"), x509.IPAddress(ipaddress.ip_address("2001:db8::25")))
    der = made([(NameOID.COMMON_NAME, "mx.test")], names, key, signer, ca, algorithm=hashes.SHA384())
    read = read_by_form(der, SHA256)
    assert read is not None and read.dns_names == ("mx.test",) and read.ip_addresses == ("2001:db8::25",)
    assert (read.is_ca, read.signature_hash, read.sha256) == (ca, "sha384", SHA256)
    assert read_certificate(der) == by_parser_whole(der) is not None


@pytest.mark.parametrize("kind", CertificateKind)
def test_whatever_a_test_authority_issues_is_told_alike(kind: CertificateKind) -> None:
    chain = Authority("mail.example.test").issue(kind, "mail.example.test", START).chain_pem
    for der in read_pem(chain).certificates:
        assert read_certificate(der) == read_by_parser(der) is not None


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.text(
    st.sampled_from(' #+,;<>"\\=a\0'), min_size=1, max_size=6
)
NAMES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                NameOID.COMMON_NAME,
                NameOID.ORGANIZATION_NAME,
                NameOID.ORGANIZATIONAL_UNIT_NAME,
                NameOID.BUSINESS_CATEGORY,
                NameOID.GIVEN_NAME,  # not in the table: left to the parser
            ]
        ),
        TEXT,
    ),
    max_size=4,
)


@given(NAMES, st.integers(1, 2**159 - 1), st.datetimes(datetime(2026, 2, 1), datetime(2090, 1, 1)))
def test_names_are_written_as_rfc_4514_has_them(
    subject: list[tuple[x509.ObjectIdentifier, str]], serial: int, until: datetime
) -> None:
    der = made(subject, (x509.DNSName("*.mx.test"),), serial=serial, until=until.replace(microsecond=0, tzinfo=UTC))
    assert read_certificate(der) == by_parser_whole(der) is not None


def test_what_is_not_usual_is_left_to_the_parser() -> None:
    edwards = ed25519.Ed25519PrivateKey.generate()
    for der in (
        made([(NameOID.GIVEN_NAME, "Alice")]),
        made([(NameOID.COMMON_NAME, "R3"), (NameOID.COUNTRY_NAME, "JP")][::-1]),  # its own issuer
        made([(NameOID.COMMON_NAME, "mx.test")], (x509.RFC822Name("a@mx.test"),)),
        x509.CertificateBuilder(NAME, OTHER, edwards.public_key(), 7, START, START + timedelta(days=1))
        .sign(edwards, None)
        .public_bytes(Encoding.DER),
    ):
        assert read_by_form(der, SHA256) is None
        assert read_certificate(der) == read_by_parser(der) is not None


NAME, OTHER = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("mx.test", "R3"))
GOOD = [
    made([(NameOID.COMMON_NAME, "mx.test")], (x509.DNSName("mx.test"), x509.DNSName("*.test")), key, "P-256")
    for key in ("RSA", "P-256")
]


@given(st.data())
def test_a_damaged_one_is_told_as_the_parser_tells_it_or_left(data: st.DataObject) -> None:
    der = bytearray(data.draw(st.sampled_from(GOOD)))
    for _ in range(data.draw(st.integers(1, 2))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    read = read_by_form(bytes(der), SHA256)
    if read is not None and (whole := by_parser_whole(bytes(der))) is not None:
        assert read_certificate(bytes(der)) == whole


@pytest.mark.parametrize(
    "data",
    ["3080", "308101" + "00", "30820005" + "00" * 5, "3003", "30", "1f0100", "3085000000000100", "30ff"],
)
def test_lengths_that_are_no_der_are_refused(data: str) -> None:
    with pytest.raises(ValueError):
        elements(bytes.fromhex(data))
    assert read_by_form(bytes.fromhex(data), SHA256) is None


@given(st.binary(max_size=80))
def test_any_bytes_are_elements_without_a_gap_or_none(data: bytes) -> None:
    try:
        found = elements(data)
    except ValueError:
        return
    assert b"".join(element.whole for element in found) == data
