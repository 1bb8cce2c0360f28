"""The configuration of the proof decides as the one that it is made of: the same relay for the same mail."""

from __future__ import annotations

import random
import re

import pytest
from test_postfix_route import DOMAINS, MASTER, USERS, of

from mailproof.emulate.postfix.rewrite import rewritten, way_of
from mailproof.emulate.postfix.routes import routes_of
from mailproof.emulate.postfix.sandbox import DIRECT, key_of, sandbox_of, without_restrictions
from mailproof.emulate.postfix.server import Postfix, read_postfix
from mailproof.model.postfix import Client, Kind, Place

RESULTS = ("smtp:[h1.test]:587", "relay:h2.test", "tosub:", ":[h3.test]", ":", "DUNNO", "error:no", "pipe:x")


def generated(chance: random.Random) -> Postfix:
    lines, files = [], {}
    for name, results in {
        "transport_maps": RESULTS,
        "sender_dependent_default_transport_maps": ("smtp:[s1.test]", "tosub:", "DUNNO", "relay:s2.test"),
        "sender_dependent_relayhost_maps": ("[r1.test]", "r2.test:587", "DUNNO"),
        "sender_canonical_maps": ("u@b.test", "w@example.co.jp"),
        "virtual_alias_maps": ("u@b.test, w@sub.b.test", "w@example.co.jp"),
    }.items():
        if chance.random() < 0.6:
            keys = {chance.choice(("", "u@", "@", "u+x@")) + chance.choice(DOMAINS): None for _ in range(4)}
            files[f"/c/{name}"] = "".join(f"{key} {chance.choice(results)}\n" for key in keys)
            kind = chance.choice(("hash", "texthash", "proxy:hash"))
            lines.append(f"{name} = {kind}:/c/{name}\n")
    if chance.random() < 0.3:
        files["/c/patterns"] = "/^(.*)@b\\.test$/ smtp:[p.test]\nif /example/\n!/x/ relay:\nendif\n"
        lines.append("transport_maps = regexp:/c/patterns\n")
    if chance.random() < 0.3:
        lines.append("sender_dependent_relayhost_maps = inline:{{@b.test = [i.test]}}\n")
    for name, values in {
        "relayhost": ("", "[gw.test]:25", "gw.test"),
        "relay_domains": ("", "b.test"),
        "virtual_mailbox_domains": ("", "example.co.jp"),
        "default_transport": ("smtp", "smtp:[d.test]", "relay:"),
        "recipient_delimiter": ("", "+"),
        "content_filter": ("", "", "tosub:[f.test]", "relay:"),
    }.items():
        lines.append(f"{name} = {chance.choice(values)}\n")
    return of("".join(lines), files, MASTER + "pipe unix - n n - - pipe\nsmtp inet n - n - - smtpd\n")


@pytest.mark.parametrize("seed", range(40))
def test_the_same_relay_for_the_same_mail(seed: int) -> None:
    chance = random.Random(seed)
    postfix = without_restrictions(generated(chance))
    client = Client(Kind.OWN)
    sandbox = sandbox_of(postfix, way_of(postfix, client))
    assert sandbox.lacks == []
    texts = {f"/s/{name}": text for name, text in sandbox.files.items()}
    texts["/s/main.cf"] = "".join(f"{name} = {value}\n" for name, value in sandbox.main.items())
    texts["/s/master.cf"] = "".join(f"{line}\n" for line in sandbox.services).replace("@smtpd@", "smtp")
    texts = {
        name: re.sub(r"@relay:(\d+)@", lambda mark: str(20000 + int(mark[1])), text.replace("@etc@", "/s"))
        for name, text in texts.items()
    }
    private = read_postfix(lambda path: texts[path].encode() if path in texts else None, "/s", {})
    for _ in range(30):
        sender = f"{chance.choice(USERS)}@{chance.choice(DOMAINS)}" if chance.random() < 0.9 else ""
        recipient = f"{chance.choice(USERS)}@{chance.choice(DOMAINS)}"
        ours = routes_of(postfix, sender, recipient, client).routes
        theirs = routes_of(private, sender, recipient, client).routes
        assert [route.recipient for route in ours] == [route.recipient for route in theirs]
        for route, private_route in zip(ours, theirs, strict=True):
            hop = private_route.filter or private_route
            found = sandbox.keys[hop.hosts[0].port - 20000] if hop.hosts else ""
            assert found == key_of(postfix, route), (sender, recipient, route, sandbox)
        place = Place.HEADER_SENDER
        assert (
            rewritten(way_of(postfix, client), sender, place).results
            == rewritten(way_of(private, client), sender, place).results
        )
    assert DIRECT == "MX"


def test_a_rule_that_is_skipped_is_skipped_in_private_too() -> None:
    rule = "/^(.*)@(a)\\.test$/ smtp:[$2.relay]"
    texts = {"/c/main.cf": "transport_maps = regexp:/c/t\n", "/c/master.cf": "smtp unix - - n - - smtp\n"}
    texts["/c/t"] = f"{rule}\n/./ smtp:[b.relay]\n"
    postfix = read_postfix(lambda path: texts[path].encode() if path in texts else None, "/c", {})
    sandbox = sandbox_of(postfix, way_of(postfix, Client(Kind.OWN)))
    (text,) = sandbox.files.values()
    assert text.splitlines()[0] == rule
    assert "[$2.relay]" not in sandbox.keys
