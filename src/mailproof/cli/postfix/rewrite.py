"""`mailproof postfix rewrite ADDRESS…`, `--why-not FROM` and `--message FILE`.

Exit codes: 0 told; 2 wrong usage; 3 something could not be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailproof.cli.masked import masked
from mailproof.cli.postfix.source import client_of, configuration, known_service, names_of
from mailproof.cli.reading import read_file
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.emulate.postfix.server import Postfix
    from mailproof.model.postfix import Client

# message_size_limit of Postfix, 10 MB, ten times: only the headers are looked at.
_LARGEST = 100 << 20


def rewrite(
    terminal: Terminal,
    words: tuple[str, ...],
    postfix_dir: str,
    client: str | None,
    sasl_user: str,
    service: str,
    why_not: str | None,
    message: str | None,
    **wish: Any,
) -> int:
    asked = [bool(words), why_not is not None, message is not None]
    if sum(asked) != 1 or not all(words):
        raise Complaint(terminal.say("cli.postfix-rewrite-what"))
    postfix = configuration(terminal, postfix_dir)
    if why_not is not None:
        who = client_of(terminal, client or ("login" if sasl_user else "mynetworks"), sasl_user)
        return _why_not(
            terminal,
            postfix,
            why_not,
            who,
            known_service(terminal, postfix, who, service),
            wish["shape"],
            wish["mask"],
        )
    if message is not None:
        who = client_of(terminal, client or ("login" if sasl_user else "mynetworks"), sasl_user)
        known_service(terminal, postfix, who, service)
        return _message(terminal, postfix, message, wish["sender"], who, service, wish["shape"], wish["mask"])
    return _addresses(terminal, postfix, words, client, sasl_user, service, **wish)


def _addresses(
    terminal: Terminal,
    postfix: Postfix,
    words: tuple[str, ...],
    client: str | None,
    sasl_user: str,
    service: str,
    place: str | None,
    shape: str,
    mask: bool,
    **_: Any,
) -> int:
    from mailproof.emulate.postfix.rewrite import rewriting_of
    from mailproof.model.postfix import Kind, Place
    from mailproof.report.postfix_rewrite import render_rewritings, rewritings_as_json

    kinds = [kind for kind in Kind if kind is not Kind.ADDRESS]
    texts = [client] if client else ["login"] if sasl_user else list(kinds)
    clients = [client_of(terminal, text, sasl_user) for text in texts]
    for who in clients:
        known_service(terminal, postfix, who, service)
    places = [Place(place)] if place else list(Place)
    done = [rewriting_of(postfix, address, clients, places, service) for address in words]
    done = masked(done, mask, users=words, hosts=names_of(postfix))
    if shape == "json":
        terminal.write(rewritings_as_json(done))
    else:
        terminal.write(render_rewritings(done, terminal.lang, terminal.color, terminal.width))
    return 0 if all(each.told for each in done) else 3


def _why_not(
    terminal: Terminal, postfix: Postfix, address: str, client: Client, service: str, shape: str, mask: bool
) -> int:
    from mailproof.emulate.postfix.whynot import why_not
    from mailproof.report.postfix_rewrite import render_why_not, why_not_as_json

    why = why_not(postfix, address, client, service)
    why = masked(why, mask, users=(address,), hosts=names_of(postfix))
    if shape == "json":
        terminal.write(why_not_as_json(why))
    else:
        terminal.write(render_why_not(why, terminal.lang, terminal.color, terminal.width))
    return 0 if why.told else 3


def _message(
    terminal: Terminal, postfix: Postfix, file: str, sender: str, client: Client, service: str, shape: str, mask: bool
) -> int:
    from mailproof.emulate.postfix.message import cleaned, sent
    from mailproof.emulate.postfix.rewrite import way_of
    from mailproof.model.postfix import MessageRewriting
    from mailproof.parse.postfix.addresses import quote, unquote
    from mailproof.report.postfix_rewrite import message_as_json, render_message

    text = _text_of(terminal, file)
    way = way_of(postfix, client, service)
    queued = cleaned(way, text, quote(unquote(sender.strip("<>"))))
    left = sent(postfix, queued.text)
    done = MessageRewriting(queued, left, way.context, way.gate, postfix.untold)
    if mask:
        from mailproof.report.postable_message import Texts, rewritten

        texts = Texts()
        done = masked(rewritten(texts, done), mask, users=texts.users, hosts=names_of(postfix))
    if shape == "json":
        terminal.write(message_as_json(done))
    else:
        terminal.write(render_message(done, terminal.lang, terminal.color, terminal.width))
    return 0 if done.told else 3


def _text_of(terminal: Terminal, file: str) -> str:
    """Raises Complaint for what is no message."""
    from mailproof.message.read import read_headers

    data = read_file(file, terminal, _LARGEST)
    if not read_headers(data):
        raise Complaint(terminal.say("cli.no-message", file=file))
    return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
