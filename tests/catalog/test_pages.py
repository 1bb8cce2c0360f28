"""Pages are read exactly: a page out of form is our mistake and is told where."""

from __future__ import annotations

import pytest

from mailproof.catalog.page import HEADINGS, PageError, parse
from mailproof.catalog.pages import NoSuchPage, load, names
from mailproof.model.ese import LogFlaw, LogLink, PageFlaw


def page_text(header: str = "name: a-fault\nmessage: {host} is: broken\ntitle: Broken", **sections: str) -> str:
    filled = {"behind": "{behind}", "references": "{references}", **sections}
    body = "\n\n".join(f"## {heading}\n{filled.get(key, 'Text.')}" for key, heading in HEADINGS["en"])
    return f"---\n{header}\n---\n{body}\n"


def test_a_page_has_its_header_and_its_sections() -> None:
    page = parse(page_text(meaning="It is broken.\n\nTruly."), "en")
    assert (page.name, page.title, page.message) == ("a-fault", "Broken", "{host} is: broken")
    assert page.sections["meaning"] == "It is broken.\n\nTruly."
    assert page.parameters == {"host"}


def test_dialogues_are_found_in_their_section() -> None:
    page = parse(page_text(triggers="So:\n```dialogue\n@ smtp://mx.test\nS: 220 hi\n```\nand no more."), "en")
    assert page.dialogues("triggers") == ("@ smtp://mx.test\nS: 220 hi\n",)
    assert page.dialogues("sound") == ()


def test_a_heading_inside_a_fence_is_text() -> None:
    page = parse(page_text(see="```\n## not a heading\n```"), "en")
    assert "## not a heading" in page.sections["see"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name: a\n", "between two lines of ---"),
        (page_text("name: a-fault\ntitle: x"), "it wants name, message, title"),
        (page_text("name: a-fault\ntitle: x\nmessage: m {a}\nb=c: d"), "the message has no {b}"),
        (page_text("name: a-fault\ntitle: x\nmessage: m {a}\na=: d"), "it wants name, message, title"),
        (page_text("name: a-fault\nmessage:\ntitle: x"), "not a line of the header"),
        (page_text("name: a-fault\nname: b\nmessage: m\ntitle: x"), "not a line of the header"),
        (page_text(behind="A misconfigured server."), "{behind} and nothing else"),
        (page_text(references="RFC 5321"), "holds a line {references}"),
        (page_text(meaning=""), "is empty"),
        (page_text(meaning="```\nno end"), "not closed"),
        (page_text().replace("## Why it matters", "## Why"), "section 2 must be 'Why it matters'"),
        (page_text() + "\n## One more\nText.\n", "a section too many"),
        (page_text().replace("---\n## What", "---\nStray.\n## What"), "before the first heading"),
    ],
)
def test_a_page_out_of_form_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(PageError, match=complaint.replace("{", r"\{").replace("}", r"\}")):
        parse(text, "en", "en/a-fault.md")


@pytest.mark.parametrize("name", ["no-such-finding", "../en/starttls-not-offered", "", "STARTTLS", "a/b"])
def test_there_is_no_page_for_what_is_no_finding(name: str) -> None:
    with pytest.raises(NoSuchPage):
        load(name)


def test_every_page_is_found_under_its_name() -> None:
    assert "starttls-not-offered" in names("ja")
    assert load("starttls-not-offered", "ja").name == "starttls-not-offered"


def test_a_value_of_a_parameter_has_words() -> None:
    page = parse(page_text("name: a\ntitle: x\nmessage: {file} {how}, {n}\nhow=one-bit: one bit: wrong"), "en")
    said = page.called({"file": "one-bit", "how": "one-bit", "n": 3, "files": ("how",)})
    assert said == {"file": "one-bit", "how": "one bit: wrong", "n": 3, "files": ("how",)}
    assert page.called({"how": "other"}) == {"how": "other"}


@pytest.mark.parametrize("name", names("en"))
def test_both_languages_have_words_for_the_same_values(name: str) -> None:
    assert load(name, "en").values.keys() == load(name, "ja").values.keys()


VALUES = {
    "ese-header-damaged": {"copy": {"primary", "shadow", "both", "zeros", "cut-off", "empty", "none"}},
    "ese-log-damaged": {
        "how": {str(flaw) for flaw in LogFlaw if flaw not in (LogFlaw.NONE, LogFlaw.UNVERIFIED)}
        | {str(LogLink.OTHER_TIME), str(LogLink.OTHER_CONTENT)},
        "need": {"required", "committed", "no", "unknown"},
    },
    "ese-log-missing": {"need": {"required", "committed", "no", "unknown"}},
    "ese-log-foreign": {"need": {"required", "no", "unknown"}},
    "ese-page-damaged": {"how": {*map(str, PageFlaw), "cut-off"}},
    "ese-checkpoint-damaged": {"how": {"damaged", "foreign"}},
}


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", VALUES)
def test_no_sentence_shows_a_word_of_the_code(name: str, lang: str) -> None:
    expected = {(param, value) for param, values in VALUES[name].items() for value in values}
    assert load(name, lang).values.keys() == expected


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("smarthost-login-missing", ("grep -v '^#' /etc/exim4/passwd.client",)),
        ("saslauthd-missing", ("testsaslauthd", "-p PASSWORD")),
    ],
)
def test_what_one_looks_at_shows_no_password(language: str, name: str, told: tuple[str, ...]) -> None:
    """Neither on the screen, nor in the list of processes and the history of the shell."""
    see = load(name, language).sections["see"]
    assert not [each for each in told if each in see]
