"""The report holds what the contract says: verdict, endpoints, words in English."""

from __future__ import annotations

import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import Judgement
from mailproof.model.attempt import Skipped, Status, Step, StepTaken, Trouble
from mailproof.model.capabilities import Capabilities, Capability, Stage
from mailproof.model.connection import Connection
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Severity, Untold
from mailproof.model.record import Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.report import Judged, PassedItem, Report, Verdict
from mailproof.report.build import build, most_telling
from records import attempt_of, endpoint_at, record_of, sound, without_starttls

PROOF = (Evidence(EvidenceKind.TURN, "transcript 1, turn 4", "S: 250-mail.example.com\nS: 250 SIZE 1000"),)


def judged(
    severity: Severity, name: str = "starttls-not-offered", at: str = "submission://mail.example.com"
) -> Judged:
    return Judged(name, severity, at, "192.0.2.25", (at,), {"command": "STARTTLS"}, "", (), PROOF)


PASSED = (PassedItem("port-open", "submission://mail.example.com", PROOF),)


def report_of(
    *findings: Judged,
    record: Record | None = None,
    untold: tuple[Untold, ...] = (),
    passed: tuple[PassedItem, ...] = PASSED,
) -> Report:
    causes = tuple(item for item in findings if item.severity is not Severity.INFO)
    judgement = Judgement(findings, causes, passed, untold)
    return build(record or record_of(without_starttls()), judgement, load_profile())


def test_messages_are_english_and_filled() -> None:
    (cause,) = report_of(judged(Severity.FAIL)).causes
    assert cause.message == "The server does not offer STARTTLS, so nothing said here is encrypted."


ASKED = Untold("login-accepted", "not-reached", asked=True)
NOT_ASKED = Untold("login-accepted", "not-in-profile")


@pytest.mark.parametrize(
    ("severities", "untold", "verdict"),
    [
        ([], (), Verdict.PASS),
        ([Severity.INFO], (NOT_ASKED,), Verdict.PASS),
        ([Severity.WARN], (NOT_ASKED,), Verdict.WARN),
        ([Severity.WARN], (ASKED,), Verdict.UNKNOWN),
        ([], (ASKED,), Verdict.UNKNOWN),
        ([Severity.FAIL, Severity.WARN], (ASKED,), Verdict.FAIL),
    ],
)
def test_the_verdict_is_that_of_the_contract(
    severities: list[Severity], untold: tuple[Untold, ...], verdict: Verdict
) -> None:
    assert report_of(*map(judged, severities), untold=untold).verdict is verdict


def test_where_nothing_was_found_and_nothing_proven_nothing_is_known() -> None:
    assert report_of(passed=()).verdict is Verdict.UNKNOWN
    assert report_of(judged(Severity.WARN), passed=()).verdict is Verdict.WARN


def test_of_what_could_not_be_told_the_servers_own_words_tell_most() -> None:
    follows = Untold("message-delivered", "not-submitted", asked=True)
    protected = Untold("login-accepted", "tls-not-verified", asked=True)
    said = Untold("mailbox-accepted", "refused-for-another-reason", asked=True, params={"reply": "450 later"})
    idle = Untold("relay-closed", "no-verdict", params={"reply": "nobody asked"})
    for untold, first in (
        ((follows, protected, idle), "login-accepted"),
        ((follows, protected, said), "mailbox-accepted"),
        ((follows, ASKED), "message-delivered"),
    ):
        telling = most_telling(report_of(untold=untold))
        assert telling is not None
        assert telling.what == first
    assert most_telling(report_of(untold=(idle,))) is None


def test_something_asked_that_was_skipped_leaves_the_verdict_open() -> None:
    record = record_of(attempt_of(skipped=(Skipped("login-accepted", "tls-not-verified", asked=True),)))
    report = report_of(record=record)
    assert report.verdict is Verdict.UNKNOWN
    assert report.not_tested[0].reason == "tls-not-verified"
    assert report.not_tested[0].why.startswith("the certificate did not verify")


