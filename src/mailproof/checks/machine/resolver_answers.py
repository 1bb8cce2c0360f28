"""Do the name servers that the mail server's machine asks answer at all?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.model.dns import DnsStatus
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Scope, Untold
from mailproof.model.lookups import LookupsSeen, NameserverAsked
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.machine.resolv_conf import ResolvConf, read_resolv_conf

NAME = "resolver-answers"
NEEDS = (LookupsSeen,)

_SLOW = ("greeting-slow", "no-greeting", "no-reply", "client-name-lookup-slow")
_FAILS = (
    *(
        "sender-domain-unknown",
        "recipient-lookup-failed",
        "client-name-missing",
        "temporary-reject",
        "relay-deferred",
    ),
    *("server-config-problem", "blocklist-broken", "delivery-deferred", "not-delivered"),
)
KINDS = (
    FindingKind(
        "resolver-down",
        Layer.REACH,
        ("servers", "reason", "where"),
        tuple(Explains(name, Scope.SERVER) for name in (*_SLOW, *_FAILS)),
        ("resolv.conf(5)", "RFC 1035 section 4.1.1", "postconf(5) smtpd_peername_lookup"),
    ),
    FindingKind(
        "nameserver-dead",
        Layer.REACH,
        ("server", "seconds", "answering"),
        tuple(Explains(name, Scope.SERVER) for name in _SLOW),
        ("resolv.conf(5)",),
    ),
)
ADDRESS_OF = "ahostsv4"
"""Of getent: the question for a name that every resolver knows; `hosts` is that for our own."""
# getent of a name that every resolver knows: who needs this long and finds nothing, has waited for nobody.
_GETENT_WAITED = 4.0
# An answer of ICMP comes at once: nobody listens there, and the next one is asked without a wait.
_AT_ONCE = 1.0


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    down: set[tuple[str, ...]] = set()
    for sighting in record.seen(LookupsSeen):
        fact = sighting.fact
        conf = read_resolv_conf(fact.resolv_conf.data)
        if fact.unasked:
            yield Untold(NAME, fact.unasked, params={"path": fact.resolv_conf.path})
            continue
        for answer in _by_system(fact, conf) if fact.system else _by_dns(fact, conf):
            if isinstance(answer, Finding) and answer.name == "resolver-down":
                # What is down for the machine is so for the chroot, too, and is one fault.
                if conf.servers in down:
                    continue
                down.add(conf.servers)
            yield answer


def configured(fact: LookupsSeen, conf: ResolvConf, server: str = "") -> Evidence:
    """The line that names a server, or all of them; where there is none, that it is missing."""
    lines = [f"nameserver {each}" for each in conf.servers if server in ("", each)] if conf.named else []
    return Evidence(
        EvidenceKind.CONFIG, fact.resolv_conf.path, "; ".join(lines) or f"nameserver - ({conf.servers[0]})"
    )


def shown(asked: NameserverAsked) -> Evidence:
    """A question with what became of it."""
    where = f"dig @{asked.server} {asked.name} {asked.rtype}"
    return Evidence(EvidenceKind.DNS, where, f"{asked.status.value} ({asked.seconds:.1f} s)")


def _by_dns(fact: LookupsSeen, conf: ResolvConf) -> Iterator[Answer]:
    if not fact.asked:
        return
    answering = tuple(
        server for server in conf.servers if any(each.answered for each in fact.asked if each.server == server)
    )
    if not answering:
        evidence = (configured(fact, conf), *map(shown, fact.asked))
        yield _down(fact, conf, _reason(fact, conf), evidence)
        return
    for server in conf.servers if conf.rotate else conf.servers[:1]:
        of_it = [each for each in fact.asked if each.server == server]
        waited = max((each.seconds for each in of_it), default=0.0)
        if server not in answering and waited >= _AT_ONCE:
            params: dict[str, Param] = {"server": server, "seconds": conf.timeout, "answering": answering}
            evidence = (configured(fact, conf, server), *map(shown, of_it))
            yield Finding("nameserver-dead", evidence, params=params)
            return
    yield Passed(NAME, tuple(shown(each) for each in fact.asked if each.answered)[:1])


def _by_system(fact: LookupsSeen, conf: ResolvConf) -> Iterator[Answer]:
    known = next((each for each in fact.system if each.command.split()[1] == ADDRESS_OF), None)
    if known is None:
        return
    evidence = (
        configured(fact, conf),
        Evidence(EvidenceKind.DNS, known.command, f"exit {known.status} ({known.seconds:.1f} s)"),
    )
    if known.status == 0:
        yield Passed(NAME, evidence[1:])
    elif known.seconds >= _GETENT_WAITED:
        yield _down(fact, conf, "timeout", evidence)
    else:
        # It fails at once for NXDOMAIN, for SERVFAIL, and where nobody listens: which, it does not say.
        yield Untold(NAME, "lookups-failed-at-once", params={"path": fact.resolv_conf.path})


def _down(fact: LookupsSeen, conf: ResolvConf, reason: str, evidence: tuple[Evidence, ...]) -> Finding:
    where = "chroot" if fact.chroot else "machine"
    return Finding("resolver-down", evidence, params={"servers": conf.servers, "reason": reason, "where": where})


def _reason(fact: LookupsSeen, conf: ResolvConf) -> str:
    if any(each.status is DnsStatus.SERVER_FAILURE for each in fact.asked):
        return "server-failure"
    if any(each.seconds >= _AT_ONCE for each in fact.asked):
        return "timeout"
    return "refused" if conf.named else "none-named"
