"""What the sessions by hand and the scripts start from."""

from __future__ import annotations

import pytest
from talking import Made

from mailproof.script.authority import Authority


@pytest.fixture
def made(authority: Authority, ca_file: str) -> Made:
    return authority, ca_file
