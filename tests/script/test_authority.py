"""The test authority issues what it says: OpenSSL names the fault asked for, and no other."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto

from mailproof.script.authority import Authority, CertificateKind, Issued

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
HOST = "mail.example.test"

# X509_V_ERR_… of openssl/x509_vfy.h.
HAS_EXPIRED, NOT_YET_VALID, SELF_SIGNED, NO_ISSUER, UNKNOWN_ROOT = 10, 9, 18, 20, 20


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def leaf_of(issued: Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.leaf_pem)


def verify_error(authority: Authority, issued: Issued, level: str = "0") -> int | None:
    """What OpenSSL says of the chain at NOW, with X509_STRICT, from a real handshake over memory BIO."""
    server_context = SSL.Context(SSL.TLS_METHOD)
    server_context.set_cipher_list(b"DEFAULT@SECLEVEL=0")
    certificates = x509.load_pem_x509_certificates(issued.chain_pem)
    server_context.use_certificate(certificates[0])
    for extra in certificates[1:]:
        server_context.add_extra_chain_cert(extra)
    server_context.use_privatekey(load_pem_private_key(issued.key_pem, None))
    client_context = SSL.Context(SSL.TLS_METHOD)
    client_context.set_cipher_list(f"DEFAULT@SECLEVEL={level}".encode())
    store = client_context.get_cert_store()
    assert store is not None
    store.add_cert(crypto.X509.from_cryptography(x509.load_pem_x509_certificate(authority.root_pem)))
    store.set_flags(crypto.X509StoreFlags.X509_STRICT)
    store.set_time(NOW)
    errors: list[int] = []

    def note(_connection: object, _certificate: object, error: int, _depth: int, _ok: int) -> bool:
        errors.extend([error] if error else [])
        return True

    client_context.set_verify(SSL.VERIFY_PEER, note)
    client, server = SSL.Connection(client_context), SSL.Connection(server_context)
    client.set_connect_state()
    server.set_accept_state()
    for _ in range(8):
        for side, other in ((client, server), (server, client)):
            try:
                side.do_handshake()
            except SSL.WantReadError:
                pass
            try:
                other.bio_write(side.bio_read(1 << 16))
            except SSL.WantReadError:
                pass
    return errors[0] if errors else None


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (CertificateKind.GOOD, None),
        (CertificateKind.EXPIRES_SOON, None),
        (CertificateKind.WRONG_NAME, None),
        (CertificateKind.WEAK_KEY, None),
        (CertificateKind.SHA1, None),
        (CertificateKind.EXPIRED, HAS_EXPIRED),
        (CertificateKind.NOT_YET_VALID, NOT_YET_VALID),
        (CertificateKind.SELF_SIGNED, SELF_SIGNED),
        (CertificateKind.UNTRUSTED_ROOT, UNKNOWN_ROOT),
        (CertificateKind.NO_INTERMEDIATE, NO_ISSUER),
    ],
)
def test_openssl_finds_this_fault_in_the_chain_and_no_other(
    authority: Authority, kind: CertificateKind, error: int | None
) -> None:
    assert verify_error(authority, authority.issue(kind, HOST, NOW)) == error


@pytest.mark.parametrize("kind", list(CertificateKind))
def test_every_kind_but_the_wrong_name_names_the_host(authority: Authority, kind: CertificateKind) -> None:
    leaf = leaf_of(authority.issue(kind, HOST, NOW, also=["127.0.0.1"]))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    expected = [f"old-{HOST}"] if kind is CertificateKind.WRONG_NAME else [HOST]
    assert names.get_values_for_type(x509.DNSName) == expected


def test_an_address_is_named_as_an_address(authority: Authority) -> None:
    leaf = leaf_of(authority.issue(CertificateKind.GOOD, "2001:db8::1", NOW))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["2001:db8::1"]


def test_the_weak_key_is_rsa_with_1024_bits(authority: Authority) -> None:
    key = leaf_of(authority.issue(CertificateKind.WEAK_KEY, HOST, NOW)).public_key()
    assert isinstance(key, rsa.RSAPublicKey) and key.key_size == 1024


def test_the_sha1_certificate_is_really_signed_with_sha1(authority: Authority) -> None:
    issued = authority.issue(CertificateKind.SHA1, HOST, NOW)
    leaf = leaf_of(issued)
    assert leaf.signature_algorithm_oid == x509.SignatureAlgorithmOID.RSA_WITH_SHA1
    ca_md_too_weak = 68
    assert verify_error(authority, issued, level="1") == ca_md_too_weak


def test_expires_soon_means_five_days(authority: Authority) -> None:
    leaf = leaf_of(authority.issue(CertificateKind.EXPIRES_SOON, HOST, NOW))
    assert leaf.not_valid_after_utc - NOW == timedelta(days=5)


def test_a_name_longer_than_a_common_name_may_be_is_named_all_the_same(authority: Authority) -> None:
    name = ".".join(["x" * 40] * 3) + ".test"
    issued = authority.issue(CertificateKind.GOOD, name, NOW)
    assert verify_error(authority, issued) is None
    assert not leaf_of(issued).subject.rdns


def test_the_key_is_written_for_its_owner_only_and_never_shown(authority: Authority, tmp_path: Path) -> None:
    issued = authority.issue(CertificateKind.GOOD, HOST, NOW)
    for _ in range(2):
        files = authority.write(issued, tmp_path)
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert files.chain.read_bytes().count(b"BEGIN CERTIFICATE") == 2
    assert files.root.read_bytes() == authority.root_pem
    assert "PRIVATE" not in repr(issued)


def test_two_authorities_do_not_trust_each_other(authority: Authority) -> None:
    assert verify_error(Authority(), authority.issue(CertificateKind.GOOD, HOST, NOW)) == UNKNOWN_ROOT


def test_a_time_without_a_zone_is_refused(authority: Authority) -> None:
    with pytest.raises(ValueError, match="time zone"):
        authority.issue(CertificateKind.GOOD, HOST, datetime(2026, 11, 21))
