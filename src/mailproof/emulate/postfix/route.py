"""Where one recipient's mail goes: class, transport, next hop (src/trivial-rewrite/resolve.c, transport.c)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import msgspec

from mailproof.emulate.postfix.lists import listed, member
from mailproof.emulate.postfix.maps import Hit, Missing, transport_keys
from mailproof.emulate.postfix.nexthop import hosts_of
from mailproof.emulate.postfix.server import Postfix, from_table, nothing, skipped, untold
from mailproof.emulate.postfix.standard import standard_internal
from mailproof.model.postfix import NextHost, Outcome, Route, Step
from mailproof.parse.ip_address import is_address

# Class, the list that decides it, and the parameter with its transport; in the order in which Postfix asks.
_CLASSES = (
    ("alias", "virtual_alias_domains", ""),
    ("virtual", "virtual_mailbox_domains", "virtual_transport"),
    ("relay", "relay_domains", "relay_transport"),
)
BY_SENDER = "sender_dependent_default_transport_maps"
RELAY_BY_SENDER = "sender_dependent_relayhost_maps"
_USUAL = {"smtp": "smtp", "relay": "smtp", "lmtp": "lmtp"}
_UNDELIVERABLE = "Address is undeliverable"
_BAD_SYNTAX = "5.1.3 bad address syntax"
_NAME = re.compile(r"(?=.*[^0-9.])(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.(?!$)|$))+")
# valid_hostname.c.
_LONGEST_NAME = 255


class _Candidate(msgspec.Struct):
    """What names a transport, a next hop or both; the last of each that is named wins."""

    step: Step
    transport: str = ""
    nexthop: str = ""


class Resolve:
    """One address on its way through resolve_addr()."""

    def __init__(self, postfix: Postfix, sender: str, address: str) -> None:
        self.postfix, self.sender = postfix, sender
        self.steps: list[Step] = []
        self.address, self.domain, self.local = self._destination(address)
        self.candidates: list[_Candidate] = []
        self.failed = False
        """Whether Postfix defers the message, for a table names a transport that is none."""

    def _destination(self, address: str) -> tuple[str, str, bool]:
        """The address without domains of ours behind which another is written, as in `user%other@ours`."""
        postfix = self.postfix
        while True:
            user, at, domain = address.rpartition("@")
            if not domain:
                address = user if at else address
                return f"{address}@{postfix.value('myhostname')}", postfix.value("myhostname"), True
            if postfix.yes("resolve_numeric_domain") and is_address(domain):
                domain = f"[{domain}]"
                address = f"{user}@{domain}"
            local = postfix.is_local(domain)
            if isinstance(local, Missing):
                self.steps.append(untold("mydestination", local))
            if local is not True:
                return address, domain, False
            routed = "@" in user or ("%" in user and postfix.value("allow_percent_hack") == "yes")
            routed |= "!" in user and postfix.value("swap_bangpath") == "yes"
            if not routed or not user:
                return address, domain, True
            address = standard_internal(postfix, user)

    def route(self) -> Route:
        """The decision, and the steps to it in their order."""
        if not self.local and not _is_domain(self.domain):
            self.steps.append(Step("bad-domain", Outcome.WON, {"domain": self.domain}))
            _, line = hosts_for(self.postfix, "error", "")
            return Route(self.address, "default", "error", _BAD_SYNTAX, (), line, tuple(self.steps))
        domain_class, parameter = self._class()
        if domain_class == "alias":
            step = Step("alias-unknown", Outcome.WON, {"address": self.address})
            self.candidates.append(_Candidate(step, "error", "5.1.1 User unknown in virtual alias table"))
        else:
            self._of_class(domain_class, parameter)
            if not self.failed:
                self._transport_maps()
        if not self.failed:
            self._relocated()
        transport, nexthop, decided = self._decided()
        nexthop = nexthop or self.domain
        if self.failed:
            return Route(self.address, domain_class, "", nexthop, (), 0, (*self.steps, *decided))
        hosts, line = hosts_for(self.postfix, transport, nexthop)
        if line == 0:
            decided.append(Step("no-service", Outcome.NOTE, {"transport": transport}, "master.cf"))
        return Route(self.address, domain_class, transport, nexthop, hosts, line, (*self.steps, *decided))

    def _class(self) -> tuple[str, str]:
        setting = self.postfix.main.setting("mydestination")
        named = {"domain": self.domain, "parameter": "mydestination"}
        if self.local:
            self.steps.append(
                Step("in-list", Outcome.WON, {**named, "item": self.domain}, setting.file, setting.line)
            )
            return "local", "local_transport"
        if not self.steps:  # else it could not be told
            self.steps.append(Step("not-in-list", Outcome.NOTHING, named, setting.file, setting.line))
        for name, parameter, transport in _CLASSES:
            setting, named = self.postfix.main.setting(parameter), {"domain": self.domain, "parameter": parameter}
            patterns = self.postfix.value(parameter)
            if name == "relay":
                parents = self.postfix.takes_parents(parameter)
                found = member(self.domain, patterns, self.postfix.tables, parents=parents)
            else:  # names, as in mydestination: what is above a domain is not asked for
                found = listed(self.domain, patterns, self.postfix.tables)
            if isinstance(found, Missing):
                self.steps.append(untold(parameter, found))
            elif found is not None and found.inside:
                place = (found.file, found.line) if found.file else (setting.file, setting.line)
                self.steps.append(Step("in-list", Outcome.WON, {**named, "item": found.item}, *place))
                return name, transport
            elif patterns:
                self.steps.append(Step("not-in-list", Outcome.NOTHING, named, setting.file, setting.line))
        self.steps.append(Step("in-no-list", Outcome.WON, {"domain": self.domain}))
        return "default", "default_transport"

    def _of_class(self, domain_class: str, parameter: str) -> None:
        """Least first: the domain, the host to relay by, then transports, which may bring a next hop of their own."""
        for name, classes in ((RELAY_BY_SENDER, ("relay", "default")), (BY_SENDER, ("default",))):
            setting = self.postfix.main.setting(name)
            if domain_class not in classes and setting.value:
                params = {"parameter": name, "class": domain_class}
                self.steps.append(Step("not-asked", Outcome.LOST, params, setting.file, setting.line))
        if domain_class in ("relay", "default"):
            self._relayhost()
        setting = self.postfix.main.setting(parameter)
        value = self.postfix.value(parameter)
        by_sender = self._by_sender(BY_SENDER) if domain_class == "default" else None
        step = Step("parameter", Outcome.WON, {"parameter": parameter, "value": value}, setting.file, setting.line)
        transport, nexthop = divided(value)
        self.candidates.append(_Candidate(step, transport, nexthop))
        if by_sender is not None:
            step = from_table("from-map", Outcome.WON, BY_SENDER, by_sender)
            # It replaces the default transport whole, with the next hop that may be in it.
            self.candidates[-1].nexthop = ""
            self.candidates.append(_Candidate(step, *divided(by_sender.value)))

    def _relayhost(self) -> None:
        setting = self.postfix.main.setting("relayhost")
        value = self.postfix.value("relayhost")
        hit = self._by_sender(RELAY_BY_SENDER)
        if value:
            params = {"parameter": "relayhost", "value": value}
            step = Step("parameter", Outcome.WON, params, setting.file, setting.line)
            self.candidates.append(_Candidate(step, "", value))
        if hit is not None:
            self.candidates.append(
                _Candidate(from_table("from-map", Outcome.WON, RELAY_BY_SENDER, hit), "", hit.value)
            )

    def _by_sender(self, parameter: str) -> Hit | None:
        """What a table of senders names, but DUNNO. Where that decides nothing, the step is written."""
        maps = self.postfix.maps(parameter)
        if not maps.tables:
            return None
        key = f"empty_address_{parameter.removeprefix('sender_dependent_')}_lookup_key"
        self.steps += skipped(parameter, maps)
        found = self.postfix.by_address(maps, self.sender or self.postfix.value(key))
        if isinstance(found, Missing):
            self.steps.append(untold(parameter, found))
        elif found is None:
            self.steps.append(nothing(maps, self.sender))
        elif found.value.upper() == "DUNNO":
            self.steps.append(from_table("dunno", Outcome.NOTHING, parameter, found))
        elif parameter == BY_SENDER and found.value.startswith(":"):
            # transport(5) allows it there, and resolve.c fails on it here.
            self.failed = True
            self.steps.append(from_table("null-transport", Outcome.WON, parameter, found))
        else:
            return found
        return None

    def _transport_maps(self) -> None:
        maps = self.postfix.maps("transport_maps")
        if not maps.tables:
            return
        self.steps += skipped("transport_maps", maps)
        found = maps.first(self._keys())
        if isinstance(found, Missing):
            self.steps.append(untold("transport_maps", found))
        elif found is None:
            self.steps.append(nothing(maps, self.address))
        else:
            transport, nexthop = divided(found.value)
            if transport and not nexthop:
                nexthop = _UNDELIVERABLE if transport in ("error", "retry") else self.domain
            name, outcome = ("from-map", Outcome.WON) if transport or nexthop else ("no-op", Outcome.NOTHING)
            step = from_table(name, outcome, "transport_maps", found)
            self.candidates.append(_Candidate(step, transport, nexthop))

    def _keys(self) -> Sequence[tuple[str, bool, str]]:
        parents_bare = self.postfix.takes_parents("transport_maps")
        return transport_keys(self.address, self.postfix.delimiter, parents_bare=parents_bare)

    def _relocated(self) -> None:
        maps = self.postfix.maps("relocated_maps")
        found = self.postfix.by_address(maps, self.address) if maps.tables else None
        if isinstance(found, Missing):
            self.steps.append(untold("relocated_maps", found))
        elif found is not None:
            step = from_table("from-map", Outcome.WON, "relocated_maps", found)
            self.candidates.append(_Candidate(step, "error", f"5.1.6 User has moved to {found.value}"))

    def _decided(self) -> tuple[str, str, list[Step]]:
        """The last of each kind wins; what names neither any more has lost, and to whom is said."""
        transports = [each for each in self.candidates if each.transport]
        nexthops = [each for each in self.candidates if each.nexthop]
        winners = [*transports[-1:], *nexthops[-1:]]
        steps = []
        for each in self.candidates:
            step = each.step
            if step.outcome is Outcome.WON and not any(each is winner for winner in winners):
                winner = (transports if each.transport else nexthops)[-1].step.params.get("parameter", "")
                name = f"{step.name}-lost"
                step = Step(name, Outcome.LOST, {**step.params, "winner": winner}, step.file, step.line)
            steps.append(step)
        return (
            transports[-1].transport if transports else "",
            nexthops[-1].nexthop if nexthops else "",
            steps,
        )


def hosts_for(postfix: Postfix, transport: str, nexthop: str) -> tuple[tuple[NextHost, ...], int | None]:
    """What the client of a transport makes of a next hop, and the line of the transport in master.cf.

    0 where it has none; None where master.cf could not be read, and the names that Postfix comes with are trusted.
    """
    service = postfix.master.service(transport)
    line = None if postfix.master.unread else service.line if service is not None else 0
    client = PurePosixPath(service.command).name if service is not None else _USUAL.get(transport, "")
    if client not in ("smtp", "lmtp") or line == 0:
        return (), line
    seen = postfix.of_service(transport)
    disabled = seen.value("disable_dns_lookups") == "yes" or seen.value("smtp_dns_support_level") == "disabled"
    return hosts_of(nexthop, client, seen.value(f"{client}_tcp_port"), dns=not disabled), line


def divided(value: str) -> tuple[str, str]:
    """Transport and next hop."""
    transport, _, nexthop = value.partition(":")
    return transport, nexthop


def _is_domain(text: str) -> bool:
    """A name of hosts that is not of digits alone, or an address in brackets (src/util/valid_hostname.c)."""
    if text.startswith("["):
        inside = text[1:].removesuffix("]")
        bare = inside[5:] if inside[:5].lower() == "ipv6:" else inside
        return text.endswith("]") and is_address(bare) and (bare != inside) == (":" in bare)
    # What is not ASCII is turned into a name that is (smtputf8_enable).
    return not text.isascii() or (len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None)
