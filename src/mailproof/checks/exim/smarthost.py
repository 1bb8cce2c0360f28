"""Is the host that mail is handed on to named, reached with TLS as it wants it, and its password found?"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import driver_filled, main_added, mend
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.relay_login import KINDS as LOGIN
from mailproof.checks.postfix.wrappermode import KINDS as WRAPPERMODE
from mailproof.model.configuration import EximFiles, FileState
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.configuration import Driver, Setting
from mailproof.parse.exim.debian import GENERATED
from mailproof.parse.exim.text import split_list

NAME = "exim-smarthost-set-up"
NEEDS = (EximFiles,)
KINDS = (
    FindingKind(
        "smarthost-not-named",
        Layer.DELIVERY,
        ("router",),
        (Explains("not-delivered", Scope.SERVER), Explains("delivery-deferred", Scope.SERVER)),
        ("Exim specification: the manualroute router", "update-exim4.conf(8) dc_smarthost"),
    ),
    FindingKind(
        "smarthost-login-missing",
        Layer.DELIVERY,
        ("nexthop", "table"),
        (Explains("not-delivered", Scope.SERVER),),
        ("Debian's README for Exim, SMTP-AUTH", "exim4_passwd_client(5)", "RFC 6409 section 4.3"),
    ),
    *(kind for kind in LOGIN if kind.name == "relay-password-key-never-matches"),
    *(kind for kind in WRAPPERMODE if kind.name == "next-hop-tls-mode-wrong"),
)

_CLIENTS = "/etc/exim4/passwd.client"
_WORDS = ("byname", "bydns", "randomize", "no_randomize", "ipv4_prefer", "ipv4_only")


class _Hop(msgspec.Struct, frozen=True):
    host: str
    port: str
    router: Driver
    setting: Setting


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        hops = list(_hops(configured))
        answers = bounded(NAME, _missing(configured), _at_once(configured, hops), _passwords(configured, hops))
        yield from answers
        if hops and not answers:
            yield Passed(NAME, (configured.at(hops[0].setting),))


def _routes(configured: Configured) -> Iterator[tuple[Driver, Setting, str]]:
    """Of each router that names hosts, what stands behind the domains. Rules have semicolons between them."""
    for router in configured.configuration.routers:
        setting = router.get("route_list") if router.driver == "manualroute" else None
        if setting is not None and "$" not in setting.value and not setting.value.startswith("<"):
            for rule in setting.value.split(";"):
                _, _, rest = rule.strip().partition(" ")
                yield router, setting, rest.strip()


def _hops(configured: Configured) -> Iterator[_Hop]:
    for router, setting, rest in _routes(configured):
        hosts = rest[1:].partition('"')[0] if rest.startswith('"') else rest.partition(" ")[0]
        for item in split_list(hosts):
            host, _, port = item.partition(":")
            if host and host not in (*_WORDS, "+"):
                yield _Hop(host.lower(), port, router, setting)


def _missing(configured: Configured) -> Iterator[Answer]:
    """`* byname`, as Debian makes it of an empty dc_smarthost."""
    for router, setting, rest in _routes(configured):
        if not rest or rest.split()[0] in _WORDS:
            yield fault("smarthost-not-named", *configured.shown(setting), router=router.name)


def _transport(configured: Configured, router: Driver) -> Driver | None:
    name = router.value("transport").strip()
    return next((each for each in configured.configuration.transports if each.name == name), None)


def _is_at_once(hop: _Hop, transport: Driver) -> bool:
    return (hop.port or transport.value("port")) in ("465", "smtps", "submissions")


def _at_once(configured: Configured, hops: Sequence[_Hop]) -> Iterator[Answer]:
    for hop in hops:
        transport = _transport(configured, hop.router)
        if transport is None or transport.driver != "smtp" or "$" in transport.value("port"):
            continue
        if _is_at_once(hop, transport) and transport.value("protocol") != "smtps":
            shown = (*configured.shown(hop.setting), configured.at(transport))
            found = fault("next-hop-tls-mode-wrong", *shown, nexthop=f"{hop.host}::465", service=transport.name)
            alone = all(
                _is_at_once(each, transport) for each in hops if _transport(configured, each.router) is transport
            )
            yield found.mended_by(_smtps(configured, transport) if alone else None)


# Of submission: who hands in mail there logs in.
_WITH_LOGIN = ("587", "submission", "465", "smtps", "submissions")


def _no_login(configured: Configured, hop: _Hop, transport: Driver) -> Iterator[Answer]:
    """The file is one of comments alone, as Debian brings it; at port 25 it may be right so."""
    seen = configured.files.get(_CLIENTS)
    if seen is None or seen.state not in (FileState.FILE, FileState.MISSING):
        return
    if (hop.port or transport.value("port")) in _WITH_LOGIN:
        told = configured.file(seen, "" if seen.state is FileState.MISSING else "0 entries")
        shown = (*configured.shown(hop.setting), told)
        yield fault("smarthost-login-missing", *shown, nexthop=f"{hop.host}::{hop.port}".rstrip(":"), table=_CLIENTS)


# Debian's, of which its transport is made.
_PROTOCOL = "REMOTE_SMTP_SMARTHOST_PROTOCOL"


def _smtps(configured: Configured, transport: Driver) -> Remedy | None:
    """Of a transport that leads to nothing else."""
    if transport.get("protocol") is not None:
        return None
    asked = any(line.text.split() == [".ifdef", _PROTOCOL] for line in configured.made_of or ())
    if configured.fact.path != GENERATED or not asked:
        return mend(configured, driver_filled(configured, transport, "protocol = smtps"))
    return mend(configured, main_added(configured, f"{_PROTOCOL} = smtps"))


def _passwords(configured: Configured, hops: Iterable[_Hop]) -> Iterator[Answer]:
    """Debian's transport logs in where passwd.client has the host (nwildlsearch: `*…` fits ends, `^` is a regex)."""
    data = configured.data(_CLIENTS)
    lines = data.decode("utf-8", "replace").splitlines() if data is not None else []
    keys = [line.partition(":")[0].strip().lower() for line in lines if not line.startswith("#")]
    keys = [key for key in keys if key]
    for hop in hops:
        transport = _transport(configured, hop.router)
        uses = transport is not None and _CLIENTS in transport.value("hosts_try_auth")
        if uses and not keys and transport is not None:
            yield from _no_login(configured, hop, transport)
            continue
        fits = any(key.startswith("^") or fnmatch.fnmatchcase(hop.host, key) for key in keys)
        if uses and not fits:
            number = next(n for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#"))
            shown = (configured.line(_CLIENTS, number), *configured.shown(hop.setting))
            yield fault("relay-password-key-never-matches", *shown, nexthop=hop.host, table=_CLIENTS)
