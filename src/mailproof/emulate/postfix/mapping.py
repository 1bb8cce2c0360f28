"""What a table makes of an address: canonical, virtual and generic entries (src/global/mail_addr_map.c)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.emulate.postfix.maps import Hit, Maps, Missing
from mailproof.emulate.postfix.server import Postfix
from mailproof.emulate.postfix.standard import standard
from mailproof.parse.postfix.addresses import addresses_in, external, parse, quote, unquote
from mailproof.parse.postfix.lines import split_list


class Services(msgspec.Struct, frozen=True):
    """The configuration as two daemons see it: the one that asks the tables, and the one that completes addresses."""

    mapper: Postfix
    rewriter: Postfix


class Mapped(msgspec.Struct, frozen=True):
    """The entry that was found, and the addresses that it stands for, in external form; none is a mistake in it."""

    hit: Hit
    addresses: Sequence[str]


def mapped(services: Services, maps: Maps, address: str, extension_class: str) -> Mapped | Missing | None:
    """`address` is in external form. A right-hand side may be several addresses, or `@other` for another domain."""
    plain = unquote(address)
    found = services.mapper.by_address(maps, plain, unquoted_too=False)
    if not isinstance(found, Hit):
        return found
    keep = extension_class in split_list(services.mapper.value("propagate_unmatched_extensions"))
    text = found.value
    if text.startswith("@"):
        user = plain.rpartition("@")[0] if "@" in plain else plain
        text = quote(user.removesuffix(found.extension or "\0") + text)
    addresses = []
    origin = services.rewriter.origin
    for token in addresses_in(parse('""' if text in ("", "<>") else text)):
        if isinstance(origin, Missing) and "@" not in external(token.parts):
            return origin
        each = unquote(standard(services.rewriter, external(token.parts)))
        if keep and found.extension:
            user, at, domain = each.rpartition("@")
            each = f"{user}{found.extension}@{domain}" if at else each + found.extension
        addresses.append(quote(each) if each else '""')
    return Mapped(found, addresses)
