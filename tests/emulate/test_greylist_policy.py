"""Which rule of a greylist.conf decides, and what its lint says; the real program is asked in tests/brands."""

from __future__ import annotations

import msgspec
import pytest

from mailproof.emulate.greylist.clauses import Country
from mailproof.emulate.greylist.decide import evaluate
from mailproof.emulate.greylist.lint import diagnose, lint, without
from mailproof.model.greylist import BinarySeen, DatabaseSeen, GreylistMail, Met, Unread
from mailproof.parse.greylist.grammar import read_greylist

MAIL = GreylistMail("192.0.2.9", "a@example.net", "bob@example.com", "mx.google.com", "mx.google.com")
CN, NOWHERE = Country("CN", "GB", True), Country()


FORMAT = 'racl blacklist geoip "CN" msg "%C %r %f %i %d %A %%"\n'


def decided(text, country=NOWHERE, **changes):
    mail = msgspec.structs.replace(MAIL, **changes)
    return evaluate(read_greylist(text.encode()), mail, country)


@pytest.mark.parametrize(
    ("rules", "reply"),
    [
        ("", "451 4.7.1 Greylisting in action, please come back in 00:30:00"),
        ("quiet\n", "451 4.7.1 Greylisting in action, please come back later"),
        ("greylist 5m\n", "451 4.7.1 Greylisting in action, please come back in 00:05:00"),
        ("testmode\n", ""),
        ("racl whitelist default\n", ""),
        ("racl blacklist default\n", "551 5.7.1 Go away!"),
        (FORMAT, "551 5.7.1 CN bob@example.com a@example.net 192.0.2.9 mx.google.com 1 %"),
        ('racl greylist default delay 1h code "450" ecode "4.2.0" msg "in %R"\n', "450 4.2.0 in 01:00:00"),
        ("racl whitelist addr 192.0.2.0/24\nracl blacklist default\n", ""),
        ("racl whitelist addr 198.51.100.0/24\nracl blacklist default\n", "551 5.7.1 Go away!"),
        ("racl whitelist not addr 192.0.2.0/24\nracl blacklist default\n", "551 5.7.1 Go away!"),
        ("racl whitelist domain gle.com\nracl blacklist default\n", ""),
        ("domainexact\nracl whitelist domain gle.com\nracl blacklist default\n", "551 5.7.1 Go away!"),
        ("domainexact\nracl whitelist domain google.com\nracl blacklist default\n", ""),
        ("racl whitelist rcpt BOB@example.COM\nracl blacklist default\n", ""),
        ("racl whitelist rcpt /^<bob@/\nracl blacklist default\n", ""),
        ("racl whitelist rcpt /^bob@/\nracl blacklist default\n", "551 5.7.1 Go away!"),
        ("racl whitelist rcpt /bo\\{1,2\\}b@/\nracl blacklist default\n", ""),
        ("extendedregex\nracl whitelist rcpt /(bob|eve)@/\nracl blacklist default\n", ""),
        ('racl whitelist helo "MX.google.com"\nracl blacklist default\n', ""),
        ('racl whitelist helo "google.com"\nracl blacklist default\n', "551 5.7.1 Go away!"),
        ('list "l" rcpt { eve@example.com /^<bob/ }\nracl whitelist list "l"\nracl blacklist default\n', ""),
        ("racl continue rcpt bob@example.com\nracl blacklist default\n", "551 5.7.1 Go away!"),
        ('racl whitelist time "0 0 1 1 0"\nracl blacklist default\n', ""),
        ('racl whitelist time "* 8-16 * * 1-5"\nracl blacklist default\n', "551 5.7.1 Go away!"),
        ("racl blacklist rcptcount >= 2\nracl whitelist default\n", ""),
        ("dacl blacklist default\nracl whitelist default\n", ""),
        ('racl whitelist auth "me"\nracl blacklist default\n', "551 5.7.1 Go away!"),
    ],
)  # fmt: skip
def test_what_the_client_hears(rules, reply):
    found = decided(rules, CN)
    assert found.built.reply == reply
    assert found.built.told


