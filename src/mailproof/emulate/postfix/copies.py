"""Recipients that Postfix adds by itself (src/cleanup/cleanup_bcc.c, cleanup_addr.c): each has a route of its own."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.emulate.postfix.maps import Hit, Missing
from mailproof.emulate.postfix.rewrite import Way, before_aliases
from mailproof.emulate.postfix.server import from_table, untold
from mailproof.emulate.postfix.standard import standard_internal
from mailproof.model.postfix import Outcome, Step


def copies(way: Way, sender: str, recipient: str) -> Iterator[Step]:
    """A step for each: `sender` as it is in the queue, `recipient` as the client names it; both without quotes."""
    if not way.mappings:
        return
    cleanup, rewriter = way.services.mapper, way.services.rewriter
    setting, always = cleanup.main.setting("always_bcc"), cleanup.value("always_bcc")
    if always:
        params = {"parameter": "always_bcc", "address": standard_internal(rewriter, always)}
        yield Step("copy-always", Outcome.NOTE, params, setting.file, setting.line)
    for name, address in (("sender_bcc_maps", sender), ("recipient_bcc_maps", before_aliases(way, recipient))):
        maps = cleanup.maps(name)
        found = cleanup.by_address(maps, address) if maps.tables and address else None
        if isinstance(found, Missing):
            yield untold(name, found)
        elif isinstance(found, Hit):
            to = standard_internal(rewriter, found.value)
            yield from_table("copy-from-map", Outcome.NOTE, name, found, address=to)
