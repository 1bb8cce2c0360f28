"""`mailproof postfix prove SENDER… --to RECIPIENT`: what was computed, seen in a private Postfix.

Exit codes: 0 what was sent went as computed; 1 something went otherwise, or nothing was sent; 2 wrong usage, or it
cannot be proved here, or could not be computed; 3 main.cf may not be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mailproof.cli.masked import masked
from mailproof.cli.postfix.source import client_of, configuration, known_service, names_of
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.emulate.postfix.sandbox import Sandbox
    from mailproof.emulate.postfix.server import Postfix
    from mailproof.model.postfix import Client, Kind, Leg, Step

# RFC 5737: nobody has these addresses, so one of them stands for a client outside.
_STRANGERS = ("198.51.100.77", "203.0.113.77", "192.0.2.77")
_USER = "somebody"


def prove(
    terminal: Terminal,
    words: tuple[str, ...],
    postfix_dir: str,
    client: str | None,
    sasl_user: str,
    service: str,
    to: str,
    shape: str,
    mask: bool,
    **_: Any,
) -> int:
    from mailproof.emulate.postfix.sandbox import without_restrictions
    from mailproof.lab.real.alone import PostfixAlone
    from mailproof.lab.real.proof import ProofLab
    from mailproof.model.postfix import Client, Proof, Trial
    from mailproof.report.postfix_prove import render_trials, trials_as_json

    if not words or not to.strip("<>"):
        raise Complaint(terminal.say("cli.postfix-prove-what"))
    postfix = without_restrictions(configuration(terminal, postfix_dir))
    _must_be_told(terminal, postfix.untold)
    if lacks := PostfixAlone.missing():
        raise Complaint(terminal.say("usage.postfix-alone-lacks", lacks=tuple(map(str, lacks))))
    trials = []
    for kind, who, sandbox in _clients(terminal, postfix, client, sasl_user, service):
        if sandbox.lacks:
            lack = sandbox.lacks[0]
            raise Complaint(terminal.say(f"cli.prove-{lack.name}", **lack.params))
        computed = {sender: _computed(terminal, postfix, sender, to, who, service) for sender in words}
        keys = list(dict.fromkeys([*sandbox.keys, *(leg.relay for legs in computed.values() for leg in legs)]))
        with ProofLab(sandbox.main, sandbox.services, sandbox.files, len(keys)) as lab:
            numbers = {}
            for sender, legs in computed.items():
                if all(leg.relay for leg in legs):
                    bare = sender.strip("<>")
                    headers = [f"From: {sender.strip('<>') or 'MAILER-DAEMON'}", f"To: {to}"]
                    numbers[sender] = lab.send(_address(who), who.user, bare, to.strip("<>"), headers)
            arrived = lab.arrived(
                {n: sum(len(leg.recipients) for leg in computed[each]) for each, n in numbers.items()}
            )
        for sender, legs in computed.items():
            seen = _legs(
                (keys[each.relay], each.caught.sender, each.caught.recipients, each.caught.message)
                for each in arrived.get(numbers.get(sender, 0), ())
            )
            shown = Client(kind, who.address, who.user)
            trials.append(Trial(shown, sender, to, legs, seen))
    trials = masked(trials, mask, hosts=names_of(postfix))
    if shape == "json":
        terminal.write(trials_as_json(trials))
    else:
        terminal.write(render_trials(trials, terminal.lang, terminal.color, terminal.width))
    verdicts = {trial.verdict for trial in trials}
    return 0 if Proof.AS_COMPUTED in verdicts and Proof.OTHERWISE not in verdicts else 1


def _clients(
    terminal: Terminal, postfix: Postfix, client: str | None, user: str, service: str
) -> Iterator[tuple[Kind, Client, Sandbox]]:
    """Those asked for, each with an address that Postfix can be told; else one of each kind that can be had."""
    from mailproof.emulate.postfix.rewrite import way_of
    from mailproof.emulate.postfix.sandbox import sandbox_of

    kinds = [client] if client else ["login"] if user else ["own", "mynetworks", "login", "outside"]
    for kind in kinds:
        asked = client_of(terminal, kind, user)
        who = _addressed(postfix, asked)
        if who is None:
            if client:
                raise Complaint(terminal.say("cli.prove-no-address"))
            continue
        way = way_of(postfix, who, known_service(terminal, postfix, who, service))
        sandbox = sandbox_of(postfix, way)
        if who.user and not sandbox.logins:
            if client or user:
                raise Complaint(terminal.say("cli.prove-no-login", service=way.service or "smtpd"))
            continue
        yield asked.kind, who, sandbox


def _addressed(postfix: Postfix, client: Client) -> Client | None:
    """With an address for XCLIENT: of mynetworks its first, and of nobody for one outside."""
    from mailproof.emulate.postfix.clients import in_mynetworks
    from mailproof.emulate.postfix.lists import Membership, first_address
    from mailproof.model.postfix import Client, Kind

    if client.kind is Kind.MYNETWORKS:
        address = first_address(postfix.value("mynetworks"))
        return Client(Kind.ADDRESS, address, client.user) if address else None
    if client.kind in (Kind.OUTSIDE, Kind.LOGIN):
        strangers = (Client(Kind.ADDRESS, each, client.user) for each in _STRANGERS)
        stranger = next(each for each in strangers if not isinstance(in_mynetworks(postfix, each), Membership))
        user = client.user or (_USER if client.kind is Kind.LOGIN else "")
        return Client(Kind.ADDRESS, stranger.address, user)
    return client


def _address(client: Client) -> str:
    from mailproof.model.postfix import Kind

    return {Kind.SENDMAIL: "", Kind.OWN: "127.0.0.1"}.get(client.kind, client.address)


def _must_be_told(terminal: Terminal, steps: Iterable[Step]) -> None:
    """Raises Complaint: a proof of what could not be computed would be none."""
    from mailproof.report.postfix import place_of, sentence_of

    # Whether this machine's interfaces are in mynetworks is what the private Postfix finds out.
    untold = [step for step in steps if step.outcome == "untold" and step.name != "untold-interfaces"]
    for step in untold[:1]:
        why = sentence_of(step, terminal.say)
        raise Complaint(terminal.say("cli.prove-untold", place=place_of(step, terminal.say), why=why))


def _computed(
    terminal: Terminal, postfix: Postfix, sender: str, recipient: str, client: Client, service: str
) -> tuple[Leg, ...]:
    """From the files alone. Raises Complaint where they do not tell."""
    from mailproof.emulate.postfix.message import cleaned, sent
    from mailproof.emulate.postfix.rewrite import generic, way_of
    from mailproof.emulate.postfix.routes import routes_of
    from mailproof.emulate.postfix.sandbox import key_of
    from mailproof.model.postfix import Place
    from mailproof.parse.postfix.addresses import quote, unquote

    bare = sender.strip("<>")
    routes = routes_of(postfix, bare, recipient.strip("<>"), client, service)
    message = f"From: {bare or 'MAILER-DAEMON'}\nTo: {recipient}\n\n"
    queued = cleaned(way_of(postfix, client, service), message, quote(unquote(bare)))
    steps = [*routes.steps, *(step for route in routes.routes for step in route.steps), *queued.untold]
    parts = []
    for route in routes.routes:
        transport = route.filter.transport if route.filter else route.transport
        leaves = generic(postfix, quote(routes.envelope), Place.ENVELOPE_SENDER, transport)
        goes = generic(postfix, quote(route.recipient), Place.ENVELOPE_RECIPIENT, transport)
        left = sent(postfix, queued.text, transport)
        steps += [*leaves.steps, *goes.steps, *left.untold]
        left_by = leaves.results[0] if routes.envelope else ""
        parts.append((key_of(postfix, route), left_by, goes.results, left.text))
    _must_be_told(terminal, steps)
    return _legs(parts)


def _legs(parts: Iterable[tuple[str, str, Sequence[str], str]]) -> tuple[Leg, ...]:
    """Those of one relay and sender together, in an order of their own."""
    from mailproof.emulate.postfix.sandbox import DIRECT
    from mailproof.model.postfix import Leg
    from mailproof.parse.postfix.addresses import unquote

    found: dict[tuple[str, str, str], set[str]] = {}
    for relay, sender, recipients, message in parts:
        lines = message.partition("\n\n")[0].replace("\n\t", " ").split("\n")
        header = next((line.partition(":")[2].strip() for line in lines if line.lower().startswith("from:")), "")
        # A next hop that is the recipient's own domain in words is the same hop as without it.
        own = any(relay == recipient.rpartition("@")[2] for recipient in recipients)
        key = (DIRECT if own else relay, unquote(sender), header)
        found.setdefault(key, set()).update(map(unquote, recipients))
    return tuple(
        Leg(relay, sender, tuple(sorted(recipients)), header)
        for (relay, sender, header), recipients in sorted(found.items())
    )
