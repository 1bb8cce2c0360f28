"""The logins of the articles, made by `login`: one connection, one answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from authorities import OneAuthority
from dialogues import NOW, assert_as_marked
from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.login import LoginEnd, LoginResult
from mailproof.model.record import Asked
from mailproof.model.tls import TlsSettings
from mailproof.net.memory import MemoryNet
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish
from mailproof.run.endpoints import Wanted
from mailproof.run.hand.login_results import login_results
from mailproof.run.hand.logins import Account, ByHand, log_in_by_hand
from mailproof.run.targets import parse_target
from mailproof.sasl.credentials import Credentials
from mailproof.script.format import parse
from mailproof.script.server import ScriptedServer

HERE = Path(__file__).parent
LOGINS = sorted((HERE / "login").glob("*.dialogue"))

ANSWERS = {
    "microsoft-accepted": (LoginEnd.ACCEPTED, ""),
    "microsoft-hello-first": (LoginEnd.REFUSED, "ehlo-required-first"),
    "sakura-right": (LoginEnd.ACCEPTED, ""),
    "sakura-wrong": (LoginEnd.REFUSED, "auth-rejected"),
    "softbank-two-answers": (LoginEnd.ACCEPTED, ""),
    "user-name-with-domain": (LoginEnd.REFUSED, "auth-rejected"),
}
"""How each ends, and the cause that is named."""


def logged_in(file: Path, directory: Path) -> LoginResult:
    """The one login of a dialogue; what it finds is what is marked. Raises Mismatch where the client erred."""
    text = file.read_text("utf-8")
    script, authority = parse(text), OneAuthority()
    server = ScriptedServer(script, authority, NOW)
    net = MemoryNet(switchboard=server.switchboard, names=server.names())
    server.attach(net)
    user = script.option("user")
    wish = LoginWish(Credentials(user, script.option("password")), "nonce", script.option("mechanism"))
    plan = ByHand(
        accounts=(Account(parse_target(script.urls[0]), wish),),
        wanted=Wanted(families=("A",)),
        terms=Terms(ehlo="client.test", settings=TlsSettings(ca_file=str(authority.write_root(directory)))),
        asked=Asked(user=user),
    )
    record, trials = net.run(log_in_by_hand(net, plan, NOW, lambda *done: None))
    server.finish()
    policy = load_profile("default")
    judgement = judge(record, policy)
    assert_as_marked(judgement.findings, text)
    [result] = login_results(record, trials, judgement, policy)
    return result


@pytest.mark.parametrize("file", LOGINS, ids=lambda file: file.stem)
def test_a_login_ends_as_the_article_says(file: Path, tmp_path: Path) -> None:
    result = logged_in(file, tmp_path)
    assert (result.end, result.cause.name if result.cause else "") == ANSWERS[file.stem]


def test_a_bare_refusal_of_an_address_can_be_the_domain_in_it(tmp_path: Path) -> None:
    result = logged_in(HERE / "login" / "user-name-with-domain.dialogue", tmp_path)
    assert "user-name-has-domain" in [str(doubt) for doubt in result.can_be]
