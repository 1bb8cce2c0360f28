"""Every cause that a pasted text can have is told in both languages, and has a side."""

from __future__ import annotations

import pytest

from mailproof.catalog.log_messages import log_messages
from mailproof.catalog.pages import names
from mailproof.catalog.words import LANGUAGES, words
from mailproof.model.bounce import Action
from mailproof.model.explained import Explained, Explanation, Pasted, Side
from mailproof.parse.bounce.reader import FORMATS
from mailproof.parse.hindrance import Hindrance
from mailproof.parse.login_refusal import LoginRefusal
from mailproof.parse.providers import PROVIDERS
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.sides import AT_OUR_DOOR, FROM_THEM, IN_BETWEEN, OF_THE_RECIPIENT, side_in_log, side_of
from mailproof.report.explained import is_known, render_explained_text
from mailproof.run.explaining.texts import explain_text
from mailproof.run.log.logins import GUESSING

MEANINGS = sorted({str(kind) for kinds in (RefusalKind, Hindrance) for kind in kinds} - {str(RefusalKind.OTHER)})
LOGINS = sorted({str(kind) for kind in LoginRefusal} - {str(LoginRefusal.OTHER)})


@pytest.mark.parametrize("name", MEANINGS)
def test_every_meaning_has_a_cause_a_remedy_and_a_side(name: str) -> None:
    for lang in LANGUAGES:
        assert words(lang)(f"explained.{name}") and words(lang)(f"explained.{name}-mend")
    assert side_of(name) is not Side.UNKNOWN


@pytest.mark.parametrize("name", LOGINS)
def test_every_refused_login_is_told(name: str) -> None:
    assert f"explained.{name}" in words("en") or name in names()
    assert side_of(name) is not Side.UNKNOWN


def test_every_format_side_and_provider_has_its_words() -> None:
    for lang in LANGUAGES:
        say = words(lang)
        assert all(say(f"explained.format-{each}") for each in (*(one.name for one in FORMATS), "report", "unknown"))
        assert all(say(f"explained.side-{side}") and say(f"explained.side-in-log-{side}") for side in Side)
        assert all(say(f"providers.{each.key}") for each in PROVIDERS)


def test_the_sides_of_a_log_are_of_rows_that_there_are() -> None:
    rows = {row.name: row for row in log_messages()}
    assert {*rows, GUESSING} >= AT_OUR_DOOR | IN_BETWEEN | FROM_THEM | OF_THE_RECIPIENT
    assert side_in_log("lookup-table-not-built", 1, "") is Side.YOURS
    assert side_in_log("recipient-unknown", 3, "NOQUEUE: reject: RCPT from a[192.0.2.1]: 550 5.1.1") is Side.SENDER
    assert side_in_log("mailbox-full", 2, "host a[192.0.2.1] said: 552 5.2.2 full") is Side.RECIPIENT
    assert side_in_log("stopped-by-signal", 5, "") is Side.NOBODY


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("action", [*Action, None])
def test_a_cause_is_told_whatever_became_of_the_message(lang: str, action: Action | None) -> None:
    good = action in (Action.DELIVERED, Action.RELAYED, Action.EXPANDED)
    name = "delivered" if good else "greylisted"
    cause = Explained(name, Side.NOBODY, action, "bob@example.com", code="450", text="450 4.2.0 Greylisted")
    told = Explanation(Pasted.BOUNCE if action else Pasted.REPLY, format="exim", causes=(cause,))
    for width in (40, 100):
        shown = render_explained_text(told, None, lang, color=False, width=width)
        assert "".join(words(lang)(f"explained.{name}").lower().split()) in "".join(shown.lower().split())
        gave_up = words(lang)("explained.gave-up")[:10] in shown
        assert gave_up == (action is Action.FAILED)


def test_a_bounce_without_a_recipient_is_called_so_and_not_known() -> None:
    told = Explanation(Pasted.BOUNCE, format="qmail", unread=("text/plain",))
    assert not is_known(told)
    assert "no recipient can be read" in render_explained_text(told, None, "en", color=False, width=100)


@pytest.mark.parametrize(
    ("pasted", "said"), [("4.7.1", "try again later"), ("5.7.1", "it is final"), ("550", "it is final")]
)
def test_a_code_or_status_alone_says_at_least_whether_it_is_final(pasted: str, said: str) -> None:
    shown = render_explained_text(explain_text(pasted.encode()), None, "en", False, 200)
    assert said in shown and "begins with " + pasted[0] in shown
