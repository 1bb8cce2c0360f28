"""What `mailproof` says when it is not told what to do. Answers without click."""

from __future__ import annotations

from mailproof.cli.terminal import Terminal

COMMANDS = (
    "check",
    "login",
    "talk",
    "send",
    "fetch",
    "roundtrip",
    "ports",
    "postfix",
    "dovecot",
    "exim",
    "explain",
    "demo",
    "lab",
    "token",
    "log",
    "ese",
    "milter",
    "greylist",
    "completion",
)
"""In the order in which a newcomer needs them; each is a file of this room."""

BY_HAND = ("login", "talk", "send", "fetch", "roundtrip")
"""Those that end with the number of the stage that failed."""

_NAMES = max(map(len, COMMANDS)) + 1


def overview(terminal: Terminal) -> str:
    """The commands with a line each, and the options that go before them."""
    from mailproof.report.layout import wrap
    from mailproof.report.style import Style, paint

    say, width = terminal.say, terminal.width

    def heading(key: str) -> str:
        return paint(say(f"cli.{key}"), Style.HEADING, terminal.color)

    lines = [
        *wrap("mailproof [--lang en|ja] [--color auto|always|never] COMMAND …", width, f"{say('cli.usage')} ", "  "),
        "",
        *wrap(say("cli.about"), width),
        "",
        heading("commands"),
    ]
    for name in COMMANDS:
        lines += wrap(say(f"commands.{name}"), width, f"  {name:{_NAMES}}")
    lines += ["", heading("examples")]
    lines += [f"  {line}" for line in say("cli.first-examples").splitlines()]
    lines += ["", *wrap(say("cli.more-help"), width)]
    return "\n".join(lines) + "\n"
