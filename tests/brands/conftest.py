"""Each brand is started once for a module, when its first test wants it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from brandlist import HEALTHY, brands
from unpacked import serving


@pytest.fixture(scope="module", params=brands(*HEALTHY))
def server(request: pytest.FixtureRequest) -> Iterator[SimpleNamespace]:
    with serving(request.param) as lab:
        yield lab
