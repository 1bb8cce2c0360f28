"""What is counted without end is put together, and reasons are made short."""

from __future__ import annotations

import pytest
from tallies import KNOWN, WARM, every_way, generated, tally_of, told

from growth import seconds
from mailproof.parse.log.tally import tables
from mailproof.parse.log.tally.reasons import domain_of_client, reason_of


def test_memory_is_of_the_messages_in_flight() -> None:
    tally = tally_of(generated("--megabytes", "1", "--seed", "7"))
    assert len(tally.ledgers["mx1"].flight) < told(tally).totals.received / 10
    assert tally.ledgers["mx1"].loose == {}


def test_addresses_without_end_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LIMIT", 40)
    head = "Nov 20 10:00:00 mx postfix/"
    blocks = []
    for n in range(300):
        sender = "heavy@a.example" if n % 3 == 0 else f"x{n}@d{n % 50}.example"
        qid = f"{n:08X}"
        blocks.append(
            f"{head}smtpd[1]: {qid}: client=a.example[192.0.2.9]\n"
            f"{head}qmgr[1]: {qid}: from=<{sender}>, size=10, nrcpt=1 (queue active)\n"
            f"{head}smtp[1]: {qid}: to=<{sender}>, relay=h{n}[1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, "
            "status=sent (ok)\n"
            f"{head}smtpd[1]: NOQUEUE: reject: RCPT from u[192.0.2.{n}]: 554 no; from=<> to=<>\n".encode()
        )
    summary = every_way(*blocks)
    assert summary.folded
    assert (summary.totals.bytes_received, summary.totals.delivered, summary.totals.rejected) == (3000, 300, 300)
    assert summary.senders[0].name == "heavy@a.example" and summary.senders[0].messages == 100
    assert len(summary.senders) <= 42 and len(summary.refused_clients) <= 42 and len(summary.recipients) <= 42


def test_what_is_put_together_does_not_depend_on_who_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many with the same little mail, those that come by a rarer form too."""
    monkeypatch.setattr(tables, "LIMIT", 10)
    head = "Nov 20 10:00:00 mx postfix/"
    lines = [
        f"{head}smtp[1]: {'4F1C2A3B5D' if n % 3 else '4F1C2A3B5E'}: to=<u{n}@d{n}.example>, relay=h{n}, "
        "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (ok)"
        for n in range(12)
    ]
    summary = every_way(WARM, "\n".join(lines).encode())
    assert summary.folded and "h9" in {each.name for each in summary.slowest}


def test_services_without_end_have_rows_in_their_order() -> None:
    head = "Nov 20 10:00:00 mx postfix/"
    lines = [f"{head}s{n}/smtpd[1]: connect from a[192.0.2.9]" for n in range(990, 1010)]
    lines += [f"{head}s{n}/smtpd[1]: {n:08X}: client=a[192.0.2.9]" for n in range(1010)]
    assert len(every_way("\n".join(lines).encode()).services) == 1001


def test_hosts_and_kinds_without_end_are_put_together() -> None:
    head, at = "Nov 20 10:00:00 h", "a[192.0.2.9]"
    lines = [
        f"{head}{n} postfix/s{n}/smtpd[1]: {n:08X}: client={at}, sasl_method=M{n}, sasl_username=x\n"
        f"{head}{n} postfix/smtp[1]: Trusted TLS connection established to {at}:25: TLSv1 with "
        f"cipher C{n} (1/1 bits)\n"
        for n in range(2500)
    ]
    tally = tally_of("".join(lines).encode())
    summary = every_way("".join(lines).encode())
    assert summary.totals.received == sum(each.received for each in summary.services) == 2500
    assert sum(each.connections for each in summary.tls) == sum(each.accepted for each in summary.logins) == 2500
    longest = max(map(len, (tally.ledgers, summary.hosts, summary.services, summary.tls, summary.logins)))
    assert longest <= 1002


def test_more_relays_domains_and_programs_than_are_remembered() -> None:
    head = "Nov 20 10:00:00 mx"
    lines = [
        f"{head} postfix/s{n}/smtpd[1]: {n:08X}: client=a[192.0.2.9]\n"
        f"{head} postfix/qmgr[1]: {n:08X}: from=<a@b.example>, size=7, nrcpt=1 (queue active)\n"
        f"{head} postfix/smtp[1]: {n:08X}: to=<b@d{n}.example>, relay=h{n}[192.0.2.1]:25, delay={n}, "
        f"delays=0/0/0/{n}, dsn=2.0.0, status=sent (ok)\n"
        f"{head} dovecot: imap-login: Login: user=<a>, method=M{n}, rip=192.0.2.9, lip=x, mpid=1, session=<s>\n"
        for n in range(4500)
    ]
    # In blocks, as they are read.
    summary = every_way(*("".join(lines[at : at + 500]).encode() for at in range(0, len(lines), 500)))
    assert summary.totals.delivered == summary.totals.recipients == summary.totals.recipient_domains == 4500
    assert len(summary.slowest) == 4500


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("554 5.7.1 <x@y.example>: Relay access denied", "554 5.7.1 …: Relay access denied"),
        ("host a.example[192.0.2.1] said: 550 5.1.1 <b@c>: no (in reply to RCPT TO command)",
         "550 5.1.1 …: no (in reply to RCPT TO command)"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example; https://z.example/192.0.2.1",
         "554 5.7.1 Service unavailable; Client host … blocked using …"),
        ("connect to a.example[192.0.2.1]:25: Connection timed out", "connect to …: Connection timed out"),
        ("hostname a.example does not resolve to address 192.0.2.1", "hostname … does not resolve to address …"),
    ],
)  # fmt: skip
def test_reasons(text: str, reason: str) -> None:
    assert reason_of(text) == reason


@pytest.mark.parametrize("piece", ["a", "a.", "a-", "<", "[", "a:", "1", "said: ", " said: ", "a1-"])
def test_a_reason_made_to_blow_up_does_not(piece: str) -> None:
    block = f"Nov 20 10:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from {piece * 20_000}".encode()

    def look() -> None:
        assert len(reason_of(piece * 20_000)) <= 120
        every_way(KNOWN, block)

    assert seconds(look, enough=2) <= 2


@pytest.mark.parametrize(
    ("client", "domain"),
    [
        ("mail.relay.example.com[192.0.2.1]", "example.com"),
        ("mx.example.co.jp[192.0.2.1]", "example.co.jp"),
        ("mail.example.jp[192.0.2.1]", "mail.example.jp"),
        ("unknown[192.0.2.1]", "192.0.2.1"),
        ("unknown[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_the_domain_of_a_client(client: str, domain: str) -> None:
    assert domain_of_client(client) == domain
