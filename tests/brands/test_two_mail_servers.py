"""Exim, as Debian brings it along, has port 25, and Postfix the ports beside it."""

from __future__ import annotations

import pytest
from brandlist import brands
from eximserver import EXIM
from unpacked import Brand, serving

from labcheck import check, reported
from mailproof.lab.real.server import RealLab

pytestmark = pytest.mark.real


@pytest.mark.parametrize("brand", brands(EXIM))
def test_the_program_on_port_25_is_not_that_of_the_others(brand: Brand, real_lab: RealLab) -> None:
    with serving(brand) as exim:
        urls = [exim.urls["smtp"], real_lab.urls["submission"], real_lab.urls["submissions"]]
        report = reported(check(real_lab, urls=urls, user="", mailbox=""))
    # Its certificate is of another authority, too: a consequence.
    [cause] = report.causes
    assert (cause.name, cause.endpoints) == ("port-taken-by-another-program", (exim.urls["smtp"],))
    assert (cause.params["program"], cause.params["seen"]) == ("exim", "beside")
    assert "ESMTP Postfix" in cause.evidence[1].text
