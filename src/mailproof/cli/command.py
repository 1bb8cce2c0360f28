"""A command of click that speaks both languages, its help laid out by cell width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from mailproof.cli.terminal import COLORS, Terminal

if TYPE_CHECKING:
    from mailproof.catalog.words import Words

# Cells for the names of the options; what is longer gets a line of its own.
_LEFT = 26
# Narrower than this, an option and its help do not fit side by side.
_TWO_COLUMNS = 60


class Option(click.Option):
    """An option whose help is the string `options.NAME` of the catalogue, read only when it is shown.

    `MAILPROOF_FAIL_ON` in the environment is `--fail-on`, unless the command line has it.
    """

    def __init__(self, *declarations: str, section: str = "output", words: str = "", **attributes: Any) -> None:
        long = next((text[2:] for text in declarations if text.startswith("--")), "")
        if long and not attributes.get("hidden"):
            attributes["envvar"] = f"MAILPROOF_{long.upper().replace('-', '_')}"
        super().__init__(declarations, **attributes)
        self.section = section
        self.words = words or (self.name or "").replace("_", "-")

    def help_in(self, say: Words) -> str:
        """What it does, and what holds where it is not given, if its words do not say so themselves."""
        text = say(f"options.{self.words}")
        usual = str(self.default) if isinstance(self.default, (str, int)) and not self.is_flag else ""
        # A page is read as text, and `auto` asks for nothing.
        if not usual or usual in ("text", "auto", "default") or usual in text:
            return text
        return say("cli.with-default", text=text, default=usual)


def one_of(choices: Sequence[str], terminal: Terminal) -> dict[str, Any]:
    """For an option that takes one of a few words: its `metavar` and `callback`."""
    words = tuple(map(str, choices))

    def convert(value: str) -> str:
        if value not in words:
            raise ValueError(terminal.say("cli.one-of", choices=words, value=value))
        return value

    return {"metavar": "|".join(words), "callback": converted(convert)}


def converted(convert: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """A callback of click that converts the value; the text of a ValueError is the complaint."""

    def callback(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
        try:
            return None if value is None else convert(value)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None

    return callback


def not_empty(terminal: Terminal) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """A callback of click for a name: in a script, an empty one is a variable that was not set."""

    def convert(text: str) -> str:
        if not text.strip():
            raise ValueError(terminal.say("cli.empty"))
        return text

    return converted(convert)


# For what has no bound of its own: no digit more than one can mean.
MANY = 10**9


def whole_number(least: int, most: int, terminal: Terminal) -> Any:
    """A callback of click, in place of its types, whose complaints are in English alone."""

    def convert(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 12 or not least <= int(text) <= most:
            raise ValueError(terminal.say("cli.no-whole-number", value=text, least=str(least), most=str(most)))
        return int(text)

    return converted(convert)


def number(least: str, most: str, terminal: Terminal) -> Any:
    """The same for a number that may have a fraction, between bounds as they are shown."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not float(least) <= value <= float(most):
            raise ValueError(terminal.say("cli.no-number", value=text, least=least, most=most))
        return value

    return converted(convert)


class Command(click.Command):
    """A command with `--help`, `--lang` and `--color`. Its words are `commands.NAME-about` and `-example`."""

    def __init__(
        self, name: str, terminal: Terminal, callback: Callable[..., int], params: Sequence[click.Parameter]
    ) -> None:
        everywhere = (
            # Both were read before all parsing; here they only have to be valid.
            Option("--lang", expose_value=False, **one_of(("en", "ja"), terminal)),
            Option("--color", expose_value=False, **one_of(COLORS, terminal)),
        )
        super().__init__(
            name,
            callback=callback,
            params=[*params, *everywhere],
            context_settings={"help_option_names": ["-h", "--help"]},
        )
        self.terminal = terminal

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = self._show_help
        return option

    def _show_help(self, ctx: click.Context, param: click.Parameter, value: bool) -> None:
        """As click does, but written where every result is, for it may be that it cannot be written."""
        if value and not ctx.resilient_parsing:
            self.terminal.write(f"{ctx.get_help()}\n")
            ctx.exit()

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from mailproof.report.layout import wrap
        from mailproof.report.style import Style, paint

        terminal, say, width = self.terminal, self.terminal.say, self.terminal.width
        arguments = "".join(f" {p.metavar}" for p in self.params if isinstance(p, click.Argument))
        usage = f"{ctx.command_path} [{say('cli.options-word')}]{arguments}"
        lines = [*wrap(usage, width, f"{say('cli.usage')} ", "  "), ""]
        for paragraph in say(f"commands.{self.name}-about").split("\n"):
            lines += [*wrap(paragraph, width), ""]
        lines.append(paint(say("cli.examples"), Style.HEADING, terminal.color))
        lines += [f"  {line}" for line in say(f"commands.{self.name}-example").splitlines()]
        options = [param for param in self.params if isinstance(param, Option) and not param.hidden]
        # What every command has, and how to see this page, comes last.
        sections = dict.fromkeys(option.section for option in options)
        for section in sorted(sections, key=lambda name: name == "output"):
            lines += ["", paint(say(f"cli.section-{section}"), Style.HEADING, terminal.color)]
            for option in options:
                if option.section == section:
                    lines += self._row(option, width)
        lines += self._line("-h, --help", say("options.help"), width)
        formatter.write("\n".join(lines) + "\n")

    def _row(self, option: Option, width: int) -> list[str]:
        value = "" if option.is_flag else f" {option.metavar}"
        return self._line(f"{', '.join(option.opts)}{value}", option.help_in(self.terminal.say), width)

    def _line(self, names: str, text: str, width: int) -> list[str]:
        from mailproof.report.layout import pad, wrap

        if width < _TWO_COLUMNS:
            return [*wrap(names, width, "  ", "    "), *wrap(text, width, "      ")]
        left = f"  {names}"
        if len(left) < _LEFT:
            return wrap(text, width, pad(left, _LEFT), " " * _LEFT)
        return [*wrap(names, width, "  ", "    "), *wrap(text, width, " " * _LEFT)]
