"""What becomes of an address on its way through cleanup(8) and out through smtp(8)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.emulate.postfix.aliases import PARAMETER as ALIASES
from mailproof.emulate.postfix.aliases import expanded
from mailproof.emulate.postfix.canonical import MAPS, canonical, masqueraded
from mailproof.emulate.postfix.clients import PARAMETER as GATE
from mailproof.emulate.postfix.clients import as_seen_by, context_of, service_for
from mailproof.emulate.postfix.mapping import Services, mapped
from mailproof.emulate.postfix.maps import Missing
from mailproof.emulate.postfix.server import Postfix, from_table, nothing, untold
from mailproof.emulate.postfix.standard import standard_internal, standard_steps
from mailproof.model.postfix import Client, Context, Handed, Outcome, Place, Rewriting, Rewritten, Step
from mailproof.parse.postfix.addresses import addresses_in, external, parse, quote, unquote
from mailproof.parse.postfix.lines import split_list

GENERIC = "smtp_generic_maps"
_OVERRIDES = "receive_override_options"
_MAPPINGS = ("sender_canonical_maps", "recipient_canonical_maps", "canonical_maps", "masquerade_domains", ALIASES)
# MAIL_ADDR_MAIL_DAEMON: mail from it at $myorigin is a bounce, and has no sender.
_DAEMON = "MAILER-DAEMON"


class Way(msgspec.Struct, frozen=True):
    """How one client's mail comes in: the service, what its headers meet, and the daemons that rewrite."""

    client: Client
    smtpd: Postfix
    services: Services
    service: str
    line: int
    context: Context
    gate: tuple[Step, ...]

    @property
    def mappings(self) -> bool:
        """Whether tables are asked at all (receive_override_options)."""
        return "no_address_mappings" not in split_list(self.smtpd.value(_OVERRIDES).lower())


def way_of(postfix: Postfix, client: Client, service: str = "") -> Way:
    """`service` is a name of master.cf, or its port."""
    line = service_for(postfix, client, service)
    smtpd = as_seen_by(postfix, line)
    cleanup = postfix.of_service(smtpd.value("cleanup_service_name"))
    rewriter = postfix.of_service(cleanup.value("rewrite_service_name"))
    context, gate = context_of(smtpd, cleanup, client)
    name, number = (f"{line.name} {line.type}", line.line) if line else ("", 0)
    return Way(client, smtpd, Services(cleanup, rewriter), name, number, context, gate)


def rewriting_of(
    postfix: Postfix, address: str, clients: Sequence[Client], places: Sequence[Place], service: str = ""
) -> Rewriting:
    """`address` as one writes it in a command or a header; `<>` is the sender of a bounce. Never raises."""
    handed = []
    for client in clients:
        way = way_of(postfix, client, service)
        done = tuple(rewritten(way, address, place) for place in places)
        handed.append(Handed(client, way.service, way.line, way.context, way.gate, done))
    results = {(place.place, each): None for one in handed for place in one.places for each in place.results}
    outgoing = tuple(generic(postfix, each, place) for place, each in results)
    asked = postfix.of_service("smtp").value(GENERIC)
    return Rewriting(address, tuple(handed), outgoing if asked else (), postfix.untold)


def rewritten(way: Way, address: str, place: Place) -> Rewritten:
    """In one place of the message."""
    given = written(address)
    if place.in_header:
        if way.context is Context.LEFT_ALONE:
            setting = way.smtpd.main.setting(GATE)
            left = Step("header-left", Outcome.LOST, {"parameter": GATE}, setting.file, setting.line)
            return Rewritten(place, address, (given,), (left,))
        result, steps = header_address(way, given, place)
        return Rewritten(place, address, (result,), tuple(steps))
    sender = place is Place.ENVELOPE_SENDER
    results, steps = envelope_sender(way, given) if sender else envelope_recipient(way, given)
    return Rewritten(place, address, tuple(results), tuple(steps))


def written(address: str) -> str:
    """The one address of a text, as the parser of SMTP commands finds it."""
    found = next(iter(addresses_in(parse(address))), None)
    return external(found.parts) if found is not None else '""'


def header_address(way: Way, address: str, place: Place) -> tuple[str, list[Step]]:
    """`address` in external form, in a message whose headers are not left alone."""
    result, first = standard_steps(way.services.rewriter, address, remote=way.context is Context.REMOTE)
    result, steps = _mapped(way, result, place)
    return result, [*first, *steps]


def envelope_sender(way: Way, address: str) -> tuple[list[str], list[Step]]:
    """In external form; none is the sender of a bounce."""
    result, steps = standard_steps(way.services.rewriter, _normal(address))
    steps = list(steps)
    if unquote(result).lower() == standard_internal(way.services.rewriter, _DAEMON).lower():
        result = '""'
        steps.append(Step("sender-of-bounce", Outcome.WON, {"address": address}))
    result, more = _mapped(way, _normal(result), Place.ENVELOPE_SENDER)
    return [result] if unquote(result) else [], [*steps, *more]


def envelope_recipient(way: Way, address: str) -> tuple[list[str], list[Step]]:
    """In external form, virtual aliases followed."""
    start = _normal(address) if unquote(address) else way.services.mapper.value("empty_address_recipient")
    result, steps = standard_steps(way.services.rewriter, start)
    result, more = _mapped(way, _normal(result), Place.ENVELOPE_RECIPIENT)
    if not way.mappings:
        return [result], [*steps, *more]
    results, aliases = expanded(way.services, unquote(result))
    return [quote(each) for each in results], [*steps, *more, *aliases]


def before_aliases(way: Way, address: str) -> str:
    """A recipient without quotes as it is when virtual aliases are asked."""
    result, _ = standard_steps(way.services.rewriter, _normal(quote(address)))
    return unquote(_mapped(way, _normal(result), Place.ENVELOPE_RECIPIENT)[0])


def _normal(address: str) -> str:
    """Without quotes that it does not need: envelopes are kept without any."""
    return quote(unquote(address))


def _mapped(way: Way, address: str, place: Place) -> tuple[str, list[Step]]:
    if not way.mappings:
        if not any(way.services.mapper.value(name) for name in _MAPPINGS):
            return address, []
        setting = way.smtpd.main.setting(_OVERRIDES)
        params = {"parameter": _OVERRIDES, "service": way.service}
        return address, [Step("no-mappings", Outcome.LOST, params, setting.file, setting.line)]
    steps: list[Step] = []
    for name in (MAPS[place], "canonical_maps"):
        address, more = canonical(way.services, name, address, place)
        steps += more
        address = address if place.in_header else _normal(address)
    address, more = masqueraded(way.services, address, place)
    return address if place.in_header else _normal(address), [*steps, *more]


def generic(postfix: Postfix, address: str, place: Place, transport: str = "smtp") -> Rewritten:
    """What the SMTP client makes of an address when it sends: once, in envelope and headers, whoever handed it in."""
    smtp = postfix.of_service(transport)
    services = Services(smtp, postfix.of_service(smtp.value("rewrite_service_name")))
    maps = smtp.maps(GENERIC)
    empty = not place.in_header and not unquote(address)
    found = mapped(services, maps, address, "generic") if maps.tables and not empty else None
    if isinstance(found, Missing):
        return Rewritten(place, address, (address,), (untold(GENERIC, found),))
    if found is None or not found.addresses:
        return Rewritten(place, address, (address,), (nothing(maps, address),))
    result = found.addresses[0]
    step = from_table("mapped", Outcome.WON, GENERIC, found.hit, before=address, after=result)
    return Rewritten(place, address, (result,), (step,))
