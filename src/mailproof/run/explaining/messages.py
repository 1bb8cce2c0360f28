"""What the header of a message tells: its way, its delays, and what servers found out about it."""

from __future__ import annotations

from mailproof.message.hops import read_hops
from mailproof.message.read import read_headers
from mailproof.model.escape import printable
from mailproof.model.explained import Explained, Explanation, Leg, Pasted, Verdict
from mailproof.parse.bounce.entities import LONGEST_HEAD, read_fields, split_head
from mailproof.parse.pasted.verdicts import spam_mark, verdicts_in
from mailproof.parse.sides import side_of
from mailproof.run.explaining.pages import page_of

# RFC 6647 section 5: a greylist lets a message in after minutes; what takes longer than that is worth a word.
_SLOW = 300.0
# A clock that is wrong by this much makes every leg at it wrong.
_FAILED = ("fail", "softfail", "hardfail", "permerror")


def explain_message(data: bytes) -> Explanation:
    """The legs from the first server to the last; a cause for each thing that is not as it should be."""
    head = split_head(data)[0][:LONGEST_HEAD]
    headers = read_headers(head + b"\n")
    fields = read_fields(head)
    hops = read_hops(headers)
    verdicts = verdicts_in(fields)
    legs = tuple(
        Leg(
            printable(hop.by),
            printable(hop.source),
            printable(hop.protocol),
            hop.date.isoformat() if hop.date else "",
            hop.delay,
        )
        for hop in hops
    )
    causes = [*_unauthenticated(verdicts), *_slow(legs), *_looping(legs)]
    if mark := spam_mark(fields):
        causes.append(_cause("marked-as-spam", mark))
    by_name = {name.lower(): value for name, value in reversed(headers)}
    return Explanation(
        Pasted.MESSAGE,
        sender=printable(by_name.get("from", ""))[:320],
        subject=printable(by_name.get("subject", ""))[:500],
        message_id=printable(by_name.get("message-id", ""))[:320],
        date=printable(by_name.get("date", ""))[:80],
        causes=tuple(causes),
        legs=legs,
        verdicts=tuple(_safe(each) for each in verdicts),
    )


def _unauthenticated(verdicts: tuple[Verdict, ...]) -> list[Explained]:
    """DMARC decides where it is told; a signature or SPF that failed is told where it did not pass all the same."""
    results = {}
    for each in reversed(verdicts):
        results[each.method] = each
    dmarc = results.get("dmarc")
    if dmarc is not None and dmarc.result == "pass":
        return []
    failed = [each for each in results.values() if each.method in ("spf", "dkim", "dmarc") and each.result in _FAILED]
    passed = any(each.method in ("spf", "dkim") and each.result == "pass" for each in results.values())
    if not failed or (passed and dmarc is None):
        return []
    told = ", ".join(f"{each.method}={each.result}" + (f" ({each.about})" if each.about else "") for each in failed)
    return [_cause("message-unauthenticated", told, next((each.by for each in failed if each.by), ""))]


def _slow(legs: tuple[Leg, ...]) -> list[Explained]:
    slow = [leg for leg in legs if leg.seconds is not None and leg.seconds >= _SLOW]
    return [
        _cause("delayed-on-the-way", f"{leg.source} -> {leg.by}", leg.by, seconds=f"{leg.seconds:.0f}")
        for leg in slow[:5]
    ]


def _looping(legs: tuple[Leg, ...]) -> list[Explained]:
    """The same server again and again: a filter behind it takes it twice or thrice, a loop does not end."""
    counted: dict[str, int] = {}
    for leg in legs:
        if leg.by:
            counted[leg.by] = counted.get(leg.by, 0) + 1
    return [_cause("mail-loop", name, name, times=str(times)) for name, times in counted.items() if times >= 6][:3]


def _cause(name: str, text: str, server: str = "", **params: str) -> Explained:
    return Explained(
        name,
        side_of(name),
        server=printable(server),
        text=printable(text),
        page=page_of(name),
        params={key: printable(value) for key, value in params.items()},
    )


def _safe(verdict: Verdict) -> Verdict:
    return Verdict(verdict.method, verdict.result, printable(verdict.by), printable(verdict.about))
