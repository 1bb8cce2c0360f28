"""What is compiled: it is there where it can be, and is the same as what it stands for."""

from __future__ import annotations

import gc
import os
import shutil
import sysconfig
import weakref
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tallies import KNOWN, TODAY, WARM

from mailproof.parse.log.tally import sums
from mailproof.parse.log.tally.count import IS_COMPILED, LogCounter
from mailproof.parse.log.tally.tally import Tally

# As setuptools chooses it.
COMPILER = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "").split()[:1]
CAN_COMPILE = (Path(sysconfig.get_path("include")) / "Python.h").exists() and any(map(shutil.which, COMPILER))
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

    def take(start: int) -> int:
        return lines.take(start, b"Nov 20 10", None, lambda head: pytest.fail("nobody is named"), lambda line: None)

    lines = CompiledLines(Tables())
    lines.begin(b"x")
    assert take(1) == 1
    with pytest.raises(ValueError, match="outside the block"):
        take(start)


@pytest.mark.skipif(not IS_COMPILED, reason="not compiled")
def test_clocks_do_not_outlive_their_block() -> None:
    from mailproof.parse.log.tally.compiled.lines import CompiledLines
    from mailproof.parse.log.tally.tables import Tables

    lines = CompiledLines(Tables())
    lines.begin(b"Nov 20 10:01:02 mx cron[1]: x")
    taken = lines.take(0, b"Nov 20 10", None, lambda head: ("", "", None, "", lambda queue_id, text: None), len)
    assert (taken, lines.lines, lines.other, lines.span()) == (29, 1, 1, (":01:02", ":01:02"))
    lines.begin(b"")
    assert lines.span() == ("", "")


def test_a_counter_is_freed_without_the_collector() -> None:
    """Which the reader of many files stops; each has some megabytes."""
    tally = Tally()
    counter = LogCounter(tally, TODAY)
    counter.count(KNOWN + WARM + b"Nov 20 10:00:00 mx cron[1]: x\n")
    gone = weakref.ref(counter)
    assert tally.tables.lines
    gc.disable()
    try:
        del counter
        assert gone() is None
    finally:
        gc.enable()
