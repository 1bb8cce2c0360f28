"""What is compiled: it is there where it can be, and is the same as what it stands for."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.parse.log.tally import sums
from mailproof.parse.log.tally.count import IS_COMPILED

CAN_COMPILE = (Path(sysconfig.get_path("include")) / "Python.h").exists() and bool(shutil.which("cc"))
TABLES = st.dictionaries(st.text("ab@.", max_size=6), st.integers(0, 1 << 70))


def test_it_is_built_where_there_is_a_compiler() -> None:
    assert IS_COMPILED or not CAN_COMPILE, "make setup"


@pytest.mark.skipif(not IS_COMPILED, reason="not compiled")
@given(TABLES, TABLES)
def test_numbers_are_added(one: dict[str, int], other: dict[str, int]) -> None:
    from mailproof.parse.log.tally.compiled import sums as compiled

    mine = one.copy()
    compiled.add_numbers(mine, other)
    assert compiled.by_domain(mine) == sums.by_domain(mine)
    sums.add_numbers(one, other)
    assert mine == one


@pytest.mark.skipif(not IS_COMPILED, reason="not compiled")
@pytest.mark.parametrize("start", [-1, 2])
def test_a_place_outside_the_block(start: int) -> None:
    from mailproof.parse.log.tally.compiled.lines import CompiledLines
    from mailproof.parse.log.tally.tables import Tables

    lines = CompiledLines(Tables(), lambda head: pytest.fail("nobody is named"), lambda line: None)
    lines.begin(b"x")
    assert lines.take(1, b"Nov 20 10", None) == 1
    with pytest.raises(ValueError, match="outside the block"):
        lines.take(start, b"Nov 20 10", None)
