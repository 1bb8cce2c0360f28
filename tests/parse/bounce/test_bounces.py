"""Bounces of many programs are each explained rightly.

They were made by the servers themselves, or written down from what has been published (bounces.toml says which).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from mailproof.model.explained import Pasted
from mailproof.parse.bounce.reader import FORMATS
from mailproof.run.explaining.texts import explain_text

HERE = Path(__file__).parent
BOUNCES = tomllib.loads((HERE / "bounces.toml").read_text("utf-8"))["bounce"]


@pytest.mark.parametrize("row", BOUNCES, ids=lambda row: Path(row["file"]).stem)
def test_a_bounce_is_explained(row: dict[str, Any]) -> None:
    told = explain_text((HERE / row["file"]).read_bytes())
    cause = next(each for each in told.causes if each.recipient == row["recipient"])
    assert told.pasted is Pasted.BOUNCE
    assert (cause.name, cause.side, cause.action) == (row["name"], row["side"], row.get("action", "failed"))
    assert told.format == row["format"]
    if "server" in row:
        assert cause.server == row["server"]
    assert cause.provider == row.get("provider", cause.provider)
    assert told.reporter == row.get("reporter", told.reporter)
    assert told.unread == tuple(row.get("unread", ()))


def test_a_bounce_leads_back_to_the_message_it_is_about() -> None:
    """All but those whose program does not return it."""
    for row in BOUNCES:
        if not row.get("without_original"):
            told = explain_text((HERE / row["file"]).read_bytes())
            assert told.subject or told.message_id, row["file"]


def test_there_are_fifty_of_every_format() -> None:
    assert len(BOUNCES) >= 50
    assert len({(HERE / row["file"]).read_bytes() for row in BOUNCES}) == len(BOUNCES)
    assert {each.name for each in FORMATS} <= {row["format"] for row in BOUNCES}
    assert {row["file"] for row in BOUNCES} == {f"{path.parent.name}/{path.name}" for path in HERE.glob("*/*.eml")}


def test_a_message_that_only_speaks_of_a_bounce_is_a_message() -> None:
    told = explain_text(
        b"Received: from a.example by b.example with ESMTP id 1; Sun, 29 Nov 2026 10:00:00 +0900\n"
        b"From: Carol <carol@example.org>\nTo: bob@example.com\nSubject: Help\n\n"
        b"My letter couldn't be delivered to the following day's meeting.\n"
    )
    assert told.pasted is Pasted.MESSAGE


def test_a_report_of_success_is_no_failure() -> None:
    told = explain_text(
        b"Reporting-MTA: dns; mail.example.org\n\nFinal-Recipient: rfc822; bob@example.com\nAction: delivered\n"
        b"Status: 2.0.0\nDiagnostic-Code: smtp; 250 2.0.0 Ok\n\nFinal-Recipient: rfc822; carol@example.com\n"
        b"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n"
    )
    assert [(each.name, each.action, each.side) for each in told.causes] == [
        ("delivered", "delivered", "nobody"), ("recipient-unknown", "failed", "sender"),
    ]  # fmt: skip
