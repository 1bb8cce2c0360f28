"""What a hub does with mail on its way: senders rewritten, next hops, a greylist as a policy service, handing on."""

from __future__ import annotations

import pytest
from embedded_check import NOW
from hypothesis import given
from hypothesis import strategies as st

from mailproof.lab.articles.greylist import Greylist, come_back
from mailproof.lab.embedded.behaviour import Rewrite
from mailproof.lab.embedded.forward import Handed, Parcel, hand_over
from mailproof.lab.embedded.hub import Hub
from mailproof.lab.embedded.server import OUTSIDE_ADDRESS, in_memory
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.endpoint import Endpoint, Scheme
from mailproof.model.failure import NetFailure
from mailproof.net.interface import ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.script.authority import Authority

HUB = Hub(
    interfaces=("192.0.2.1",),
    networks=("192.0.2.1", "192.0.2.2"),
    canonical={"me@host1.example.test": "me@example.test"},
    next_hops={"@example.jp": ("a", 1), "vip@example.jp": ("b", 2)},
    default_hop=("c", 3),
)


# -- rewriting


@pytest.mark.parametrize(
    ("header", "rewritten"),
    [
        (b"From: me@host1.example.test", b"From: me@example.test"),
        (b"from: Me <ME@Host1.example.test> (me)", b"from: Me <me@example.test> (me)"),
        (b"From:\r\n me@host1.example.test,\r\n\tyou@example.jp", b"From:\r\n me@example.test,\r\n\tyou@example.jp"),
        (
            b"Sender: me@host1.example.test\r\nReply-To: me@host1.example.test",
            b"Sender: me@example.test\r\nReply-To: me@example.test",
        ),
        (b"To: me@host1.example.test", b"To: me@host1.example.test"),
        (b"Subject: From: me@host1.example.test", b"Subject: From: me@host1.example.test"),
        (b"From: not-me@host1.example.test", b"From: not-me@host1.example.test"),
    ],
)
def test_senders_in_the_header_are_rewritten_and_nothing_else(header: bytes, rewritten: bytes) -> None:
    body = b"\r\n\r\nFrom: me@host1.example.test\r\n"
    assert HUB.message(header + body, "203.0.113.1", Rewrite.ALL) == rewritten + body


@pytest.mark.parametrize(
    ("rewrite", "clients"),
    [(Rewrite.INTERFACES, "1"), (Rewrite.NETWORKS, "12"), (Rewrite.ALL, "123")],
)
def test_for_whom_headers_are_rewritten(rewrite: Rewrite, clients: str) -> None:
    data = b"From: me@host1.example.test\r\n\r\n"
    done = [number for number in "123" if HUB.message(data, f"192.0.2.{number}", rewrite) != data]
    assert "".join(done) == clients


@given(st.binary(max_size=300))
def test_any_message_is_taken_and_its_body_left_alone(data: bytes) -> None:
    rewritten = HUB.message(data, "", Rewrite.ALL)
    assert rewritten.partition(b"\r\n\r\n")[2] == data.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("sender", "hop"),
    [("x@example.jp", "a"), ("X@EXAMPLE.JP", "a"), ("vip@example.jp", "b"), ("x@sub.example.jp", "c"), ("", "c")],
)
def test_the_sender_decides_the_next_hop(sender: str, hop: str) -> None:
    there = HUB.next_hop(sender)
    assert there is not None and there[0] == hop
    assert Hub().next_hop(sender) is None


# -- the greylist


def request(**attributes: str) -> bytes:
    asked = {
        "request": "smtpd_access_policy",
        "client_address": "192.0.2.9",
        "sender": "a@x.test",
        "recipient": "b@y.test",
    }
    return "".join(f"{name}={value}\n" for name, value in {**asked, **attributes}.items()).encode()


