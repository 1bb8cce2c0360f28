"""A plugin of pytest for programs that send or read mail: the fixture `mailproof_lab` is a mail server.

Nothing of it is imported before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mailproof.lab.embedded.threaded import LabServer
    from mailproof.script.authority import Authority


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "mailproof(*faults, seed=0): faults of the mail server that `mailproof_lab` is in this test, and what begins "
        "its chance",
    )


@pytest.fixture(scope="session")
def mailproof_authority() -> Authority:
    """The certificate authority of this run; making its keys takes longer than starting a server."""
    from mailproof.script.authority import Authority

    return Authority("Test")


@pytest.fixture
def mailproof_lab(request: pytest.FixtureRequest, mailproof_authority: Authority) -> Iterator[LabServer]:
    """A mail server of this test's own on free loopback ports: its URLs, accounts and received messages.

    `@pytest.mark.mailproof("greylisted", "rcpt@submission:451:chance=20%")` breaks it as `mailproof lab --fault`
    does.
    What is left to chance is the same in every run; `seed=7` in the mark makes it another.
    """
    from mailproof.lab.embedded.server import LabSettings
    from mailproof.lab.embedded.threaded import serving

    marks = list(request.node.iter_markers("mailproof"))
    faults = tuple(str(fault) for mark in marks for fault in mark.args)
    seed = next((int(mark.kwargs["seed"]) for mark in marks if "seed" in mark.kwargs), 0)
    with serving(LabSettings(faults=faults, seed=seed), mailproof_authority) as server:
        yield server
