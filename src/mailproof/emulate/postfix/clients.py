"""Who hands mail in, to which service, and whether headers of that mail are rewritten (smtpd_check_rewrite)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import PurePosixPath

from mailproof.emulate.postfix.lists import Membership, in_networks
from mailproof.emulate.postfix.maps import Missing
from mailproof.emulate.postfix.nexthop import port_of
from mailproof.emulate.postfix.server import Postfix, untold
from mailproof.model.postfix import Client, Context, Kind, Outcome, Step
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.master import Service
from mailproof.parse.postfix.tables import Untold

PARAMETER = "local_header_rewrite_clients"
_LOOPBACK = ("127.0.0.1", "::1")
# Services that Debian's master.cf has for those who log in, in the order of preference.
_FOR_USERS = ("submission", "submissions", "smtps", "587", "465")


def service_for(postfix: Postfix, client: Client, name: str = "") -> Service | None:
    """The line of master.cf that takes this client's mail: smtp, or one where people log in.

    Else the one of a name, or of a port: 587 is `submission` too.
    """
    if client.kind is Kind.SENDMAIL:
        return postfix.master.service("pickup") or postfix.master.service("pickup", "fifo")
    found = daemons(postfix)
    if name:
        exact = [each for each in found if name in (each.name, each.name.rpartition(":")[2])]
        by_port = [each for each in found if port_of(name) and port_of(each.name.rpartition(":")[2]) == port_of(name)]
        return next(iter([*reversed(exact), *reversed(by_port)]), None)
    if client.user or client.kind is Kind.LOGIN:
        for each in sorted(found, key=_preference):
            if as_seen_by(postfix, each).yes("smtpd_sasl_auth_enable"):
                return each
    named = [each for each in found if each.name.rpartition(":")[2] in ("smtp", "25", "smtpd")]
    return next(iter(named or found), None)


def daemons(postfix: Postfix) -> list[Service]:
    """The services that take mail by SMTP."""
    return [each for each in postfix.master.services if PurePosixPath(each.command).name == "smtpd"]


def _preference(service: Service) -> int:
    name = service.name.rpartition(":")[2]
    return _FOR_USERS.index(name) if name in _FOR_USERS else len(_FOR_USERS)


def as_seen_by(postfix: Postfix, service: Service | None) -> Postfix:
    """With its `-o` options."""
    return postfix if service is None else postfix.of_service(service.name, service.type)


def context_of(smtpd: Postfix, cleanup: Postfix, client: Client) -> tuple[Context, tuple[Step, ...]]:
    """How headers of this client's mail are rewritten, and the reason; `smtpd` with the options of its service."""
    if client.kind is Kind.SENDMAIL:
        return Context.LOCAL, (Step("client-sendmail", Outcome.WON),)
    setting = smtpd.main.setting(PARAMETER)
    steps: list[Step] = []
    for item in items(smtpd):
        step = _asked(smtpd, client, item)
        steps.append(step)
        if step.outcome is Outcome.WON:
            return Context.LOCAL, tuple(steps)
    remote = cleanup.main.setting("remote_header_rewrite_domain")
    domain = cleanup.value("remote_header_rewrite_domain")
    if domain:
        params = {"domain": domain}
        return Context.REMOTE, (*steps, Step("context-remote", Outcome.WON, params, remote.file, remote.line))
    value = smtpd.value(PARAMETER)
    left = Step("context-left", Outcome.LOST, {"parameter": PARAMETER, "value": value}, setting.file, setting.line)
    return Context.LEFT_ALONE, (*steps, left)


def items(smtpd: Postfix) -> Iterator[str]:
    """Of local_header_rewrite_clients; `check_address_map type:table` is `type:table`."""
    return (item for item in split_list(smtpd.value(PARAMETER)) if item.lower() != "check_address_map")


