"""`mailproof postfix route SENDER RECIPIENT`.

Exit codes: 0 told; 2 wrong usage; 3 something could not be told.
"""

from __future__ import annotations

from typing import Any

from mailproof.cli.masked import masked
from mailproof.cli.postfix.source import client_of, configuration, known_service, names_of
from mailproof.cli.terminal import Complaint, Terminal


def route(
    terminal: Terminal,
    words: tuple[str, ...],
    postfix_dir: str,
    client: str | None,
    sasl_user: str,
    service: str,
    shape: str,
    mask: bool,
    **_: Any,
) -> int:
    from mailproof.emulate.postfix.routes import routes_of
    from mailproof.model.postfix import Client, Kind
    from mailproof.report.postfix import render_routes, routes_as_json

    if len(words) > 2:
        raise Complaint(terminal.say("cli.postfix-route-words", count=len(words)))
    if len(words) != 2 or not words[1].strip("<>"):
        raise Complaint(terminal.say("cli.postfix-recipient"))
    sender, recipient = words
    postfix = configuration(terminal, postfix_dir)
    named = client or ("login" if sasl_user else "")
    who = client_of(terminal, named, sasl_user) if named else None
    known_service(terminal, postfix, who or Client(Kind.OUTSIDE), service)
    routes = routes_of(postfix, sender.removeprefix("<").removesuffix(">"), recipient.strip("<>"), who, service)
    routes = masked(routes, mask, hosts=names_of(postfix))
    if shape == "json":
        terminal.write(routes_as_json(routes))
    else:
        terminal.write(render_routes(routes, terminal.lang, terminal.color, terminal.width))
    return 0 if routes.told else 3
