"""A remedy, applied to the configuration that it is for, makes the finding go away, and touches nothing else."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet

from configurations import files_of, linted, record_of_files
from mailproof.catalog.pages import load, names
from mailproof.model.finding import Severity
from mailproof.model.remedy import hunks
from mailproof.model.report import Judged
from mailproof.script.authority import Authority
from remedied import mended


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def faults(found: tuple[Judged, ...]) -> set[tuple[str, str]]:
    return {(item.name, str(sorted(item.params.items()))) for item in found}


def broken() -> list[ParameterSet]:
    return [
        pytest.param(text, id=f"{name}-{number}")
        for name in names()
        for number, text in enumerate(load(name).configurations("triggers"), 1)
    ]


def assert_mends(example: str, authority: Authority) -> list[str]:
    """Each remedy of this configuration does what it is for; the names of what has one."""
    files = files_of(example, authority)
    before = linted(record_of_files(dict(files))).findings
    told = []
    for item in before:
        if item.remedy is None:
            continue
        told.append(item.name)
        after = linted(record_of_files(mended(files, item.remedy))).findings
        left, there = faults(after), faults(before)
        assert not faults((item,)) & left, f"{item.name} is still there after {hunks(item.remedy)}"
        new = {each.name for each in after if faults((each,)) - there and each.severity is Severity.FAIL}
        assert not new - {each.name for each in before}, f"{item.name}: {hunks(item.remedy)} brings {new}"
    return told


@pytest.mark.parametrize("text", broken())
def test_the_remedy_of_an_example_mends_it(text: str, authority: Authority) -> None:
    assert_mends(text, authority)