@pytest.mark.parametrize(
    ("changes", "rules", "before"),
    [
        ({"auth": "me"}, "racl blacklist default\n", "auth"),
        ({"auth": "me"}, "noauth\nracl blacklist default\n", ""),
        ({"auth": "me"}, "racl blacklist auth /.*/\n", ""),
        ({"tls": "CN=x"}, "racl blacklist default\n", "tls"),
        ({"spf": "pass"}, "racl blacklist default\n", "spf"),
        ({"spf": "pass"}, "nospf\nracl blacklist default\n", ""),
        ({"spf": "pass"}, "racl blacklist spf fail\n", ""),
        ({"macros": (("greylist", "WHITE"),)}, "racl blacklist default\n", "macro"),
        ({"macros": (("greylist", "WHITE"),)}, "noaccessdb\nracl blacklist default\n", ""),
    ],
)
def test_what_lets_in_before_any_rule(changes, rules, before):
    assert decided(rules, **changes).built.before == before


def test_all_clauses_of_a_rule_must_be_met_and_the_rest_is_not_asked():
    found = decided('racl blacklist rcpt eve@example.com geoip "CN"\n', CN).built
    assert [each.met for each in found.rules[0].clauses] == [Met.NO, Met.NOT_ASKED]
    assert found.rule is None


def test_the_country_of_an_address_that_is_not_in_the_database():
    """Builds with libmaxminddb do not look whether it was found (geoip.c of 4.6.2 with mmdb, geoip2.c of 4.6.4)."""
    found = decided('racl blacklist geoip "GB"\nracl whitelist geoip "ZZ"\n', Country(None, "GB", True))
    assert found.built.reply == "551 5.7.1 Go away!" and found.documented.reply == ""
    found = decided('racl blacklist geoip "GB"\nracl whitelist geoip "ZZ"\n', Country(None, None, True))
    assert found.built.reply == found.documented.reply == ""


def test_a_part_of_an_address_matches_in_the_manual_alone():
    found = decided("racl whitelist rcpt b@example.com\nracl blacklist default\n")
    assert found.built.reply == "551 5.7.1 Go away!" and found.documented.reply == ""


def test_what_asks_others_is_not_for_sure():
    rules = 'dnsrbl "spam" bl.example.org 127.0.0.2\nracl blacklist dnsrbl "spam"\nracl whitelist default\n'
    assert not decided(rules).built.told
    for answer, reply in ((True, "551 5.7.1 Go away!"), (False, "")):
        found = decided(rules, answers=(('dnsrbl "spam"', answer),)).built
        assert found.told and found.reply == reply


def test_a_rule_that_is_not_told_does_not_matter_where_the_next_comes_to_the_same():
    assert decided('racl greylist geoip "CN"\nracl greylist default\n').built.told
    assert not decided('racl greylist geoip "CN" delay 1h\nracl greylist default\n').built.told


def test_what_is_remembered():
    rules = "subnetmatch /24\nsubnetmatch6 /64\n"
    found = decided(rules, sender="list+bob=example.org@lists.example")
    assert found.built.key == ("192.0.2.0/24", "<example.org@lists.example>", "<bob@example.com>")
    assert decided(rules, client="2001:db8:1:2:3::4").built.key[0] == "2001:db8:1:2::/64"


def test_no_address():
    with pytest.raises(ValueError, match="mx"):
        decided("", client="mx.example.com")


def slips(text, databases=(), now=1_800_000_000):
    return [(slip.name, slip.line) for slip in lint(read_greylist(text.encode()), databases, now).first]


OLD, NEW, DAT = (
    DatabaseSeen("x", 1, "geoipdb", "mmdb", built=1_700_000_000),
    DatabaseSeen("x", 1, "geoipdb", "mmdb", built=1_799_000_000),
    DatabaseSeen("x", 1, "geoipdb", "dat"),
)
COUNTRY = 'geoipdb "x"\nracl blacklist geoip "{}"\nracl greylist default\n'


