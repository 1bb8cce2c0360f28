"""`check` and the embedded lab: nothing is wrong with the sound one, and every fault is called by its name."""

from __future__ import annotations

import pytest
from embedded_check import check

from mailproof.lab.embedded.behaviour import MECHANISMS
from mailproof.lab.embedded.faults import FAULTS
from mailproof.lab.embedded.faults.spec import FaultSpec
from mailproof.model.authentication import LoginTried
from mailproof.model.finding import Severity
from mailproof.script.authority import Authority


def test_nothing_is_wrong_with_the_sound_lab_and_the_message_arrives(authority: Authority, ca_file: str) -> None:
    lab, record, judged = check(authority, ca_file)
    assert [finding.name for finding in judged.findings if finding.severity is not Severity.INFO] == []
    assert "message-delivered" in {item.name for item in judged.passed}
    assert [item.why for item in judged.untold] == []
    assert len(lab.mailboxes["bob@example.test"].messages) == 1
    assert record.seconds < 5  # of virtual time: nothing waits for a timeout


@pytest.mark.parametrize("spec", FAULTS.values(), ids=FAULTS.keys())
def test_every_fault_is_named_and_named_first(spec: FaultSpec, authority: Authority, ca_file: str) -> None:
    _, _, judged = check(authority, ca_file, spec.name, given=spec.given)
    named = {finding.name: finding for finding in judged.findings}
    assert spec.name in named
    if named[spec.name].severity is not Severity.INFO:
        assert judged.causes[0].name in (spec.name, *spec.leads_to)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_mechanism_lets_the_right_password_in_and_no_wrong_one(
    mechanism: str, authority: Authority, ca_file: str
) -> None:
    secret = "--token" if mechanism in ("XOAUTH2", "OAUTHBEARER") else "--password"
    right, wrong = f"alice{secret.strip('-').replace('password', 'pw')}", "not-the-one"
    lab, record, _ = check(authority, ca_file, given=("--mechanism", mechanism, secret, right))
    tried = [sighting.fact for sighting in record.seen(LoginTried) if sighting.attempt.job == "login"]
    assert len(tried) == 7  # all but port 25
    assert all(login.accepted and login.mechanism == mechanism for login in tried)
    assert not any(right in line for line in lab.log.lines)
    _, record, _ = check(authority, ca_file, given=("--mechanism", mechanism, secret, wrong))
    tried = [sighting.fact for sighting in record.seen(LoginTried) if sighting.attempt.job == "login"]
    assert [login.accepted for login in tried] == [False, False]  # one refusal by SMTP, one by POP3


def test_one_bad_certificate_on_eight_ports_is_one_cause(authority: Authority, ca_file: str) -> None:
    _, _, judged = check(authority, ca_file, "certificate-expired")
    assert [(cause.name, len(cause.endpoints)) for cause in judged.causes] == [("certificate-expired", 8)]


def test_a_fault_can_be_had_at_one_endpoint_only(authority: Authority, ca_file: str) -> None:
    _, _, judged = check(authority, ca_file, "certificate-expired@imaps")
    (finding,) = [finding for finding in judged.findings if finding.name == "certificate-expired"]
    assert finding.endpoints == ("imaps://mail.example.test",)


def test_several_faults_at_once_are_all_named(authority: Authority, ca_file: str) -> None:
    faults = ("port-closed@pop3", "certificate-name-mismatch@imaps", "open-relay", "mailbox-full@submission")
    _, _, judged = check(authority, ca_file, *faults)
    assert {fault.partition("@")[0] for fault in faults} <= {finding.name for finding in judged.findings}
