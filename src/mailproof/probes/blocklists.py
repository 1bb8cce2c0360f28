"""Asks the lists in DNS that a Postfix asks about the two entries by which a list is tested (RFC 5782 section 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailproof.model.configuration import PostfixFiles
from mailproof.model.lookups import BlocklistAsked, NameserverAsked
from mailproof.net.interface import Driver
from mailproof.parse.postfix.blocklists import Blocklist, blocklists, postscreen_lists
from mailproof.parse.postfix.daemons import daemons

# resolv.conf(5): after so long the system's resolver leaves a server, too.
_PATIENCE = 5.0
# postscreen with many lists has ten or so.
_MOST = 30
# RFC 5782 section 5: the first of each must not be listed, the second must.
_ADDRESSES = ("1.0.0.127", "2.0.0.127")
_NAMES = ("invalid", "test")


async def blocklists_asked(net: Driver, server: str, postfix: PostfixFiles) -> tuple[BlocklistAsked, ...]:
    """Each that this configuration names, at one name server, all at the same time. Never raises.

    Those that have a customer's key in their name are left out, for the key is not kept of what was read.
    """
    found = list(dict.fromkeys(_named(postfix)))[:_MOST]
    tasks = [
        (each, [net.spawn(_asked(net, server, f"{entry}.{each.zone}")) for entry in _entries(each)]) for each in found
    ]
    seen: list[BlocklistAsked] = []
    for each, asked in tasks:
        must_not, must = [await task.wait() for task in asked]
        seen.append(BlocklistAsked(each.zone, each.answers, must_not, must, each.of_names))
    return tuple(seen)


def _entries(blocklist: Blocklist) -> Sequence[str]:
    return _NAMES if blocklist.of_names else _ADDRESSES


async def _asked(net: Driver, server: str, name: str) -> NameserverAsked:
    began = net.now()
    answer = await net.ask(server, name, "A", began + _PATIENCE)
    return NameserverAsked(server, name, "A", answer.status, net.now() - began, answer.answers)


def _named(postfix: PostfixFiles) -> Iterator[Blocklist]:
    for program, main in daemons(postfix):
        for name, setting in main.settings.items():
            if "bl" in setting.value.lower():
                yield from blocklists(main.value(name).text)
        if program == "postscreen":
            yield from postscreen_lists(main.value("postscreen_dnsbl_sites").text)
