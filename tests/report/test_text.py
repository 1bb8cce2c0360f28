"""The report for people: the answer first, the proof as seen by hand, no line too wide, in both languages."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import Judgement, judge
from mailproof.model.attempt import Skipped, Status, Step, StepTaken, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Severity, Untold
from mailproof.model.report import Judged, PassedItem, Report
from mailproof.model.tls import Protection
from mailproof.report.build import build
from mailproof.report.frame import EVIDENCE_LINES
from mailproof.report.layout import cut, pad, table, wrap
from mailproof.report.text import render
from records import attempt_of, record_of, reply_of, sound, without_starttls

SCHEMES = ("smtp", "submission", "submissions", "pop3", "pop3s", "imap", "imaps")
PROOF = (Evidence(EvidenceKind.TURN, "transcript 1, turn 2", "S: 220 mail.example.com ESMTP"),)


def item(
    name: str,
    severity: Severity,
    *places: str,
    explained_by: tuple[str, ...] = (),
    proof: tuple[Evidence, ...] = PROOF,
) -> Judged:
    first = places[0] if places else None
    params = {"command": "STARTTLS"}
    return Judged(name, severity, first, "192.0.2.25", places, params, "", explained_by, proof)


def healthy() -> Report:
    reasons = {"login-accepted": "not-in-profile", "relay-closed": "not-from-here", "own-domain": "no-mailbox-login"}
    skipped = tuple(Skipped(what, why) for what, why in reasons.items())
    attempts = [sound(f"{scheme}://mail.example.com") for scheme in SCHEMES]
    record = record_of(*attempts, attempt_of(endpoint="imaps://mail.example.com", job="login", skipped=skipped))
    passed = tuple(PassedItem("starttls-offered", f"{scheme}://mail.example.com", PROOF) for scheme in SCHEMES)
    info = tuple(
        item("starttls-not-offered", Severity.INFO, f"{scheme}://mail.example.com") for scheme in SCHEMES[:4]
    )
    return build(record, Judgement(info, (), passed, ()), load_profile())


def broken(*findings: Judged) -> Report:
    down = (StepTaken(Step.CONNECT, Status.FAILED, 30.0),)
    record = record_of(
        without_starttls(), sound("imaps://mail.example.com"), attempt_of(endpoint="pop3s://mx.test", steps=down)
    )
    if not findings:
        return build(record, judge(record, load_profile()), load_profile())
    causes = tuple(finding for finding in findings if not finding.explained_by)
    return build(record, Judgement(findings, causes, (), ()), load_profile())


def test_a_healthy_server_fits_on_one_screen() -> None:
    for lang in ("en", "ja"):
        lines = render(healthy(), lang).splitlines()
        assert len(lines) <= 24
        assert max(map(cell_len, lines)) <= 80


def test_the_first_line_is_the_answer() -> None:
    assert render(healthy(), "en").splitlines()[0] == "PASS: everything that was tested works."
    assert render(healthy(), "ja").splitlines()[0] == "判定: 正常  確認した項目はすべて正常です。"
    first = render(broken(), "en", width=200).splitlines()[0]
    assert first.startswith("FAIL: The server does not offer STARTTLS")


def test_a_cause_is_shown_with_what_a_person_would_have_seen() -> None:
    lines = render(broken(), "en").splitlines()
    at = lines.index("    S: 250-mail.example.com")
    assert lines[at + 1] == "    S: 250 SIZE 1000"
    assert "  at submission://mail.example.com" in lines
    assert "  mailproof explain starttls-not-offered" in lines


def test_an_endpoint_that_is_down_says_where_it_ended() -> None:
    assert any(
        line.startswith("pop3s://mx.test") and "failed at: connection (30.00 s)" in line
        for line in render(broken(), "en").splitlines()
    )


def row_of(*steps: StepTaken, width: int = 132) -> str:
    """The line of the one endpoint, from its address on."""
    record = record_of(msgspec.structs.replace(sound("imaps://mail.example.com"), steps=steps))
    text = render(build(record, Judgement((), (), (), ()), load_profile()), "en", width=width)
    return next(line for line in text.splitlines() if line.startswith("imaps://")).partition("192.0.2.25  ")[2]


CONNECTED = StepTaken(Step.CONNECT, Status.OK, 0.5)


def test_a_row_has_address_version_and_last_day_of_the_certificate() -> None:
    assert row_of(CONNECTED) == "TLSv1.3  verified 2027-01-20  0.50 s"


def test_where_the_addresses_have_no_room_they_stand_above_once() -> None:
    lines = render(healthy(), "en", width=76).splitlines()
    assert lines[2] == "mail.example.com is at 192.0.2.25"
    assert lines[4] == "smtp://mail.example.com         TLSv1.3  verified 2027-01-20  0.03 s"
    narrow = render(healthy(), "en", width=40).splitlines()
    assert narrow[narrow.index("smtp://mail.example.com") + 1] == "  192.0.2.25, TLSv1.3, certificate:"


def test_a_host_with_two_addresses_shows_each_in_its_row() -> None:
    record = record_of(without_starttls(), without_starttls(address="2001:db8::1"))
    text = render(build(record, Judgement((), (), (), ()), load_profile()), "en", width=60)
    assert "submission://mail.example.com  2001:db8::1  none  0.03 s" in text
    assert "is at" not in text


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(Trouble.REJECTED, "refused"), (Trouble.CLOSED, "closed"), (Trouble.TIMEOUT, "no answer")],
)
def test_a_login_without_a_reply_was_not_refused(trouble: Trouble, said: str) -> None:
    row = row_of(CONNECTED, StepTaken(Step.AUTH, Status.FAILED, 0.1, trouble))
    assert row == f"TLSv1.3  verified 2027-01-20  {said}  0.60 s"


def test_a_refusal_ends_no_conversation_and_a_hang_up_does() -> None:
    for step, trouble in ((Step.MAIL, Trouble.REJECTED), (Step.QUIT, Trouble.CLOSED)):
        assert "failed" not in row_of(CONNECTED, StepTaken(step, Status.FAILED, 0.1, trouble))
    assert row_of(CONNECTED, StepTaken(Step.MAIL, Status.FAILED, 0.1, Trouble.CLOSED)) == (
        "failed at: MAIL FROM (0.60 s)"
    )


def test_what_could_not_be_told_is_a_question() -> None:
    open_question = Untold("login-accepted", "earlier-refusal", asked=True)
    report = build(
        record_of(sound("imaps://mail.example.com")), Judgement((), (), (), (open_question,)), load_profile()
    )
    assert render(report, "en", width=200).startswith(
        "UNKNOWN: could not tell whether the login is accepted: the server refused the login once already;"
    )
    assert render(report, "ja", width=200).startswith("判定: 判定不能  ログインできるかを判定できませんでした。")


def test_where_nothing_was_proven_that_is_the_answer() -> None:
    report = build(record_of(), Judgement((), (), (), ()), load_profile())
    assert render(report, "en").startswith("UNKNOWN: nothing wrong was found, but nothing was proven either.")


def test_the_last_line_says_when_from_where_and_by_what_it_was_made() -> None:
    assert render(healthy(), "en").splitlines()[-1] == (
        "2026-11-21 10:00 UTC, from 198.51.100.7, profile default, mailproof 0.1.0"
    )


def test_a_consequence_is_one_line() -> None:
    root = item("starttls-not-offered", Severity.FAIL, "smtp://mx.test")
    leaf = item("auth-not-offered", Severity.FAIL, "smtp://mx.test", explained_by=("starttls-not-offered",))
    report = msgspec.structs.replace(broken(root), findings=(root, leaf))
    assert "  fail  auth-not-offered (explained by starttls-not-offered)" in render(report, "en").splitlines()


def test_long_evidence_is_cut_and_verbose_shows_it_all() -> None:
    long = (Evidence(EvidenceKind.TURN, "transcript 1, turn 4", "\n".join(f"S: 250-LINE{n}" for n in range(50))),)
    report = broken(item("starttls-not-offered", Severity.FAIL, "smtp://mx.test", proof=long))
    brief = render(report, "en")
    assert f"S: 250-LINE{EVIDENCE_LINES - 1}" in brief
    assert f"S: 250-LINE{EVIDENCE_LINES}" not in brief
    assert f"… {50 - EVIDENCE_LINES} more lines (-v shows them)" in brief
    assert "S: 250-LINE49" in render(report, "en", verbose=True)


def test_many_endpoints_are_counted() -> None:
    places = [f"imaps://mx{n}.test" for n in range(9)]
    text = render(broken(item("starttls-not-offered", Severity.FAIL, *places)), "en", width=200)
    assert "at imaps://mx0.test, imaps://mx1.test, imaps://mx2.test, imaps://mx3.test, and 5 more" in text


def test_what_was_not_tested_is_grouped_by_reason() -> None:
    text = render(healthy(), "en", width=300)
    assert "Not tested" in text
    assert "\n  Whether the login is accepted: this profile leaves it out\n" in text


def test_where_it_was_not_tested_is_named() -> None:
    places = [f"{scheme}://mail.example.com" for scheme in SCHEMES]
    what = ("login-accepted", "relay-closed")
    untold = [Untold(name, "tls-not-available", place) for name in what for place in places[:2]]
    untold += [Untold("own-domain", "not-reached", place) for place in places]
    record = record_of(*map(sound, places))
    report = build(record, Judgement((), (), (), tuple(untold)), load_profile())
    text = render(report, "en", width=400)
    both = "Whether the login is accepted, whether strangers can relay"
    assert f"\n  {both} ({places[0]}, {places[1]}): there is no TLS to protect it\n" in text
    assert " (at every endpoint): " in text
    assert "(すべての接続先): " in render(report, "ja", width=400)
    assert " (at every endpoint): " not in render(report, "en", width=400, verbose=True)


@pytest.mark.parametrize(
    ("accepted", "told"),
    [
        (("PLAIN",), "accepted (PLAIN)"),
        (("PLAIN", "LOGIN"), "accepted (PLAIN, LOGIN)"),
        (("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1"), "accepted (PLAIN, LOGIN, and 2 more)"),
        ((), "refused (XOAUTH2)"),
    ],
)
def test_the_login_is_shown_with_its_mechanism(accepted: tuple[str, ...], told: str) -> None:
    survey = sound("imaps://mail.example.com")
    tried = [LoginTried(name, reply_of("OK welcome"), Protection.VERIFIED) for name in accepted]
    refused = LoginTried("XOAUTH2", reply_of("NO refused"), Protection.VERIFIED)
    step = StepTaken(Step.AUTH, Status.OK if accepted else Status.FAILED, 0.1)
    login = attempt_of(refused, *tried, endpoint="imaps://mail.example.com", job="login", steps=(step,))
    report = build(record_of(survey, login), Judgement((), (), (), ()), load_profile())
    assert told in render(report, "en", width=120)
    assert told not in render(report, "en", width=66)  # there a table needs the room


def test_verbose_shows_what_passed_where_and_what_was_said() -> None:
    text = render(healthy(), "en", verbose=True, width=200)
    assert "STARTTLS is offered: smtp://mail.example.com, submission://mail.example.com" in text
    assert "Transcript 1: smtp://mail.example.com 192.0.2.25, survey" in text
    assert "0.020  C: EHLO client.example.net" in text


def test_a_servers_words_are_not_translated_and_cannot_reach_the_terminal() -> None:
    nasty = (Evidence(EvidenceKind.TURN, "transcript 1, turn 2", "S: 220 \x1b[2J\u202e ok"),)
    text = render(broken(item("starttls-not-offered", Severity.FAIL, "smtp://mx.test", proof=nasty)), "ja")
    assert r"S: 220 \x1b[2J\xe2\x80\xae ok" in text
    assert "\x1b" not in text


def test_colours_change_nothing_but_colours() -> None:
    for report in (healthy(), broken()):
        for lang in ("en", "ja"):
            painted = render(report, lang, color=True)
            assert "\x1b[" in painted
            assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render(report, lang)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("width", [20, 40, 60, 80, 132])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_wider_than_the_terminal(lang: str, width: int, verbose: bool) -> None:
    for report in (healthy(), broken()):
        for line in render(report, lang, width=width, verbose=verbose).splitlines():
            assert cell_len(line) <= width, line


@given(st.text(alphabet="ab 1.、。「」日本語ーPOP:-", max_size=80), st.integers(6, 40))
@settings(max_examples=200)
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    lines = wrap(text, width, "> ")
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(line[2:] for line in lines).replace(" ", "") == text.replace(" ", "")


def test_no_japanese_line_begins_with_a_full_stop() -> None:
    assert wrap("設定を確認します。次へ", 16) == ["設定を確認しま", "す。次へ"]


def test_cells_are_counted_not_characters() -> None:
    assert pad("証明書", 8) == "証明書  "
    assert cut("証明書の期限", 8) == "証明書…"
    assert table([("接続先", "x"), ("smtp", "y")]) == ["接続先  x", "smtp    y"]
