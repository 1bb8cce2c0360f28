"""Why a sender stays in the header as it was, and the line that changes that."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.emulate.postfix.canonical import canonical, masqueraded, not_in_classes
from mailproof.emulate.postfix.clients import PARAMETER as GATE
from mailproof.emulate.postfix.clients import in_mynetworks, is_own, items
from mailproof.emulate.postfix.lists import Membership
from mailproof.emulate.postfix.rewrite import Way, rewritten, way_of, written
from mailproof.emulate.postfix.server import Postfix
from mailproof.emulate.postfix.standard import standard
from mailproof.model.postfix import Client, Context, Handed, Kind, Obstacle, Outcome, Place, Step, WhyNot
from mailproof.parse.postfix.lines import split_list

_PLACE = Place.HEADER_SENDER
_TABLES = ("sender_canonical_maps", "canonical_maps")
_MASQUERADE = "masquerade_domains"


def why_not(postfix: Postfix, address: str, client: Client, service: str = "") -> WhyNot:
    """Of a From header. All that stands in the way, in the order in which it is to be mended."""
    way = way_of(postfix, client, service)
    here = rewritten(way, address, _PLACE)
    envelope = rewritten(way, address, Place.ENVELOPE_SENDER)
    handed = Handed(client, way.service, way.line, way.context, way.gate, (envelope, here))
    start = standard(way.services.rewriter, written(address), remote=way.context is Context.REMOTE)
    wished, steps = _wished(way, start)
    asked = [*postfix.untold, *steps, *way.gate, *here.steps, *envelope.steps]
    told = all(step.outcome is not Outcome.UNTOLD for step in asked)
    (result,) = here.results
    obstacles: list[Obstacle] = []
    if not any(step.outcome is Outcome.WON for step in steps):
        # Without an entry it is completed at most: that is enough where the header has been.
        obstacles = [] if result.lower() != written(address).lower() else [_no_entry(way, address)]
    elif result.lower() != wished.lower():
        obstacles = [*_classes(way, steps), *_overrides(way), *_gate(way)]
    return WhyNot(address, handed, result, wished, tuple(obstacles), told, postfix.untold)


def _wished(way: Way, address: str) -> tuple[str, list[Step]]:
    """With every table asked, whatever its classes are; the steps that changed something know their parameter."""
    services = way.services
    for name in (*_TABLES, _MASQUERADE):
        everywhere = {f"{name.removesuffix('_maps').removesuffix('_domains')}_classes": "header_sender"}
        mapper = services.mapper
        main = mapper.main.with_options(everywhere, 0)
        services = msgspec.structs.replace(services, mapper=msgspec.structs.replace(mapper, main=main))
    steps: list[Step] = []
    for name in _TABLES:
        address, more = canonical(services, name, address, _PLACE)
        steps += more
    address, more = masqueraded(services, address, _PLACE)
    return address, [*steps, *more]


def _no_entry(way: Way, address: str) -> Obstacle:
    mapper = way.services.mapper
    named = [name for name in _TABLES if mapper.value(name)]
    if not named:
        line = "sender_canonical_maps = hash:/etc/postfix/sender_canonical"
        return Obstacle("no-table", {"address": address}, setting=line, where="main.cf")
    setting = mapper.main.setting(named[0])
    params = {"address": address, "parameter": named[0], "value": mapper.value(named[0])}
    file = next((table.file for table in mapper.maps(named[0]).tables if table.file), "main.cf")
    return Obstacle("no-entry", params, setting.file, setting.line, f"{address}  NEW@ADDRESS", file)


def _classes(way: Way, steps: Sequence[Step]) -> list[Obstacle]:
    found = []
    for step in steps:
        name = step.params.get("parameter", _MASQUERADE)
        left_out = not_in_classes(way.services, name, _PLACE) if step.outcome is Outcome.WON else None
        if left_out is not None:
            classes = left_out.params["classes"]
            value = ", ".join(filter(None, (left_out.params["value"], "header_sender")))
            setting = f"{classes} = {value}"
            found.append(Obstacle("classes", left_out.params, left_out.file, left_out.line, setting, "main.cf"))
    return list({each.setting: each for each in found}.values())


def _overrides(way: Way) -> list[Obstacle]:
    if way.mappings:
        return []
    name = "receive_override_options"
    setting = way.smtpd.main.setting(name)
    rest = [each for each in split_list(way.smtpd.value(name)) if each.lower() != "no_address_mappings"]
    params = {"parameter": name, "service": way.service or "main.cf"}
    text = f"{name} = {', '.join(rest)}".rstrip()
    service = way.service if setting.file == "master.cf" else ""
    return [
        Obstacle(
            "overrides", params, setting.file, setting.line, text, setting.file or "main.cf", service, ("twice",)
        )
    ]


def _gate(way: Way) -> list[Obstacle]:
    if way.context is not Context.LEFT_ALONE:
        return []
    setting = way.smtpd.main.setting(GATE)
    words, warnings = _words_for(way)
    value = ", ".join([*items(way.smtpd), *words])
    service = way.service if setting.file == "master.cf" else ""
    params = {"parameter": GATE, "value": way.smtpd.value(GATE), "client": str(way.client.kind)}
    params["address"] = way.client.address
    text = f"{GATE} = {value}"
    return [Obstacle("gate", params, setting.file, setting.line, text, setting.file or "main.cf", service, warnings)]


def _words_for(way: Way) -> tuple[list[str], tuple[str, ...]]:
    """What to add so that this client's headers are rewritten and, where that can be, no other's."""
    client = way.client
    usual = ("completed",)
    if client.user or client.kind is Kind.LOGIN:
        words = ["permit_sasl_authenticated"]
        return words, usual if way.smtpd.yes("smtpd_sasl_auth_enable") else (*usual, "login-off")
    if client.kind is Kind.OWN or (client.kind is Kind.ADDRESS and is_own(way.smtpd, client.address)):
        return ["permit_inet_interfaces"], usual
    if isinstance(in_mynetworks(way.smtpd, client), Membership):
        return ["permit_mynetworks"], usual
    if client.kind is Kind.ADDRESS:
        return [f"inline:{{{{{client.address} = x}}}}"], usual
    return ["static:all"], (*usual, "inbound")
