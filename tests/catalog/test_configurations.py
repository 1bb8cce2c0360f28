"""The examples of files on the pages, linted: they show what the page says, and nothing else."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet

from configurations import assert_as_marked, linted, marks_of, record_of
from mailproof.catalog.pages import load, names
from mailproof.script.authority import Authority


def examples(section: str) -> list[ParameterSet]:
    return [
        pytest.param(name, text, id=f"{name}-{section}-{number}")
        for name in names()
        for number, text in enumerate(load(name).configurations(section), 1)
    ]


@pytest.mark.parametrize(("name", "text"), examples("triggers"))
def test_the_first_example_gives_the_finding_of_its_page(name: str, text: str, authority: Authority) -> None:
    assert name in marks_of(text)
    assert_as_marked(linted(record_of(text, authority)).findings, text)


@pytest.mark.parametrize(("name", "text"), examples("sound"))
def test_the_second_example_does_not(name: str, text: str, authority: Authority) -> None:
    found = linted(record_of(text, authority)).findings
    assert name not in {finding.name for finding in found}
    assert_as_marked(found, text)