@pytest.mark.parametrize(
    ("text", "databases", "expected"),
    [
        ("racl greylist default\nracl whitelist rcpt a@b\n", (), [("rule-after-default", 2)]),
        ("racl greylist default\ndacl whitelist default\n", (), []),
        ("racl continue default\nracl whitelist rcpt a@b\n", (), []),
        (COUNTRY.format("cn"), (NEW,), [("country-in-small-letters", 2)]),
        (COUNTRY.format("XX"), (NEW,), [("no-such-country", 2)]),
        (COUNTRY.format("CN"), (NEW,), []),
        (COUNTRY.format("CN"), (OLD,), [("database-old", 1)]),
        (
            COUNTRY.format("CN"),
            (DatabaseSeen("x", 1, "geoipdb", unread=Unread("system", {"why": "No such file"})),),
            [("database-not-read", 1)],
        ),
        (COUNTRY.format("CN"), (DAT,), [("database-of-unknown-age", 1), ("ends-at-ipv6", 1)]),
        ('racl blacklist geoip "CN"\n', (), [("no-database", 1)]),
        ('list "c" geoip { "CN" "ru" }\nracl blacklist list "c"\n', (NEW,), [("country-in-small-letters", 1)]),
        ('racl blacklist geoip "CN" geoip "RU"\n', (NEW,), [("two-countries", 1)]),
        ('racl blacklist not geoip "CN" not geoip "RU"\n', (NEW,), []),
        ("racl greylist rcpt /@example\\.net$/\n", (), [("regex-without-bracket", 1)]),
        ("racl greylist rcpt /@example\\.net>$/\nracl greylist domain /net$/\n", (), []),
        ("racl whitelist rcpt a@b not\nracl greylist default\n", (), [("not-at-the-end", 1)]),
        ("racl greylist rcpt /" + "(" * 60 + "a" + ")" * 60 + "/\nextendedregex\n", (), [("regex-not-read", 1)]),
    ],
)
def test_what_is_taken_without_a_word(text, databases, expected):
    assert slips(text, databases) == expected


BARE = BinarySeen("mg", ("libmilter.so.1.0.1",), ("GeoIP", "GeoIP2", "p0f"))
LEGACY = BinarySeen("mg", ("libGeoIP.so.1",), ("p0f",), True)


def found(text, binary, databases=(DAT,)):
    return [(slip.name, slip.line) for slip in diagnose(read_greylist(text.encode()), binary, databases).first]


def test_the_case_of_the_article():
    """geoip in the file, and a program that links neither library: the rule is left out without a word."""
    text = 'geoipdb "/usr/share/GeoIP/GeoIP.dat"\nracl blacklist geoip "CN"\nracl whitelist default\n'
    assert found(text, BARE) == [("database-not-used", 1), ("rule-left-out", 2), ("postfix-not-built", 0)]
    assert found(text, LEGACY) == []
    config = without(read_greylist(text.encode()), BARE)
    assert evaluate(config, MAIL, CN).built.reply == ""
    assert evaluate(read_greylist(text.encode()), MAIL, CN).built.reply == "551 5.7.1 Go away!"


def test_a_rule_is_left_out_for_what_its_list_holds():
    text = 'list "c" geoip { "CN" }\nracl blacklist list "c"\n'
    assert ("rule-left-out", 2) in found(text, BARE, ())


def test_a_database_of_the_wrong_kind():
    assert found('geoipdb "x"\n', LEGACY, (NEW,)) == [("database-of-wrong-kind", 1)]
    modern = BinarySeen("mg", ("libmaxminddb.so.0",), (), True)
    assert found('geoipdb "x"\n', modern, (DAT,)) == [("database-of-wrong-kind", 1)]
    assert found('geoipdb "x"\n', modern, (NEW,)) == []
