"""Profiles give every finding a severity; a user's own extends one of them and is told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.catalog.words import words
from mailproof.model.failure import UsageError
from mailproof.model.finding import Severity


def test_a_severity_can_depend_on_the_scheme() -> None:
    policy = load_profile()
    assert policy.severity("starttls-not-offered", "smtp", {}) is Severity.WARN
    assert policy.severity("starttls-not-offered", "submission", {}) is Severity.FAIL
    assert policy.severity("starttls-not-offered", None, {}) is Severity.FAIL


def test_strict_asks_more_than_default_and_knows_the_same_findings() -> None:
    default, strict = load_profile("default"), load_profile("strict")
    assert strict.severities.keys() == default.severities.keys()
    assert strict.severity("tls-version-obsolete", None, {}) is Severity.FAIL
    assert strict.thresholds.expires_soon_days > default.thresholds.expires_soon_days
    assert strict.thresholds.rsa_bits == default.thresholds.rsa_bits


def test_other_servers_mostly_do_not_verify_on_port_25() -> None:
    for name in ("certificate-expired", "certificate-name-mismatch", "certificate-self-signed"):
        at_default = {scheme: load_profile().severity(name, scheme, {}) for scheme in ("smtp", "submission")}
        assert at_default == {"smtp": Severity.WARN, "submission": Severity.FAIL}
        assert load_profile("strict").severity(name, "smtp", {}) is Severity.FAIL


def test_hosted_does_not_try_what_a_provider_could_take_for_abuse() -> None:
    assert load_profile("hosted").skip == ("relay", "users")


def test_a_file_extends_a_profile(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text('extends = "strict"\n[severities]\ngreeting-slow = "info"\n[thresholds]\nrsa_bits = 3072\n')
    policy = load_profile(str(file))
    assert policy.name == "ours"
    assert policy.severity("greeting-slow", "imap", {}) is Severity.INFO
    assert (policy.thresholds.rsa_bits, policy.thresholds.expires_soon_days) == (3072, 30)


@pytest.mark.parametrize(
    ("text", "reason", "told"),
    [
        (
            "[severities]\ncertificate-expried = 'fail'\n",
            "profile-finding",
            "no finding is called certificate-expried",
        ),
        ("[severities]\ncertificate-expired = 'bad'\n", "profile-severity", "must be fail, warn or info, not bad"),
        (
            "[severities]\ncertificate-expired = { smtp = 'warn' }\n",
            "profile-no-default",
            "needs a severity for default",
        ),
        ("[severities]\ncertificate-expired = ['warn']\n", "profile-severity", "must be fail, warn or info"),
        ("severities = 1\n", "profile-no-table", "must be a table"),
        ("[thresholds]\nrsa = 1\n", "profile-threshold", "there is no threshold rsa; there are"),
        ("[thresholds]\nrsa_bits = 'many'\n", "profile-value", "int"),
        ("extends = 'other'\n", "profile-extends", "extends must be one of default, hosted, strict"),
        ("extends = ['default']\n", "profile-extends", "extends must be one of default, hosted, strict"),
        ("[severity]\n", "profile-section", "there is no section severity; there are extends"),
        ("skip = 'relay'\n", "profile-value", "array"),
        ("= nonsense", "profile-no-toml", "is no TOML: "),
    ],
)
def test_a_wrong_file_is_told_so(tmp_path: Path, text: str, reason: str, told: str) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        load_profile(str(file))
    assert raised.value.reason == reason
    assert told in words("en").usage(reason, raised.value.params)
    assert raised.value.params["file"] == str(file)


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="no-such-profile: profile='lenient'") as raised:
        load_profile("lenient")
    assert raised.value.params["known"] == ("default", "hosted", "strict")