def _asked(smtpd: Postfix, client: Client, item: str) -> Step:
    setting = smtpd.main.setting(PARAMETER)
    params = {"parameter": PARAMETER, "item": item}

    def step(name: str, outcome: Outcome) -> Step:
        return Step(name, outcome, params, setting.file, setting.line)

    if ":" in item:
        return _in_table(smtpd, client, item)
    match item.lower():
        case "permit_inet_interfaces":
            if client.kind is Kind.ADDRESS and not is_own(smtpd, client.address) and _any_interface(smtpd):
                return step("client-not-own-as-known", Outcome.NOTHING)
            return step("client-is", Outcome.WON) if _own(smtpd, client) else step("client-is-not", Outcome.NOTHING)
        case "permit_mynetworks":
            return _in_mynetworks(smtpd, client, item)
        case "permit_sasl_authenticated":
            if not (client.user or client.kind is Kind.LOGIN):
                return step("client-is-not", Outcome.NOTHING)
            active = smtpd.yes("smtpd_sasl_auth_enable")
            return step("client-is", Outcome.WON) if active else step("client-login-off", Outcome.LOST)
        case "permit_tls_clientcerts" | "permit_tls_all_clientcerts":
            return step("client-certificate", Outcome.NOTHING)
    return step("client-unknown-item", Outcome.NOTE)


def _own(smtpd: Postfix, client: Client) -> bool:
    return client.kind is Kind.OWN or (client.kind is Kind.ADDRESS and is_own(smtpd, client.address))


def is_own(smtpd: Postfix, address: str) -> bool:
    """Of the interfaces that the files name; with `inet_interfaces = all` only loopback is known from them."""
    listed = [each.strip("[]").lower() for each in split_list(smtpd.value("inet_interfaces"))]
    if address in _LOOPBACK:
        return bool({"all", "loopback-only", "localhost", address} & set(listed))
    return address.lower() in listed


def _any_interface(smtpd: Postfix) -> bool:
    return "all" in split_list(smtpd.value("inet_interfaces").lower())


def _in_mynetworks(smtpd: Postfix, client: Client, item: str) -> Step:
    setting = smtpd.main.setting("mynetworks")
    params = {"parameter": "mynetworks", "item": item}
    found = in_mynetworks(smtpd, client)
    if isinstance(found, Missing):
        return untold_network(found, item)
    if found is None:
        return Step("client-is-not", Outcome.NOTHING, params, setting.file, setting.line)
    place = (found.file, found.line) if found.file else (setting.file, setting.line)
    return Step("client-in-networks", Outcome.WON, {**params, "network": found.item or "…"}, *place)


def untold_network(missing: Missing, item: str = "permit_mynetworks") -> Step:
    """The step of a client of which it is not known whether it is in mynetworks."""
    if missing.why == "interfaces":
        return Step("untold-interfaces", Outcome.UNTOLD, {"parameter": "mynetworks", "item": item})
    return untold("mynetworks", missing)


def in_mynetworks(smtpd: Postfix, client: Client) -> Membership | Missing | None:
    """Why it is in mynetworks. Missing("interfaces") where that follows from the interfaces of the server."""
    if client.kind is Kind.MYNETWORKS:
        return Membership("", True)
    address = {Kind.OWN: _LOOPBACK[0], Kind.ADDRESS: client.address}.get(client.kind)
    if address is None:
        return None
    if not smtpd.value("mynetworks"):
        if is_own(smtpd, address) or (_is_loopback(address) and smtpd.value("mynetworks_style") != "host"):
            return Membership("mynetworks_style", True)
        return Missing("mynetworks", "interfaces")
    found = in_networks(address, smtpd.value("mynetworks"), smtpd.tables)
    return found if found is None or isinstance(found, Missing) or found.inside else None


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _in_table(smtpd: Postfix, client: Client, item: str) -> Step:
    """The value of the entry does not matter; the key is the address as it is, no network of it."""
    setting = smtpd.main.setting(PARAMETER)
    params = {"parameter": PARAMETER, "table": item, "item": item}
    table = smtpd.tables.table(item)
    address = _LOOPBACK[0] if client.kind is Kind.OWN else client.address
    if not address and not item.removeprefix("proxy:").startswith("static:"):
        return Step("untold-address", Outcome.UNTOLD, params, setting.file, setting.line)
    found = table.ask(address)
    if isinstance(found, Untold):
        return untold(PARAMETER, Missing(item, found.why, found.line))
    if found is None:
        return Step("client-not-in-table", Outcome.NOTHING, params, setting.file, setting.line)
    place = (table.file, found.line) if table.file else (setting.file, setting.line)
    return Step("client-in-table", Outcome.WON, params, *place)
