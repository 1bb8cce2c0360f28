"""A line and its fact, told to the ledger: what every line means for the counts, whoever has read it."""

from __future__ import annotations

from functools import lru_cache

from mailproof.model.log import (
    Arrived,
    Delivered,
    Fact,
    LoggedIn,
    LoginFailed,
    LogLine,
    Queued,
    Refused,
    Removed,
    Trouble,
)
from mailproof.model.log_connection import Connected, Screened, TlsOpened
from mailproof.model.log_filter import Greylisted
from mailproof.parse.log.tally.ledger import Ledger
from mailproof.parse.log.tally.reasons import reason_of
from mailproof.parse.log.tally.tables import KINDS

_SINCE_3_6 = {"WHITELISTED": "ALLOWLISTED", "BLACKLISTED": "DENYLISTED", "WHITELIST VETO": "ALLOWLIST VETO"}
_COUNTED = ("reject", "reject_warning", "hold", "discard")
_GREYLISTING = {"greylist": "delayed", "pass": "passed", "blocklist": "blocked"}


# Postfix writes two digits of a delay, so there are few.
@lru_cache(10_000)
def micros(seconds: str) -> int:
    """`1.2` as microseconds; 0 for what is no number."""
    try:
        value = float(seconds)
    except ValueError:
        return 0
    # Postfix gives up after five days; a century is no delay.
    return round(value * 1e6) if 0 <= value < 3.2e9 else 0


def service_of(tag: str) -> str:
    """`submission` of `postfix/submission/smtpd`, `smtpd` of `postfix/smtpd`, `out` of `postfix-out/smtpd`."""
    first, *middle, _ = tag.split("/") if "/" in tag else (tag, tag)
    return "/".join(middle) or ("smtpd" if first == "postfix" else first.removeprefix("postfix-"))


def row_of_service(ledger: Ledger, name: str) -> list[int]:
    """Its counts, which begin here."""
    services = ledger.tables.services
    return services.setdefault(name if name in services or len(services) < KINDS else "…", [0, 0, 0])


def verdict_of(verdict: str) -> str:
    """Of postscreen, as it is called since Postfix 3.6."""
    return _SINCE_3_6.get(verdict, verdict)


def greylisting_of(action: str) -> str:
    """Of postgrey and milter-greylist: delayed, passed, blocked."""
    return _GREYLISTING.get(action, action)


def record(ledger: Ledger, line: LogLine, fact: Fact | None) -> None:
    """Count a line of a mail server's program."""
    match fact:
        case Delivered():
            _delivered(ledger, line.program, fact)
        case Queued():
            ledger.queued(fact.queue_id, fact.sender, fact.size)
        case Removed():
            ledger.removed(fact.queue_id)
        case Arrived():
            _arrived(ledger, line, fact)
        case Refused():
            if fact.action in _COUNTED:
                row = row_of_service(ledger, service_of(line.tag))
                ledger.refused(fact.action, fact.stage, fact.client, fact.reply, row)
        case TlsOpened():
            ledger.tls("in" if fact.incoming else "out", f"{fact.version} with cipher {fact.cipher}")[0] += 1
        case Connected():
            if line.program == "postscreen":
                ledger.event("postscreen", "CONNECT")
        case Screened():
            ledger.event("postscreen", verdict_of(fact.verdict))
        case LoggedIn():
            ledger.login(fact.service, fact.method, "accepted" if fact.tls else "in-clear")
        case LoginFailed():
            _failed(ledger, line, fact)
        case Greylisted():
            ledger.event("greylisting", greylisting_of(fact.action))
        case Trouble():
            ledger.tables.reason(fact.level, line.program, reason_of(fact.text))
        case _:
            pass


def _arrived(ledger: Ledger, line: LogLine, fact: Arrived) -> None:
    # NOQUEUE: before a proxy filter, behind which the message comes again.
    if not fact.queue_id:
        return
    service = "pickup" if line.program == "pickup" else service_of(line.tag)
    ledger.arrived(fact.queue_id, fact.client or "pickup", row_of_service(ledger, service), bool(fact.method))
    if fact.method:
        ledger.login(service, fact.method, "used")
    if fact.size:
        ledger.queued(fact.queue_id, fact.sender, fact.size)


def _failed(ledger: Ledger, line: LogLine, fact: LoginFailed) -> None:
    """One attempt has a line of the login process and one of the password database: the first has the service."""
    if not fact.service:
        ledger.tables.reason("login", line.program, reason_of(fact.reason))
        return
    by_postfix = line.text.startswith("warning: ")
    service = service_of(line.tag) if by_postfix else fact.service
    ledger.login(service, fact.method, "failed", fact.client)
    if by_postfix:
        ledger.tables.reason("warning", line.program, reason_of(line.text[9:]))


def _delivered(ledger: Ledger, program: str, fact: Delivered) -> None:
    delay = micros(fact.delay)
    if fact.status == "sent":
        if "forwarded as " in fact.reason:
            ledger.forwarded()
            return
        parts = fact.delays.split("/")
        a, b, c, d = map(micros, parts if len(parts) == 4 else ("0", "0", "0", "0"))
        ledger.sent(fact.queue_id, fact.recipient, fact.relay, delay, (a, b, c, d))
        if fact.tls:
            ledger.event("tls-level", fact.tls)
    elif fact.status == "deferred":
        ledger.deferred(fact.queue_id, fact.recipient, fact.relay, delay, program, fact.reason)
    elif fact.status == "bounced":
        ledger.bounced(fact.relay, program, fact.reason)
