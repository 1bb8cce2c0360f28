"""A banner that was pasted into main.cf as it was: what a real Postfix makes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labcheck import check, reported
from mailproof.lab.real.server import RealLab

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("banner", "finding"),
    [
        ("mx.example.test ESMTP \x07", "control-bytes-in-reply"),
        ("mx.example.test ESMTP \udc83\udc81\udc81[\udc83\udc8b", "reply-not-utf8"),
        ("mx.example.test ESMTP " + "x" * 3000, "reply-too-long"),
    ],
)
def test_what_is_odd_in_a_banner_is_named(real_lab_with: Callable[..., RealLab], banner: str, finding: str) -> None:
    lab = real_lab_with(main={"smtpd_banner": banner}, wait_for=("smtp",))
    report = reported(check(lab, urls=[lab.urls["smtp"]], user=""))
    assert finding in {item.name for item in report.findings}


def test_a_sound_postfix_and_dovecot_keep_to_the_protocol(real_lab: RealLab) -> None:
    report = reported(check(real_lab))
    assert len({item.endpoint for item in report.passed if item.name == "protocol-kept"}) == 7
