"""A round trip that was not found in time: where it was looked for, and where to ask on."""

from __future__ import annotations

import msgspec
import pytest

from dialogues import judged, play
from mailproof.catalog.pages import load
from mailproof.catalog.profiles import load_profile
from mailproof.model.roundtrip import RoundtripReport
from mailproof.report.build import build
from mailproof.report.roundtrip import render_roundtrip
from mailproof.script.authority import Authority


@pytest.mark.parametrize(("lang", "others"), [("en", "(all other folders)"), ("ja", "(ほかのすべてのフォルダー)")])
def test_other_folders_are_named_and_the_log_is_pointed_at(
    authority: Authority, ca_file: str, lang: str, others: str
) -> None:
    record = play(load("certificate-expired").dialogues("sound")[0], authority, ca_file)
    report = build(record, judged(record), load_profile("default"))
    fields = dict.fromkeys(RoundtripReport.__struct_fields__, ())
    told = RoundtripReport(**fields | {  # type: ignore[arg-type]
        "ok": False, "exit_code": 41, "report": report, "cause": None, "why": "", "reason": "", "params": {},
        "found": "", "reply": "250 2.0.0 Ok: queued as 76465246368", "queue_ids": ("76465246368",),
        "looked": ("imaps://mx.test INBOX", "imaps://mx.test *"),
    })  # fmt: skip
    shown = render_roundtrip(msgspec.structs.replace(told, seconds=0.0), lang, False, 100)
    assert f"imaps://mx.test {others}" in shown and "imaps://mx.test INBOX" in shown
    assert "\n    mailproof log trace --queue-id 76465246368\n" in shown
