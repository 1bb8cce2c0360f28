"""The two examples of every page, played against the real probes: they show what the page says, and nothing else."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet

from dialogues import assert_as_marked, facts, judged, play
from mailproof.catalog.pages import load, names
from mailproof.script.authority import Authority
from mailproof.script.format import parse


def examples(section: str) -> list[ParameterSet]:
    """Every dialogue of a section of every page; a page may have several."""
    return [
        pytest.param(name, script, id=f"{name}-{section}-{number}")
        for name in names()
        for number, script in enumerate(load(name).dialogues(section), 1)
    ]


@pytest.mark.parametrize(("name", "script"), examples("triggers"))
def test_the_first_example_gives_the_finding_of_its_page(
    name: str, script: str, authority: Authority, ca_file: str
) -> None:
    found = judged(play(script, authority, ca_file)).findings
    assert name in parse(script).marks
    assert_as_marked(found, script)


@pytest.mark.parametrize(("name", "script"), examples("sound"))
def test_the_second_example_does_not(name: str, script: str, authority: Authority, ca_file: str) -> None:
    found = judged(play(script, authority, ca_file)).findings
    assert name not in {finding.name for finding in found}
    assert_as_marked(found, script)


@pytest.mark.parametrize(("name", "script"), [*examples("triggers"), *examples("sound")])
def test_an_example_in_single_bytes_gives_the_same_observations(
    name: str, script: str, authority: Authority, ca_file: str
) -> None:
    whole, in_bytes = (facts(play(script, authority, ca_file, chunk=size)) for size in (1 << 16, 1))
    assert in_bytes == whole
