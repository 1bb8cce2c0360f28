"""What `make fuzz` found, played again: inputs that reach what no other does, and those that once failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzztargets import TARGETS

CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("name", TARGETS)
def test_every_kept_input_is_read(name: str) -> None:
    kept = sorted((CORPUS / name).iterdir())
    assert kept
    for path in kept:
        TARGETS[name](path.read_bytes())


def test_nothing_is_kept_for_a_target_that_is_gone() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
