"""Routes as mail takes them: through a private Postfix to relays on loopback, beside what is computed."""

from __future__ import annotations

import random
import smtplib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from rewritelab import FAR, NEAR, OWN, basic_files, read_directory

from mailproof.emulate.postfix.routes import routes_of
from mailproof.lab.real.alone import PostfixAlone
from mailproof.lab.real.relay import Relay
from mailproof.model.postfix import Client, Kind, Route

pytestmark = pytest.mark.skipif(bool(PostfixAlone.missing()), reason="needs root and Postfix")

NAMES = ("relay1", "relay2", "relay3", "relay4")
BY_SENDER = "@example.co.jp {0}[127.0.0.1]:@relay1@\n@sub.example.co.jp {0}[127.0.0.1]:@relay2@\n"
ELSEWHERE = "[127.0.0.1]:@relay3@"
_PATIENCE = 120


class Town:
    """A Postfix with a service for each of `options`, and four relays."""

    def __init__(self, postfix: PostfixAlone, relays: Mapping[str, Relay], count: int) -> None:
        self.postfix, self.relays, self._count = postfix, relays, count
        self._number = 0

    def send(self, sender: str, recipients: Sequence[str], *, source: str = OWN, service: int = 0) -> int:
        self._number += 1
        port = self.postfix.ports[f"smtpd{service}"]
        with smtplib.SMTP("127.0.0.1", port, timeout=_PATIENCE, source_address=(source, 0)) as client:
            client.ehlo("client.test")
            assert client.docmd(f"MAIL FROM:<{sender}>")[0] == 250
            for recipient in recipients:
                code, said = client.docmd(f"RCPT TO:<{recipient}>")
                assert code == 250, said
            assert client.data(f"X-Number: {self._number}\n\nbody\n")[0] == 250
        return self._number

    def arrived(self, wished: int) -> dict[int, list[tuple[str, str]]]:
        """Of each message, the relay and the recipient, once so many recipients have come."""

        def all_there() -> dict[int, list[tuple[str, str]]]:
            found: dict[int, list[tuple[str, str]]] = {}
            for name, relay in self.relays.items():
                for each in relay.caught:
                    number = int(each.message.partition("X-Number: ")[2].partition("\n")[0])
                    found.setdefault(number, []).extend((name, recipient) for recipient in each.recipients)
            done = sum(map(len, found.values())) >= wished
            return {number: sorted(set(places)) for number, places in found.items()} if done else {}

        return self.postfix.wait_until(all_there, f"{wished} recipients", _PATIENCE)

    def computed(self, sender: str, recipient: str, source: str, service: int) -> list[tuple[str, str]]:
        """The same from the files."""
        postfix = read_directory(self.postfix.postfix_dir)
        port = str(self.postfix.ports[f"smtpd{service}"])
        routes = routes_of(postfix, sender, recipient, Client(Kind.ADDRESS, source), port)
        return [(self.name_of(route), route.recipient) for route in routes.routes]

    def name_of(self, route: Route) -> str:
        hosts = route.filter.hosts if route.filter else route.hosts
        ports = {relay.port: name for name, relay in self.relays.items()}
        return ports[hosts[0].port]


@contextmanager
def town(
    main: Mapping[str, str], files: Mapping[str, str] | None = None, services: Sequence[Mapping[str, str]] = ({},)
) -> Iterator[Town]:
    """`@relay1@` is a port and `@etc@` the directory, in everything."""
    with ExitStack() as stack:
        relays = {name: stack.enter_context(Relay()) for name in NAMES}

        def written(directory: Path, ports: Mapping[str, int]) -> dict[str, str]:
            texts = basic_files(directory, {"mydestination": "localhost", **main})
            texts["master.cf"] += "torelay4 unix - - n - - smtp\n"
            for number, options in enumerate(services):
                texts["master.cf"] += f"127.0.0.1:{ports[f'smtpd{number}']} inet n - n - - smtpd\n"
                texts["master.cf"] += "".join(f"  -o {{ {name} = {value} }}\n" for name, value in options.items())
            texts |= files or {}
            for name, relay in relays.items():
                texts = {path: text.replace(f"@{name}@", str(relay.port)) for path, text in texts.items()}
            return {path: text.replace("@etc@", str(directory / "postfix" / "etc")) for path, text in texts.items()}

        names = tuple(f"smtpd{number}" for number in range(len(services)))
        yield Town(stack.enter_context(PostfixAlone(names, written)), relays, len(services))


ARTICLE: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "transport": (
        {"sender_dependent_default_transport_maps": "texthash:@etc@/by_sender"},
        {"by_sender": BY_SENDER.format("smtp:")},
    ),
    "a transport of master.cf": (
        {"sender_dependent_default_transport_maps": "texthash:@etc@/by_sender"},
        {"by_sender": BY_SENDER.format("torelay4:")},
    ),
    "relayhost": (
        {"sender_dependent_relayhost_maps": "texthash:@etc@/by_sender"},
        {"by_sender": BY_SENDER.format("")},
    ),
}


