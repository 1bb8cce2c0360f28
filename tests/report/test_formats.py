"""The formats for machines, tickets and browsers: right, and unbroken by a hostile server."""

from __future__ import annotations

from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mailproof.catalog.profiles import load_profile
from mailproof.catalog.words import words
from mailproof.diagnose.judge import Judgement, judge
from mailproof.model.attempt import Status, Step, StepTaken
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Severity, Untold
from mailproof.model.report import Judged, PassedItem, Report
from mailproof.report import github, html, junit, markdown
from mailproof.report.build import build
from records import attempt_of, record_of, sound, without_starttls

LANGUAGES = ("en", "ja")
PROOF = (Evidence(EvidenceKind.TURN, "transcript 1, turn 4", "S: 250-mail.example.com\nS: 250 SIZE 1000"),)


def broken() -> Report:
    """No STARTTLS at one port, another port that is down, and a login that could not be tried."""
    down = (StepTaken(Step.CONNECT, Status.FAILED, 30.0),)
    record = record_of(without_starttls(), attempt_of(endpoint="pop3s://mx.test", steps=down))
    judged = judge(record, load_profile())
    untold = (*judged.untold, Untold("login-accepted", "not-reached", "pop3s://mx.test", asked=True))
    passed = (PassedItem("port-open", "submission://mail.example.com", PROOF),)
    return build(record, Judgement(judged.findings, judged.causes, passed, untold), load_profile())


def healthy() -> Report:
    record = record_of(sound("smtp://mail.example.com"), sound("imaps://mail.example.com", logged_in=True))
    passed = tuple(
        PassedItem("port-open", url, PROOF) for url in ("smtp://mail.example.com", "imaps://mail.example.com")
    )
    return build(record, Judgement((), (), passed, ()), load_profile())


def hostile(text: str, fence: bool = True) -> Report:
    """Everything that a server, or whoever named it, can say is `text`."""
    record = record_of(without_starttls())
    report = build(record, judge(record, load_profile()), load_profile())
    proof = (Evidence(EvidenceKind.TURN, "transcript 1, turn 4", f"S: {text}"),)
    params = {"name": text, "command": text}
    judged = Judged("starttls-not-offered", Severity.FAIL, text, text, (text,), params, text, (), proof)
    info = Judged("starttls-not-offered", Severity.INFO, text, text, (), params, text, (), proof)
    transcript = report.transcripts[0]
    said = msgspec.structs.replace(transcript.turns[1], text=text)
    spoken = msgspec.structs.replace(transcript, endpoint=text, address=text, turns=(said,))
    place = msgspec.structs.replace(report.endpoints[0], url=text, address=text)
    return msgspec.structs.replace(
        report,
        causes=(judged,),
        findings=(judged, info),
        transcripts=(spoken,),
        endpoints=(place,),
        targets=(text,),
        passed=(PassedItem("port-open", text, proof),),
    )


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, and the text outside of the style."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"]:
            self.text += data


