"""Findings are weighed, grouped, and told apart as causes and consequences."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.checks import Check
from mailproof.diagnose.judge import EVIDENCE_IN_ALL, Judgement, judge
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import (
    Answer,
    Explains,
    Finding,
    FindingKind,
    Layer,
    Param,
    Passed,
    Scope,
    Severity,
    Untold,
)
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from records import record_of, sound, without_starttls

SUBMISSION, SMTP = "submission://mx.test", "smtp://mx.test"
POP3S, IMAPS = "pop3s://mx.test", "imaps://mx.test"


def proof(text: str = "S: 250 mx.test") -> tuple[Evidence, ...]:
    return (Evidence(EvidenceKind.TURN, "transcript 1, turn 1", text),)


def found(name: str, at: str | None = SUBMISSION, address: str = "192.0.2.25", **params: Param) -> Finding:
    return Finding(name, proof(f"S: {name}"), at, address, params)


def judged(kinds: Iterable[FindingKind], *answers: Answer, **severities: str) -> Judgement:
    """The judgement of one check that gives these answers; every finding is a fail unless told otherwise."""
    declared = tuple(kinds)
    weights = {kind.name: Severity(severities.get(kind.name.replace("-", "_"), "fail")) for kind in declared}
    check = Check("all-well", (), declared, lambda record, policy: answers, "here")
    return judge(record_of(), Policy("test", dict(weights)), [check])


def names(judgement: Judgement) -> list[str]:
    return [cause.name for cause in judgement.causes]


ROOT = FindingKind("root-fault", Layer.TLS, explains=(Explains("leaf-fault"),))
LEAF = FindingKind("leaf-fault", Layer.LOGIN)
FIRST = FindingKind("early-fault", Layer.REACH)


def test_a_consequence_is_no_cause() -> None:
    judgement = judged([ROOT, LEAF], found("leaf-fault"), found("root-fault"))
    assert names(judgement) == ["root-fault"]
    assert {item.name: item.explained_by for item in judgement.findings} == {
        "root-fault": (),
        "leaf-fault": ("root-fault",),
    }


def test_the_same_fault_at_four_ports_is_named_once() -> None:
    places = (SUBMISSION, SMTP, POP3S, IMAPS)
    judgement = judged([LEAF], *(found("leaf-fault", at) for at in places))
    (cause,) = judgement.causes
    assert cause.endpoints == places
    assert (cause.endpoint, cause.address) == (SUBMISSION, "192.0.2.25")


def test_two_addresses_of_one_name_are_one_endpoint_to_read() -> None:
    (cause,) = judged([LEAF], found("leaf-fault"), found("leaf-fault", address="2001:db8::25")).causes
    assert cause.endpoints == (SUBMISSION,)


def test_other_parameters_are_another_fault() -> None:
    assert len(judged([LEAF], found("leaf-fault", host="a"), found("leaf-fault", host="b")).causes) == 2


def test_what_is_measured_does_not_make_another_fault() -> None:
    answers = (found("leaf-fault", seconds=1.5), found("leaf-fault", SMTP, seconds=4.0))
    (cause,) = judged([LEAF], *answers).causes
    assert cause.params == {"seconds": 4.0}


def test_what_a_kind_gathers_is_listed() -> None:
    kind = FindingKind("leaf-fault", Layer.LOGIN, ("mechanism",), gathered=("mechanism",))
    answers = (found("leaf-fault", mechanism="PLAIN"), found("leaf-fault", IMAPS, mechanism="LOGIN"))
    (cause,) = judged([kind], *answers).causes
    assert cause.params == {"mechanism": ("PLAIN", "LOGIN")}
    assert cause.endpoints == (SUBMISSION, IMAPS)


def test_a_fault_that_follows_here_and_stands_alone_there_is_both() -> None:
    judgement = judged([ROOT, LEAF], found("root-fault"), found("leaf-fault"), found("leaf-fault", IMAPS))
    assert names(judgement) == ["root-fault", "leaf-fault"]
    assert judgement.causes[1].endpoints == (IMAPS,)


@pytest.mark.parametrize(
    ("scope", "at", "explained"),
    [
        (Scope.ENDPOINT, SUBMISSION, True),
        (Scope.ENDPOINT, SMTP, False),
        (Scope.SERVICE, SMTP, True),
        (Scope.SERVICE, IMAPS, False),
        (Scope.SERVER, IMAPS, True),
        (Scope.SERVER, None, True),
    ],
)
def test_a_cause_reaches_as_far_as_its_arrow_says(scope: Scope, at: str | None, explained: bool) -> None:
    root = FindingKind("root-fault", Layer.TLS, explains=(Explains("leaf-fault", scope),))
    judgement = judged([root, LEAF], found("root-fault"), found("leaf-fault", at))
    assert (names(judgement) == ["root-fault"]) is explained


@pytest.mark.parametrize(
    ("address", "reason", "explained"),
    [("192.0.2.25", "timeout", True), ("192.0.2.26", "timeout", False), ("192.0.2.25", "internal_error", False)],
)
def test_one_silent_machine_is_one_cause(address: str, reason: str, explained: bool) -> None:
    silent = FindingKind(
        "root-fault",
        Layer.REACH,
        explains=(Explains("leaf-fault", Scope.ADDRESS, only=(("reason", "timeout"),)),),
    )
    judgement = judged([silent, LEAF], found("root-fault", SMTP), found("leaf-fault", IMAPS, address, reason=reason))
    assert (names(judgement) == ["root-fault"]) is explained


def test_what_is_only_worth_knowing_explains_nothing_and_is_no_cause() -> None:
    judgement = judged([ROOT, LEAF], found("root-fault"), found("leaf-fault"), root_fault="info")
    assert names(judgement) == ["leaf-fault"]


def test_two_that_could_explain_each_other_do_not_both_vanish() -> None:
    egg = FindingKind("egg-fault", Layer.LOGIN, explains=(Explains("hen-fault"),))
    hen = FindingKind("hen-fault", Layer.TLS, explains=(Explains("egg-fault"),))
    assert names(judged([egg, hen], found("egg-fault"), found("hen-fault"))) == ["hen-fault"]


def test_neither_does_a_longer_circle() -> None:
    ring = [
        FindingKind(f"{name}-fault", layer, explains=(Explains(f"{following}-fault"),))
        for name, following, layer in (
            ("a", "b", Layer.DELIVERY),
            ("b", "c", Layer.LOGIN),
            ("c", "a", Layer.RELAY),
        )
    ]
    judgement = judged(ring, *(found(kind.name) for kind in ring))
    assert len(judgement.causes) == 1


def test_causes_come_worst_first_then_in_the_order_of_the_path() -> None:
    lesser = FindingKind("lesser-fault", Layer.REACH)
    kinds = [LEAF, FIRST, ROOT, lesser]
    judgement = judged(
        kinds,
        found("lesser-fault"),
        found("leaf-fault", IMAPS),
        found("root-fault"),
        found("early-fault", SMTP),
        lesser_fault="warn",
    )
    assert names(judgement) == ["early-fault", "root-fault", "leaf-fault", "lesser-fault"]


def test_of_one_layer_the_one_that_touches_more_comes_first() -> None:
    other = FindingKind("a-fault", Layer.LOGIN)
    judgement = judged([LEAF, other], found("a-fault"), found("leaf-fault", SMTP), found("leaf-fault", IMAPS))
    assert names(judgement) == ["leaf-fault", "a-fault"]


def test_a_severity_is_the_worst_among_the_endpoints() -> None:
    judgement = judge(record_of(without_starttls(), without_starttls("smtp://mail.example.com")), load_profile())
    (item,) = (item for item in judgement.findings if item.name == "starttls-not-offered")
    assert item.severity is Severity.FAIL
    assert item.endpoints == ("submission://mail.example.com", "smtp://mail.example.com")


def test_evidence_is_bounded_however_many_endpoints_there_are() -> None:
    many = (Finding("leaf-fault", proof(f"S: {n}") * 2, f"imaps://mx{n}.test", "192.0.2.1", {}) for n in range(100))
    (cause,) = judged([LEAF], *many).causes
    assert len(cause.endpoints) == 100
    assert len(cause.evidence) == EVIDENCE_IN_ALL


def test_passed_stays_apart_by_endpoint_and_untold_comes_once() -> None:
    untold = Untold("all-well", "not-reached", SMTP)
    judgement = judged(
        [LEAF], Passed("all-well", proof(), SUBMISSION), Passed("all-well", proof(), SMTP), untold, untold
    )
    assert [item.endpoint for item in judgement.passed] == [SUBMISSION, SMTP]
    assert judgement.untold == (untold,)


def test_a_finding_that_its_check_does_not_declare_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        judge(
            record_of(),
            Policy("test", {"leaf-fault": Severity.FAIL}),
            [Check("all-well", (), (), _leaf, "here")],
        )


def _leaf(record: Record, policy: Policy) -> Iterable[Answer]:
    return [found("leaf-fault")]


def test_the_same_record_gives_the_same_judgement() -> None:
    record = record_of(without_starttls(), sound("imaps://mail.example.com"))
    assert judge(record, load_profile()) == judge(record, load_profile())


CERTIFICATE = FindingKind("leaf-fault", Layer.TLS, ("id", "seen"), gathered=("id",))


def test_a_certificate_that_is_shown_and_lies_in_a_file_is_one_cause_with_both() -> None:
    in_file = (Evidence(EvidenceKind.CONFIG, "main.cf:7", "smtpd_tls_cert_file = /etc/ssl/mail.pem"),)
    of_file = Finding("leaf-fault", in_file, params={"id": "ab", "seen": "file"})
    (cause,) = judged([CERTIFICATE], found("leaf-fault", id="ab"), found("leaf-fault", SMTP, id="ab"), of_file).causes
    assert cause.endpoints == (SUBMISSION, SMTP)
    assert cause.evidence[-1] == in_file[0]
    other = Finding("leaf-fault", in_file, params={"id": "cd", "seen": "file"})
    assert len(judged([CERTIFICATE], found("leaf-fault", id="ab"), other).causes) == 2
