"""What is computed is what Postfix's own trivial-rewrite answers, of the articles' set-ups and of generated ones."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rewriteservice import ask, needs_postfix, resolved, rewritten

from mailproof.emulate.postfix.route import Resolve
from mailproof.emulate.postfix.routes import routes_of
from mailproof.emulate.postfix.server import Postfix, read_postfix
from mailproof.emulate.postfix.standard import standard
from mailproof.model.postfix import Client, Kind, NextHost, Outcome, Route
from settled import write

MAIN = "compatibility_level = 3.6\nmyhostname = mail.example.test\nmydestination = $myhostname, localhost, a.test\n"
MASTER = """
smtp unix - - n - - smtp
relay unix - - n - - smtp
tosub unix - - n - - smtp
lmtp unix - - n - - lmtp
"""
ARTICLE = "@example.co.jp {}[relay1.test]:25\n@sub.example.co.jp {}[relay2.test]:25\n"


def of(main: str, files: dict[str, str] | None = None, master: str = MASTER) -> Postfix:
    """A configuration from its texts."""
    texts = {"/c/main.cf": MAIN + main, "/c/master.cf": master, **(files or {})}
    return read_postfix(lambda path: texts[path].encode() if path in texts else None, "/c", {})


def one(postfix: Postfix, sender: str, recipient: str) -> Route:
    (route,) = routes_of(postfix, sender, recipient).routes
    return route


def steps(route: Route, outcome: Outcome) -> list[tuple[str, str, int]]:
    return [
        (step.params.get("parameter", ""), step.file, step.line) for step in route.steps if step.outcome is outcome
    ]


def test_a_transport_by_its_sender() -> None:
    postfix = of(
        "relayhost = [gw.test]:587\nsender_dependent_default_transport_maps = hash:/c/by_sender\n",
        {"/c/by_sender": ARTICLE.format("smtp:", "smtp:")},
    )
    route = one(postfix, "who@example.co.jp", "you@far.test")
    assert (route.domain_class, route.transport, route.nexthop) == ("default", "smtp", "[relay1.test]:25")
    assert route.hosts == (NextHost("relay1.test", 25, mx=False),)
    assert steps(route, Outcome.WON)[-1] == ("sender_dependent_default_transport_maps", "/c/by_sender", 1)
    assert steps(route, Outcome.LOST) == [("relayhost", "main.cf", 4), ("default_transport", "", 0)]
    assert one(postfix, "who@sub.example.co.jp", "you@far.test").nexthop == "[relay2.test]:25"
    assert one(postfix, "who@other.test", "you@far.test").nexthop == "[gw.test]:587"


@needs_postfix
@pytest.mark.parametrize("interfaces", ["all", "loopback-only", "localhost", "127.0.0.1"])
def test_a_literal_is_local_as_trivial_rewrite_has_it(interfaces: str, tmp_path: Path) -> None:
    write(tmp_path / "main.cf", f"{MAIN}inet_interfaces = {interfaces}\n")
    write(tmp_path / "master.cf", MASTER)
    postfix = read_postfix(lambda path: Path(path).read_bytes(), str(tmp_path), {})
    for literal in ("[127.0.0.1]", "[IPv6:::1]", "[192.0.2.7]", "[IPv6:2001:db8::1]"):
        route = one(postfix, "who@a.test", f"u@{literal}")
        theirs = resolved(tmp_path, "who@a.test", f"u@{literal}")
        assert (route.domain_class, route.transport, route.nexthop, route.recipient) == theirs, literal


@needs_postfix
@pytest.mark.parametrize(
    ("main", "recipients"),
    [
        ("virtual_alias_domains = .v.test, w.test\n", ("u@v.test", "u@x.v.test", "u@x.w.test", "u@w.test")),
        ("virtual_mailbox_domains = inline:{.v.test=x,w.test=y}, v.test\n", ("u@x.v.test", "u@x.w.test", "u@W.test")),
        ("parent_domain_matches_subdomains = mydestination\n", ("u@x.a.test", "u@a.test")),
        ("mydestination = [192.0.2.1], a.test\n", ("u@[192.0.2.1]", "u@[203.0.113.9]")),
        ("recipient_delimiter = -\nowner_request_special = no\n"
         "transport_maps = inline:{owner@a.test=slow:,list@a.test=slow:[l]}\n",
         ("owner-x@a.test", "list-request@a.test", "postmaster@a.test")),
        ("transport_maps = regexp:{{/^[\\w.]+@/ slow:[set]}, {/^\\d/ slow:[d]}, {/^(u|ux)@/ slow:[alt]}}\n",
         ("w.w@far.test", "a.b@far.test", "5@far.test", "ux@far.test")),
    ],
)  # fmt: skip
def test_lists_and_keys_as_trivial_rewrite_has_them(main: str, recipients: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text(f"{MAIN}{main}")
    (tmp_path / "master.cf").write_text(MASTER)
    postfix = read_postfix(lambda path: Path(path).read_bytes(), str(tmp_path), {})
    for recipient in recipients:
        route = one(postfix, "who@a.test", recipient)
        theirs = resolved(tmp_path, "who@a.test", recipient)
        assert (route.domain_class, route.transport, route.nexthop, route.recipient) == theirs, recipient


@needs_postfix
@pytest.mark.parametrize("numeric", ["no", "yes"])
def test_a_domain_that_is_none_is_returned_as_trivial_rewrite_says(numeric: str, tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text(f"{MAIN}resolve_numeric_domain = {numeric}\ntransport_maps = static:slow:\n")
    (tmp_path / "master.cf").write_text(MASTER)
    postfix = read_postfix(lambda path: Path(path).read_bytes(), str(tmp_path), {})
    domains = ("192.0.2.1", "127.0.0.1", "1.2.3", "a_b.test", "-a.test", "a-.test", "a..test", "[300.1.1.1]", "[::9]")
    for domain in (*domains, "[IPv6:::9]", "ex!.test", "日本.test"):
        said = ask(tmp_path, "resolve", sender="", address=f"u@{domain}")
        route = Resolve(postfix, "", f"u@{domain}").route()
        assert (route.nexthop == "5.1.3 bad address syntax") == bool(int(said["flags"]) & 4), domain
        if not int(said["flags"]) & 4:
            assert (route.transport, route.nexthop, route.recipient) == (
                said["transport"], said["nexthop"], said["recipient"],
            ), domain  # fmt: skip


def test_an_entry_without_a_text_fails_and_is_no_miss() -> None:
    for table in ("inline:{{far.test = }}", "regexp:{{/far/}}", "static:{}"):
        routes = routes_of(of(f"transport_maps = {table}\n"), "a@b.test", "c@far.test")
        assert [step.name for step in routes.routes[0].steps if step.outcome is Outcome.UNTOLD] == ["untold-empty"]


@pytest.mark.parametrize("kind", ["regexp", "pcre"])
def test_a_rule_with_a_number_does_not_count_where_none_is_allowed(kind: str) -> None:
    """postconf(5): "this feature does not allow $number substitutions"; `$$2` is none."""
    rules = "/^(.*)@([a-z]+)\\.test$/ {0}[$2.relay]\n/^(w).*@.*$/ {0}[$$2.test]\n"
    for parameter, transport in (
        ("transport_maps", "smtp:"),
        ("sender_dependent_default_transport_maps", "smtp:"),
        ("sender_dependent_relayhost_maps", ""),
    ):
        postfix = of(f"{parameter} = pipemap:{{{kind}:/c/t}}, {kind}:/c/t\n", {"/c/t": rules.format(transport)})
        for sender, recipient, nexthop in (
            ("u@a.test", "u@far.test", "far.test"),
            ("w@a.test", "w@far.test", "[$2.test]"),
        ):
            route = one(postfix, sender, recipient)
            assert route.nexthop == nexthop, parameter
            assert (parameter, "/c/t", 1) in steps(route, Outcome.NOTE)
    relocated = of(f"relocated_maps = {kind}:/c/t\n", {"/c/t": rules.format("")})
    assert one(relocated, "", "u@far.test").nexthop == "5.1.6 User has moved to [far.relay]"


def test_a_relayhost_by_its_sender_loses_to_a_transport_table() -> None:
    files = {"/c/by_sender": ARTICLE.format("", ""), "/c/transport": "# all\nfar.test smtp:[t.test]\n"}
    main = "sender_dependent_relayhost_maps = texthash:/c/by_sender\n"
    assert one(of(main, files), "who@example.co.jp", "you@far.test").nexthop == "[relay1.test]:25"
    route = one(of(main + "transport_maps = hash:/c/transport\n", files), "who@example.co.jp", "you@far.test")
    assert (route.transport, route.nexthop) == ("smtp", "[t.test]")
    assert ("sender_dependent_relayhost_maps", "/c/by_sender", 1) in steps(route, Outcome.LOST)
    assert steps(route, Outcome.WON)[-1] == ("transport_maps", "/c/transport", 2)


def test_a_transport_by_its_sender_is_not_asked_for_a_relay_domain() -> None:
    main = "relay_domains = far.test\nsender_dependent_default_transport_maps = static:smtp:[x.test]\n"
    route = one(of(main), "who@example.co.jp", "you@sub.far.test")
    assert (route.domain_class, route.transport, route.nexthop) == ("relay", "relay", "sub.far.test")
    assert ("sender_dependent_default_transport_maps", "main.cf", 5) in steps(route, Outcome.LOST)
    assert route.hosts == (NextHost("sub.far.test", 25, mx=True),)


def test_a_table_that_cannot_be_read_is_said_and_not_guessed() -> None:
    routes = routes_of(of("transport_maps = mysql:/c/t.cf\n"), "a@b.test", "c@d.test")
    assert not routes.told
    assert [step.name for step in routes.routes[0].steps if step.outcome is Outcome.UNTOLD] == [
        "untold-other-program"
    ]


def test_virtual_aliases_are_followed_and_a_loop_ends() -> None:
    table = (
        "team@v.test a@far.test, b@v.test\nb@v.test b@v.test, c@other.test\nx@v.test y@v.test\ny@v.test x@v.test\n"
    )
    postfix = of("virtual_alias_maps = hash:/c/v\nvirtual_alias_domains = v.test\n", {"/c/v": table})
    routes = routes_of(postfix, "s@s.test", "team@v.test")
    assert [route.recipient for route in routes.routes] == ["a@far.test", "b@v.test", "c@other.test"]
    endless = routes_of(postfix, "s@s.test", "x@v.test")
    assert endless.steps[-1].name == "alias-endless"


def test_routing_options_of_smtpd_do_nothing_and_are_named() -> None:
    master = MASTER + "submission inet n - n - - smtpd\n -o relayhost=[no.test]\n"
    routes = routes_of(of("", master=master), "a@b.test", "c@far.test")
    assert routes.routes[0].nexthop == "far.test"
    assert [(step.name, step.line) for step in routes.steps] == [("note-option", 7)]


FILTERED = """
smtp inet n - n - - smtpd
10025 inet n - n - - smtpd
  -o content_filter=
  -o receive_override_options=no_address_mappings
