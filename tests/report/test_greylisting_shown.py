"""What tells a greylist from a full disk stands at the end of a reply, and is shown at every width."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from mailproof.model.greylisting import Greylisted, GreylistProbed, GreylistTry, Look
from mailproof.report.greylisting import render_probed

REPLY = "450 4.2.0 <alice@example.test>: Recipient address rejected: Greylisted, see http://postgrey.example/"


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_reply_is_shown_to_its_end(lang: str, width: int) -> None:
    tries = (GreylistTry(Look.FIRST, 0.0, "a.1672f9386a@example.com", False, REPLY),)
    probed = GreylistProbed("smtp://mx.example.test", "alice@example.test", Greylisted.NOT_YET, tries)
    shown = render_probed(probed, lang, False, width)
    assert "http://postgrey.example/" in "".join(shown.split())
    assert max(map(cell_len, shown.splitlines())) <= width