def test_a_triplet_is_put_off_until_its_time_has_come() -> None:
    net = MemoryNet()
    greylist = Greylist(net, 90.0)

    async def visits() -> list[str]:
        said = [greylist.action(request())]
        await net.sleep(30)
        said += [greylist.action(request()), greylist.action(request(sender="c@x.test"))]
        await net.sleep(60)
        return [*said, greylist.action(request(sender="A@X.test")), greylist.action(request(sender="c@x.test"))]

    assert net.run(visits()) == [
        "451 4.7.1 Greylisting in action, please come back in 00:01:30",
        "451 4.7.1 Greylisting in action, please come back in 00:01:00",
        "451 4.7.1 Greylisting in action, please come back in 00:01:30",
        "DUNNO",
        "451 4.7.1 Greylisting in action, please come back in 00:00:30",
    ]
    assert come_back(3661) == "Greylisting in action, please come back in 01:01:01"


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_any_bytes_are_answered_or_waited_for(pieces: list[bytes]) -> None:
    """As many answers as there were requests, however they came."""
    net = MemoryNet(switchboard=lambda to, purpose: greylist.serve)
    greylist = Greylist(net, 1.0)

    async def talk() -> bytes:
        there = Endpoint(Scheme.SMTP, "h", "192.0.2.1", 10023, "h")
        stream = await net.connect(there, 1.0, purpose="test")
        heard = b""
        try:
            for piece in (*pieces, request() + b"\n"):
                if piece:
                    await stream.write(piece, 5.0)
            while data := await stream.read(net.now() + 1):
                heard += data
        except NetFailure:
            pass
        stream.close()
        return heard

    heard = net.run(talk())
    said, asked = heard.count(b"action="), 0
    rest = b"".join(pieces) + request() + b"\n"
    while (end := rest.find(b"\n\n")) >= 0:
        asked, rest = asked + 1, rest[end + 2 :]
    assert said == asked >= 1


# -- handing on


def handed(authority: Authority, *faults: str, recipients: tuple[str, ...] = ("x@example.net",)) -> list[Handed]:
    net, lab = in_memory(LabSettings(faults=faults, catch_all=True), authority, NOW)
    parcel = Parcel("4B", "me@example.test", recipients, b"Subject: x\r\n\r\n.dot\r\n", (OUTSIDE_ADDRESS, 25))
    done = net.run(hand_over(net, "client.test", parcel))
    caught = lab.mailboxes["catch-all@example.test"].messages
    assert len(caught) == sum(each.status == "sent" for each in done)
    assert all(message.data.endswith(b"\r\n\r\n.dot\r\n") for message in caught)
    return list(done)


def test_a_message_is_handed_on_whole(authority: Authority) -> None:
    sent = handed(authority, recipients=("x@example.net", "y@example.net"))
    assert [(each.recipient, each.status, each.dsn) for each in sent] == [
        ("x@example.net", "sent", "2.0.0"),
        ("y@example.net", "sent", "2.0.0"),
    ]
    assert all(each.words.startswith("250 2.0.0 Ok: queued as") for each in sent)


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("rcpt:550", "bounced", "said: 550 5.3.0 Error: refused"),
        ("rcpt:451", "deferred", "said: 451 4.3.0 Error: try again later"),
        ("mail:554", "bounced", "said: 554"),
        ("message:552", "bounced", "said: 552"),
        ("connect:421", "deferred", "said: 421"),
        ("message:hang-up", "deferred", "lost connection"),
        ("connect:hang-up", "deferred", "lost connection"),
        ("port-closed@smtp", "deferred", f"connect to {OUTSIDE_ADDRESS}[{OUTSIDE_ADDRESS}]:25: "),
        ("no-greeting@smtp", "deferred", "timeout"),
    ],
)
def test_what_is_not_taken_says_why(authority: Authority, fault: str, status: str, words: str) -> None:
    (refused,) = handed(authority, fault)
    assert (refused.status, words in refused.words) == (status, True), refused.words


def test_one_recipient_of_two_may_be_refused(authority: Authority) -> None:
    done = handed(authority, "rcpt:550:count=1", recipients=("x@example.net", "y@example.net"))
    assert [each.status for each in done] == ["bounced", "sent"]


def test_a_server_that_talks_too_much_is_left() -> None:
    async def flood(stream: ServerStream) -> None:
        for _ in range(200):
            await stream.write(b"220-" + b"x" * 1000 + b"\r\n", net.now() + 5)

    net = MemoryNet(switchboard=lambda to, purpose: flood)
    parcel = Parcel("4B", "", ("x@example.net",), b"", (OUTSIDE_ADDRESS, 25))
    (done,) = net.run(hand_over(net, "client.test", parcel))
    assert (done.status, "lost connection" in done.words) == ("deferred", True)
