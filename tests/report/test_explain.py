"""A page of the catalogue on the terminal: what can be behind a finding comes from the findings themselves."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from mailproof.catalog.page import BEHIND, HEADINGS, REFERENCES
from mailproof.catalog.pages import NoSuchPage, load
from mailproof.model.finding import Explains, FindingKind, Layer
from mailproof.report.explain import behind, page_as_data, render_page

NAME = "starttls-not-offered"
ALONE = {NAME: FindingKind(NAME, Layer.TLS, ("command",), references=("RFC 3207 section 4",))}
# Only the page of the finding itself is sure to exist, so it also plays its own cause.
EXPLAINED = {NAME: FindingKind(NAME, Layer.TLS, explains=(Explains(NAME),))}


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_all_sections_are_there_and_no_placeholder(lang: str) -> None:
    text = render_page(NAME, lang, ALONE)
    for _, heading in HEADINGS[lang]:
        assert heading in text.splitlines()
    assert BEHIND not in text
    assert REFERENCES not in text
    assert "  - RFC 3207 section 4" in text.splitlines()


def test_the_end_of_the_chain_says_so() -> None:
    assert "it is itself the usual end of the chain" in render_page(NAME, "en", ALONE).replace("\n  ", " ")


def test_what_explains_it_is_listed_with_its_title() -> None:
    text = render_page(NAME, "ja", EXPLAINED)
    assert f"  - {load(NAME, 'ja').title}({NAME})" in text.splitlines()


def test_explaining_findings_are_found_by_their_arrows() -> None:
    kinds = {n: FindingKind(n, Layer.TLS, explains=(Explains("leaf"),)) for n in ("b", "a")}
    assert behind("leaf", kinds) == ["a", "b"]


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("width", [40, 80])
def test_paragraphs_are_wrapped_and_commands_are_not(lang: str, width: int) -> None:
    lines = render_page(NAME, lang, ALONE, width=width).splitlines()
    assert all(cell_len(line) <= width for line in lines if not line.startswith("    "))
    assert "    swaks --server mail.example.com --port 587 --quit-after EHLO" in lines


def test_dialogues_stand_without_their_fence() -> None:
    text = render_page(NAME, "en", ALONE)
    assert "```" not in text
    assert "    C: EHLO ~" in text.splitlines()


@pytest.mark.parametrize(("lang", "heading"), [("en", "On other servers"), ("ja", "ほかのサーバーでは")])
def test_other_servers_have_their_lines_after_the_remedy(lang: str, heading: str) -> None:
    lines = render_page(NAME, lang, ALONE).splitlines()
    of = dict(HEADINGS[lang])
    assert lines.index(of["mend"]) < lines.index(heading) < lines.index(of["triggers"])
    assert lines.index("    TLS_CERTFILE=/etc/courier/pop3d.pem") > lines.index(heading)
    assert heading not in render_page("name-not-found", lang, ALONE)


def test_the_data_has_them_by_brand() -> None:
    english, japanese = (page_as_data(NAME, lang, ALONE)["servers"] for lang in ("en", "ja"))
    assert isinstance(english, list) and isinstance(japanese, list)
    assert [entry["brand"] for entry in english] == ["exim", "sendmail", "opensmtpd", "cyrus", "courier", "exchange"]
    assert [entry["lines"] for entry in english] == [entry["lines"] for entry in japanese]


def test_the_data_has_the_same_keys_in_both_languages() -> None:
    english, japanese = (page_as_data(NAME, lang, ALONE) for lang in ("en", "ja"))
    assert english.keys() == japanese.keys()
    assert english["references"] == ["RFC 3207 section 4"]
    assert english["layer"] == "tls"


def test_an_unknown_name_has_no_page() -> None:
    with pytest.raises(NoSuchPage):
        render_page("no-such-finding", "en", ALONE)
