"""The set-ups that administrators have: envelope, headers and relays of real mail, beside what is computed."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest
from rewritelab import FAR, NEAR, OWN, read_directory
from test_postfix_routes_real import Town, town

from mailproof.emulate.postfix.message import cleaned, sent
from mailproof.emulate.postfix.rewrite import generic, way_of
from mailproof.emulate.postfix.routes import routes_of
from mailproof.lab.real.alone import PostfixAlone
from mailproof.model.postfix import Client, Kind, Place
from mailproof.parse.postfix.addresses import quote, unquote

pytestmark = pytest.mark.skipif(bool(PostfixAlone.missing()), reason="needs root and Postfix")
_PATIENCE = 120


class SetUp(NamedTuple):
    """main.cf, files, the options of each smtpd, and the mail: service, client, sender, recipient."""

    main: Mapping[str, str]
    files: Mapping[str, str]
    services: Sequence[Mapping[str, str]]
    mails: Sequence[tuple[int, str, str, str]]


R = "[127.0.0.1]:@relay{}@".format
SENDERS = (
    "alice@pc1.example.co.jp",
    "bob+news@example.co.jp",
    "Carol@Sub.Example.CO.JP",
    "",
    "dave",
    '"e f"@example.co.jp',
)

SET_UPS = {
    "virtual alias domains": SetUp(
        {
            "relayhost": R(1),
            "recipient_delimiter": "+",
            "virtual_alias_domains": "@etc@/vdomains, texthash:@etc@/vtable",
            "virtual_alias_maps": "texthash:@etc@/virtual, regexp:@etc@/virtual.re",
            "relay_domains": "hosted.test",
            "transport_maps": f"inline:{{{{hosted.test = smtp:{R(2)}}}, {{.hosted.test = smtp:{R(3)}}}}}",
            "propagate_unmatched_extensions": "canonical, virtual",
            "myorigin": "example.co.jp",
        },
        {
            "vdomains": "# a list\nv1.test\nv2.test v3.test\n",
            "vtable": "v4.test anything\n",
            "virtual": "info@v1.test alice@hosted.test, bob@far.test\n@v2.test catch@hosted.test\n"
            "list@v1.test info@v1.test, list@v1.test, x@far.test\n"
            "loop@v1.test pool@v1.test\npool@v1.test end@far.test\n"
            'v1.test anything\nsales@v1.test "quoted user"@far.test\nplain@v4.test a@hosted.test,b@hosted.test\n'
            "abuse admin@far.test\n@v3.test @hosted.test\nx+y@v1.test ext@far.test\n",
            "virtual.re": "/^dyn-([a-z]+)@v1\\.test$/ $1@hosted.test\n/^(.+)\\+(.+)@v4\\.test$/ $2-$1@far.test\n",
        },
        [{}],
        [
            (0, OWN, "who@example.co.jp", to)
            for to in (
                "info@v1.test",
                "INFO@V1.TEST",
                "info+tag@v1.test",
                "anybody@v2.test",
                "any+ext@v2.test",
                "list@v1.test",
                "loop@v1.test",
                "sales@v1.test",
                "plain@v4.test",
                "plain+q@v4.test",
                "dyn-eve@v1.test",
                "who@v3.test",
                "w+z@v3.test",
                "x+y@v1.test",
                "user@hosted.test",
                "user@deep.hosted.test",
                "abuse@far.test",
            )
        ],
    ),
    "relay with a login": SetUp(
        {
            "relayhost": R(1),
            "smtp_sasl_auth_enable": "yes",
            "smtp_sasl_password_maps": "texthash:@etc@/sasl",
            "smtp_sasl_security_options": "noanonymous",
            "smtp_tls_security_level": "may",
            "smtp_sender_dependent_authentication": "yes",
            "sender_canonical_maps": "regexp:@etc@/senders",
            "sender_canonical_classes": "envelope_sender, header_sender",
            "smtp_generic_maps": "texthash:@etc@/generic",
            "local_header_rewrite_clients": "permit_mynetworks",
            "mynetworks": "127.0.0.0/28",
            "sender_dependent_relayhost_maps": "texthash:@etc@/by_sender",
            "myorigin": "local.example.co.jp",
        },
        {
            "sasl": f"{R(1)} user:secret\nbob@example.co.jp bob:secret\n",
            "senders": "/^(.*)@pc[0-9]+\\.example\\.co\\.jp$/ $1@example.co.jp\n",
            "generic": "alice@example.co.jp account@provider.test\n@local.example.co.jp box@provider.test\n",
            "by_sender": f"bob@example.co.jp {R(2)}\n",
        },
        [{}, {"local_header_rewrite_clients": "static:all"}],
        [
            (service, source, sender, "to@far.test")
            for service in (0, 1)
            for source in (OWN, NEAR, FAR)
            for sender in SENDERS
        ],
    ),
    "relays by sender": SetUp(
        {
            "relayhost": R(4),
            "sender_dependent_relayhost_maps": "regexp:@etc@/by_sender.re, texthash:@etc@/by_sender",
            "recipient_delimiter": "+-",
            "mydestination": "localhost, example.co.jp",
            "relay_domains": "partner.test",
            "sender_dependent_default_transport_maps": "texthash:@etc@/transport_by_sender",
            "canonical_maps": "texthash:@etc@/canonical",
            "masquerade_domains": "example.co.jp",
            "masquerade_exceptions": "root, carol",
            "virtual_alias_maps": "inline:{{u@example.co.jp = u@far.test}}",
            "empty_address_relayhost_maps_lookup_key": "<nobody>",
        },
        {
            "by_sender.re": f"/^bob\\+/ {R(3)}\nif /\\.jp$/\n/^carol@/ {R(2)}\n/^zoe/ DUNNO\nendif\n",
            "by_sender": f"@example.co.jp {R(1)}\nbob {R(2)}\nalice@pc1.example.co.jp {R(4)}\n"
            f"<nobody> {R(3)}\nzoe@example.co.jp {R(2)}\n",
            "transport_by_sender": f"frank@example.co.jp torelay4:\ngina@example.co.jp torelay4:{R(2)}\n",
            "canonical": "harry@example.co.jp h.potter@example.co.jp\nh.potter@example.co.jp hp@far.test\n",
        },
        [{}],
        [
            (0, OWN, sender, to)
            for to in ("you@far.test", "me@partner.test", "u@example.co.jp")
            for sender in (
                *SENDERS,
                "bob-x@example.co.jp",
                "zoe@example.co.jp",
                "frank@example.co.jp",
                "gina@example.co.jp",
                "harry@example.co.jp",
                "root@pc2.example.co.jp",
                "carol@pc2.example.co.jp",
            )
        ],
    ),
    "transports by expressions": SetUp(
        {
            "relayhost": R(4),
            "recipient_delimiter": "+",
            "relay_domains": "regexp:@etc@/relayed",
            "transport_maps": "regexp:@etc@/transport.re, regexp:@etc@/numbered, "
            "pipemap:{regexp:@etc@/first.re, texthash:@etc@/second}, "
            "pcre:@etc@/transport.pcre, texthash:@etc@/transport",
        },
        {
            "numbered": "/^(num)@.*$/ smtp:[127.0.0.1]:$1\n/^(num)@.*$/ torelay4:" + R(3) + "\n",
            "relayed": "/^(.*\\.)?branch\\.test$/ x\n",
            "transport.re": "if /@(.+\\.)?branch\\.test$/\n  if /@north\\./\n/^vip/ smtp:"
            + R(3)
            + "\n/./ smtp:"
            + R(1)
            + "\n  endif\nif !/@south\\./\n/^(postmaster|abuse)@/ torelay4:"
            + R(2)
            + "\nendif\nendif\n!/@.*\\.test$/ smtp:"
            + R(2)
            + "\n",
            "first.re": "/^.*@([a-z]+)-site\\.test$/ site-$1\n",
            "second": f"site-a smtp:{R(1)}\nsite-b torelay4:{R(2)}\n",
            "transport.pcre": f"/^[a-qs-z][a-z]+@neg\\.test$/ smtp:{R(1)}\n/@CASE\\.test$/ smtp:{R(2)}\n"
            f"/@exact\\.Test$/i smtp:{R(3)}\n",
            "transport": f"far.test smtp:{R(1)}\n.far.test smtp:{R(2)}\nu+x@far.test smtp:{R(3)}\n"
            f"u@far.test :{R(2)}\n* smtp:{R(3)}\nnexthop.test :\n",
        },
        [{}],
        [
            (0, OWN, "who@example.co.jp", to)
            for to in (
                "vip@north.branch.test",
                "x@north.branch.test",
                "abuse@south.branch.test",
                "abuse@east.branch.test",
                "y@branch.test",
                "q@a-site.test",
                "q@b-site.test",
                "q@c-site.test",
                "A@case.test",
                "a@EXACT.test",
                "u@far.test",
                "u+x@far.test",
                "U+Z@FAR.test",
                "v@far.test",
                "v@sub.far.test",
                "v@else.test",
                "v@nexthop.test",
                "v@foreign.example",
                "num@far.test",
            )
        ],
    ),
    "a content filter": SetUp(
        {
            "relayhost": R(1),
            "virtual_alias_maps": "inline:{{info@v.test = a@far.test, b@far.test}}",
            "virtual_alias_domains": "v.test",
            "sender_canonical_maps": "inline:{{bob@example.co.jp = robert@example.co.jp}}",
            "canonical_maps": "inline:{{to@far.test = rcpt@far.test}}",
            "default_filter_nexthop": "",
            "recipient_delimiter": "+",
            "always_bcc": "",
            "sender_dependent_relayhost_maps": f"inline:{{{{robert@example.co.jp = {R(2)}}}}}",
        },
        {"access": f"carol@sub.example.co.jp FILTER torelay4:{R(2)}\n"},
        [
            {"content_filter": f"torelay4:{R(4)}", "receive_override_options": "no_address_mappings"},
            {
                "content_filter": "",
                "local_header_rewrite_clients": "",
                "receive_override_options": "no_unknown_recipient_checks,no_header_body_checks,no_milters",
            },
            {"content_filter": f"torelay4:{R(4)}"},
            {
                "content_filter": f"torelay4:{R(4)}",
                "smtpd_sender_restrictions": "check_sender_access texthash:@etc@/access",
            },
            {
                "content_filter": f"torelay4:{R(4)}",
                "smtpd_sender_restrictions": "permit_mynetworks, check_sender_access texthash:@etc@/access",
            },
            {
                "receive_override_options": "no_address_mappings, no_header_body_checks",
                "local_header_rewrite_clients": "static:all",
            },
        ],
        [
            (service, source, sender, to)
            for service in range(6)
            for source in (OWN, FAR)
            for sender in ("bob@example.co.jp", "Carol@sub.Example.co.jp", "bob+x@example.co.jp", "")
            for to in ("info@v.test", "to@far.test", "to+y@far.test")
        ],
    ),
}


def written(number: int, sender: str, to: str) -> str:
    who = sender or "MAILER-DAEMON"
    others = f'Cc: "x, y" <bob@example.co.jp>, host\nReply-To: {sender or "a"}'
    return f"X-Number: {number}\nFrom: Some One <{who}>\nTo: {to}\n{others}\n\nbody\n"


def hand_in(place: Town, text: str, service: int, source: str, sender: str, to: str) -> None:
    port = place.postfix.ports[f"smtpd{service}"]
    with smtplib.SMTP("127.0.0.1", port, timeout=_PATIENCE, source_address=(source, 0)) as client:
        client.ehlo("client.test")
        assert client.docmd(f"MAIL FROM:<{sender}>")[0] == 250
        code, said = client.docmd(f"RCPT TO:<{to}>")
        assert code == 250, said
        assert client.data(text)[0] == 250


class Leg(NamedTuple):
    """At a relay: envelope without quotes, and the headers with addresses."""

    relay: str
    sender: str
    recipient: str
    headers: Sequence[str]


def headers(message: str) -> list[str]:
    top = re.sub(r"\n[ \t]+", " ", message.partition("\n\n")[0])
    return [line for line in top.split("\n") if re.match(r"(?i)(from|to|cc|reply-to):", line)]


def computed(place: Town, text: str, service: int, source: str, sender: str, to: str) -> list[Leg]:
    """From the files; empty where it goes to no relay, for nothing would arrive."""
    postfix = read_directory(place.postfix.postfix_dir)
    client, port = Client(Kind.ADDRESS, source), str(place.postfix.ports[f"smtpd{service}"])
    routes = routes_of(postfix, sender, to, client, port)
    assert routes.told, routes
    queued = cleaned(way_of(postfix, client, port), text, quote(unquote(sender)))
    legs: dict[tuple[str, str], Leg] = {}
    for route in routes.routes:
        if not (route.filter.hosts if route.filter else route.hosts):
            return []
        transport = route.filter.transport if route.filter else route.transport
        leaves = generic(postfix, quote(routes.envelope), Place.ENVELOPE_SENDER, transport).results[0]
        goes = unquote(generic(postfix, quote(route.recipient), Place.ENVELOPE_RECIPIENT, transport).results[0])
        left = headers(sent(postfix, queued.text, transport).text)
        name = place.name_of(route)
        legs[name, goes] = Leg(name, unquote(leaves) if routes.envelope else "", goes, left)
    return sorted(legs.values())


def arrived(place: Town, wished: int) -> dict[int, list[Leg]]:
    """By the number of the message, once so many recipients have come."""

    def all_there() -> dict[int, list[Leg]]:
        found: dict[int, dict[tuple[str, str], Leg]] = {}
        for name, relay in place.relays.items():
            for each in relay.caught:
                number = int(each.message.partition("X-Number: ")[2].partition("\n")[0])
                for recipient in map(unquote, each.recipients):
                    leg = Leg(name, unquote(each.sender), recipient, headers(each.message))
                    found.setdefault(number, {})[name, recipient] = leg
        done = sum(map(len, found.values())) >= wished
        return {number: sorted(legs.values()) for number, legs in found.items()} if done else {}

    return place.postfix.wait_until(all_there, f"{wished} recipients", _PATIENCE)


@pytest.mark.parametrize("name", SET_UPS)
def test_mail_goes_as_computed(name: str) -> None:
    """Relay, envelope and headers of each recipient."""
    set_up = SET_UPS[name]
    with town(set_up.main, set_up.files, set_up.services) as place:
        wished = {}
        for number, mail in enumerate(set_up.mails, 1):
            text = written(number, *mail[2:])
            if legs := computed(place, text, *mail):
                hand_in(place, text, *mail)
                wished[number] = legs
        assert len(wished) > 0.9 * len(set_up.mails)
        came = arrived(place, sum(map(len, wished.values())))
        wrong = {
            set_up.mails[number - 1]: (legs, came[number]) for number, legs in wished.items() if came[number] != legs
        }
        assert wrong == {}
