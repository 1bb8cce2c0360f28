"""DNS is asked who sends where a server doubts it, and only there; what it says stands beside the refusal."""

from __future__ import annotations

import pytest

from dialogues import play
from mailproof.catalog.pages import load
from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.connection import Connection
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.envelope import Submitted
from mailproof.model.evidence import EvidenceKind
from mailproof.model.record import Attempt, Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.retrieval import Retrieved
from mailproof.model.sending_side import SendingSide
from mailproof.net.memory import MemoryNet
from mailproof.probes.terms import Terms
from mailproof.run.sending_side import sending_sides
from mailproof.script.authority import Authority
from records import attempt_of, endpoint_at

MINE = "198.51.100.7"
NAMES = """\
dns 7.100.51.198.in-addr.arpa PTR mail.example.com
dns mail.example.com A 198.51.100.7
dns example.com TXT "v=spf1 ip4:192.0.2.0/24 -all"
dns _dmarc.example.com TXT "v=DMARC1; p=reject"
"""


def dns_of(record: Record, name: str) -> list[str]:
    (found,) = [each for each in judge(record, load_profile("default")).findings if each.name == name]
    return [f"{piece.where}: {piece.text}" for piece in found.evidence if piece.kind is EvidenceKind.DNS]


def test_a_refusal_that_doubts_the_sender_has_the_records_beside_it(authority: Authority, ca_file: str) -> None:
    record = play(NAMES + load("message-unauthenticated", "en").dialogues("triggers")[0], authority, ca_file)
    assert dns_of(record, "message-unauthenticated") == [
        f"PTR 7.100.51.198.in-addr.arpa: mail.example.com (iprev=pass policy.iprev={MINE})",
        "TXT example.com: v=spf1 ip4:192.0.2.0/24 -all "
        f"(spf=fail smtp.mailfrom=example.com client-ip={MINE} mechanism=-all)",
        "TXT _dmarc.example.com: v=DMARC1; p=reject "
        "(dmarc=fail header.from=example.com policy.dmarc=reject aligned: spf=yes dkim=none)",
    ]


def test_a_client_without_a_name_is_shown_to_have_none(authority: Authority, ca_file: str) -> None:
    record = play(load("client-name-missing", "en").dialogues("triggers")[0], authority, ca_file)
    assert f"PTR 7.100.51.198.in-addr.arpa: NXDOMAIN (iprev=permerror policy.iprev={MINE})" in dns_of(
        record, "client-name-missing"
    )


def test_mail_in_the_folder_for_junk_has_them_too(authority: Authority, ca_file: str) -> None:
    record = play(load("filtered-into-folder", "en").dialogues("triggers")[0], authority, ca_file)
    assert [line.partition(":")[0] for line in dns_of(record, "filtered-into-folder")] == [
        "PTR 7.100.51.198.in-addr.arpa",
        "TXT mx.test",
        "TXT _dmarc.mx.test",
    ]


@pytest.mark.parametrize(
    "name", ["message-unauthenticated", "client-name-missing", "filtered-into-folder", "relay-denied"]
)
def test_where_nobody_doubts_nothing_is_asked(name: str, authority: Authority, ca_file: str) -> None:
    page = load(name, "en")
    text = page.dialogues("triggers" if name == "relay-denied" else "sound")[0]
    assert not list(play(text, authority, ca_file).seen(SendingSide))


def refused(line: str = "550 5.7.26 no", client: str = f"{MINE}:4711", server: str = "192.0.2.25") -> Attempt:
    code, _, text = line.partition(" ")
    final = Reply(ReplyClass.PERMANENT, code, text, text.split(" ")[0], turn=1)
    fact = Submitted("a@example.com", "b@d.test", "t", final=final, client=client)
    connection = Connection(f"{server}:25", 0.0, local=client)
    return attempt_of(connection, fact, endpoint=endpoint_at("smtp://mx.test", server), job="send")


def asked(
    attempt: Attempt, data: bytes = b"", timeout: float = 5.0, names: tuple[DnsAnswer, ...] = ()
) -> list[SendingSide]:
    net = MemoryNet(names=names)
    made = net.run(sending_sides(net, Terms(ehlo="c.test", timeout=timeout), [attempt], data))
    return [fact for each in made for fact in each.observations if isinstance(fact, SendingSide)]


@pytest.mark.parametrize(
    ("line", "doubts"),
    [
        ("550 5.7.25 no PTR", True),
        ("550 5.7.1 SPF check failed", True),
        ("554 5.7.9 Message not accepted for policy reasons", True),
        ("550 5.7.7 no", True),
        ("550 5.7.20 no", True),
        ("550 5.7.29 ARC", True),
        ("554 5.7.1 Spam message rejected", True),
        ("554 5.7.1 <b@d.test>: Relay access denied", False),
        ("550 5.1.1 no such user", False),
        ("552 5.3.4 too big", False),
        ("554 5.7.1 Service unavailable; blocked using bl.test", False),
    ],
)
def test_which_refusals_doubt_who_sends(line: str, doubts: bool) -> None:
    assert bool(asked(refused(line))) == doubts


def test_the_author_and_the_keys_of_the_message_are_asked_for() -> None:
    data = (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=sel;\r\n h=From; bh=x; b=y\r\n"
        b"From: Bob <bob@news.example.com>\r\n\r\nhi\r\n"
    )
    (side,) = asked(refused(), data)
    assert (side.author, [(each.domain, each.selector) for each in side.signatures]) == (
        "news.example.com",
        [("example.com", "sel")],
    )
    assert {f"{answer.rtype} {answer.name}" for answer in side.answers} >= {
        "TXT sel._domainkey.example.com",
        "TXT _dmarc.news.example.com",
    }


@pytest.mark.parametrize(
    ("client", "server", "known"),
    [
        (f"{MINE}:1", "192.0.2.25", MINE),
        ("10.0.0.5:1", "192.0.2.25", ""),  # behind a NAT
        ("10.0.0.5:1", "10.0.0.9", "10.0.0.5"),
        ("127.0.0.1:1", "127.0.0.1", ""),
        ("[2001:db8::5]:1", "2001:db8::9", "2001:db8::5"),
    ],
)
def test_our_address_is_the_one_that_the_server_sees(client: str, server: str, known: str) -> None:
    (side,) = asked(refused(client=client, server=server))
    assert side.client == known
    assert any(answer.rtype == "PTR" for answer in side.answers) == bool(known)


def test_a_resolver_that_says_nothing_does_not_keep_us_longer_than_the_timeout() -> None:
    names = tuple(DnsAnswer(name, "TXT", DnsStatus.TIMEOUT) for name in ("example.com", "_dmarc.example.com"))
    (side,) = asked(refused(), timeout=5.0, names=names)
    assert [answer.name for answer in side.answers] == ["7.100.51.198.in-addr.arpa", "example.com"]


def test_each_question_goes_out_once_for_all_places_that_doubt() -> None:
    net = MemoryNet()
    attempts = [refused(), refused(), attempt_of(Retrieved("other", True, 1, 0.0, mailbox="Junk"))]
    made = net.run(sending_sides(net, Terms(ehlo="c.test"), attempts))
    assert len(made) == 1