NASTY = (
    "</pre><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "```\n# heading\n<details>",
    "`````` [link](https://evil.example.com) ![i](https://evil.example.com/x.png)",
    "@octocat fixes #1 www.evil.example.com https://evil.example.com a@b.example.com",
    "a|b|c\n| --- |",
    "::error title=x::owned\r\n::set-output name=a::b",
    "%0A::stop-commands::x",
    "]]> &amp; \x1b[2J\x9b31m\u202e\ufffe\x00\ud800",
    "日本語の応答 ~~x~~ **b** _i_ <!-- -->",
)


def test_junit_has_a_suite_for_each_endpoint_and_counts_right() -> None:
    root = ET.fromstring(junit.render(broken()))
    assert (root.tag, root.get("name"), root.get("errors")) == ("testsuites", "mailproof", "0")
    suites = {suite.get("name"): suite for suite in root}
    failed = suites["submission://mail.example.com"].find("testcase[@name='starttls-not-offered']/failure")
    assert failed is not None
    assert failed.get("type") == "fail"
    assert "does not offer STARTTLS" in failed.get("message", "")
    assert "S: 250 SIZE 1000" in (failed.text or "")
    skipped = suites["pop3s://mx.test"].find("testcase[@name='login-accepted']/skipped")
    assert skipped is not None
    schema(root)
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
        assert float(suite.get("time", "")) >= 0
    assert root.get("tests") == str(sum(int(suite.get("tests", "")) for suite in root))


def schema(root: ET.Element) -> None:
    """What the schema of Jenkins' plugin xUnit (junit-10.xsd) wants of elements, attributes and their order."""
    children = {
        "testsuites": {"testsuite"},
        "testsuite": {"testcase"},
        "testcase": {"skipped", "failure", "system-out"},
        "skipped": set(),
        "failure": set(),
        "system-out": set(),
    }
    needed = {"testsuite": {"name", "tests"}, "testcase": {"name", "classname"}}
    known = {
        "testsuites": {"name", "time", "tests", "failures", "errors"},
        "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
        "testcase": {"name", "time", "classname"},
        "skipped": {"message"},
        "failure": {"type", "message"},
        "system-out": set(),
    }
    for element in root.iter():
        assert {child.tag for child in element} <= children[element.tag]
        assert needed.get(element.tag, set()) <= set(element.keys()) <= known[element.tag]
        if element.tag == "testcase":
            assert len(element) <= 1  # skipped, then failure, then what was printed: at most one of them here
        for name in ("tests", "failures", "errors", "skipped"):
            assert element.get(name, "0").isdecimal()


def test_junit_of_a_sound_server_has_no_failure() -> None:
    root = ET.fromstring(junit.render(healthy()))
    assert (root.get("tests"), root.get("failures"), root.find(".//skipped")) == ("2", "0", None)
    assert root.find("testsuite/testcase[@name='port-open']/system-out") is not None


@pytest.mark.parametrize(("fail_on", "failures"), [(Severity.FAIL, "0"), (Severity.WARN, "1")])
def test_junit_fails_at_what_was_asked_for(fail_on: Severity, failures: str) -> None:
    report = broken()
    warned = msgspec.structs.replace(report.findings[0], severity=Severity.WARN)
    root = ET.fromstring(junit.render(msgspec.structs.replace(report, findings=(warned,)), fail_on))
    assert root.get("failures") == failures


@pytest.mark.parametrize("lang", LANGUAGES)
def test_github_shows_the_answer_and_each_finding(lang: str) -> None:
    lines = github.render(broken(), lang).splitlines()
    assert lines[0].startswith("::error title=mailproof%3A ")
    assert any(line.startswith("::error title=starttls-not-offered::") for line in lines)
    assert "%0AS: 250 SIZE 1000" in "\n".join(lines)
    assert github.render(healthy(), lang).startswith("::notice title=mailproof%3A ")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_markdown_reads_as_it_was_meant(lang: str) -> None:
    text = markdown.render(broken(), lang)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    assert [token.type for token in tokens].count("table_open") == 1
    assert any(token.type == "fence" and "S: 250 SIZE 1000" in token.content for token in tokens)
    assert "`pop3s://mx.test`" in text
    assert "<details>" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_html_folds_the_conversation_under_its_finding(lang: str) -> None:
    source = html.render(broken(), lang)
    page = Page(source)
    assert f'<html lang="{lang}">' in source
    article = source.partition("<article")[2].partition("</article>")[0]
    assert "<details>" in article
    assert "<mark>" in article
    assert "S: 250 SIZE 1000" in page.text
    assert "login" in page.text or "ログイン" in page.text
    assert words(lang)("explain.servers") in article
    assert "TLS_CERTFILE=/etc/courier/pop3d.pem" in article


@pytest.mark.parametrize(("lang", "column"), [("en", "certificate"), ("ja", "証明書")])
def test_html_names_each_fact_where_there_is_no_room_for_a_table(lang: str, column: str) -> None:
    source = html.render(healthy(), lang)
    assert f'<td data-name="{column}">' in source
    assert "attr(data-name)" in source


def test_html_is_one_file_without_script() -> None:
    for lang in LANGUAGES:
        page = Page(html.render(broken(), lang))
        assert not {"script", "link", "img", "iframe", "object", "a"} & set(page.tags)
        assert not {"src", "href", "style"} & page.attributes
        assert "url(" not in html.render(broken(), lang)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.sampled_from(NASTY), st.text(min_size=1, max_size=60)))
def test_no_server_breaks_the_form(text: str) -> None:
    ordinary, said = hostile("mail.example.com"), hostile(text)

    root = ET.fromstring(junit.render(said).encode("utf-8"))
    schema(root)
    assert [e.tag for e in root.iter()] == [e.tag for e in ET.fromstring(junit.render(ordinary)).iter()]

    lines = github.render(said, "en").split("\n")
    assert len(lines) == len(github.render(ordinary, "en").split("\n"))
    assert all(line.startswith(("::error ", "::notice ")) for line in lines[:-1])
    assert "\r" not in "".join(lines)

    page = Page(html.render(said, "ja"))
    assert page.tags == Page(html.render(ordinary, "ja")).tags


def shape(text: str) -> list[str]:
    """The structure of Markdown: blocks, and what is markup inside them; plain text and code spans are not."""
    parser = MarkdownIt("gfm-like", {"linkify": True})
    assert parser.linkify is not None
    # GitHub makes links of schemes, `www.` and addresses, and none of a bare domain (GFM, section 6.9).
    parser.linkify.set({"fuzzy_link": False})
    tokens = parser.parse(text)
    inline = (child for token in tokens for child in token.children or ())
    plain = {"text", "code_inline", "softbreak", "hardbreak"}
    return [token.type for token in tokens] + [token.type for token in inline if token.type not in plain]


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.sampled_from(NASTY), st.text(min_size=1, max_size=60)))
def test_no_server_breaks_out_of_markdown(text: str) -> None:
    assert shape(markdown.render(hostile(text), "en")) == shape(markdown.render(hostile("mail"), "en"))


def test_no_link_begins_with_www_in_markdown() -> None:
    assert "www.example.com" not in markdown.quoted("see www.example.com")


def test_nobody_is_called_by_markdown() -> None:
    text = markdown.quoted("@octocat and #12, but alice@example.com is an address")
    assert "@octocat" not in text
    assert "#12" not in text
