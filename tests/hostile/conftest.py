"""Puts this folder on the path, and makes one authority for all its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailproof.script.authority import Authority


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "root.pem"
    path.write_bytes(authority.root_pem)
    return str(path)
