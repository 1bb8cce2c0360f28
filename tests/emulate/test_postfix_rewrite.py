"""What is computed is what Postfix does: mail sent from several addresses, seen on the other side."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec
import pytest
from rewritelab import FAR, NEAR, OWN, RewriteLab, Setup

from mailproof.emulate.postfix.message import cleaned, sent
from mailproof.emulate.postfix.rewrite import Way, generic, rewritten, way_of
from mailproof.emulate.postfix.server import Postfix
from mailproof.lab.real.alone import PostfixAlone
from mailproof.lab.real.relay import Caught
from mailproof.model.postfix import Client, Kind, Place
from mailproof.parse.postfix.addresses import addresses_in, parse, quote, unquote

needs_postfix = pytest.mark.skipif(bool(PostfixAlone.missing()), reason="needs root and Postfix")

# The article: the envelope is rewritten and the header is not, and two settings that change that.
ENTRY = {"sender_canonical_maps": "inline:{{alice@pc1.a.test = alice@a.test}}"}
INBOUND = {"sender_canonical_maps": "inline:{{alice@far.test = somebody@a.test}}"}
ARTICLE = {
    "canonical with default": (None, {OWN}),
    "permit_mynetworks": ("permit_mynetworks", {NEAR}),
    "permit_inet_interfaces, permit_mynetworks": ("permit_inet_interfaces, permit_mynetworks", {OWN, NEAR}),
    "static:all": ("static:all", {OWN, NEAR, FAR}),
}

USERS = ("u", "u+x", "w", "w+y+z", "a.b", '"two words"', '"q+x y"', "O'Neil", '"u"', "MiXed")
DOMAINS = ("a.test", "host.a.test", "x.host.a.test", "b.test", "sub.b.test", "localhost", "example.test", "mx.a.test")
ODD = ("u", "w+y", "u@d", "w@b.test.", "site!u", "u%far.test", "u%x@a.test", "a!b@b.test", '"b c"', "u@[192.0.2.1]")
GATES = (
    None, "", "permit_inet_interfaces", "permit_mynetworks", "permit_inet_interfaces, permit_mynetworks",
    "static:all", f"inline:{{{{{FAR} = x}}}}", "check_address_map cidr:@etc@/clients", "permit_sasl_authenticated",
)  # fmt: skip
CLASSES = ("envelope_sender", "header_sender", "envelope_recipient", "header_recipient")


class Mail(msgspec.Struct):
    """What is sent: addresses as they stand between the angle brackets."""

    source: str
    sender: str
    recipients: Sequence[str]
    headers: Sequence[str]


def address(chance: random.Random) -> str:
    if chance.random() < 0.25:
        return chance.choice(ODD)
    return f"{chance.choice(USERS)}@{chance.choice(DOMAINS)}"


def table(chance: random.Random, name: str, files: dict[str, str]) -> str:
    """The value of a parameter, and its files."""
    kind = chance.choice(("texthash", "texthash", "texthash", "inline", "regexp", "pcre", "static", "unionmap"))
    if kind == "static":
        return f"static:{chance.choice(('s@far.test', '@far.test', 'all'))}"
    if kind in ("regexp", "pcre"):
        files[name] = (
            "/^(.*)@host\\.a\\.test$/ $1@a.test\n/^w/ rx@far.test\n!/@/ none@far.test\n"
            "if /b\\.test$/\n/^([^+]*)\\+(.*)@/ $2+$1@c.test\nendif\n"
        )
        return f"{kind}:@etc@/{name}"
    rows = {}
    for _ in range(8):
        user, domain = chance.choice(USERS), chance.choice(DOMAINS)
        key = chance.choice((f"{user}@{domain}", f"@{domain}", user, f"u@{domain}", "u", "w"))
        right = (f"{chance.choice(USERS)}@{chance.choice((*DOMAINS, 'far.test'))}", "@far.test", "@a.test", "plain",
                 "one@a.test, two@a.test", "Some One <some@b.test>")  # fmt: skip
        rows[key] = chance.choice(right)
    if kind == "inline" or kind == "unionmap":
        inline = ", ".join(f"{{{key} = {value}}}" for key, value in rows.items() if "," not in value)
        return f"inline:{{{inline}}}" if kind == "inline" else f"unionmap:{{inline:{{{inline}}}}}"
    files[name] = "".join(f"{key} {value}\n" for key, value in rows.items())
    return f"texthash:@etc@/{name}"


def setup(chance: random.Random, number: int) -> Setup:
    files = {"clients": f"127.0.0.9/32 x\n{FAR}/32 x\n"}
    domain = {"myorigin": chance.choice(("example.test", "a.test"))}
    rewrite = {name: chance.choice(("yes", "no")) for name in ("append_dot_mydomain", "swap_bangpath")}
    rewrite |= {name: chance.choice(("yes", "yes", "no")) for name in ("allow_percent_hack", "append_at_myorigin")}
    finding = {**domain, "recipient_delimiter": chance.choice(("+", "+-", ""))}
    finding["propagate_unmatched_extensions"] = chance.choice(("canonical, virtual", "", "generic", "canonical"))
    cleanup = dict(finding)
    for name in ("canonical_maps", "sender_canonical_maps", "recipient_canonical_maps"):
        if chance.random() < 0.6:
            cleanup[name] = table(chance, f"{name}{number}", files)
        if chance.random() < 0.3:
            allowed = CLASSES[:2] if name.startswith("s") else CLASSES[2:] if name.startswith("r") else CLASSES
            cleanup[name.replace("_maps", "_classes")] = ", ".join(chance.sample(allowed, chance.randint(1, 2)))
    if chance.random() < 0.5:
        cleanup["masquerade_domains"] = chance.choice(
            ("a.test b.test", "!x.host.a.test, a.test", "host.a.test a.test")
        )
        cleanup["masquerade_exceptions"] = chance.choice(("", "w", "inline:{u=1}"))
        cleanup["masquerade_classes"] = ", ".join(chance.sample(CLASSES, 3))
    if chance.random() < 0.4:
        cleanup["remote_header_rewrite_domain"] = rewrite["remote_header_rewrite_domain"] = "invalid.test"
    if chance.random() < 0.4:
        files[f"virtual{number}"] = (
            "u@a.test v1@far.test, v2\nw@b.test w@b.test, v3@far.test\n@sub.b.test @far.test\n"
        )
        cleanup["virtual_alias_maps"] = f"texthash:@etc@/virtual{number}"
    smtpd = {"receive_override_options": "no_address_mappings"} if chance.random() < 0.15 else {}
    gate = chance.choice(GATES)
    if gate is not None:
        smtpd["local_header_rewrite_clients"] = gate
    smtp = dict(finding)
    if chance.random() < 0.4:
        smtp["smtp_generic_maps"] = table(chance, f"generic{number}", files)
    return Setup(smtpd, cleanup, {**domain, **rewrite}, smtp, files)


def mail(chance: random.Random, source: str) -> Mail:
    def some() -> str:
        one, two, three = (address(chance) for _ in range(3))
        forms = (
            one, f"<{one}>", f"Some One <{one}>", f'"Quoted, One" <{one}> (a comment)', f"{one}, {two}, {three}",
            f"{one} (first), Second <{two}>", f"A group: {one}, {two};", f"Name\n\t<{one}>,\n  {two}",
            f"{'long ' * 20}<{one}>", "", f"{one} {two}", f"=?utf-8?q?n=C3=A4me?= <{one}>", f"Dr. Who <{one}>",
            f"(c) {one}", f"<@route.test:{one}>", f"One: {one}", f"{one},,{two}", f"x;y <{one}>", '"" <>', f"{one} <",
            f"{one} (a (nested (comment)) \\) here)", '"a\\"b" <"c\\\\d\\"e"@a.test>', "back\\ slash@a.test",
            ".u@a.test, u..v@b.test", "u.@a.test", "Näme <ü@a.test>", "@", "<@>", "u @ a.test", "u@a . test",
            "u@[IPv6:::1]", "> <", f"<{one}", "a: b: c;;", f"<{one}>, <{two}>;", "|u!v@a.test", "a@b@c.test",
            f"(x) {one} (y) <(z) {two} (q)> (r)", f"{'x' * 300} <{one}>, {two}", f"({'y' * 260}) {one}", "(only)",
            "u@a.test.", "u@.", "\t", f"{one}\n\t(on two lines)", f"One <{one}> <{two}>", f"{one} ({two})<{three}>",
        )  # fmt: skip
        return chance.choice(forms)

    names = ("From", "Sender", "Reply-To", "To", "Cc", "Errors-To", "Mail-Followup-To", "Return-Receipt-To", "Bcc",
             "X-Other", "Return-Path", "Apparently-To", "Disposition-Notification-To", "to",
             "resent-reply-to")  # fmt: skip
    headers = [f"{name}: {some()}" for name in names if chance.random() < 0.8]
    sender = "" if chance.random() < 0.1 else address(chance)
    return Mail(source, sender, list(dict.fromkeys(address(chance) for _ in range(3))), headers)


def sent_by(postfix: Postfix, way: Way, transport: str, given: Mail) -> tuple[str, list[str], list[str]]:
    """Sender, recipients and headers as they leave, computed."""
    sender = rewritten(way, f"<{given.sender}>", Place.ENVELOPE_SENDER).results
    if sender:
        sender = generic(postfix, sender[0], Place.ENVELOPE_SENDER, transport).results
    recipients = [
        generic(postfix, result, Place.ENVELOPE_RECIPIENT, transport).results[0]
        for recipient in given.recipients
        for result in rewritten(way, f"<{recipient}>", Place.ENVELOPE_RECIPIENT).results
    ]
    queued = cleaned(way, "\n".join((*given.headers, "", "")), quote(unquote(given.sender)))
    headers = sent(postfix, queued.text, transport).text.partition("\n\n")[0].split("\n")
    return unquote(sender[0]) if sender else "", sorted({unquote(each) for each in recipients}), headers


def seen(caught: Caught) -> tuple[str, list[str], list[str]]:
    """The same of what came; without what is there of the time alone."""
    lines = caught.message.partition("\n\n")[0].partition("X-Number: ")[2].split("\n")[1:]
    kept = [line for line in lines if not line.startswith(("Message-Id: <2", "Date: ", "Resent-Message-Id: <2"))]
    kept = [line for line in kept if not line.startswith("Resent-Date: ")]
    return unquote(caught.sender), sorted({unquote(each) for each in caught.recipients}), kept


@needs_postfix
def test_the_set_ups_of_the_article_seen_on_the_other_side() -> None:
    gates = [{} if gate is None else {"local_header_rewrite_clients": gate} for gate, _ in ARTICLE.values()]
    with RewriteLab([Setup(smtpd=gate, cleanup=ENTRY) for gate in gates]) as lab:
        numbers = {}
        for at in range(len(gates)):
            for source in (OWN, NEAR, FAR):
                headers = ["From: Alice <alice@pc1.a.test>", "To: b@far.test", "Message-ID: <1@pc1.a.test>"]
                numbers[lab.send(at, source, "alice@pc1.a.test", ["b@far.test"], headers)] = (at, source)
        caught, postfix = lab.caught(len(numbers)), lab.read()
        ports = [str(lab.port(at)) for at in range(len(gates))]
    for number, (at, source) in numbers.items():
        _, rewritten_for = list(ARTICLE.values())[at]
        wished = "alice@a.test" if source in rewritten_for else "alice@pc1.a.test"
        assert caught[number].sender == "alice@a.test"
        assert f"\nFrom: Alice <{wished}>\n" in caught[number].message
        way = way_of(postfix, Client(Kind.ADDRESS, source), ports[at])
        assert rewritten(way, "alice@pc1.a.test", Place.ENVELOPE_SENDER).results == ("alice@a.test",)
        assert rewritten(way, "alice@pc1.a.test", Place.HEADER_SENDER).results == (wished,)


@needs_postfix
def test_static_all_rewrites_inbound_mail_too() -> None:
    """What a stranger has signed: From is among the signed headers of every DKIM signature (RFC 6376, 5.4)."""
    gate = {"local_header_rewrite_clients": "static:all"}
    signed = ["From: Alice <alice@far.test>", "To: incomplete", "Subject: inbound"]
    with RewriteLab([Setup(smtpd=gate, cleanup=INBOUND), Setup(cleanup=INBOUND)]) as lab:
        for number in (0, 1):
            lab.send(number, FAR, "alice@far.test", ["b@a.test"], signed)
        caught = lab.caught(2)
    headers = [caught[number].message.partition("\n\n")[0].split("\n") for number in (1, 2)]
    assert {"From: Alice <somebody@a.test>", "To: incomplete@example.test"} < set(headers[0])
    assert any(line.startswith("Message-Id:") for line in headers[0])
    assert headers[1][-3:] == signed


@needs_postfix
@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 20))])
def test_generated_mail_is_rewritten_as_by_postfix(seed: int) -> None:
    chance = random.Random(seed)
    setups = [setup(chance, number) for number in range(16)]
    mails: dict[int, tuple[int, Mail]] = {}
    with RewriteLab(setups) as lab:
        for number in range(len(setups)):
            for source in (OWN, NEAR, FAR):
                some = [mail(chance, source) for _ in range(4)]
                first = lab.send_many(number, source, [(each.sender, each.recipients, each.headers) for each in some])
                mails |= {first + at: (number, each) for at, each in enumerate(some)}
        caught = lab.caught(len(mails))
        postfix = lab.read()
        compared = 0
        for key, (number, given) in mails.items():
            way = way_of(postfix, Client(Kind.ADDRESS, given.source), str(lab.port(number)))
            assert sent_by(postfix, way, f"out{number}", given) == seen(caught[key]), (setups[number], given)
            addresses = sum(len(list(addresses_in(parse(line.partition(":")[2])))) for line in given.headers)
            compared += 1 + len(given.recipients) + addresses
    assert compared > 2000
