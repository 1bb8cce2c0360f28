"""Interface strings are filled, made safe, and never silently missing."""

from __future__ import annotations

import pytest

from mailproof.catalog.words import fill, shown, words


def test_a_string_is_filled_in_its_language() -> None:
    assert words("en")("report.passed-many", n=7) == "Passed: 7 checks"
    assert words("ja")("report.passed-many", n=7) == "正常: 7 項目"


def test_a_missing_string_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        words("en")("report.no-such-string")
    with pytest.raises(KeyError):
        words("en").reason("no-such-reason", {})
    with pytest.raises(KeyError):
        words("fr")


def test_a_missing_parameter_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        words("en")("report.passed-many")


def test_what_a_peer_said_cannot_reach_the_terminal() -> None:
    assert fill("it said {reply}", {"reply": "\x1b]0;owned\x07 ok"}, "en") == r"it said \x1b]0;owned\x07 ok"


def test_a_parameter_is_not_filled_again() -> None:
    assert fill("{a}", {"a": "{b}", "b": "x"}, "en") == "{b}"


def test_lists_have_the_commas_of_the_language() -> None:
    assert shown(("PLAIN", "LOGIN"), "en") == "PLAIN, LOGIN"
    assert shown(("PLAIN", "LOGIN"), "ja") == "PLAIN、LOGIN"
    assert shown(1.26, "en") == "1.3"


def test_a_subject_is_a_check_or_a_step_or_stands_for_itself() -> None:
    say = words("en")
    assert say.subject("starttls-offered") == "STARTTLS is offered"
    assert say.question("starttls-offered") == "whether STARTTLS is offered"
    assert say.subject("rcpt") == say.question("rcpt") == "RCPT TO"
    assert say.subject("of-a-later-version") == "of-a-later-version"


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_sections_one_by_one_are_the_whole_file(lang: str) -> None:
    import tomllib

    from mailproof.catalog import CATALOG

    whole = tomllib.loads((CATALOG / f"{lang}.toml").read_text("utf-8"))
    flat = {f"{section}.{key}": value for section, table in whole.items() for key, value in table.items()}
    say = words(lang)
    assert say.keys() == flat.keys()
    assert all(key in say for key in flat)
    assert say("login.can-be") == flat["login.can-be"]
