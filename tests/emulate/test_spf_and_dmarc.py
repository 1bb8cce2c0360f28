"""SPF, DMARC and the name of an address, over DNS in memory: the examples of the RFCs, and their limits."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.emulate.sending.dmarc import DmarcFound, aligned, dmarc, organisation_of
from mailproof.emulate.sending.questions import Course, Result
from mailproof.emulate.sending.reverse import reverse
from mailproof.emulate.sending.spf import SpfResult, check_host
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.parse.spf import SpfSyntaxError, expanded, is_spf, read_spf
from mailproof.parse.tags import DkimKey, read_dkim_key, read_dmarc
from mailproof.parse.txt import txt_value

Zone = dict[tuple[str, str], list[str] | DnsStatus]


def answered(course: Course[Result], zone: Zone, asked: list[str] | None = None) -> Result:
    known = {(name.lower(), rtype): answers for (name, rtype), answers in zone.items()}
    try:
        question = next(course)
        while True:
            if asked is not None:
                asked.append(f"{question.rtype} {question.name}")
            given = known.get((question.name.lower(), question.rtype))
            if given is None:
                exists = any(name == question.name.lower() for name, _ in known)
                given = DnsStatus.NO_DATA if exists else DnsStatus.NO_SUCH_NAME
            if isinstance(given, DnsStatus):
                question = course.send(DnsAnswer(question.name, question.rtype, given))
            else:
                quoted = [f'"{each}"' for each in given] if question.rtype == "TXT" else given
                question = course.send(DnsAnswer(question.name, question.rtype, DnsStatus.OK, tuple(quoted)))
    except StopIteration as end:
        result: Result = end.value
        return result


# RFC 7208 appendix A.
ZONE: Zone = {
    ("example.com", "A"): ["192.0.2.10", "192.0.2.11"],
    ("example.com", "MX"): ["10 mail-a.example.com.", "20 mail-b.example.com."],
    ("amy.example.com", "A"): ["192.0.2.65"],
    ("bob.example.com", "A"): ["192.0.2.66"],
    ("mail-a.example.com", "A"): ["192.0.2.129"],
    ("mail-b.example.com", "A"): ["192.0.2.130"],
    ("example.org", "MX"): ["10 mail-c.example.org."],
    ("mail-c.example.org", "A"): ["192.0.2.140"],
    ("10.2.0.192.in-addr.arpa", "PTR"): ["example.com."],
    ("65.2.0.192.in-addr.arpa", "PTR"): ["amy.example.com."],
    ("140.2.0.192.in-addr.arpa", "PTR"): ["mail-c.example.org."],
    ("4.0.0.10.in-addr.arpa", "PTR"): ["bob.example.com."],
}


def spf(
    record: str, client: str = "192.0.2.10", zone: Zone | None = None, sender: str = "joe@example.com"
) -> SpfResult:
    whole = {**ZONE, ("example.com", "TXT"): ["other text", record], **(zone or {})}
    return answered(check_host(ipaddress.ip_address(client), "example.com", sender, "mx.example.org"), whole)


@pytest.mark.parametrize(
    ("record", "client", "outcome"),
    [
        ("v=spf1 +all", "192.0.2.10", "pass"),
        ("v=spf1 a -all", "192.0.2.10", "pass"),
        ("v=spf1 a -all", "192.0.2.129", "fail"),
        ("v=spf1 a:example.org -all", "192.0.2.10", "fail"),
        ("v=spf1 mx -all", "192.0.2.129", "pass"),
        ("v=spf1 mx -all", "192.0.2.10", "fail"),
        ("v=spf1 mx:example.org -all", "192.0.2.140", "pass"),
        ("v=spf1 mx mx:example.org ~all", "192.0.2.1", "softfail"),
        ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", "pass"),
        ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.143", "pass"),
        ("v=spf1 ptr -all", "192.0.2.10", "pass"),
        ("v=spf1 ptr -all", "192.0.2.65", "pass"),
        ("v=spf1 ptr -all", "192.0.2.140", "fail"),
        ("v=spf1 ptr -all", "10.0.0.4", "fail"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", "pass"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", "fail"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", "pass"),
        ("v=spf1 ?all", "192.0.2.1", "neutral"),
        ("v=spf1 ip4:192.0.2.1", "192.0.2.2", "neutral"),
        ("v=spf1 include:example.org -all", "192.0.2.10", "permerror"),
        ("v=spf1 a//129 -all", "192.0.2.10", "permerror"),
        ("v=spf1 a:-all", "192.0.2.10", "permerror"),
        ("v=spf1 foo -all", "192.0.2.10", "permerror"),
        ("v=spf1 redirect=example.org redirect=example.org", "192.0.2.10", "permerror"),
        ("v=spf1 unknown=any -all", "192.0.2.10", "fail"),
        ("V=SPF1 A -ALL", "192.0.2.10", "pass"),
        ("v=spf10 +all", "192.0.2.10", "none"),
        ("v=spf1 ip4:192.0.2.10 -all", "::ffff:192.0.2.10", "pass"),
        ("v=spf1 a -all", "::ffff:192.0.2.10", "pass"),
        ("v=spf1 ip4:192.0.2.0/024 -all", "192.0.2.10", "permerror"),
        ("v=spf1 exists:%{c}.example.com -all", "192.0.2.10", "permerror"),
    ],
)
def test_examples_of_spf(record: str, client: str, outcome: str) -> None:
    assert spf(record, client).outcome == outcome


def test_include_and_redirect_go_to_another_record() -> None:
    zone: Zone = {("_spf.example.net", "TXT"): ["v=spf1 ip4:198.51.100.0/24 ?all"]}
    told = spf("v=spf1 include:_spf.example.net -all", "198.51.100.7", zone)
    assert (told.outcome, told.term, told.lookups) == ("pass", "include:_spf.example.net", 1)
    assert spf("v=spf1 include:_spf.example.net -all", "192.0.2.7", zone).outcome == "fail"
    redirected = spf("v=spf1 redirect=_spf.example.net", "192.0.2.7", zone)
    assert (redirected.outcome, redirected.record) == ("neutral", "v=spf1 redirect=_spf.example.net")
    assert spf("v=spf1 redirect=none.example.net", zone=zone).outcome == "permerror"


def test_two_records_are_one_too_many() -> None:
    assert spf("v=spf1 -all", zone={("example.com", "TXT"): ["v=spf1 -all", "v=spf1 +all"]}).outcome == "permerror"


def test_ten_lookups_and_two_that_find_nothing_are_the_most() -> None:
    names = [f"h{number}.example.net" for number in range(11)]
    zone: Zone = {(name, "A"): ["198.51.100.1"] for name in names}
    ten = " ".join(f"a:{name}" for name in names[:10])
    assert spf(f"v=spf1 {ten} -all", zone=zone).outcome == "fail"
    assert spf(f"v=spf1 {ten} a:{names[10]} -all", zone=zone).outcome == "permerror"
    void = "a:none1.example.net a:none2.example.net"
    assert spf(f"v=spf1 {void} -all").outcome == "fail"
    assert spf(f"v=spf1 {void} a:none3.example.net -all").outcome == "permerror"
    itself: Zone = {("example.com", "TXT"): ["v=spf1 include:example.com -all"]}
    assert spf("v=spf1 -all", zone=itself).outcome == "permerror"
    many: Zone = {("example.com", "MX"): [f"10 {name}." for name in names], **zone}
    assert spf("v=spf1 mx -all", zone=many).outcome == "permerror"


def test_trouble_of_dns_is_for_now() -> None:
    assert spf("v=spf1 -all", zone={("example.com", "TXT"): DnsStatus.SERVER_FAILURE}).outcome == "temperror"
    assert (
        spf("v=spf1 a:slow.example.net -all", zone={("slow.example.net", "A"): DnsStatus.TIMEOUT}).outcome
        == "temperror"
    )


# RFC 7208 section 7.4.
VALUES = {
    "s": "strong-bad@email.example.com", "l": "strong-bad", "o": "email.example.com", "d": "email.example.com",
    "i": "192.0.2.3", "v": "in-addr", "h": "mx.example.org", "p": "unknown",
}  # fmt: skip


@pytest.mark.parametrize(
    ("macro", "text"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ("%{S}%%%_%-", "strong-bad%40email.example.com% %20"),
    ],
)
def test_macros(macro: str, text: str) -> None:
    assert expanded(macro, VALUES) == text


def test_exists_asks_the_name_that_its_macros_make() -> None:
    asked: list[str] = []
    zone: Zone = {("example.com", "TXT"): ["v=spf1 exists:%{ir}.%{l1r-}._spf.%{d} -all"]}
    course = check_host(ipaddress.ip_address("192.0.2.3"), "example.com", "strong-bad@example.com", "mx")
    assert answered(course, zone, asked).outcome == "fail"
    assert asked == ["TXT example.com", "A 3.2.0.192.strong._spf.example.com"]
    six = check_host(ipaddress.ip_address("2001:db8::cb01"), "example.com", "a@example.com", "mx")
    answered(six, zone, asked)
    assert asked[-1] == "A 1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.a._spf.example.com"


def test_the_macro_of_the_clients_name_is_the_domain_itself_or_below_it_or_any() -> None:
    zone: Zone = {
        ("7.113.0.203.in-addr.arpa", "PTR"): ["x.example.net.", "mail.example.com.", "forged.example.com."],
        ("mail.example.com", "A"): ["203.0.113.7"],
        ("x.example.net", "A"): ["203.0.113.7"],
        ("example.com", "TXT"): ["v=spf1 exists:%{p}._p.%{d} -all"],
        ("example.org", "TXT"): ["v=spf1 exists:%{p}._p.%{d} -all"],
    }
    for domain, name in (("example.com", "mail.example.com"), ("example.org", "x.example.net")):
        asked: list[str] = []
        answered(check_host(ipaddress.ip_address("203.0.113.7"), domain, f"a@{domain}", "mx"), zone, asked)
        assert asked[-1] == f"A {name}._p.{domain}"


@given(st.text())
def test_any_text_is_a_record_or_is_none(text: str) -> None:
    if is_spf("v=spf1 " + text):
        try:
            read_spf("v=spf1 " + text)
        except SpfSyntaxError:
            pass
    read_dkim_key(text)
    read_dmarc("v=DMARC1;" + text)
    txt_value(text)


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        (
            {("7.2.0.192.in-addr.arpa", "PTR"): ["a.test.", "b.test."], ("b.test", "A"): ["192.0.2.7"]},
            ("pass", "b.test"),
        ),
        ({("7.2.0.192.in-addr.arpa", "PTR"): ["a.test."], ("a.test", "A"): ["192.0.2.8"]}, ("fail", "")),
        ({}, ("permerror", "")),
        ({("7.2.0.192.in-addr.arpa", "PTR"): DnsStatus.TIMEOUT}, ("temperror", "")),
    ],
)
def test_the_name_of_an_address(zone: Zone, told: tuple[str, str]) -> None:
    found = answered(reverse(ipaddress.ip_address("192.0.2.7")), zone)
    assert (found.outcome, found.confirmed) == told


def policy(author: str, zone: Zone, asked: list[str] | None = None) -> DmarcFound:
    return answered(dmarc(author), {(f"_dmarc.{name}", rtype): texts for (name, rtype), texts in zone.items()}, asked)


def test_the_policy_is_the_authors_own_or_that_of_its_organisation() -> None:
    zone: Zone = {("example.com", "TXT"): ["v=DMARC1; p=reject; sp=quarantine; aspf=s"]}
    own = policy("example.com", zone)
    assert (own.domain, own.policy, own.strict_spf, own.strict_dkim) == ("example.com", "reject", True, False)
    below = policy("a.b.example.com", zone)
    assert (below.domain, below.policy, below.organisation) == ("example.com", "quarantine", "example.com")
    assert policy("example.com", {}) == DmarcFound("", "example.com")
    assert policy("example.com", {("example.com", "TXT"): ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}).domain == ""
    assert policy("example.com", {("example.com", "TXT"): DnsStatus.SERVER_FAILURE}).trouble


def test_the_tree_is_walked_in_eight_steps() -> None:
    """RFC 9989 section 4.10: a long name is cut to seven labels after the first question."""
    asked: list[str] = []
    policy("a.b.c.d.e.f.g.h.i.j.mail.example.com", {}, asked)
    assert asked[:2] == ["TXT _dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com", "TXT _dmarc.g.h.i.j.mail.example.com"]
    assert (len(asked), asked[-1]) == (8, "TXT _dmarc.com")


def test_a_record_can_end_the_walk() -> None:
    zone: Zone = {
        ("example.com", "TXT"): ["v=DMARC1; p=reject"],
        ("dept.example.com", "TXT"): ["v=DMARC1; p=none; psd=n"],
        ("gov.test", "TXT"): ["v=DMARC1; p=reject; psd=y"],
    }
    assert policy("x.dept.example.com", zone).organisation == "dept.example.com"
    assert policy("a.office.gov.test", zone).organisation == "office.gov.test"
    assert policy("a.office.gov.test", zone).domain == "gov.test"
    whole = {(f"_dmarc.{name}", rtype): texts for (name, rtype), texts in zone.items()}
    assert answered(organisation_of("mail.example.com"), whole) == "example.com"


def test_alignment_is_of_the_domain_or_of_the_organisation() -> None:
    same, other = ("example.com", "example.com"), ("example.net", "example.com")
    assert aligned("mail.example.com", "example.com", strict=False, organisations=same)
    assert not aligned("mail.example.com", "example.com", strict=True, organisations=same)
    assert not aligned("example.net", "example.com", strict=False, organisations=other)
    assert aligned("EXAMPLE.com.", "example.com", strict=True, organisations=("", ""))


def test_keys_of_signatures() -> None:
    # RFC 8463 appendix A: an Ed25519 key, and an RSA key of 1024 bits.
    assert read_dkim_key("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=") == DkimKey("ed25519")
    rsa = (
        "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b"
        "yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
    )
    assert read_dkim_key(f"v=DKIM1; k=rsa; t=y; p={rsa}") == DkimKey("rsa", 1024, testing=True)
    assert read_dkim_key("v=DKIM1; p=") == DkimKey(revoked=True)
    assert read_dkim_key("v=DKIM1; p=AAAA") is None
    assert read_dkim_key("v=spf1 -all") is None


def test_strings_of_a_record_are_put_together() -> None:
    assert txt_value('"v=spf1 ip4:192.0." "2.1 -all"') == "v=spf1 ip4:192.0.2.1 -all"
    assert txt_value('"a\\"b\\\\c\\009d"') == 'a"b\\c\td'
