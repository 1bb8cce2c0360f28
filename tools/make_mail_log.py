"""Writes a mail log as Postfix 3.7, Dovecot 2.3, OpenDKIM and postgrey write it, for the bench and the tests.

    python tools/make_mail_log.py --megabytes 300 [--seed 1] [--days 1] [--stamp rfc3339] [--tls-field] > log

The same arguments give the same bytes. Names are reserved ones (RFC 2606, RFC 5737). What happens: mail from outside
to mailboxes here, refusals, logins and mail of users, deliveries elsewhere with deferrals and retries, bounces with
their reports, forwarding, mail of programs, postscreen, greylisting, and a password guesser. Most senders from
outside and recipients elsewhere are there once, as lists with VERP, spam and a relay have them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import BinaryIO

HOST = "mx1"
FIRST = datetime(2026, 11, 20)
# How busy each hour of a day is.
_HOURS = (2, 1, 1, 1, 1, 2, 4, 7, 10, 11, 11, 10, 8, 9, 10, 10, 9, 8, 6, 5, 4, 4, 3, 2)
_BASE52 = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
_CIPHERS = {
    "TLSv1.3": "TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) "
    "server-digest SHA256",
    "TLSv1.2": "ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)",
    "TLSv1": "ECDHE-RSA-AES256-SHA (256/256 bits)",
}
_REFUSALS = (
    "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.dnsbl.example; "
    "https://www.dnsbl.example/query/ip/{ip}",
    "450 4.7.25 Client host rejected: cannot find your hostname, [{ip}]",
    "550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table",
    "554 5.7.1 <{to}>: Relay access denied",
    "450 4.1.8 <{sender}>: Sender address rejected: Domain not found",
    "504 5.5.2 <{helo}>: Helo command rejected: need fully-qualified hostname",
    "450 4.2.0 <{to}>: Recipient address rejected: Greylisted, see http://postgrey.example/help/{domain}.html",
)
_DEFERRALS = (
    "host {relay} said: 421 4.7.0 Try again later, closing connection. (in reply to MAIL FROM command)",
    "host {relay} said: 452 4.2.2 The mailbox that you tried to reach is over quota (in reply to RCPT TO command)",
    "connect to {relay}:25: Connection timed out",
    "Host or domain name not found. Name service error for name={domain} type=MX: Host not found, try again",
    "lost connection with {relay} while receiving the initial server greeting",
)
_BOUNCES = (
    "host {relay} said: 550 5.1.1 <{to}>: Recipient address rejected: User unknown (in reply to RCPT TO command)",
    "Host or domain name not found. Name service error for name={domain} type=A: Host not found",
    "host {relay} said: 554 5.7.1 Message refused as spam (in reply to end of DATA command)",
)


class _Log:
    """Lines in the order of their time, each as long as it takes."""

    def __init__(self, out: BinaryIO, limit: int, stamp: str, days: int) -> None:
        self._out, self._limit, self._days, self._stamp = out, limit, days, stamp
        self._waiting: list[tuple[float, int, str]] = []
        self._number = self.written = 0
        self._second, self._text = -1, ""

    def add(self, at: float, text: str) -> None:
        self._number += 1
        heappush(self._waiting, (at, self._number, text))

    def write_until(self, now: float) -> None:
        lines = []
        while self._waiting and self._waiting[0][0] <= now and self.written < self._limit:
            at, _, text = heappop(self._waiting)
            line = f"{self._time(at)} {HOST} {text}\n".encode()
            self.written += len(line)
            lines.append(line)
        self._out.writelines(lines)

    def _time(self, at: float) -> str:
        if self._stamp == "rfc3339":
            return (FIRST + timedelta(seconds=at)).isoformat(timespec="microseconds") + "+09:00"
        if int(at) != self._second:
            self._second = int(at)
            moment = FIRST + timedelta(seconds=self._second)
            self._text = f"{moment:%b} {moment.day:2} {moment:%H:%M:%S}"
        return self._text


class _World:
    """Who there is, and what happens."""

    def __init__(self, random: Random, log: _Log, tls_field: bool) -> None:
        self.random, self.log = random, log
        self.tls_field = ", tls=may" if tls_field else ""
        self.users = [f"user{number}@example.{end}" for number in range(20_000) for end in ("com", "net")]
        self.known = [f"{name}{n}@sender{n % 900}.example" for n, name in enumerate(("news", "info", "bob") * 2000)]
        self.elsewhere = [f"dest{number}.example" for number in range(2500)]
        self.robots = [self.address() for _ in range(60)]
        self.message = 0
        self.sizes: dict[str, int] = {}
        self.pids = {
            name: random.randrange(1000, 99999) for name in ("qmgr", "pickup", "anvil", "opendkim", "postgrey")
        }
        self._pool: dict[str, tuple[int, int]] = {}

    def address(self) -> str:
        r = self.random.randrange(1 << 16)
        return f"{('192.0.2', '198.51.100', '203.0.113')[r % 3]}.{r >> 8}"

    def pid(self, program: str) -> int:
        """A process serves a hundred times and is then another one (max_use)."""
        pid, left = self._pool.get(program, (0, 0))
        if not left:
            pid, left = self.random.randrange(1000, 4_000_000), 100
        self._pool[program] = pid, left - 1
        return pid

    def queue_id(self, at: float) -> str:
        """A long one (enable_long_queue_ids)."""
        self.message += 1
        digits, value = "", (int(at * 1_000_000) << 24) + self.message
        while value:
            value, digit = divmod(value, 52)
            digits = _BASE52[digit] + digits
        return f"4{digits[:9]}z{digits[9:]}"

    def sender(self) -> str:
        r = self.random.random()
        if r < 0.05:
            return self.random.choice(self.known)
        n = self.random.randrange(1 << 40)
        return f"bounce-{n:x}@list{n % 4000}.example" if r < 0.85 else f"x{n % 99999}@spam{n % 30000}.example"

    def mail_in(self, at: float) -> None:
        """From outside, to one mailbox or a few."""
        log, random, ip = self.log, self.random, self.address()
        pid, sender, client = (
            self.pid("smtpd"),
            self.sender(),
            f"mail{hash_of(ip) % 50}.relay{hash_of(ip) % 700}.example[{ip}]",
        )
        tag = f"postfix/smtpd[{pid}]: "
        at = self.tls(at, f"{tag}connect from {client}", f"{tag}Anonymous TLS connection established from {client}: ")
        if random.random() < 0.03:
            log.add(
                at,
                f"{tag}warning: hostname {client.partition('[')[0]} does not resolve to address {ip}",
            )
        qid, to = self.queue_id(at), random.sample(self.users, random.choice((1, 1, 1, 1, 1, 1, 1, 2)))
        if random.random() < 0.06:
            log.add(
                at + 0.02,
                f"postgrey[{self.pids['postgrey']}]: action=pass, reason=triplet found, "
                f"client_name={client.partition('[')[0]}, client_address={ip}/32, sender={sender}, recipient={to[0]}",
            )
        log.add(at + 0.05, f"{tag}{qid}: client={client}")
        self.cleaned(at + 0.1, qid, f"<{self.message:x}.{hash_of(sender):x}@{sender.rpartition('@')[2]}>")
        dkim = f"opendkim[{self.pids['opendkim']}]: {qid}: "
        log.add(at + 0.21, f"{dkim}DKIM verification successful")
        self.queued(at + 0.3, qid, sender, len(to))
        log.add(
            at + 0.35,
            f"{tag}disconnect from {client} ehlo=2 starttls=1 mail=1 rcpt={len(to)} data=1 quit=1 commands=7",
        )
        end = at + 0.5
        for one in to:
            end = self.stored(end, qid, one)
        if random.random() < 0.02:
            end = self.forwarded(end, qid, sender, to[0])
        self.removed(end, qid)

    def tls(self, at: float, connect: str, begun: str) -> float:
        self.log.add(at, connect)
        r = self.random.random()
        if r > 0.75:
            return at + 0.1
        version = "TLSv1.3" if r < 0.55 else "TLSv1.2" if r < 0.74 else "TLSv1"
        self.log.add(at + 0.1, f"{begun}{version} with cipher {_CIPHERS[version]}")
        return at + 0.2

    def cleaned(self, at: float, qid: str, message_id: str) -> None:
        self.log.add(at, f"postfix/cleanup[{self.pid('cleanup')}]: {qid}: message-id={message_id}")

    def queued(self, at: float, qid: str, sender: str, recipients: int) -> None:
        size = self.sizes.setdefault(qid, int(self.random.lognormvariate(9.5, 1.4)) + 600)
        self.log.add(
            at,
            f"postfix/qmgr[{self.pids['qmgr']}]: {qid}: from=<{sender}>, size={size}, nrcpt={recipients} "
            "(queue active)",
        )

    def removed(self, at: float, qid: str) -> None:
        self.log.add(at, f"postfix/qmgr[{self.pids['qmgr']}]: {qid}: removed")

    def stored(self, at: float, qid: str, to: str) -> float:
        """By LMTP into Dovecot, or by Postfix itself."""
        if hash_of(to) % 4:
            took = self.random.random() * 0.1
            head = f"postfix/virtual[{self.pid('virtual')}]: {qid}: to=<{to}>, relay=virtual, {self.delays(took)}"
            self.log.add(at + took, f"{head}, dsn=2.0.0, status=sent (delivered to maildir)")
            return at + took
        pid, lmtp, took = self.pid("lmtp"), self.pid("dovecot/lmtp"), self.random.random() * 0.3
        session = f"{hash_of(qid):012x}{pid:x}"
        self.log.add(at, f"dovecot: lmtp({lmtp}): Connect from local")
        self.log.add(
            at + took,
            f"dovecot: lmtp({to})<{lmtp}><{session}>: msgid=<{self.message:x}@a.example>: saved mail to INBOX",
        )
        self.log.add(at + took + 0.01, f"dovecot: lmtp({lmtp}): Disconnect from local: Logged out (state=READY)")
        self.log.add(
            at + took + 0.01,
            f"postfix/lmtp[{pid}]: {qid}: to=<{to}>, relay={HOST}.example.com[private/dovecot-lmtp], "
            f"{self.delays(took)}, dsn=2.0.0, status=sent (250 2.0.0 <{to}> {session} Saved)",
        )
        return at + took + 0.02

    def delays(self, took: float) -> str:
        before, connecting = self.random.random(), took / 4
        total = before + took
        parts = f"{_short(before)}/0.01/{_short(connecting)}/{_short(took - connecting)}"
        return f"delay={_short(total)}, delays={parts}{self.tls_field}"

    def forwarded(self, at: float, qid: str, sender: str, to: str) -> float:
        """By a .forward file: a message of its own, which no client handed in."""
        child = self.queue_id(at)
        self.log.add(
            at,
            f"postfix/local[{self.pid('local')}]: {qid}: to=<{to}>, relay=local, {self.delays(0.05)}, dsn=2.0.0, "
            f"status=sent (forwarded as {child})",
        )
        self.cleaned(at, child, f"<{self.message:x}@f.example>")
        self.queued(at + 0.1, child, sender, 1)
        self.removed(
            self.sent(at + 0.5, child, f"{to.partition('@')[0]}@{self.random.choice(self.elsewhere)}"), child
        )
        return at + 0.1

    def sent(self, at: float, qid: str, to: str, *, tries: int = 0, sender: str = "") -> float:
        """By SMTP; some of it later, and some of it never."""
        random, pid = self.random, self.pid("smtp")
        domain = to.rpartition("@")[2]
        number = hash_of(domain)
        relay = f"mx{number % 3}.{domain}[{('192.0.2', '198.51.100')[number % 2]}.{number % 250}]"
        took = random.lognormvariate(-0.4, 0.8)
        head = f"postfix/smtp[{pid}]: {qid}: to=<{to}>, "
        r = random.random()
        if r < 0.07 and tries < 4:
            why = random.choice(_DEFERRALS).format(relay=relay, domain=domain)
            at += took
            self.log.add(
                at,
                f"{head}relay={relay if ' said' in why else 'none'}{':25' if ' said' in why else ''}, "
                f"{self.delays(took)}, dsn=4.4.1, status=deferred ({why})",
            )
            again = at + 300 * 2**tries
            self.queued(again, qid, sender, 1)
            return self.sent(again + 0.1, qid, to, tries=tries + 1, sender=sender)
        if r > 0.97:
            why = random.choice(_BOUNCES).format(relay=relay, domain=domain, to=to)
            self.log.add(
                at + took,
                f"{head}relay={relay if ' said' in why else 'none'}{':25' if ' said' in why else ''}, "
                f"{self.delays(took)}, dsn=5.1.1, status=bounced ({why})",
            )
            if sender:
                self.reported(at + took, qid, sender)
            return at + took + 0.2
        if r < 0.85:
            version = "TLSv1.3" if r < 0.6 else "TLSv1.2"
            self.log.add(
                at + took / 2,
                f"postfix/smtp[{pid}]: {random.choice(('Trusted', 'Untrusted', 'Verified'))} TLS connection "
                f"established to {relay}:25: {version} with cipher {_CIPHERS[version]}",
            )
        self.log.add(
            at + took,
            f"{head}relay={relay}:25, {self.delays(took)}, dsn=2.0.0, "
            f"status=sent (250 2.0.0 Ok: queued as {hash_of(qid + to):X})",
        )
        return at + took + 0.1

    def reported(self, at: float, qid: str, sender: str) -> None:
        child = self.queue_id(at)
        self.cleaned(at, child, f"<{self.message:x}@{HOST}.example.com>")
        self.log.add(at, f"postfix/bounce[{self.pid('bounce')}]: {qid}: sender non-delivery notification: {child}")
        self.queued(at + 0.1, child, "", 1)
        self.removed(self.stored(at + 0.2, child, sender), child)

    def mail_out(self, at: float) -> None:
        """A user hands in, at the submission port."""
        random, ip, user = self.random, self.address(), self.random.choice(self.users)
        client, pid = (
            f"unknown[{ip}]" if random.random() < 0.4 else f"host{hash_of(ip) % 999}.isp.example[{ip}]",
            self.pid("submission"),
        )
        tag = f"postfix/submission/smtpd[{pid}]: "
        at = self.tls(at, f"{tag}connect from {client}", f"{tag}Anonymous TLS connection established from {client}: ")
        qid, n = self.queue_id(at), random.choice((1, 1, 1, 1, 1, 4))
        method = random.choice(("PLAIN", "PLAIN", "PLAIN", "LOGIN", "SCRAM-SHA-256"))
        self.log.add(at + 0.05, f"{tag}{qid}: client={client}, sasl_method={method}, sasl_username={user}")
        self.cleaned(at + 0.1, qid, f"<{self.message:x}@example.com>")
        self.log.add(
            at + 0.2, f"opendkim[{self.pids['opendkim']}]: {qid}: DKIM-Signature field added (s=mail, d=example.com)"
        )
        self.queued(at + 0.3, qid, user, n)
        self.log.add(
            at + 0.4,
            f"{tag}disconnect from {client} ehlo=2 starttls=1 auth=1 mail=1 rcpt={n} data=1 quit=1 commands={7 + n}",
        )
        ends = [
            self.sent(
                at + 0.5, qid, f"friend{random.randrange(400_000)}@{random.choice(self.elsewhere)}", sender=user
            )
            for _ in range(n)
        ]
        self.removed(max(ends), qid)

    def refused(self, at: float) -> None:
        ip = self.address()
        known = self.random.random() < 0.4
        client = f"dyn{hash_of(ip) % 9999}.pool.example[{ip}]" if known else f"unknown[{ip}]"
        tag, to, sender = f"postfix/smtpd[{self.pid('smtpd')}]: ", self.random.choice(self.users), self.sender()
        self.log.add(at, f"{tag}connect from {client}")
        reply = self.random.choice(_REFUSALS).format(
            ip=ip, to=to, sender=sender, helo="ylmf-pc", domain="example.com"
        )
        if "Greylisted" in reply:
            self.log.add(
                at + 0.1,
                f"postgrey[{self.pids['postgrey']}]: action=greylist, reason=new, "
                f"client_name={client.partition('[')[0]}, client_address={ip}/32, sender={sender}, recipient={to}",
            )
        self.log.add(
            at + 0.2,
            f"{tag}NOQUEUE: reject: RCPT from {client}: {reply}; from=<{sender}> to=<{to}> proto=ESMTP "
            "helo=<ylmf-pc>",
        )
        if self.random.random() < 0.6:
            self.log.add(at + 0.3, f"{tag}lost connection after RCPT from {client}")
        self.log.add(at + 0.3, f"{tag}disconnect from {client} ehlo=1 mail=1 rcpt=0/1 commands=2/3")

    def screened(self, at: float) -> None:
        ip, port = self.address(), self.random.randrange(1024, 65000)
        tag = f"postfix/postscreen[{self.pids['qmgr'] + 1}]: "
        self.log.add(at, f"{tag}CONNECT from [{ip}]:{port} to [192.0.2.1]:25")
        r = self.random.random()
        if r < 0.6:
            self.log.add(at + 0.1, f"{tag}PASS OLD [{ip}]:{port}")
            return
        self.log.add(
            at + 2,
            f"{tag}PREGREET 14 after 0.2 from [{ip}]:{port}: EHLO ylmf-pc\\r\\n"
            if r < 0.8
            else f"{tag}DNSBL rank 5 for [{ip}]:{port}",
        )
        self.log.add(
            at + 6,
            f"{tag}NOQUEUE: reject: RCPT from [{ip}]:{port}: 550 5.5.1 Protocol error; from=<{self.sender()}>, "
            f"to=<{self.random.choice(self.users)}>, proto=ESMTP, helo=<ylmf-pc>",
        )
        self.log.add(at + 6.1, f"{tag}DISCONNECT [{ip}]:{port}")

    def guessed(self, at: float) -> None:
        """Somebody tries passwords, at submission and at IMAP."""
        ip, random = random_of(self.random, self.robots), self.random
        if random.random() < 0.5:
            tag = f"postfix/submission/smtpd[{self.pid('submission')}]: "
            self.log.add(at, f"{tag}connect from unknown[{ip}]")
            self.log.add(at + 2, f"{tag}warning: unknown[{ip}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6")
            self.log.add(at + 2.2, f"{tag}lost connection after AUTH from unknown[{ip}]")
            self.log.add(at + 2.2, f"{tag}disconnect from unknown[{ip}] ehlo=1 auth=0/1 commands=1/2")
            return
        user = f"name{random.randrange(3000)}"
        self.log.add(at, f"dovecot: auth: passwd-file({user},{ip}): unknown user")
        self.log.add(
            at + 2,
            f"dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{user}>, method=PLAIN, "
            f"rip={ip}, lip=192.0.2.1, TLS, session=<{hash_of(user + ip):x}>",
        )

    def fetched(self, at: float) -> None:
        """A user reads mail."""
        random, user, ip = self.random, self.random.choice(self.users), self.address()
        pid, session, imap = self.pid("imap"), f"{random.randrange(1 << 60):x}", self.random.random() < 0.85
        name = "imap" if imap else "pop3"
        self.log.add(
            at,
            f"dovecot: {name}-login: Login: user=<{user}>, "
            f"method={'PLAIN' if random.random() < 0.8 else 'SCRAM-SHA-256'}, rip={ip}, lip=192.0.2.1, mpid={pid}, "
            f"{'TLS, ' if random.random() < 0.97 else ''}session=<{session}>",
        )
        n = random.randrange(9999)
        session = f"({user})<{pid}><{session}>: Disconnected: Logged out"
        done = f"in={n} out={n * 9} deleted=0 expunged=0 trashed=0 hdr_count=3 hdr_bytes=900 body_count=1"
        if not imap:
            done = f"top=0/0, retr=1/{n}, del=0/5, size=12345"
        self.log.add(at + random.random() * 900, f"dovecot: {name}{session} {done}")

    def of_a_program(self, at: float) -> None:
        qid = self.queue_id(at)
        self.log.add(at, f"postfix/pickup[{self.pids['pickup']}]: {qid}: uid=0 from=<root>")
        self.cleaned(at + 0.1, qid, f"<{self.message:x}@{HOST}.example.com>")
        self.queued(at + 0.2, qid, f"root@{HOST}.example.com", 1)
        self.removed(self.stored(at + 0.3, qid, self.users[0]), qid)
        self.log.add(
            at + 1,
            f"postfix/anvil[{self.pids['anvil']}]: statistics: max connection rate 12/60s for "
            f"(smtp:{self.address()}) at Nov 21 10:00:00",
        )
        self.log.add(at + 2, f"CRON[{self.pid('cron')}]: (root) CMD (test -x /usr/sbin/anacron)")


def _short(seconds: float) -> str:
    """Two digits that say something, hundredths at most, as Postfix writes delays."""
    return f"{seconds:.0f}" if seconds >= 10 else f"{round(seconds, 2):.2g}"


def hash_of(text: str) -> int:
    """The same in every run, as hash() is not."""
    value = 2166136261
    for byte in text.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFFFF
    return value


def random_of(random: Random, values: list[str]) -> str:
    """The first of them more often than the last."""
    return values[int(len(values) * random.random() ** 3)]


def _moments(random: Random, rate: float, days: int) -> Iterator[float]:
    """When something begins, `rate` times a second over the day, in order."""
    weight = 24 / sum(_HOURS)
    at = 0.0
    while at < days * 86400:
        at += random.expovariate(rate * _HOURS[int(at // 3600) % 24] * weight)
        yield at


def write(out: BinaryIO, megabytes: float, seed: int, days: int, stamp: str, tls_field: bool) -> None:
    """The log; it ends where it has its size, or with the last day."""
    random = Random(seed)
    log = _Log(out, int(megabytes * 1e6), stamp, days)
    world = _World(random, log, tls_field)
    kinds = (
        world.mail_in,
        world.mail_out,
        world.refused,
        world.screened,
        world.guessed,
        world.fetched,
        world.of_a_program,
    )
    shares = (115, 50, 52, 8, 8, 20, 1)
    # An event writes 1165 octets in the mean, measured; a little more, so that the size is reached.
    for at in _moments(random, megabytes * 1e6 * 1.05 / 1165 / (days * 86400), days):
        (kind,) = random.choices(kinds, shares)
        kind(at)
        log.write_until(at)
        if log.written >= megabytes * 1e6:
            return
    log.write_until(float("inf"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--stamp", choices=("rfc3164", "rfc3339"), default="rfc3164")
    parser.add_argument(
        "--tls-field", action="store_true", help="tls= on delivery lines, as Postfix writes it since 3.11"
    )
    wish = parser.parse_args()
    write(sys.stdout.buffer, wish.megabytes, wish.seed, wish.days, wish.stamp, wish.tls_field)


if __name__ == "__main__":
    main()
