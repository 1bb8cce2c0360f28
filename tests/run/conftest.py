"""One authority for all tests of this folder: making its keys is what costs."""

from __future__ import annotations

import pytest

from mailproof.script.authority import Authority


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority("Run")


@pytest.fixture(scope="session")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(authority.write_root(tmp_path_factory.mktemp("ca")))
