"""One line with performance data, and the exit code of a plugin."""

from __future__ import annotations

import re

import msgspec
import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import Judgement, judge
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Untold
from mailproof.model.report import PassedItem, Report, Verdict
from mailproof.report import nagios
from mailproof.report.build import build
from records import record_of, sound, without_starttls


def line(report: Report, soon: int = 14) -> tuple[str, int]:
    return nagios.line(report, soon)


def sound_report(untold: tuple[Untold, ...] = ()) -> Report:
    record = record_of(sound("smtp://mail.example.com"), sound("imaps://mail.example.com"))
    shown = (Evidence(EvidenceKind.TURN, "transcript 1, turn 1", "S: 220 mail.example.com"),)
    passed = (PassedItem("port-open", "smtp://mail.example.com", shown),)
    return build(record, Judgement((), (), passed, untold), load_profile())


def test_a_sound_server_is_ok() -> None:
    text, code = line(sound_report())
    assert code == 0
    assert text == (
        "MAIL OK - 2 endpoints, 1 check passed | time=0.840s;;;0 "
        "'smtp://mail.example.com'=0.031s;;;0 'imaps://mail.example.com'=0.031s;;;0 "
        "'days smtp://mail.example.com'=60;14:;0: 'days imaps://mail.example.com'=60;14:;0:"
    )


def test_a_cause_is_critical_and_named_with_its_place() -> None:
    record = record_of(without_starttls())
    text, code = line(build(record, judge(record, load_profile()), load_profile()))
    assert code == 2
    assert text.startswith("MAIL CRITICAL - starttls-not-offered: The server does not offer STARTTLS")
    assert " at submission://mail.example.com" in text


def test_what_could_not_be_told_is_unknown() -> None:
    text, code = line(sound_report((Untold("login-accepted", "not-reached", asked=True),)))
    assert code == 3
    assert text.startswith("MAIL UNKNOWN - could not tell: login-accepted: the conversation ended before")


@pytest.mark.parametrize(
    ("warning", "critical", "word", "code"),
    [
        (None, None, "OK", 0),
        (0.84, None, "OK", 0),
        (0.5, None, "WARNING", 1),
        (0.5, 0.8, "CRITICAL", 2),
        (None, 0.8, "CRITICAL", 2),
        (5.0, 1.0, "OK", 0),
        (1.0, 0.5, "CRITICAL", 2),
    ],
)
def test_it_may_not_take_longer_than_asked(
    warning: float | None, critical: float | None, word: str, code: int
) -> None:
    """As the check_smtp of Monitoring Plugins 2.3.3 answers: more than the limit, and no limit excludes the other."""
    text, given = nagios.line(sound_report(), 14, nagios.Slow(warning, critical))
    assert (text.partition(" - ")[0], given) == (f"MAIL {word}", code)
    assert ("; took 0.840 s" in text) == bool(code)
    shown = ";".join("" if limit is None else f"{limit:.3f}" for limit in (warning, critical))
    assert f"| time=0.840s;{shown};0 " in text


@pytest.mark.parametrize(
    ("verdict", "slow", "code"),
    [
        (Verdict.FAIL, nagios.Slow(0.1), 2),
        (Verdict.UNKNOWN, nagios.Slow(0.1), 3),
        (Verdict.UNKNOWN, nagios.Slow(None, 0.1), 2),
        (Verdict.WARN, nagios.Slow(9.0), 1),
    ],
)
def test_what_is_slow_makes_nothing_better(verdict: Verdict, slow: nagios.Slow, code: int) -> None:
    assert nagios.line(msgspec.structs.replace(sound_report(), verdict=verdict), 14, slow)[1] == code


def test_where_nothing_was_proven_nothing_is_known() -> None:
    text, code = line(build(record_of(), Judgement((), (), (), ()), load_profile()))
    assert (text.partition(" | ")[0], code) == ("MAIL UNKNOWN - nothing was proven", 3)


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.PASS, 0), (Verdict.WARN, 1), (Verdict.FAIL, 2)])
def test_each_verdict_has_its_code(verdict: Verdict, code: int) -> None:
    assert line(msgspec.structs.replace(sound_report(), verdict=verdict))[1] == code


def test_it_is_one_line_with_one_bar_whatever_a_server_says() -> None:
    record = record_of(without_starttls())
    report = build(record, judge(record, load_profile()), load_profile())
    nasty = msgspec.structs.replace(report.causes[0], message="a|b\nc\x1b[2J")
    text, _ = line(msgspec.structs.replace(report, causes=(nasty,)))
    assert text.count("|") == 1
    assert "\n" not in text
    assert "\x1b" not in text


def test_two_addresses_of_a_name_have_two_labels() -> None:
    record = record_of(without_starttls(), without_starttls(address="2001:db8::1"))
    text, _ = line(build(record, Judgement((), (), (), ()), load_profile()))
    assert "'submission://mail.example.com 192.0.2.25'=" in text
    assert "'submission://mail.example.com 2001:db8::1'=" in text


def test_the_days_warn_as_the_profile_does() -> None:
    assert "'days imaps://mail.example.com'=60;30:;0:" in line(sound_report(), soon=30)[0]


@pytest.mark.parametrize(("not_after", "days"), [("2026-11-21T09:00:00Z", "-1"), ("0001-01-01T00:00:00Z", "-739941")])
def test_a_certificate_that_has_ended_has_days_below_zero(not_after: str, days: str) -> None:
    report = sound_report()
    place = report.endpoints[0]
    ended = msgspec.structs.replace(place, tls=msgspec.structs.replace(place.tls, not_after=not_after))
    assert f"'days {place.url}'={days};14:;0:" in line(msgspec.structs.replace(report, endpoints=(ended,)))[0]


def test_there_is_no_more_than_nagios_keeps_and_no_half_of_a_number() -> None:
    report = sound_report()
    many = tuple(
        msgspec.structs.replace(report.endpoints[0], url=f"smtp://mx{n}.example.com/\u65e5\u672c") for n in range(500)
    )
    text, _ = line(msgspec.structs.replace(report, endpoints=many))
    assert len(text.encode()) < 8192
    _, _, data = text.partition(" | ")
    assert re.fullmatch(r"time=0\.840s;;;0( '[^']+'=0\.031s;;;0)+", data)
