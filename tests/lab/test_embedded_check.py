"""`check` and the embedded lab: nothing is wrong with the sound one, and every fault is called by its name."""

from __future__ import annotations

import pytest
from embedded_check import check

from mailproof.lab.embedded.faults import FAULTS, FaultSpec
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


def test_a_fault_can_be_had_at_one_endpoint_only(authority: Authority, ca_file: str) -> None:
    _, _, judged = check(authority, ca_file, "certificate-expired@imaps")
    (finding,) = [finding for finding in judged.findings if finding.name == "certificate-expired"]
    assert finding.endpoints == ("imaps://mail.example.test",)


def test_several_faults_at_once_are_all_named(authority: Authority, ca_file: str) -> None:
    faults = ("port-closed@pop3", "certificate-name-mismatch@imaps", "open-relay", "mailbox-full@submission")
    _, _, judged = check(authority, ca_file, *faults)
    assert {fault.partition("@")[0] for fault in faults} <= {finding.name for finding in judged.findings}