@pytest.mark.parametrize("by", ARTICLE)
@pytest.mark.parametrize("table", [False, True], ids=["alone", "with a transport table"])
def test_the_set_ups_of_the_article_as_mail_takes_them(by: str, table: bool) -> None:
    parameters, files = ARTICLE[by]
    main = {"relayhost": ELSEWHERE, **parameters}
    if table:
        main["transport_maps"] = "inline:{{partner.test = smtp:[127.0.0.1]:@relay4@}}"
    senders = {"who@example.co.jp": "relay1", "who@sub.example.co.jp": "relay2", "who@other.test": "relay3"}
    with town(main, files) as place:
        sent = {}
        for sender, relay in senders.items():
            for recipient in ("you@far.test", "you@partner.test"):
                wished = "relay4" if table and recipient == "you@partner.test" else relay
                sent[place.send(sender, [recipient])] = [(wished, recipient)]
                assert place.computed(sender, recipient, OWN, 0) == [(wished, recipient)]
        assert place.arrived(len(sent)) == sent


USERS, DOMAINS = ("u", "u+x", "w"), ("a.test", "b.test", "sub.b.test", "example.co.jp", "virtual.test")
TO = ("smtp:[127.0.0.1]:@relay1@", "torelay4:[127.0.0.1]:@relay2@", "[127.0.0.1]:@relay3@", ":[127.0.0.1]:@relay4@")


def table(chance: random.Random, results: Sequence[str], keys: Sequence[str]) -> str:
    rows = {chance.choice(keys): chance.choice(results) for _ in range(5)}
    return "".join(f"{key} {value}\n" for key, value in rows.items())


def configuration(chance: random.Random) -> tuple[dict[str, str], dict[str, str], list[dict[str, str]]]:
    keys = [f"{user}@{domain}" for user in USERS for domain in DOMAINS] + [f"@{domain}" for domain in DOMAINS]
    files = {
        "transport": table(chance, (TO[0], TO[1], TO[3]), [*keys, *DOMAINS, ".b.test"]),
        "transport_by_sender": table(chance, (*TO[:2], "DUNNO"), keys),
        "relay_by_sender": table(chance, (TO[2], "DUNNO"), keys),
        "senders": table(chance, [f"{user}@{domain}" for user in USERS for domain in DOMAINS], keys),
        "aliases": "u@virtual.test u@a.test, w@b.test\nw@virtual.test u+x@example.co.jp\n@virtual.test w@a.test\n",
        "access": table(
            chance,
            (f"FILTER {TO[1]}", f"FILTER {TO[0]}", "REDIRECT r@a.test", "OK", "DUNNO", "PREPEND X-A: b", "HELD"),
            [*(f"{user}@{domain}" for user in USERS for domain in DOMAINS), *DOMAINS, "u@", ".b.test"],
        ),
    }
    main = {"relayhost": ELSEWHERE, "virtual_alias_maps": "texthash:@etc@/aliases", "recipient_delimiter": "+",
            "virtual_alias_domains": "virtual.test", "smtpd_restriction_classes": "HELD", "HELD": "permit",
            "relay_domains": chance.choice(("", "b.test")),
            "smtpd_relay_restrictions": "check_client_access static:OK, reject"}  # fmt: skip
    for name, parameter in {
        "transport": "transport_maps", "transport_by_sender": "sender_dependent_default_transport_maps",
        "relay_by_sender": "sender_dependent_relayhost_maps", "senders": "sender_canonical_maps",
    }.items():  # fmt: skip
        if chance.random() < 0.6:
            main[parameter] = f"texthash:@etc@/{name}"
    clients = chance.choice(("permit_mynetworks", f"check_client_access inline:{{{{{FAR} = FILTER {TO[0]}}}}}", ""))
    services = [
        {},
        {"content_filter": TO[1]},
        {"smtpd_sender_restrictions": f"{clients} check_sender_access texthash:@etc@/access"},
        {"smtpd_recipient_restrictions": "check_recipient_access texthash:@etc@/access", "content_filter": TO[0]},
        {"receive_override_options": "no_address_mappings"},
        {"smtpd_client_restrictions": f"{clients} check_client_access cidr:@etc@/clients"},
    ]
    files["clients"] = f"127.0.0.9/32 FILTER {TO[1]}\n{FAR} REDIRECT r@b.test\n"
    return main, files, services


@pytest.mark.parametrize("seed", range(6))
def test_generated_configurations_route_as_postfix_does(seed: int) -> None:
    chance = random.Random(seed)
    main, files, services = configuration(chance)
    with town(main, files, services) as place:
        wished = {}
        for _ in range(60):
            service, source = chance.randrange(len(services)), chance.choice((OWN, NEAR, FAR))
            sender = f"{chance.choice(USERS)}@{chance.choice(DOMAINS)}" if chance.random() < 0.9 else ""
            recipient = f"{chance.choice(USERS)}@{chance.choice(DOMAINS)}"
            if not reachable(place, sender, recipient, source, service):
                continue
            computed = sorted(set(place.computed(sender, recipient, source, service)))
            number = place.send(sender, [recipient], source=source, service=service)
            wished[number] = (computed, sender, recipient, source, services[service])
        assert len(wished) > 30
        arrived = place.arrived(sum(len(each[0]) for each in wished.values()))
        for number, (computed, *given) in wished.items():
            assert arrived[number] == computed, (given, main, files)


def reachable(place: Town, sender: str, recipient: str, source: str, service: int) -> bool:
    """Whether it goes to a relay at all: what ends in error(8) is no mail that arrives."""
    postfix = read_directory(place.postfix.postfix_dir)
    port = str(place.postfix.ports[f"smtpd{service}"])
    routes = routes_of(postfix, sender, recipient, Client(Kind.ADDRESS, source), port).routes
    return all((route.filter.hosts if route.filter else route.hosts) for route in routes)
