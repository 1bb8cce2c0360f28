"""Servers that send without end, or next to nothing for ever: the check ends, and says so."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hostilehosts import FOREVER, GREETINGS, Serving, check, check_for_real, found, heard, plan, report_of, survey_of

from mailproof.model.attempt import Status, Trouble
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.failure import NetFailure
from mailproof.net.interface import Driver, ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.run.check.examine import examine

MEGABYTE = 1 << 20
SCHEMES = {"smtp": "submission", "pop3": "pop3", "imap": "imap"}


def endless(first: bytes, again: bytes, after: bytes = b"") -> Serving:
    """Says `first`, or the greeting and that on the line that begins with `after`; then `again` without end."""

    async def serve(stream: ServerStream, net: Driver) -> None:
        if after:
            await stream.write(GREETINGS[after.split()[0].decode()], FOREVER)
            async for line in heard(stream):
                if after.split()[1] in line.upper():
                    break
                await stream.write(b"250 Ok\r\n", FOREVER)
        await stream.write(first, FOREVER)
        block = again * (1 + (1 << 15) // len(again))
        while True:
            try:
                await stream.write(block, FOREVER)
                await net.sleep(0.001)
            except NetFailure:
                return

    return serve


FLOODS: dict[str, tuple[str, Serving]] = {
    "a banner line without its end": ("submission", endless(b"220 ", b"x" * 1000)),
    "a greeting of endless lines": ("submission", endless(b"220-mx.test\r\n", b"220-more\r\n")),
    "a greeting of endless lines that are no reply": ("submission", endless(b"220-mx.test\r\n", b"\r\n")),
    "an EHLO reply without its end": ("submission", endless(b"250-mx.test\r\n", b"250-X\r\n", b"smtp EHLO")),
    "complete replies without end": ("submission", endless(b"", b"250 Ok\r\n", b"smtp EHLO")),
    "a CAPA list without its end": ("pop3", endless(b"+OK\r\n", b"X\r\n", b"pop3 CAPA")),
    "a CAPA list of empty lines": ("pop3", endless(b"+OK\r\n", b"\r\n", b"pop3 CAPA")),
    "an IMAP literal of 4 GB": ("imap", endless(b"* CAPABILITY {4294967295}\r\n", b"x" * 1000, b"imap CAPABILITY")),
    "an IMAP literal of more than can be": (
        "imap",
        endless(b"* X {99999999999}\r\n", b"x" * 999, b"imap CAPABILITY"),
    ),
    "IMAP literals without end": ("imap", endless(b"* X ", b"{1}\r\nx ", b"imap CAPABILITY")),
    "nested lists": ("imap", endless(b"* X ", b"(" * 1000, b"imap CAPABILITY")),
    "numbers without end": ("imap", endless(b"* SEARCH", b" 12", b"imap CAPABILITY")),
    "responses of many numbers": ("imap", endless(b"", b"* SEARCH" + b" 12" * 300_000 + b"\r\n", b"imap CAPABILITY")),
    "untagged responses without end": ("imap", endless(b"", b"* 1 EXISTS\r\n", b"imap CAPABILITY")),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_ends_soon_and_in_little_memory(name: str) -> None:
    scheme, serving = FLOODS[name]
    tracemalloc.start()
    try:
        record = check_for_real(serving, scheme)
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert used < 50 * MEGABYTE
    survey = survey_of(record)
    assert survey.transcript is not None
    if name != "complete replies without end":
        assert survey.failed is not None and survey.failed.trouble is Trouble.TOO_MUCH
        assert found(record)


def slowly(pieces: Callable[[int], bytes], every: float) -> Serving:
    """Says one piece after the other, `every` so many seconds, whatever it is told."""

    async def serve(stream: ServerStream, net: Driver) -> None:
        number = 0
        try:
            while True:
                await stream.write(pieces(number), FOREVER)
                number += 1
                await net.sleep(every)
        except NetFailure:
            return

    return serve


def test_a_byte_a_second_is_not_waited_for_longer_than_a_reply() -> None:
    record = check(slowly(lambda number: b"2", 1.0), plan("submission://mx.test"))
    survey = survey_of(record)
    assert survey.failed is not None and survey.failed.trouble is Trouble.TIMEOUT
    assert record.seconds <= 31.0
    assert found(record)


@pytest.mark.parametrize("every", [0.5, 9.0, 29.0])
@pytest.mark.parametrize("protocol", SCHEMES)
def test_a_reply_now_and_then_ends_with_the_session(protocol: str, every: float) -> None:
    lines = {"smtp": b"250 Ok\r\n", "pop3": b"+OK\r\n", "imap": b"* OK still here\r\n"}
    pieces = slowly(lambda number: lines[protocol] if number else GREETINGS[protocol], every)
    wanted = plan(f"{SCHEMES[protocol]}://mx.test")
    record = check(pieces, wanted)
    assert record.seconds <= wanted.terms.session_timeout + 1.0


@pytest.mark.parametrize("protocol", SCHEMES)
def test_a_reply_to_every_command_after_29_seconds_ends_with_the_session(protocol: str) -> None:
    async def serve(stream: ServerStream, net: Driver) -> None:
        await stream.write(GREETINGS[protocol], FOREVER)
        async for line in heard(stream):
            await net.sleep(29.0)
            tag = line.split()[0] if line.split() else b"*"
            answers = {"smtp": b"250 Ok\r\n", "pop3": b"+OK\r\n.\r\n", "imap": tag + b" OK\r\n"}
            await stream.write(answers[protocol], FOREVER)

    wanted = plan(f"{SCHEMES[protocol]}://mx.test")
    assert check(serve, wanted).seconds <= wanted.terms.session_timeout + 1.0


@pytest.mark.parametrize("protocol", SCHEMES)
def test_a_server_that_never_closes_is_left(protocol: str) -> None:
    async def serve(stream: ServerStream, net: Driver) -> None:
        await stream.write(GREETINGS[protocol], FOREVER)
        await net.sleep(FOREVER)

    wanted = plan(f"{SCHEMES[protocol]}://mx.test")
    record = check(serve, wanted)
    assert record.seconds <= 40.0
    assert survey_of(record).steps[-1].status is Status.FAILED
    assert "no-reply" in found(record)


@pytest.mark.parametrize("every", [31.0, 36.0])
def test_a_greeting_later_than_a_reply_may_be_is_slow_or_none(every: float) -> None:
    async def serve(stream: ServerStream, net: Driver) -> None:
        await net.sleep(every)
        try:
            await stream.write(GREETINGS["smtp"], FOREVER)
        except NetFailure:
            return
        async for _ in heard(stream):
            await stream.write(b"250 Ok\r\n", FOREVER)

    record = check(serve, plan("submission://mx.test"))
    # The second look, with TLS, lasts until 35 s: what the first connection has heard by then is not thrown away.
    assert ("greeting-slow" if every < 35 else "no-greeting") in found(record)
    assert record.seconds <= 36.0


def test_a_domain_of_many_slow_hosts_ends_with_the_run_and_says_what_was_left_out() -> None:
    """A hundred endpoints, each of which takes all the time that one connection has."""

    async def serve(stream: ServerStream) -> None:
        try:
            while True:
                await net.sleep(29.0)
                await stream.write(b"250 mx.test ESMTP\r\n", FOREVER)
        except NetFailure:
            return

    wanted = plan("smtp://mx.test")
    addresses = tuple(f"192.0.2.{number}" for number in range(1, 200))
    names = (DnsAnswer("mx.test", "A", DnsStatus.OK, addresses),)
    net = MemoryNet(switchboard=lambda to, purpose: serve, names=names)
    record = net.run(examine(net, wanted, datetime(2026, 11, 21, tzinfo=UTC)))
    assert record.seconds <= wanted.terms.run_timeout + wanted.terms.session_timeout
    skipped = [each.why for attempt in record.attempts for each in attempt.skipped]
    assert skipped.count("too-many-places") == 1
    assert skipped.count("deadline") > 10
    assert report_of(record).not_tested


def test_a_peer_that_takes_a_message_by_the_byte_is_not_waited_for() -> None:
    async def serve(stream: ServerStream, net: Driver) -> None:
        while True:
            await stream.read(FOREVER)
            await net.sleep(0.01)

    from mailproof.net.sockets import SocketNet

    net = SocketNet()

    async def main() -> float:
        async def handler(stream: ServerStream) -> None:
            await serve(stream, net)

        server = net.listen(handler)

        class Place:
            address, port, path, url = server.host, server.port, None, "smtp://mx.test"

        stream = await net.connect(Place(), 5.0, purpose="login")
        began = net.now()
        with pytest.raises(NetFailure) as failure:
            await stream.write(b"x" * (200 * MEGABYTE), began + 0.3, keep=False)
        assert failure.value.trouble is Trouble.TIMEOUT
        stream.close()
        server.close()
        return net.now() - began

    assert net.run(main()) < 3.0


def test_bytes_that_are_not_kept_are_counted_in_one_event() -> None:
    from mailproof.model.secret import Secrets
    from mailproof.net.recorder import Recorder

    recorder = Recorder(Secrets(), lambda: 0.0)
    recorder.sent(b"RETR 1\r\n", (), True)
    for _ in range(100_000):
        recorder.not_kept(1, "received")
    recorder.sent(b"QUIT\r\n", (), True)
    recorder.not_kept(1, "received")
    shown = [turn.text for turn in recorder.transcript("", "", "").turns]
    assert shown[1::2] == ["(100000 bytes received, not kept)", "(1 bytes received, not kept)"]