def test_what_was_skipped_and_cannot_be_told_is_said_once() -> None:
    skipped = Skipped("login-accepted", "not-in-profile", "smtp://mx.test")
    record = record_of(attempt_of(skipped=(skipped,)))
    report = report_of(
        record=record, untold=(Untold("login-accepted", "not-in-profile", "smtp://mx.test", asked=True),)
    )
    (item,) = report.not_tested
    assert item.asked


def test_an_endpoint_tells_its_tls_and_its_steps() -> None:
    (endpoint,) = report_of(record=record_of(sound("imaps://mail.example.com", logged_in=True))).endpoints
    assert (endpoint.url, endpoint.address, endpoint.port) == ("imaps://mail.example.com", "192.0.2.25", 993)
    assert endpoint.tls is not None
    assert (endpoint.tls.version, endpoint.tls.subject, endpoint.tls.verified) == (
        "TLSv1.3",
        "CN=mail.example.com",
        True,
    )
    assert [step.step for step in endpoint.steps] == [Step.CONNECT, Step.TLS, Step.AUTH, Step.QUIT]
    assert endpoint.vantage == "198.51.100.7:40000"


def test_a_certificate_for_another_name_is_not_verified() -> None:
    record = record_of(sound("imaps://mail.example.com"))
    item = Judged(
        "certificate-name-mismatch",
        Severity.INFO,
        "imaps://mail.example.com",
        "192.0.2.25",
        ("imaps://mail.example.com",),
        {},
        "",
        (),
        PROOF,
    )
    from mailproof.report.endpoints import endpoint_reports

    (endpoint,) = endpoint_reports(record, [item])
    assert endpoint.tls is not None
    assert not endpoint.tls.verified


def test_a_guessed_endpoint_is_there_only_if_it_answered() -> None:
    silent = attempt_of(
        Connection("192.0.2.25", 0.1, trouble=Trouble.REFUSED),
        endpoint=endpoint_at("pop3://mail.example.com", promised=False),
        steps=(StepTaken(Step.CONNECT, Status.FAILED, 0.1, Trouble.REFUSED),),
    )
    answering = attempt_of(
        Connection("192.0.2.25", 0.1), endpoint=endpoint_at("imap://mail.example.com", promised=False)
    )
    promised = attempt_of(
        Connection("192.0.2.25", 0.1, trouble=Trouble.REFUSED), endpoint=endpoint_at("smtp://mail.example.com")
    )
    report = report_of(record=record_of(silent, answering, promised))
    assert [item.url for item in report.endpoints] == ["imap://mail.example.com", "smtp://mail.example.com"]
    assert len(report.transcripts) == 3, "evidence counts them all"


def test_jobs_at_one_endpoint_make_one_entry_and_repeat_no_step() -> None:
    login = attempt_of(
        job="login",
        steps=(StepTaken(Step.CONNECT, Status.OK, 0.01), StepTaken(Step.AUTH, Status.FAILED, 0.5, Trouble.REJECTED)),
    )
    version = attempt_of(job="version", steps=(StepTaken(Step.TLS, Status.FAILED, 0.5, Trouble.TLS_FAILED),))
    (endpoint,) = report_of(record=record_of(attempt_of(), version, login)).endpoints
    assert [step.step for step in endpoint.steps] == [Step.CONNECT, Step.QUIT, Step.AUTH]


def test_capabilities_are_those_last_offered_as_lines() -> None:
    reply = Reply(ReplyClass.POSITIVE, "250", "mx")
    offered = (Capability("SIZE", ("1000",)), Capability("AUTH", ("PLAIN",)), Capability("AUTH", ("LOGIN",), True))
    attempt = attempt_of(
        Capabilities(Stage.CLEAR, "EHLO", reply, (Capability("STARTTLS"),)),
        Capabilities(Stage.TLS, "EHLO", reply, offered),
    )
    (endpoint,) = report_of(record=record_of(attempt)).endpoints
    assert endpoint.capabilities == ("SIZE 1000", "AUTH PLAIN", "AUTH=LOGIN")


def test_the_start_is_in_utc() -> None:
    assert report_of().started == "2026-11-21T10:00:00Z"
