"""With --mask nothing tells whom it is about, and everything else still tells the same."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from growth import times_as_long
from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.authentication import LoginTried
from mailproof.model.envelope import Submitted
from mailproof.model.greylisting import Greylisted, GreylistProbed, GreylistTry, Look
from mailproof.model.postfix import Client, Kind, Leg, Outcome, Proof, Step, Trial
from mailproof.model.record import Asked, Record
from mailproof.model.tls import Protection, TlsHandshake
from mailproof.report.build import build
from mailproof.report.json import encode
from mailproof.report.mask import Mask
from mailproof.report.names_said import hosts_of_settings
from mailproof.report.text import render
from records import attempt_of, certificate_of, endpoint_at, record_of, reply_of, without_starttls

USER = "alice.smith"
ENCODED = base64.b64encode(b"alice.smith@corp.co.jp").decode()
CHALLENGE = base64.b64encode(b"<1896.697170952@mail.corp.co.jp>").decode()
LINES = (
    "* connected to 10.1.2.3",
    "S: 220 mx1 ESMTP Postfix (Debian/GNU)",
    "C: EHLO adminbox",
    "S: 250-mx1\\r\\n250-AUTH PLAIN LOGIN\\r\\n250-mail.corp.co.jp at your service\\r\\n250 STARTTLS",
    "C: AUTH LOGIN",
    f"S: 334 {CHALLENGE}",
    f"C: {ENCODED}",
    "S: 535 5.7.8 alice.smith: no such user. Try ALICE.SMITH@corp.co.jp",
    "S: 550 see main.cf; client [203.0.113.77] IPv6:2001:470:1f0b::5, helo=<adminbox>",
    "C: MAIL FROM:<robert+lists@corp.co.jp>",
    "S: 250 2.0.0 Ok: queued as 4Xyz12ABcd",
)
NAMES = ("corp", "alice", "smith", "robert", "adminbox", "mx1", "203.0.113.77", "10.1.2.3", "1f0b", "4Xyz12", ENCODED)


def telling() -> Record:
    endpoint = endpoint_at("submission://mail.corp.co.jp", "10.1.2.3")
    attempt = attempt_of(
        TlsHandshake("mail.corp.co.jp", 0.1, "TLSv1.3", chain=(certificate_of("mail.corp.co.jp", "*.corp.co.jp"),)),
        LoginTried("LOGIN", reply_of("535 alice.smith: no such user", 7), Protection.VERIFIED, turns=(7,)),
        Submitted("robert+lists@corp.co.jp", "alice.smith@corp.co.jp", "token-1", queue_id="4Xyz12ABcd"),
        endpoint=endpoint,
        lines=LINES,
    )
    asked = Asked(user=USER, mailbox="alice.smith@corp.co.jp", sender="robert@corp.co.jp")
    return record_of(attempt, asked=asked)


def test_no_name_is_left_in_record_or_report() -> None:
    record = telling()
    mask = Mask(record)
    report = build(record, judge(record, load_profile()), load_profile())
    masked_report = mask.apply(report)
    outputs = [
        msgspec.json.encode(mask.apply(record)).decode(),
        encode(masked_report),
        render(masked_report, "en", verbose=True, width=500),
        render(masked_report, "ja", verbose=True, width=500),
    ]
    for output in outputs:
        for name in NAMES:
            assert name.lower() not in output.lower(), name


def test_the_words_of_the_protocol_stay() -> None:
    turns = Mask(telling()).apply(telling()).transcripts()[0].turns
    assert turns[1].text == "220 host-2 ESMTP Postfix (Debian/GNU)\\r\\n"
    assert turns[3].text.startswith("250-host-2\\r\\n250-AUTH PLAIN LOGIN\\r\\n250-host-")
    assert turns[4].text == "AUTH LOGIN\\r\\n"
    assert "see main.cf; client [192.0.2." in turns[8].text
    assert turns[10].text == "250 2.0.0 Ok: queued as QUEUE1\\r\\n"


def test_the_same_name_has_the_same_stand_in_everywhere() -> None:
    masked = Mask(telling()).apply(telling())
    user = masked.asked.user
    turns = masked.transcripts()[0].turns
    assert user.startswith("user-")
    assert masked.asked.mailbox.startswith(f"{user}@")
    assert turns[7].text.count(user) == 2, "alone, and in an address written in capitals"
    assert base64.b64decode(turns[6].text.removesuffix("\\r\\n")).decode() == masked.asked.mailbox
    endpoint = masked.attempts[0].endpoint
    assert endpoint is not None
    assert endpoint.name in base64.b64decode(turns[5].text.removeprefix("334 ").removesuffix("\\r\\n")).decode()


def test_a_wildcard_still_names_the_hosts_below_it() -> None:
    masked = Mask(telling()).apply(telling())
    (handshake,) = (fact for fact in masked.attempts[0].observations if isinstance(fact, TlsHandshake))
    host, wildcard = handshake.chain[0].dns_names
    assert host == handshake.name
    assert wildcard == "*." + host.partition(".")[2]


def test_a_private_address_stays_private_and_loopback_stays() -> None:
    record = record_of(without_starttls("smtp://mail.example.com", "192.168.7.9"), vantage="127.0.0.1")
    masked = Mask(record).apply(record)
    endpoint = masked.attempts[0].endpoint
    assert endpoint is not None
    assert endpoint.address == "192.168.0.1"
    assert masked.vantage == ("127.0.0.1",)


def test_keywords_of_ehlo_are_no_hosts_however_often_they_are_listed() -> None:
    """A record that is judged again needs them, and whoever it is posted to."""
    ehlo = "S: 250-mx1\\r\\n250-8BITMIME\\r\\n250-DSN\\r\\n250-CHUNKING\\r\\n250 SMTPUTF8"
    lines = ("S: 220 mx1 ESMTP", "C: EHLO me.test", ehlo, "C: EHLO me.test", ehlo, "C: RSET", "S: 250 Accepted")
    record = record_of(attempt_of(lines=(*lines, *lines)))
    texts = [turn.text for turn in Mask(record).apply(record).transcripts()[0].turns]
    assert texts[2] == "250-host-1\\r\\n250-8BITMIME\\r\\n250-DSN\\r\\n250-CHUNKING\\r\\n250 SMTPUTF8\\r\\n"
    assert texts[6] == "250 Accepted\\r\\n"


def test_a_local_part_that_is_a_key_of_logs_elsewhere_is_masked_too() -> None:
    mask = Mask(record_of())
    assert mask.text("MAIL FROM:<a@corp.test>") == "MAIL FROM:<user-1@domain-1.example>"
    assert mask.text("user=a@corp.test") == "user=user-1@domain-1.example"


def test_a_certificate_cannot_be_looked_up() -> None:
    masked = Mask(telling()).apply(telling())
    (handshake,) = (fact for fact in masked.attempts[0].observations if isinstance(fact, TlsHandshake))
    assert "abab" not in handshake.chain[0].sha256
    assert len(handshake.chain[0].sha256) == 64


def test_it_is_judged_as_before() -> None:
    record = record_of(without_starttls(), without_starttls("smtp://mail.example.com", "10.0.0.9"))
    before, after = (judge(each, load_profile()) for each in (record, Mask(record).apply(record)))
    assert [(f.name, f.severity, f.explained_by) for f in before.findings] == [
        (f.name, f.severity, f.explained_by) for f in after.findings
    ]


def test_masking_is_deterministic() -> None:
    assert Mask(telling()).apply(telling()) == Mask(telling()).apply(telling())


@pytest.mark.parametrize("user", ["mail", "test", "admin"])
def test_a_user_with_an_everyday_name_takes_no_word_from_the_protocol(user: str) -> None:
    record = record_of(attempt_of(lines=("C: MAIL FROM:<mail@corp.test>",)), asked=Asked(user=user))
    assert Mask(record).apply(record).transcripts()[0].turns[0].text.startswith("MAIL FROM:<user-")


LABEL = st.from_regex(r"[a-z][a-z0-9]{2,8}", fullmatch=True)


@given(
    LABEL,
    LABEL,
    LABEL,
    st.sampled_from(["220 {} ESMTP", "250-{}\\r\\n250 OK", "550 <{}>: no", "{}[1.2.3.4]", "x={};"]),
)
@settings(max_examples=150, deadline=None)
def test_no_domain_survives_wherever_it_stands(user: str, host: str, domain: str, form: str) -> None:
    name = f"{host}.q{domain}.net"
    record = record_of(
        attempt_of(endpoint=f"smtp://{name}", lines=("S: " + form.format(name),)), asked=Asked(user=user)
    )
    assert f"q{domain}.net" not in msgspec.json.encode(Mask(record).apply(record)).decode()


def test_what_was_proved_and_what_was_probed_name_nobody() -> None:
    leg = Leg(
        "[tapirhop]:26", "badgerina@corp.test", ("lemurito", "otter@corp.test"), "Badgerina <badgerina@corp.test>"
    )
    trial = Trial(Client(Kind.ADDRESS, "10.3.4.5", "capybara"), "badgerina", "lemurito", (leg,), (leg,))
    probed = GreylistProbed(
        "smtp://mx.corp.test",
        "otter@corp.test",
        Greylisted.PROVED,
        (
            GreylistTry(
                Look.FIRST, 0.0, "badgerina@corp.test", False, "451 <otter@corp.test>: come from 10.3.4.5 later"
            ),
        ),
    )
    (masked, again), told = Mask(None, (), trial, probed).apply(((trial, trial), probed))
    assert masked == again and masked.verdict is Proof.AS_COMPUTED
    shown = (msgspec.json.encode(masked) + msgspec.json.encode(told)).decode().lower()
    assert not [name for name in ("tapir", "corp", "badger", "lemur", "otter", "capyb", "10.3.4") if name in shown]
    assert told.recipient == masked.computed[0].recipients[1] and told.tries[0].look is Look.FIRST


def test_our_own_words_stay() -> None:
    """Names of restrictions, of what stands for an address, of expressions."""
    step = Step(
        "item", Outcome.WON, {"key": "badgerina", "value": "permit_mynetworks", "table": "texthash:/x/virtual"}
    )
    masked = Mask(None, (), step).apply(step)
    assert masked.params == {"key": "user-1", "value": "permit_mynetworks", "table": "texthash:/x/virtual"}
    assert Mask(None, (), ("Client [10.3.4.5] is not [10.3.4.6]",)).text("Client is not") == "Client is not"
    said = "transport_maps names the transport [10.3.4.5]; no service [10.3.4.5]; Postfix does not take [10.3.4.5]"
    assert Mask(None, (), (said,)).text("hash:/etc/postfix/transport") == "hash:/etc/postfix/transport"
    prose = "domain not found; from now on, to=5 of auth or helo. User a is a user of a list"
    assert Mask(None, (), (prose, "list of auth methods", "not from here")).text(prose) == prose
    mask = Mask()
    assert mask.text("badger@corp.test  NEW@ADDRESS") == "user-1@domain-1.example  NEW@ADDRESS"
    assert (
        mask.text(r"/.*@corp\.test$/ and mx\.corp\.test") == r"/.*@domain-1\.example$/ and host-1\.domain-1\.example"
    )
    assert mask.text("inet:8891@10.3.4.5") == "inet:8891@10.0.0.1"


@pytest.mark.parametrize(
    "piece", ["user=", "-o ", "by a ", "a[1.", "with SMTPS", "helo a", "\\\\a", "racl ", "Jan  1 "]
)
def test_a_hostile_text_is_learnt_from_once(piece: str) -> None:
    little, much = ({"example": piece * count} for count in (1_000, 8_000))
    assert times_as_long(lambda: Mask(None, (), much), lambda: Mask(None, (), little), enough=24) <= 24


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_masked_and_masked_text_stays(text: str) -> None:
    mask = Mask(record_of())
    assert mask.text(text) == mask.text(text)


@pytest.mark.parametrize("piece", ["a=", "-.", "a.1.", "a@", "A", "a.-", "::1", "1.", "a_", "é."])
def test_a_hostile_text_is_walked_once(piece: str) -> None:
    mask = Mask(record_of())
    little, much = piece * 1_000, piece * 8_000
    assert times_as_long(lambda: mask.text(much), lambda: mask.text(little), enough=24) <= 24


def test_an_escaped_name_without_end_is_walked_once() -> None:
    mask = Mask()
    little, much = r"a\." * 1_000, r"a\." * 8_000
    assert times_as_long(lambda: mask.text(much), lambda: mask.text(little), enough=24) <= 24


@pytest.mark.parametrize("piece", ["\n", " \n"])
def test_settings_are_sought_once(piece: str) -> None:
    def learn(text: str) -> list[str]:
        return list(hosts_of_settings(text))

    little, much = "-o" + piece * 1_000 + "x", "-o" + piece * 8_000 + "x"
    assert times_as_long(lambda: learn(much), lambda: learn(little), enough=24) <= 24


@pytest.mark.parametrize("piece", ['"', '"a', "://", "://a:", "cn=a ", "CN=", "uid=", "dc=a,", 'comment "', "::1.1."])
def test_no_form_of_a_name_is_walked_twice(piece: str) -> None:
    mask = Mask()
    little, much = piece * 1_000, piece * 8_000
    assert times_as_long(lambda: mask.text(much), lambda: mask.text(little), enough=24) <= 24


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("rip=::ffff:81.2.69.142, lip", "rip=::ffff:192.0.2.1, lip"),
        ("64:ff9b::8.8.8.8", "2001:db8::1"),
        ("from ::8.8.8.8.", "from 2001:db8::1."),
        ("[IPv6:::ffff:81.2.69.142]", "[IPv6:::ffff:192.0.2.1]"),
        ("::ffff:81.2.69.142:25", "::ffff:192.0.2.1:25"),
        ("::ffff:81.2.69.142.25", "::ffff:192.0.2.1.25"),
        ("2a01:4f8::7.25", "2001:db8::1.25"),
        ("10:00:81.2.69.142", "10:00:192.0.2.1"),
        ("::1 fe80::", "::1 fe80::1"),
    ],
)
def test_no_part_of_an_address_of_ipv6_stays(text: str, masked: str) -> None:
    """With IPv4 at its end (RFC 4291 section 2.2), and with a port as netstat has it."""
    assert Mask().text(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("from 10.1.2.3, rip=::ffff:10.1.2.3", "from 10.0.0.1, rip=::ffff:10.0.0.1"),
        ("rip=::FFFF:10.1.2.3 from 10.1.2.3", "rip=::ffff:10.0.0.1 from 10.0.0.1"),
        # The same in hexadecimal, as ss(8) and some logs have it.
        (
            "81.2.69.142 [::ffff:5102:458e]:25 0:0:0:0:0:ffff:81.2.69.142",
            "192.0.2.1 [::ffff:192.0.2.1]:25 ::ffff:192.0.2.1",
        ),
        ("::ffff:81.2.69.142 ::ffff:81.2.69.143", "::ffff:192.0.2.1 ::ffff:192.0.2.2"),
        ("rip=::ffff:127.0.0.1, lip=::ffff:0.0.0.0", "rip=::ffff:127.0.0.1, lip=::ffff:0.0.0.0"),
    ],
)
def test_an_address_in_an_ipv6_socket_is_the_same_host(text: str, masked: str) -> None:
    """Dovecot writes ::ffff:10.1.2.3 where Postfix writes 10.1.2.3 of the same client."""
    assert Mask().text(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("uid=tanaka,ou=people,dc=gnu,dc=corp,dc=test", "uid=user-1,ou=user-2,dc=host-1,dc=domain-1,dc=example"),
        ("cn=Taro Tanaka,ou=Mail Users, dc=corp,dc=test", "cn=user-1,ou=user-2, dc=domain-1,dc=example"),
        ("CN=Taro Tanaka,OU=Sales,DC=corp,DC=test", "CN=user-1,OU=user-2,DC=domain-1,DC=example"),
        ("cn=mx.corp.test,dc=corp,dc=test", "cn=host-1.domain-1.example,dc=domain-1,dc=example"),
        ("uid=tanaka@corp.test,ou=people", "uid=user-1@domain-1.example,ou=user-2"),
        ("(&(objectClass=posixAccount)(uid=%u))", "(&(objectClass=posixAccount)(uid=%u))"),
        ("uid=0 euid=0", "uid=0 euid=0"),
        ("args = uid=vmail gid=vmail", "args = uid=vmail gid=vmail"),
        ("CN=R11,O=Let's Encrypt,C=US", "CN=R11,O=Let's Encrypt,C=US"),
        ('from=<"john smith"@corp.test>', 'from=<"user-1"@domain-1.example>'),
        ("mysql://tanaka:pw@dbhost/mail", "mysql://user-1:[masked]@host-1/mail"),
        ("mysql://tanaka:[masked]@10.3.4.5/mail", "mysql://user-1:[masked]@10.0.0.1/mail"),
        ("pgsql://tanaka@db.corp.test/", "pgsql://user-1@host-1.domain-1.example/"),
        (
            '-A INPUT -m comment --comment "tanaka\'s \\"old\\" home" -j DROP',
            '-A INPUT -m comment --comment "[masked]" -j DROP',
        ),
        ("-m comment --comment tanaka -j DROP", '-m comment --comment "[masked]" -j DROP'),
        ('tcp dport 25 drop comment "tanaka\'s home"', 'tcp dport 25 drop comment "[masked]"'),
    ],
)
def test_a_name_is_masked_in_each_form_in_which_it_is_written(text: str, masked: str) -> None:
    assert Mask().text(text) == masked


def test_who_a_directory_names_is_masked_elsewhere_too() -> None:
    dn = "uid=tanaka,ou=people,dc=corp,dc=test"
    assert "tanaka" not in Mask(None, (), {"text": dn}).text(f"{dn}: no entry for tanaka")
