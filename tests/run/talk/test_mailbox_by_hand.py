"""The mailboxes that the articles look into by hand, typed into `talk`: USER, PASS, STAT, LIST, RETR, QUIT."""

from __future__ import annotations

from pathlib import Path

import pytest
from talking import World

from mailproof.model.tls import TlsPolicy
from mailproof.script.authority import Authority
from mailproof.script.format import parse

BY_HAND = Path(__file__).resolve().parents[2] / "articles" / "by_hand"
CAPA = "C: CAPA\nS: +OK\nS: USER\nS: .\n"


@pytest.mark.parametrize(
    ("name", "terms"), [("1-pop3s", {}), ("2-pop3-telnet", {"tls": TlsPolicy.NEVER})], ids=["pop3s", "telnet"]
)
def test_a_mailbox_is_read_as_the_article_reads_it(
    name: str, terms: dict[str, object], authority: Authority, ca_file: str
) -> None:
    text = (BY_HAND / f"{name}.dialogue").read_text("utf-8")
    (section,) = parse(text).sections
    # talk asks for the capabilities by itself, after the greeting.
    heading, greeting, rest = text[text.index("@ ") :].partition("ready.\n")
    world = World(heading.replace("\n", " talk\n", 1) + greeting + CAPA + rest, authority, ca_file, **terms)
    typed = [line.removeprefix("C: ") for line in rest.splitlines() if line.startswith("C: ")]
    said = [line for line in rest.splitlines() if line.startswith("S:")]
    shown = world.typed(section.url, *typed)
    world.server.finish()
    heard = [line for line in shown if line.startswith("S:")]
    assert [line.rstrip() for line in heard[-len(said) :]] == [line.rstrip() for line in said]
    assert not any("password" in line for line in shown if line.startswith("C:"))
