"""The brands, and which of them can run here."""

from __future__ import annotations

from typing import Any

import pytest
from courierserver import COURIER
from cyrusserver import CYRUS
from eximserver import EXIM
from opensmtpdserver import OPENSMTPD
from sendmailserver import SENDMAIL
from unpacked import Brand

HEALTHY = (EXIM, OPENSMTPD, SENDMAIL, CYRUS, COURIER)


def brands(*wanted: Brand) -> list[Any]:
    """For `parametrize`: those that cannot run here are skipped, and say why."""
    why = "needs root and the packages that tools/fetch-server-brands.sh unpacks"
    return [
        pytest.param(brand, id=brand.name, marks=() if brand.runs() else pytest.mark.skip(why)) for brand in wanted
    ]
