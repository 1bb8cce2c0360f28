"""An option of another action is refused, not swallowed; the table of actions and the commands agree."""

from __future__ import annotations

from importlib import import_module

import click
import pytest
from running import mailproof, sentence_of

from mailproof.cli.actions import ACTIONS, EVERYWHERE, option_of
from mailproof.cli.command import Option
from mailproof.cli.terminal import Terminal

SWALLOWED = [
    (("postfix", "route", "a@b.test", "c@d.test", "--message", "m"), "--message", "postfix rewrite --message"),
    (("postfix", "route", "a@b.test", "c@d.test", "--to", "x@y.test"), "--to", "postfix prove"),
    (("postfix", "rewrite", "a@b.test", "--from", "x@y.test"), "--from", "postfix rewrite --message"),
    (("postfix", "rewrite", "--message", "-", "--place", "header-sender"), "--place", "postfix rewrite"),
    (("postfix", "rewrite", "--why-not", "a@b.test", "--place", "header-sender"), "--place", "postfix rewrite"),
    (("postfix", "prove", "a@b.test", "--fail-on", "warn"), "--fail-on", "postfix lint"),
    (("postfix", "lint", "--sasl-user", "joe"), "--sasl-user", "postfix route, postfix rewrite, postfix prove"),
    (("greylist", "lint", "-", "--client", "192.0.2.1"), "--client", "greylist eval"),
    (("greylist", "doctor", "--rcpt", "a@b.test"), "--rcpt", "greylist eval, greylist probe"),
    (("greylist", "eval", "-", "--build"), "--build", "greylist rebuild"),
    (("milter", "inet:127.0.0.1:1", "--rcpt", "a@b.test"), "--rcpt", "milter send"),
    (("milter", "script", "inet:127.0.0.1:1", "-", "--output", "x"), "--output", "milter send"),
    (("log", "explain", "--since", "today", "-"), "--since", "log trace, log summary"),
    (("log", "follow", "--top", "3", "-"), "--top", "log summary"),
    (("ese", "plan", "--no-pages", "-"), "--no-pages", "ese check"),
    (("token", "plain", "--decode", "-u", "joe"), "--decode", "token base64"),
    (("token", "base64", "--show-secret"), "--show-secret", "token read"),
]


@pytest.mark.parametrize(("arguments", "option", "others"), SWALLOWED)
def test_an_option_of_another_action_is_refused(arguments: tuple[str, ...], option: str, others: str) -> None:
    japanese = others.replace(", ", "、")
    for lang, said in (("en", f"{option} belongs to {others}"), ("ja", f"{option} は {japanese} のオプション")):
        done = mailproof("--lang", lang, *arguments)
        assert done.returncode == 2
        assert said in sentence_of(done)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("postfix", "prove", "a@b.test", "--format", "sarif"),
            "postfix prove has no --format sarif; it has text, json",
        ),
        (("log", "trace", "--format", "html", "-"), "log trace has no --format html; it has text, json"),
        (("token", "base64", "--format", "json"), "token base64 has no --format json; it has text"),
    ],
)
def test_a_format_of_another_action_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = mailproof(*arguments)
    assert done.returncode == 2
    assert said in sentence_of(done)


def test_what_the_environment_says_is_for_the_actions_that_take_it() -> None:
    done = mailproof("token", "base64", given="x", env={"MAILPROOF_SHOW_SECRET": "true", "MAILPROOF_NONCE": "n"})
    assert (done.returncode, done.stdout) == (0, "eA==\n")


@pytest.mark.parametrize("name", ACTIONS)
def test_every_option_belongs_to_an_action(name: str) -> None:
    command: click.Command = import_module(f"mailproof.cli.{name}").command(Terminal("en"))
    there = {option_of(each) for each in command.params if isinstance(each, Option) and not each.hidden}
    assert there - EVERYWHERE == frozenset.union(*(each.options for each in ACTIONS[name].values()))
    shapes = next(each for each in command.params if each.name == "shape").metavar
    assert set(str(shapes).split("|")) == {each for action in ACTIONS[name].values() for each in action.shapes}
