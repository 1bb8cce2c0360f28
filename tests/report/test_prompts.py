"""The base64 that Postfix logs behind a refused LOGIN is explained where it stands, and nowhere else."""

from __future__ import annotations

from datetime import date

import pytest

from mailproof.report.log import render_explained
from mailproof.run.log.explain import LogExplainer
from mailproof.run.log.files import lines_of

LINE = "Jan 18 20:28:39 mx postfix/smtpd[1]: warning: unknown[192.0.2.9]: SASL LOGIN authentication failed: {}\n"


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(("said", "prompt"), [("UGFzc3dvcmQ6", "Password:"), ("(reason unavailable)", "")])
def test_a_prompt_is_no_secret(said: str, prompt: str, lang: str) -> None:
    explainer = LogExplainer()
    explainer.take(lines_of([LINE.format(said).encode()], date(2026, 1, 18)))
    shown = render_explained(explainer.result(), lang, False, 200)
    assert "password-wrong" in shown
    assert ("base64" in shown) is bool(prompt) and prompt in shown
