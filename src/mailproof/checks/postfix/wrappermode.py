"""Does TLS begin at once where clients expect it, and nowhere else?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.mending import Changes
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import main_set, mend, option_set, value_set
from mailproof.checks.postfix.tls_mending import logins_kept_inside
from mailproof.checks.postfix.tls_settings import level_of
from mailproof.model.configuration import PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "tls-begins-where-expected"
NEEDS = (PostfixFiles,)
_REFERENCES = ("RFC 8314 section 3", "postconf(5) smtpd_tls_wrappermode")
KINDS = (
    FindingKind(
        "tls-wrappermode-missing",
        Layer.TLS,
        ("service",),
        (Explains("implicit-tls-missing", Scope.SERVER),),
        _REFERENCES,
    ),
    FindingKind(
        "tls-wrappermode-misplaced",
        Layer.TLS,
        ("service",),
        (Explains("implicit-tls-unexpected", Scope.SERVER),),
        _REFERENCES,
    ),
    FindingKind(
        "next-hop-tls-mode-wrong",
        Layer.TLS,
        ("nexthop", "service"),
        (),
        ("postconf(5) smtp_tls_wrappermode", "Postfix TLS_README"),
    ),
)

_AT_ONCE = re.compile(r"[^,\s]+:(?:465|smtps|submissions)\Z")
_BY_SENDER = ("sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _servers(configured), _next_hops(configured))
        yield from answers or [Passed(NAME, (configured.line("master.cf", 1),))]


def _servers(configured: Configured) -> Iterator[Answer]:
    for daemon in configured.servers:
        at_once = daemon.on("smtpd_tls_wrappermode")
        if daemon.role == "submissions" and not at_once:
            shown = configured.service(daemon, "smtpd_tls_wrappermode")
            remedy = mend(option_set(configured, daemon, "smtpd_tls_wrappermode", "yes"))
            yield fault("tls-wrappermode-missing", shown, service=daemon.name).mended_by(remedy)
        elif daemon.role in ("smtp", "submission") and at_once:
            setting = daemon.main.setting("smtpd_tls_wrappermode")
            shows = (configured.at(setting), configured.service(daemon))
            logs_in = daemon.on("smtpd_sasl_auth_enable")
            inside = logins_kept_inside(configured, daemon, level_of(daemon)) if logs_in else ()
            remedy = mend(value_set(configured, setting, "no"), *_kept(configured, setting.file), inside)
            yield fault("tls-wrappermode-misplaced", *shows, service=daemon.name).mended_by(remedy)


def _kept(configured: Configured, file: str) -> Iterator[Changes]:
    """Where main.cf says it for all: an option of its own for those that are to begin with TLS."""
    for daemon in configured.servers if file != "master.cf" else ():
        if daemon.role == "submissions" and "smtpd_tls_wrappermode" not in daemon.service.options:
            yield option_set(configured, daemon, "smtpd_tls_wrappermode", "yes")


def _next_hops(configured: Configured) -> Iterator[Answer]:
    """Next hops at a port of TLS at once, and the client that goes there without it (smtp_connect.c)."""
    clients = {each.service.name: each for each in configured.daemons if each.service.type == "unix"}
    default = configured.main.value("default_transport").text.partition(":")[0]
    for transport, nexthop, shown in _named(configured):
        client = clients.get(transport or default)
        if client is None or client.service.command != "smtp" or client.on("smtp_tls_wrappermode"):
            continue
        shows = (shown, configured.service(client))
        remedy = mend(*_at_once(configured)) if nexthop == configured.main.value("relayhost").text else None
        yield fault("next-hop-tls-mode-wrong", *shows, nexthop=nexthop, service=client.name).mended_by(remedy)


def _at_once(configured: Configured) -> Iterator[Changes]:
    """For a relay that takes all mail; where some goes elsewhere, that would be broken by it."""
    if any(configured.main.value(name).text for name in ("transport_maps", *_BY_SENDER)):
        yield None
    yield main_set(configured, "smtp_tls_wrappermode", "yes")
    if configured.main.value("smtp_tls_security_level").text not in ("encrypt", "verify", "secure", "fingerprint"):
        yield main_set(configured, "smtp_tls_security_level", "encrypt")


def _named(configured: Configured) -> Iterator[tuple[str, str, Evidence]]:
    """Transport, or nothing, and next hop, of those at a port for TLS at once."""
    relayhost = configured.main.value("relayhost").text
    if _AT_ONCE.match(relayhost):
        yield "", relayhost, configured.at(configured.main.setting("relayhost"))
    for parameter in _BY_SENDER:
        for table in configured.tables(parameter):
            for entry in table.entries.values() if table.fixed else ():
                transport, bracket, host = entry.value.rpartition(":[")
                nexthop = f"[{host}" if bracket else entry.value
                if _AT_ONCE.match(nexthop):
                    yield transport, nexthop, configured.entry(parameter, table, entry)
