"""Every case of postfix-grok-patterns gives the same fields; the corpus lies beside the project, and is not of it."""

from __future__ import annotations

import pytest
from grokfields import Case, cases, ours, same

from mailproof.parse.log.statistics import measured

ALL = cases()


@pytest.mark.skipif(not ALL, reason="postfix-grok-patterns is not beside the project")
def test_all_of_them_are_read() -> None:
    assert len(ALL) > 150
    assert all(case.results for case in ALL)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ALL])
def test_a_case_gives_the_same_fields(case: Case) -> None:
    assert same(case, ours(case)) == {}


def test_the_comparison_sees_what_differs() -> None:
    case = Case("x", "^%{POSTFIX_QMGR}$", "0F5383D: from=<a@b>, size=1, nrcpt=1", {"keyvalue_data": "from=<c@d>"})
    assert same(case, ours(case)) == {"from": ("<c@d>", "a@b")}
    assert measured("statistics: nothing of ours") is None
