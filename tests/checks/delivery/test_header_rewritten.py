from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record

from mailproof.checks.delivery import header_rewritten
from mailproof.model.envelope import Submitted
from mailproof.model.retrieval import Retrieved


@pytest.mark.parametrize(
    ("path", "author", "expected"),
    [
        ("<office@mx.test>", "Alice <alice@mx.test>", ["header-not-rewritten"]),
        ("<office@mx.test>", "<office@mx.test>", ["+header-rewritten-too"]),
        ("<alice@mx.test>", "alice@mx.test", []),
        ("<ALICE@mx.test>", "<alice@mx.test>", []),
        ("<prvs=1234abcd=alice@mx.test>", "<alice@mx.test>", []),
        ("<SRS0=x1=ab=mx.test=alice@relay.test>", "<alice@mx.test>", []),
        ("<>", "<alice@mx.test>", []),
    ],
)
def test_envelope_and_header_are_compared(path: str, author: str, expected: list[str]) -> None:
    sent = Submitted("alice@mx.test", "bob@mx.test", "t")
    lines = (f"Return-Path: {path}", f"From: {author}")
    found = Retrieved("t", True, 1, 0.1, headers=lines, turns=(1,))
    seen = record(attempt(sent), attempt(found, scheme="pop3s", job="fetch"))
    assert answers(header_rewritten.check, seen) == expected
