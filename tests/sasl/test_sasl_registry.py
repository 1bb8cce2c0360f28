from __future__ import annotations

from mailproof.model.tls import Protection
from mailproof.sasl.registry import MECHANISMS, preferred

OFFERED = ["NTLM", "GSSAPI", "CRAM-MD5", "LOGIN", "SCRAM-SHA-1", "scram-sha-256", "SCRAM-SHA-256-PLUS", "PLAIN"]


def test_plain_comes_first_inside_verified_tls_and_login_after_it() -> None:
    order = preferred(OFFERED, protection=Protection.VERIFIED, have_token=False, binding={"tls-exporter": b"x"})
    assert order == ("PLAIN", "LOGIN", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5")


def test_without_verified_tls_the_password_is_revealed_last() -> None:
    for protection in (Protection.NONE, Protection.UNVERIFIED):
        order = preferred(OFFERED, protection=protection, have_token=False)
        assert order == ("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN")


def test_a_token_goes_before_a_password_and_can_be_alone() -> None:
    offered = ["PLAIN", "XOAUTH2", "OAUTHBEARER"]
    both = preferred(offered, protection=Protection.VERIFIED, have_token=True)
    alone = preferred(offered, protection=Protection.VERIFIED, have_token=True, have_password=False)
    assert both == ("OAUTHBEARER", "XOAUTH2", "PLAIN")
    assert alone == ("OAUTHBEARER", "XOAUTH2")


def test_external_and_anonymous_are_only_asked_for_by_name() -> None:
    offered = ["EXTERNAL", "ANONYMOUS", "NTLM", "GSSAPI", "KERBEROS_V4"]
    assert preferred(offered, protection=Protection.VERIFIED, have_token=True) == ()


def test_every_mechanism_is_known_by_its_name() -> None:
    hashes = {name: getattr(mechanism, "hash", None) for name, mechanism in MECHANISMS.items()}
    assert hashes["SCRAM-SHA-512-PLUS"] == "sha512" and hashes["SCRAM-SHA-1"] == "sha1"
    assert len(MECHANISMS) == 14
    assert all(mechanism.name == name for name, mechanism in MECHANISMS.items())
