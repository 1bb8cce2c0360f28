"""Virtual aliases: the addresses that a recipient stands for (src/cleanup/cleanup_map1n.c)."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.emulate.postfix.mapping import Services, mapped
from mailproof.emulate.postfix.maps import Missing
from mailproof.emulate.postfix.server import from_table, nothing, untold
from mailproof.model.postfix import Outcome, Step
from mailproof.parse.postfix.addresses import quote, unquote

# virtual_alias_recursion_limit and virtual_alias_expansion_limit, both 1000 by default.
_MOST = 1000
PARAMETER = "virtual_alias_maps"


def expanded(services: Services, recipient: str) -> tuple[Sequence[str], Sequence[Step]]:
    """The addresses in their order, and each entry that made them. Ends where Postfix would refuse the message.

    `recipient` and the addresses are without quotes.
    """
    maps = services.mapper.maps(PARAMETER)
    if not maps.tables:
        return [recipient], []
    addresses, at = [recipient], 0
    steps: list[Step] = []
    done: set[str] = set()
    while at < len(addresses):
        address = addresses[at]
        if address.lower() in done or len(steps) > _MOST or len(addresses) > _MOST:
            at += 1
            continue
        found = mapped(services, maps, quote(address), "virtual")
        if isinstance(found, Missing):
            steps.append(untold(PARAMETER, found))
            at += 1
        elif found is None:
            if not steps:
                steps.append(nothing(maps, address))
            at += 1
        else:
            steps.append(from_table("alias-hit", Outcome.WON, PARAMETER, found.hit, address=address))
            targets = [unquote(each) for each in found.addresses]
            if address.lower() in (target.lower() for target in targets):
                done.add(address.lower())
            addresses[at : at + 1] = targets[:1]
            addresses += targets[1 : _MOST + 1]
            if not targets:
                at += 1
    if len(steps) > _MOST or len(addresses) > _MOST:
        steps = [*steps[:10], Step("alias-endless", Outcome.NOTE, {"address": recipient}, maps.setting.file)]
        return [recipient], steps
    unique = {address.lower(): address for address in reversed(addresses)}
    return list(reversed(unique.values())), steps
