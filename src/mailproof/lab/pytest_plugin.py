"""A plugin of pytest: `mailproof_lab` is a mail server for programs that send or read mail, `mailproof_milter`
starts a milter and asks it as a mail server would.

Nothing of it is imported before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mailproof.lab.embedded.threaded import LabServer
    from mailproof.lab.milter import MilterUnderTest
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


@pytest.fixture
def mailproof_milter() -> Iterator[Callable[..., MilterUnderTest]]:
    """Starts a milter and waits until it negotiates; it is ended with the test.

    `mailproof_milter(["my-milter", "--socket", "{socket}"])`: `{socket}` is where it is to listen
    (`inet:40001@127.0.0.1`), `{port}` the number alone, `{path}` a Unix socket. A text in place of the command is the
    place of a milter that runs already. What it returns has `send(message, …)`, `play(script)` and `negotiate()`.
    """
    from mailproof.lab.milter import MilterUnderTest, running
    from mailproof.script.milter.place import parse_place

    with ExitStack() as stack:

        def start(command: Sequence[str] | str, environment: Mapping[str, str] | None = None) -> MilterUnderTest:
            if isinstance(command, str):
                return MilterUnderTest(parse_place(command))
            return stack.enter_context(running(command, environment))

        yield start
