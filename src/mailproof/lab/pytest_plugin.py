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
        "mailproof(*faults, seed=0, accounts=(), catch_all=False): what the mail server `mailproof_lab` is in this "
        "test: its faults, what begins their chance, other logins than alice, bob and carol, mail for everybody",
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
    What is left to chance is the same in every run; `seed=7` in the mark makes it another. `accounts=["dave"]` are
    other logins, with passwords made up; with `catch_all=True` mail for every address is taken, and what is nobody's
    is received by `catch-all@example.test`.
    """
    from mailproof.lab.embedded.accounts import ACCOUNTS, made_accounts
    from mailproof.lab.embedded.settings import LabSettings
    from mailproof.lab.embedded.threaded import serving

    marks = list(request.node.iter_markers("mailproof"))
    wished = {key: value for mark in reversed(marks) for key, value in mark.kwargs.items()}  # the closest mark wins
    if wrong := wished.keys() - {"seed", "accounts", "catch_all"}:
        raise TypeError(f"the mark mailproof takes seed, accounts and catch_all, not {', '.join(sorted(wrong))}")
    settings = LabSettings(
        faults=tuple(str(fault) for mark in marks for fault in mark.args),
        seed=int(wished.get("seed", 0)),
        accounts=made_accounts(wished["accounts"]) if "accounts" in wished else ACCOUNTS,
        catch_all=bool(wished.get("catch_all", False)),
    )
    with serving(settings, mailproof_authority) as server:
        yield server
