"""What judges and tells is imported while the servers take their time: that is half of what a command costs."""

from __future__ import annotations

from collections.abc import Coroutine
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from mailproof.cli.terminal import Terminal

if TYPE_CHECKING:
    from mailproof.net.interface import Driver

Value = TypeVar("Value")

# In the order in which they import each other, in pieces of a few milliseconds.
_AFTERWARDS = (
    "mailproof.parse.login_refusal",
    "mailproof.diagnose.judge",
    "mailproof.report.build",
    "mailproof.report.layout",
)


async def while_getting_ready(
    net: Driver,
    talking: Coroutine[Any, Any, Value],
    terminal: Terminal,
    report: str = "mailproof.report.text",
    subjects: tuple[str, ...] = (),
) -> Value:
    """What comes of `talking`; meanwhile the checks of these subjects, or of all that a
    conversation can show, the words and the report's module
    are imported."""

    async def get_ready() -> None:
        from mailproof.catalog.profiles import load_profile
        from mailproof.checks import WIRE, all_checks

        for module in (*_AFTERWARDS, report):
            await net.sleep(0)  # whoever hears from a server goes first
            import_module(module)
        for prepare in (
            lambda: all_checks(*(subjects or WIRE)),
            lambda: terminal.say,
            lambda: load_profile("default"),
        ):
            await net.sleep(0)
            prepare()

    net.spawn(get_ready())
    return await talking
