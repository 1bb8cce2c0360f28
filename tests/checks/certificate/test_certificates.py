"""Certificates: dates, trust, names and strength, each from what a handshake showed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from mailrecord import POLICY, answers, attempt, record

from mailproof.checks.certificate import dates, names_host, strong, trusted
from mailproof.model.attempt import Trouble
from mailproof.model.evidence import EvidenceKind
from mailproof.model.record import Record
from mailproof.model.tls import Certificate, ChainError, TlsHandshake

NOW = datetime(2026, 1, 1, tzinfo=UTC)  # the start of `mailrecord`'s records
ALL = (dates, trusted, names_host, strong)


def certificate(subject: str = "CN=mx.test", issuer: str = "CN=Issuing CA", **changes: object) -> Certificate:
    made = Certificate(
        subject,
        issuer,
        "7",
        NOW - timedelta(days=30),
        NOW + timedelta(days=60),
        ("mx.test",),
        (),
        "mx.test",
        False,
        False,
        "EC",
        256,
        "sha256",
        "ab" * 32,
    )
    return msgspec.structs.replace(made, **changes)


LEAF = certificate()
INTERMEDIATE = certificate("CN=Issuing CA", "CN=Root CA", is_ca=True, dns_names=(), common_name="Issuing CA")
ROOT = certificate("CN=Root CA", "CN=Root CA", is_ca=True, self_signed=True)


def shown(*chain: Certificate, errors: tuple[tuple[int, int], ...] = (), name: str = "mx.test") -> Record:
    complaints = tuple(ChainError(code, depth, f"error {code}") for code, depth in errors)
    return record(attempt(TlsHandshake(name, 0.1, "TLSv1.3", chain=chain, errors=complaints, turns=(5,))))


def test_a_sound_chain_passes_everything_with_the_certificate_as_evidence():
    for module in ALL:
        [passed] = module.check(shown(LEAF, INTERMEDIATE), POLICY)
        assert passed.name == module.NAME
        assert EvidenceKind.CERTIFICATE in {piece.kind for piece in passed.evidence}


def test_of_a_handshake_that_never_was_nothing_is_said():
    failed = TlsHandshake("mx.test", 0.1, chain=(LEAF,), trouble=Trouble.TLS_FAILED, turns=(5,))
    for module in ALL:
        assert answers(module.check, record(attempt(failed))) == []


class TestDates:
    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            (-30, 60, "+certificate-dates"),
            (-30, 14, "+certificate-dates"),
            (-30, 13, "certificate-expires-soon"),
            (-30, 0, "certificate-expires-soon"),
            (-30, -1, "certificate-expired"),
            (1, 60, "certificate-not-yet-valid"),
        ],
    )
    def test_the_day_of_the_record_counts(self, before, after, said):
        leaf = certificate(not_before=NOW + timedelta(days=before), not_after=NOW + timedelta(days=after))
        assert answers(dates.check, shown(leaf, INTERMEDIATE)) == [said]

    def test_an_old_intermediate_counts_only_if_the_path_runs_through_it(self):
        old = msgspec.structs.replace(INTERMEDIATE, not_after=NOW - timedelta(days=1))
        assert answers(dates.check, shown(LEAF, old)) == ["+certificate-dates"]
        [finding] = dates.check(shown(LEAF, old, errors=((10, 1),)), POLICY)
        assert (finding.name, finding.params["subject"]) == ("certificate-expired", "CN=Issuing CA")

    def test_one_certificate_on_two_ports_has_the_same_parameters(self):
        old = certificate(not_after=NOW - timedelta(days=1))
        handshake = TlsHandshake("mx.test", 0.1, chain=(old,), turns=(5,))
        both = record(attempt(handshake, scheme="pop3s"), attempt(handshake, scheme="imaps"))
        first, second = dates.check(both, POLICY)
        assert first.params == second.params and first.endpoint != second.endpoint


class TestTrust:
    def test_a_leaf_alone_lacks_its_intermediate(self):
        [finding] = trusted.check(shown(LEAF, errors=((20, 0), (21, 0))), POLICY)
        assert (finding.name, finding.params["issuer"]) == ("certificate-chain-incomplete", "CN=Issuing CA")

    def test_an_intermediate_of_somebody_else_is_as_good_as_none(self):
        foreign = msgspec.structs.replace(INTERMEDIATE, subject="CN=Other CA")
        assert answers(trusted.check, shown(LEAF, foreign, errors=((20, 0),))) == ["certificate-chain-incomplete"]

    def test_a_certificate_for_another_purpose_says_nothing_about_its_root(self):
        assert answers(trusted.check, shown(LEAF, INTERMEDIATE, errors=((26, 0),))) == ["certificate-purpose-wrong"]
        both = answers(trusted.check, shown(LEAF, INTERMEDIATE, errors=((20, 1), (26, 0))))
        assert both == ["certificate-purpose-wrong", "certificate-untrusted-root"]

    @pytest.mark.parametrize("code", [2, 19, 20])
    def test_a_whole_chain_to_an_unknown_root_is_untrusted(self, code):
        for chain in ((LEAF, INTERMEDIATE), (LEAF, INTERMEDIATE, ROOT), (LEAF, ROOT, INTERMEDIATE)):
            [finding] = trusted.check(shown(*chain, errors=((code, 1),)), POLICY)
            assert (finding.name, finding.params["root"]) == ("certificate-untrusted-root", "CN=Root CA")

    def test_self_signed_is_the_leaf_itself_unless_it_is_trusted(self):
        own = certificate(issuer="CN=mx.test", self_signed=True)
        assert answers(trusted.check, shown(own, errors=((18, 0),))) == ["certificate-self-signed"]
        assert answers(trusted.check, shown(own)) == ["+certificate-trusted"]

    def test_what_openssl_holds_against_the_chain_besides_is_named_in_its_words(self):
        [finding] = trusted.check(shown(LEAF, INTERMEDIATE, errors=((25, 0),)), POLICY)
        assert (finding.name, finding.params["problem"]) == ("certificate-untrusted-root", "error 25")

    def test_dates_are_no_matter_of_trust(self):
        assert answers(trusted.check, shown(LEAF, INTERMEDIATE, errors=((10, 0),))) == ["+certificate-trusted"]

    def test_a_chain_that_runs_in_a_circle_ends(self):
        there, back = certificate("CN=A", "CN=B"), certificate("CN=B", "CN=A")
        assert len(answers(trusted.check, shown(there, back, there, errors=((20, 0),)))) == 1


class TestNames:
    @pytest.mark.parametrize(
        ("names", "addresses", "host", "named"),
        [
            (("mx.test",), (), "mx.test", True),
            (("*.mx.test",), (), "imap.mx.test", True),
            (("old.mx.test",), (), "mx.test", False),
            ((), (), "mx.test", False),
            ((), ("192.0.2.25",), "192.0.2.25", True),
            (("192.0.2.25",), (), "192.0.2.25", False),
        ],
    )
    def test_the_host_stands_among_the_alternative_names_or_not(self, names, addresses, host, named):
        leaf = certificate(dns_names=names, ip_addresses=addresses)
        said = "+certificate-names-host" if named else "certificate-name-mismatch"
        assert answers(names_host.check, shown(leaf, name=host)) == [said]

    def test_the_common_name_is_a_note_and_no_name(self):
        [finding] = names_host.check(shown(certificate(dns_names=())), POLICY)
        assert finding.params["names"] == ("CN=mx.test",)


class TestStrength:
    @pytest.mark.parametrize(
        ("key", "bits", "weak"),
        [
            ("RSA", 1024, True),
            ("RSA", 2047, True),
            ("RSA", 2048, False),
            ("EC", 192, True),
            ("EC", 224, False),
            ("Ed25519", 256, False),
            ("MLDSA65", 0, False),
        ],
    )
    def test_keys_have_112_bits_of_strength(self, key, bits, weak):
        said = "certificate-key-weak" if weak else "+certificate-strong"
        assert answers(strong.check, shown(certificate(key_type=key, key_bits=bits), INTERMEDIATE)) == [said]

    @pytest.mark.parametrize("broken", ["md5", "sha1"])
    def test_a_broken_hash_counts_on_leaf_and_intermediate_but_not_on_a_root(self, broken):
        weak_leaf = msgspec.structs.replace(LEAF, signature_hash=broken)
        weak_middle = msgspec.structs.replace(INTERMEDIATE, signature_hash=broken)
        weak_root = msgspec.structs.replace(ROOT, signature_hash=broken)
        assert answers(strong.check, shown(weak_leaf, INTERMEDIATE)) == ["certificate-signature-weak"]
        assert answers(strong.check, shown(LEAF, weak_middle)) == ["certificate-signature-weak"]
        assert answers(strong.check, shown(LEAF, INTERMEDIATE, weak_root)) == ["+certificate-strong"]

    def test_a_signature_without_a_hash_of_its_own_is_strong(self):
        leaf = certificate(key_type="Ed25519", signature_hash=None)
        assert answers(strong.check, shown(leaf)) == ["+certificate-strong"]
