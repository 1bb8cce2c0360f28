"""The two examples of every page, played against the real probes: they show what the page says, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from _pytest.mark import ParameterSet

from dialogues import judged, play
from mailproof.catalog.pages import load, names
from mailproof.model.observation import AnyObservation
from mailproof.model.record import Record
from mailproof.model.report import Judged
from mailproof.script.authority import Authority, CertificateKind, Issued
from mailproof.script.format import parse

SHOWN = {
    "tls": "TLS began",
    "eof": "the server closed the connection",
    "silence": "nothing came",
    "timeout": "no answer",
    "refused": "refused",
    "unreachable": "unreachable",
    "NXDOMAIN": "no-such-name",
}
"""Events of a script, and what the client sees of them."""


def examples(section: str) -> list[ParameterSet]:
    """Every dialogue of a section of every page; a page may have several."""
    return [
        pytest.param(name, script, id=f"{name}-{section}-{number}")
        for name in names()
        for number, script in enumerate(load(name).dialogues(section), 1)
    ]


class OneAuthority(Authority):
    """Issues the same certificate twice, so that what was seen of it can be compared."""

    def __init__(self) -> None:
        super().__init__()
        self._issued: dict[tuple[CertificateKind, str], Issued] = {}

    def issue(self, kind: CertificateKind, name: str, now: datetime, also: Sequence[str] = ()) -> Issued:
        if (kind, name) not in self._issued:
            self._issued[kind, name] = super().issue(kind, name, now, also)
        return self._issued[kind, name]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return OneAuthority()


@pytest.fixture(scope="module")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(authority.write_root(tmp_path_factory.mktemp("authority")))


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


def assert_as_marked(found: tuple[Judged, ...], script: str) -> None:
    """The findings are those that the script marks, and each shows the lines that it is marked at."""
    marks = parse(script).marks
    assert {finding.name for finding in found} == set(marks)
    for name, lines in marks.items():
        evidence = "\n".join(piece.text for finding in found if finding.name == name for piece in finding.evidence)
        for line in lines:
            assert shown(line) in evidence, f"{name} does not show {line!r}"


def shown(marked: str) -> str:
    """How a report shows a marked line: as it was said, or what became of an event."""
    _, alert, which = marked.partition("alert=")
    if alert:
        return f"the peer sent the alert {which}"
    return SHOWN.get(marked.split()[0], marked)


def facts(record: Record) -> list[AnyObservation]:
    return [fact for attempt in record.attempts for fact in attempt.observations]
