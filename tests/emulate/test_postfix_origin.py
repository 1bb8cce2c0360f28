"""myorigin as a file, and the recipients that Postfix adds by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from rewriteservice import needs_postfix, rewritten

from mailproof.emulate.postfix.routes import routes_of
from mailproof.emulate.postfix.server import Postfix, read_postfix
from mailproof.emulate.postfix.standard import standard
from mailproof.model.postfix import Outcome
from settled import write

MAIN = "compatibility_level = 3.6\nmyhostname = mail.example.test\nmydestination = $myhostname, a.test\n"
ORIGIN = "myorigin = /etc/mailname\n"


def of(main: str, files: dict[str, str] | None = None) -> Postfix:
    texts = {"/c/main.cf": MAIN + main, "/c/master.cf": "smtp unix - - n - - smtp\n", **(files or {})}
    return read_postfix(lambda path: texts[path].encode() if path in texts else None, "/c", {})


@needs_postfix
@pytest.mark.parametrize("text", ["b.test\n", "  b.test  \nc.test\n", "b.test"])
def test_the_domain_of_a_file_is_the_one_that_debians_postfix_takes(text: str, tmp_path: Path) -> None:
    write(tmp_path / "mailname", text)
    write(tmp_path / "main.cf", f"{MAIN}myorigin = {tmp_path}/mailname\n")
    write(tmp_path / "master.cf", "")
    postfix = read_postfix(lambda path: Path(path).read_bytes(), str(tmp_path), {})
    assert standard(postfix, "root") == rewritten(tmp_path, "root") == "root@b.test"


@pytest.mark.parametrize("text", [None, "", "\nb.test\n", "# the name\n"])
def test_a_domain_that_is_not_known_is_said_where_it_counts(text: str | None) -> None:
    """The last three end every daemon of Debian's Postfix."""
    files = {} if text is None else {"/etc/mailname": text}
    postfix = of(ORIGIN + "virtual_alias_maps = inline:{list@a.test=root, u@a.test=v@a.test}\n", files)
    assert routes_of(postfix, "who@far.test", "you@far.test").told
    assert routes_of(postfix, "who@far.test", "u@a.test").told
    for sender, recipient in (("root", "you@far.test"), ("a@far.test", "root"), ("a@far.test", "list@a.test")):
        routes = routes_of(postfix, sender, recipient)
        assert not routes.told, (sender, recipient)
        said = [step for step in routes.steps if step.outcome is Outcome.UNTOLD]
        assert {step.params["table"] for step in said} == {"/etc/mailname"}


def test_names_of_users_are_asked_of_the_domain_in_the_file() -> None:
    main = ORIGIN + "canonical_maps = inline:{joe=joe@far.test}\n"
    told = routes_of(of(main, {"/etc/mailname": "b.test\n"}), "a@far.test", "joe@b.test")
    assert told.told and [route.recipient for route in told.routes] == ["joe@far.test"]
    assert not routes_of(of(main), "a@far.test", "joe@b.test").told


def test_copies_are_named_with_their_lines() -> None:
    main = (
        "always_bcc = archive\nsender_canonical_maps = inline:{www@a.test=web@a.test}\n"
        "sender_bcc_maps = inline:{web@a.test=sent@a.test}\nrecipient_bcc_maps = inline:{vip@a.test=watch@a.test}\n"
        "virtual_alias_maps = inline:{vip@a.test=x@far.test}\n"
    )
    routes = routes_of(of(main), "www@a.test", "vip@a.test")
    copies = [(step.params["address"], step.line) for step in routes.steps if step.name.startswith("copy-")]
    assert copies == [("archive@mail.example.test", 4), ("sent@a.test", 6), ("watch@a.test", 7)]
    none = routes_of(of(main + "receive_override_options = no_address_mappings\n"), "www@a.test", "vip@a.test")
    assert not [step for step in none.steps if step.name.startswith("copy-")]


def test_an_alias_that_is_the_empty_address_goes_to_the_postmaster_of_bounces() -> None:
    routes = routes_of(of("virtual_alias_maps = inline:{{none@a.test = <>}}\n"), "a@far.test", "none@a.test")
    assert [route.recipient for route in routes.routes] == ["MAILER-DAEMON@mail.example.test"]


@pytest.mark.parametrize("spec", ["static:", "inline:{ a = b }"])
def test_nothing_is_certain_where_a_table_keeps_the_daemons_from_starting(spec: str) -> None:
    routes = routes_of(of(f"relay_domains = b.test, {spec}\n"), "a@far.test", "u@a.test")
    assert not routes.told
    assert [(step.params["text"], step.line) for step in routes.steps if step.outcome is Outcome.UNTOLD] == [
        (spec, 4)
    ]
