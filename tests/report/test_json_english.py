"""What programs read is English in every language (CONTRACT.md)."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from datetime import date

import pytest

from mailproof import report
from mailproof.report.explained import explained_text_as_json
from mailproof.report.log import explained_as_json
from mailproof.run.explaining.texts import explain_text
from mailproof.run.log.explain import LogExplainer
from mailproof.run.log.files import lines_of

LINE = (
    b"Jan 18 20:28:39 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from a.example[192.0.2.9]: 554 5.7.1 <x@y.example>: "
)


def test_nothing_that_makes_json_asks_for_a_language() -> None:
    modules = [
        importlib.import_module(f"{report.__name__}.{each.name}") for each in pkgutil.iter_modules(report.__path__)
    ]
    made = {
        name: inspect.signature(function).parameters
        for module in modules
        for name, function in vars(module).items()
        if name.endswith("_as_json") and inspect.isfunction(function)
    }
    assert len(made) > 10
    assert [name for name, given in made.items() if {"lang", "say"} & set(given)] == []


def test_its_sentences_are_english() -> None:
    explainer = LogExplainer()
    explainer.take(lines_of([LINE + b"Relay access denied\n"], date(2026, 1, 18)))
    for told in (explained_as_json(explainer.result()), explained_text_as_json(explain_text(b"535 5.7.8 no"), None)):
        assert told.isascii() and '"mend": "' in told


@pytest.mark.parametrize(
    ("pasted", "name"),
    [
        (b"554", "unknown"),
        (b"5.1.1\n", "recipient-unknown"),
        (b"5.7.8", "auth-rejected"),
        (b"5.7.13", "user-disabled"),
        (b"4.7.1", "unknown"),
        (b"5.10.2", ""),
        (b"read:errno=0\n", "closed-unexpectedly"),
        (b"QUIT\nread:errno=0\n", ""),
        (b"421 mx.example Lost connection to [192.0.2.9]", "closed-unexpectedly"),
        (bytes(range(256)) * 4, ""),
        (b"2.1.5", ""),
        (b"550 no", ""),
    ],
)
def test_what_is_pasted_without_its_words(pasted: bytes, name: str) -> None:
    told = explain_text(pasted)
    assert [cause.name for cause in told.causes] == ([name] if name else [])
    assert not any("\ufffd" in each for each in told.unread)
