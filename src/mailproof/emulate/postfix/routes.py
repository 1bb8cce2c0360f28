"""Where a message goes: from the envelope as it comes in to the route of each recipient (src/qmgr/qmgr_message.c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from mailproof.emulate.postfix.copies import copies
from mailproof.emulate.postfix.restrictions import actions_of
from mailproof.emulate.postfix.rewrite import Way, rewritten, way_of
from mailproof.emulate.postfix.route import BY_SENDER, RELAY_BY_SENDER, Resolve, divided, hosts_for
from mailproof.emulate.postfix.server import Postfix
from mailproof.emulate.postfix.standard import standard_internal
from mailproof.model.postfix import Client, Hop, Kind, Outcome, Place, Route, Routes, Step
from mailproof.parse.postfix.addresses import unquote

# Of a message that meets several randmaps, as many outcomes as a screen holds.
_MOST_OUTCOMES = 32
_ROUTING = ("default_transport", "relay_transport", "relayhost", BY_SENDER, RELAY_BY_SENDER, "transport_maps")
_NOT_FOLLOWED = ("header_checks", "mime_header_checks", "body_checks", "smtpd_milters", "non_smtpd_milters",
                 "smtpd_proxy_filter")  # fmt: skip


def routes_of(
    postfix: Postfix, sender: str, recipient: str, client: Client | None = None, service: str = ""
) -> Routes:
    """Of an envelope as a client sends it; "" is the sender of a bounce. Never raises, and asks nobody.

    Each answer that a randmap can give has its routes.
    """
    todo: list[dict[str, int]] = [{}]
    done: list[tuple[Mapping[str, int], Postfix, Routes]] = []
    while todo and len(done) < _MOST_OUTCOMES:
        draws = todo.pop(0)
        drawn = postfix.drawing(draws)
        routes = _routes(drawn, sender, recipient, client, service)
        fresh = next((spec for spec in drawn.tables.drawn if spec not in draws), "")
        if fresh:
            todo[:0] = [{**draws, fresh: at} for at in range(len(drawn.tables.drawn[fresh]))]
        else:
            done.append((draws, drawn, routes))
    first = done[0][2]
    if len(done) == 1:
        return first
    found: dict[tuple[str, str, str, Hop | None], Route] = {}
    for chosen, drawn, routes in done:
        steps = tuple(_draws(chosen, drawn))
        for route in routes.routes:
            key = (route.recipient, route.transport, route.nexthop, route.filter)
            found.setdefault(key, msgspec.structs.replace(route, steps=(*steps, *route.steps)))
    return msgspec.structs.replace(first, routes=tuple(found.values()))


def _draws(draws: Mapping[str, int], drawn: Postfix) -> Iterator[Step]:
    for spec, number in draws.items():
        values = drawn.tables.drawn.get(spec)
        if values:
            chance = f"{values.count(values[number])}/{len(values)}"
            yield Step("drawn", Outcome.NOTE, {"table": spec, "value": values[number], "chance": chance})


def _routes(postfix: Postfix, sender: str, recipient: str, client: Client | None, service: str) -> Routes:
    way = way_of(postfix, client or Client(Kind.OUTSIDE), service)
    mail_from = rewritten(way, f"<{sender}>", Place.ENVELOPE_SENDER)
    rcpt_to = rewritten(way, f"<{recipient}>", Place.ENVELOPE_RECIPIENT)
    envelope = unquote(mail_from.results[0]) if mail_from.results else ""
    resolver = postfix.of_service("rewrite")
    steps = [*postfix.untold, *_notes(way), *(step for step in (*mail_from.steps, *rcpt_to.steps) if _tells(step))]
    asked = Resolve(resolver, "", standard_internal(resolver, unquote(recipient))).route()
    given = standard_internal(resolver, unquote(sender)) if sender else ""
    actions = actions_of(way, given, asked.recipient, asked.domain_class, known=client is not None)
    steps += actions.steps
    steps += copies(way, envelope, recipient)
    empty = postfix.of_service("qmgr").value("empty_address_recipient")
    addresses = [unquote(each) or standard_internal(resolver, empty) for each in rcpt_to.results]
    if actions.redirect:
        addresses = [standard_internal(resolver, unquote(actions.redirect))]
    routes = [Resolve(resolver, envelope, each).route() for each in addresses]
    if not actions.redirect:
        text, step = _filter(way, actions.filter)
        steps += [step] if step is not None else []
        routes = [_filtered(postfix, route, text) for route in routes] if text else routes
    return Routes(sender, recipient, envelope, tuple(steps), tuple(routes))


def _tells(step: Step) -> bool:
    """Whether a step of the rewriting has to do with the route: what found nothing has not."""
    return step.outcome is not Outcome.NOTHING


def _filter(way: Way, by_access: str) -> tuple[str, Step | None]:
    """`transport:nexthop` of the filter that the mail goes to first."""
    setting = way.smtpd.main.setting("content_filter")
    value = way.smtpd.value("content_filter")
    if not value:
        return by_access, None
    params = {"parameter": "content_filter", "value": value, "winner": "FILTER"}
    if by_access:
        return by_access, Step("parameter-lost", Outcome.LOST, params, setting.file, setting.line)
    return value, Step("content-filter", Outcome.WON, params, setting.file, setting.line)


def _filtered(postfix: Postfix, route: Route, text: str) -> Route:
    transport, nexthop = divided(text)
    manager = postfix.of_service("qmgr")
    nexthop = nexthop or manager.value("default_filter_nexthop") or route.recipient.rpartition("@")[2]
    hosts, line = hosts_for(postfix, transport, nexthop)
    return msgspec.structs.replace(route, filter=Hop(transport, nexthop, hosts, line))


def _notes(way: Way) -> Iterator[Step]:
    """What goes before routing and is not followed, and options that look like routing and are none."""
    for name in _NOT_FOLLOWED:
        seen = way.services.mapper if name.endswith("_checks") or name == "non_smtpd_milters" else way.smtpd
        local = way.client.kind is Kind.SENDMAIL
        if (
            name not in seen.main.settings
            or not seen.value(name)
            or (name.startswith("smtpd_") and local)
            or (name.startswith("non_") and not local)
        ):
            continue
        setting = seen.main.setting(name)
        yield Step("note-not-followed", Outcome.NOTE, {"parameter": name}, setting.file, setting.line)
    for service in way.smtpd.master.services:
        for name in _ROUTING:
            if name in service.options and service.command not in ("trivial-rewrite", "qmgr"):
                params = {"parameter": name, "service": f"{service.name} {service.type}"}
                line = service.option_lines.get(name, service.line)
                yield Step("note-option", Outcome.NOTE, params, "master.cf", line)
