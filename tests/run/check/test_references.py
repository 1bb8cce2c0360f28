"""A silent port 25 is compared with that of a host which is known to answer, and only then."""

from __future__ import annotations

import msgspec
import pytest
from labrun import HOST, plan, run

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.lab.embedded.server import OUTSIDE_ADDRESS
from mailproof.model.attempt import Job, Trouble
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.record import Record
from mailproof.net.interface import Address
from mailproof.report.endpoints import endpoint_reports
from mailproof.script.authority import Authority

REFERENCE = "mx.reference.test"
SMTP = (f"smtp://{HOST}", f"submission://{HOST}")
KNOWN = (DnsAnswer(REFERENCE, "A", DnsStatus.OK, (OUTSIDE_ADDRESS,)),)


def silent_25(to: Address, purpose: str) -> Trouble | None:
    """Nothing gets out to port 25."""
    return Trouble.TIMEOUT if to.port == 25 else None


def dead_server(to: Address, purpose: str) -> Trouble | None:
    """Only the server's own port 25 is silent."""
    return Trouble.TIMEOUT if to.port == 25 and purpose != Job.REFERENCE else None


def compared(authority: Authority, ca_file: str, meets=silent_25, targets=SMTP, hosts=(REFERENCE,)) -> Record:
    wanted = msgspec.structs.replace(plan(ca_file, *targets), references=hosts)
    return run(authority, wanted, names=KNOWN, meets=meets)[0]


def dialled(record: Record) -> list[str]:
    return [a.endpoint.url for a in record.attempts if a.job is Job.REFERENCE and a.endpoint]


def causes(record: Record) -> list[str]:
    return [item.name for item in judge(record, load_profile()).causes]


def test_where_the_reference_is_silent_too_the_network_blocks(authority: Authority, ca_file: str) -> None:
    record = compared(authority, ca_file)
    assert dialled(record) == [f"smtp://{REFERENCE}"]
    assert causes(record) == ["outbound-25-blocked"]
    [finding] = judge(record, load_profile()).causes
    assert len(finding.evidence) == 2  # the server's port, and the reference's


def test_where_the_reference_answers_it_is_the_server(authority: Authority, ca_file: str) -> None:
    record = compared(authority, ca_file, dead_server)
    assert causes(record) == ["port-filtered"]


def test_without_a_submission_port_in_the_survey_those_of_the_silent_host_are_dialled(
    authority: Authority, ca_file: str
) -> None:
    record = compared(authority, ca_file, targets=SMTP[:1])
    assert dialled(record) == [f"smtp://{REFERENCE}", f"submission://{HOST}", f"submissions://{HOST}"]
    assert causes(record) == ["outbound-25-blocked"]


def test_a_network_that_lets_nothing_out_is_not_called_a_block_of_25(authority: Authority, ca_file: str) -> None:
    record = compared(authority, ca_file, lambda to, purpose: Trouble.TIMEOUT)
    assert "outbound-25-blocked" not in causes(record)


def test_the_reference_is_no_endpoint_of_the_report(authority: Authority, ca_file: str) -> None:
    record = compared(authority, ca_file, dead_server)
    assert {item.url for item in endpoint_reports(record, ())} == set(SMTP)
    assert not any(REFERENCE in str(item.endpoint) for item in judge(record, load_profile()).passed)


@pytest.mark.parametrize(("meets", "hosts"), [(None, (REFERENCE,)), (silent_25, ())])
def test_nobody_is_dialled_unasked_or_without_need(authority: Authority, ca_file: str, meets, hosts) -> None:
    assert dialled(compared(authority, ca_file, meets, SMTP, hosts)) == []


def test_a_reference_without_an_address_is_told(authority: Authority, ca_file: str) -> None:
    record = compared(authority, ca_file, hosts=("gone.reference.test",))
    told = [skipped for attempt in record.attempts for skipped in attempt.skipped]
    assert [s.params for s in told if s.why == "reference-not-found"] == [{"host": "gone.reference.test"}]
