"""canonical_maps and its sisters, and masquerade_domains, as cleanup(8) applies them to one address."""

from __future__ import annotations

from mailproof.emulate.postfix.lists import listed
from mailproof.emulate.postfix.mapping import Services, mapped
from mailproof.emulate.postfix.maps import Missing
from mailproof.emulate.postfix.server import from_table, nothing, untold
from mailproof.model.postfix import Outcome, Place, Step
from mailproof.parse.postfix.addresses import unquote
from mailproof.parse.postfix.lines import split_list

# MAX_RECURSION of src/cleanup/cleanup_map11.c.
_MOST = 10

MAPS = {
    Place.ENVELOPE_SENDER: "sender_canonical_maps",
    Place.HEADER_SENDER: "sender_canonical_maps",
    Place.ENVELOPE_RECIPIENT: "recipient_canonical_maps",
    Place.HEADER_RECIPIENT: "recipient_canonical_maps",
}
"""What is asked first; canonical_maps follows."""


def canonical(services: Services, parameter: str, address: str, place: Place) -> tuple[str, list[Step]]:
    """`address` in external form, mapped until a table has no more to say, or maps it to itself."""
    postfix = services.mapper
    maps = postfix.maps(parameter)
    if not maps.tables:
        return address, []
    if (left_out := not_in_classes(services, parameter, place)) is not None:
        return address, [left_out]
    steps: list[Step] = []
    for _ in range(_MOST):
        found = mapped(services, maps, address, "canonical")
        if isinstance(found, Missing):
            return address, [*steps, untold(parameter, found)]
        if found is None:
            return address, steps or [nothing(maps, address)]
        if not found.addresses:
            return address, [*steps, from_table("no-address", Outcome.NOTE, parameter, found.hit)]
        before, address = address, found.addresses[0]
        if len(found.addresses) > 1:
            steps.append(from_table("several", Outcome.NOTE, parameter, found.hit))
        if before.lower() == address.lower():
            return address, steps or [from_table("itself", Outcome.NOTHING, parameter, found.hit, address=address)]
        steps.append(from_table("mapped", Outcome.WON, parameter, found.hit, before=before, after=address))
    setting = maps.setting
    return address, [
        *steps,
        Step("mapped-endless", Outcome.NOTE, {"parameter": parameter}, setting.file, setting.line),
    ]


def not_in_classes(services: Services, parameter: str, place: Place) -> Step | None:
    """The step of a parameter that its classes keep from this place (canonical_classes and its sisters)."""
    name = f"{parameter.removesuffix('_maps').removesuffix('_domains')}_classes"
    setting = services.mapper.main.setting(name)
    value = services.mapper.value(name)
    if place.replace("-", "_") in split_list(value.lower()):
        return None
    params = {"parameter": parameter, "classes": name, "value": value, "place": str(place)}
    return Step("not-in-classes", Outcome.LOST, params, setting.file, setting.line)


def masqueraded(services: Services, address: str, place: Place) -> tuple[str, list[Step]]:
    """`address` in external form, without the hosts below the first of masquerade_domains that fits."""
    postfix, name = services.mapper, "masquerade_domains"
    domains = split_list(postfix.value(name))
    user, at, domain = address.rpartition("@")
    if not domains or not at:
        return address, []
    if (left_out := not_in_classes(services, name, place)) is not None:
        return address, [left_out]
    setting = postfix.main.setting(name)
    exceptions = postfix.main.setting("masquerade_exceptions")
    found = listed(unquote(user), postfix.value("masquerade_exceptions"), postfix.tables)
    if isinstance(found, Missing):
        return address, [untold("masquerade_exceptions", found)]
    if found is not None and found.inside:
        params = {"user": user, "item": found.item}
        return address, [Step("masquerade-exception", Outcome.LOST, params, exceptions.file, exceptions.line)]
    for item in domains:
        parent = item.lstrip("!").lower()
        exact = parent == domain.lower()
        if not parent or not (exact or domain.lower().endswith(f".{parent}")):
            continue
        params = {"address": address, "item": item}
        if exact or (len(item) - len(item.lstrip("!"))) % 2:
            return address, [Step("masquerade-stops", Outcome.NOTHING, params, setting.file, setting.line)]
        after = f"{user}@{parent}"
        params = {"before": address, "after": after, "item": item}
        return after, [Step("masqueraded", Outcome.WON, params, setting.file, setting.line)]
    params = {"parameter": name, "address": address}
    return address, [Step("map-none", Outcome.NOTHING, params, setting.file, setting.line)]