scan unix - - n - - smtp
"""


def test_canonical_maps_come_first_and_the_route_follows_the_new_sender() -> None:
    by_sender = "inline:{{@old.test = [old.test]}, {@new.test = [new.test]}}"
    main = "sender_canonical_maps = inline:{{a@old.test = a@new.test}}\n"
    main += f"sender_dependent_relayhost_maps = {by_sender}\n"
    routes = routes_of(of(main), "a@old.test", "c@far.test")
    assert (routes.sender, routes.envelope, routes.routes[0].nexthop) == ("a@old.test", "a@new.test", "[new.test]")
    assert [(step.name, step.line) for step in routes.steps] == [("mapped", 4)]


def test_a_content_filter_comes_first_and_the_service_behind_it_has_none() -> None:
    main = "content_filter = scan:[127.0.0.1]:10024\nsender_canonical_maps = static:x@new.test\n"
    postfix = of(main, master=MASTER + FILTERED)
    routes = routes_of(postfix, "a@old.test", "c@far.test")
    hop = routes.routes[0].filter
    assert hop is not None
    assert (hop.transport, hop.nexthop, hop.hosts) == (
        "scan", "[127.0.0.1]:10024", (NextHost("127.0.0.1", 10024, mx=False),)
    )  # fmt: skip
    assert (routes.envelope, routes.routes[0].nexthop) == ("x@new.test", "far.test")
    back = routes_of(postfix, "a@old.test", "c@far.test", Client(Kind.OWN), "10025")
    assert (back.envelope, back.routes[0].filter) == ("a@old.test", None)


def test_filter_and_redirect_of_access_tables() -> None:
    files = {"/c/s": "a@b.test FILTER scan:[f.test]\nx@b.test REDIRECT other@r.test\nb.test HOLD\n"}
    main = "smtpd_sender_restrictions = permit_mynetworks, check_sender_access hash:/c/s\nmynetworks = 192.0.2.0/24\n"
    postfix = of(main, files, MASTER + FILTERED)
    hop = one(postfix, "a@b.test", "c@far.test").filter
    assert hop is not None and (hop.transport, hop.nexthop) == ("scan", "[f.test]")
    inside = routes_of(postfix, "a@b.test", "c@far.test", Client(Kind.ADDRESS, "192.0.2.7"))
    assert inside.routes[0].filter is None
    assert "access-permits" in [step.name for step in inside.steps]
    redirected = routes_of(postfix, "x@b.test", "c@far.test")
    assert [route.recipient for route in redirected.routes] == ["other@r.test"]
    assert ("access-redirect", "/c/s", 2) in [(step.name, step.file, step.line) for step in redirected.steps]


def test_a_stranger_is_told_that_he_is_refused_and_a_user_is_not() -> None:
    main = "smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination\n"
    postfix = of(main + "smtpd_sasl_auth_enable = yes\n", master=MASTER + FILTERED)
    names = {
        kind: [step.name for step in routes_of(postfix, "a@b.test", "c@far.test", Client(kind)).steps]
        for kind in (Kind.OUTSIDE, Kind.LOGIN)
    }
    assert names == {Kind.OUTSIDE: ["access-refuses"], Kind.LOGIN: ["access-permits"]}


def test_what_is_not_computed_is_said() -> None:
    main = "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:1, check_helo_access hash:/c/h\n"
    routes = routes_of(of(f"{main}header_checks = regexp:/c/h\n"), "a@b.test", "c@far.test")
    assert [step.params.get("item", step.params["parameter"]) for step in routes.steps] == [
        "header_checks", "check_policy_service inet:127.0.0.1:1", "check_helo_access hash:/c/h"
    ]  # fmt: skip


def test_every_answer_of_a_randmap_has_its_route() -> None:
    main = "sender_dependent_relayhost_maps = randmap:{[a.test],[b.test],[a.test]}\n"
    main += "transport_maps = randmap:{:,smtp:}\n"
    routes = routes_of(of(main), "a@b.test", "c@far.test")
    assert routes.told
    assert sorted(route.nexthop for route in routes.routes) == ["[a.test]", "[b.test]", "far.test"]
    by_host = {route.nexthop: [step.params.get("chance") for step in route.steps][:2] for route in routes.routes}
    assert by_host["[a.test]"] == ["1/2", "2/3"] or by_host["[a.test]"] == ["2/3", "1/2"]


@given(st.binary(max_size=300), st.binary(max_size=200), st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_a_configuration(main: bytes, table: bytes, sender: str, recipient: str) -> None:
    text = main + b"\ntransport_maps = regexp:/c/t, hash:/c/t, cidr:/c/t\nvirtual_alias_maps = pcre:/c/t\n"
    files = {"/c/main.cf": text, "/c/master.cf": main, "/c/t": table}
    routes_of(read_postfix(files.get, "/c", {}), sender, recipient)


DOMAINS = ("a.test", "b.test", "sub.b.test", "example.co.jp", "sub.example.co.jp", "mail.example.test", "localhost")
USERS = ("u", "u+x", "w", "w+y+z")
RESULTS = (
    "smtp:[h1.test]:587",
    "relay:h2.test",
    "tosub:",
    ":[h3.test]",
    ":",
    "[h4.test]",
    "DUNNO",
    "error:no",
    "error:",
)


def generated(chance: random.Random, directory: Path) -> str:
    """A main.cf with tables beside it."""
    lines = [MAIN]
    for name in ("transport_maps", "sender_dependent_default_transport_maps", "sender_dependent_relayhost_maps"):
        if chance.random() < 0.6:
            keys = [chance.choice(("", "u@", "@", "u+x@", ".")) + chance.choice(DOMAINS) for _ in range(4)]
            keys += [chance.choice(("*", "u", "w", "<>", "test", ".test"))]
            rows = "".join(f"{key} {chance.choice(RESULTS)}\n" for key in dict.fromkeys(keys))
            write(directory / name, rows)
            lines.append(f"{name} = texthash:{directory / name}\n")
    if chance.random() < 0.3:
        write(directory / "patterns", "/^(.*)@b\\.test$/ smtp:[p.test]\n!/example/ relay:\n")
        lines.append(f"transport_maps = regexp:{directory / 'patterns'}\n")
    for name, values in {
        "relayhost": ("", "[gw.test]:25", "gw.test"),
        "relay_domains": ("", "b.test", "!sub.b.test, b.test", ".b.test"),
        "virtual_mailbox_domains": ("", "example.co.jp", "inline:{sub.b.test=1}"),
        "virtual_alias_domains": ("", "sub.example.co.jp"),
        "default_transport": ("smtp", "smtp:[d.test]", "relay:"),
        "recipient_delimiter": ("", "+"),
        "parent_domain_matches_subdomains": ("", "relay_domains", "transport_maps, relay_domains, mydestination"),
    }.items():
        lines.append(f"{name} = {chance.choice(values)}\n")
    return "".join(lines)


@needs_postfix
@pytest.mark.parametrize("seed", range(12))
def test_generated_routes_are_those_of_trivial_rewrite(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    tmp_path.chmod(0o755)
    text = generated(chance, tmp_path)
    write(tmp_path / "main.cf", text)
    write(tmp_path / "master.cf", MASTER)
    postfix = read_postfix(lambda path: Path(path).read_bytes(), str(tmp_path), {})
    for _ in range(12):
        sender = f"{chance.choice(USERS)}@{chance.choice(DOMAINS)}" if chance.random() < 0.9 else ""
        recipient = f"{chance.choice(USERS)}@{chance.choice(DOMAINS)}"
        route = one(postfix, sender, recipient)
        ours = (route.domain_class, route.transport, route.nexthop, route.recipient)
        theirs = resolved(tmp_path, sender, recipient)
        if theirs[1] == "":  # it has failed, and its next hop is what was there by then
            assert (route.transport, route.domain_class) == ("", theirs[0]), (sender, recipient, text)
        else:
            assert ours == theirs, (sender, recipient, text)


@needs_postfix
@pytest.mark.parametrize(
    "address", ["u", "u@d", "u@d.test.", "site!u", "u%far.test", "u@", "a!b@c.test", "u%x@mail.example.test"]
)
@pytest.mark.parametrize("level", ["0", "3.6"])
def test_the_standard_form_is_that_of_trivial_rewrite(address: str, level: str, tmp_path: Path) -> None:
    write(tmp_path / "main.cf", MAIN.replace("= 3.6", f"= {level}"))
    write(tmp_path / "master.cf", "")
    postfix = read_postfix(lambda path: Path(path).read_bytes(), str(tmp_path), {})
    assert standard(postfix, address) == rewritten(tmp_path, address)
