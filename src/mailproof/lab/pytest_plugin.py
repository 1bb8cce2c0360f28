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
        "markers", "mailproof(*faults): faults of the mail server that `mailproof_lab` is in this test"
    )


@pytest.fixture(scope="session")
def mailproof_authority() -> Authority:
    """The certificate authority of this run; making its keys takes longer than starting a server."""
    from mailproof.script.authority import Authority

    return Authority("Test")


@pytest.fixture
def mailproof_lab(request: pytest.FixtureRequest, mailproof_authority: Authority) -> Iterator[LabServer]:
    """A mail server of this test's own on free loopback ports: its URLs, accounts and received messages.

    `@pytest.mark.mailproof("greylisted", "starttls-not-offered@submission")` breaks it as `mailproof lab --fault`
    does.
    """
    from mailproof.lab.embedded.server import LabSettings
    from mailproof.lab.embedded.threaded import serving

    faults = tuple(str(fault) for mark in request.node.iter_markers("mailproof") for fault in mark.args)
    with serving(LabSettings(faults=faults), mailproof_authority) as server:
        yield server
