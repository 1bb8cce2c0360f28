"""`--proxy` and the login for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import click

from mailproof.cli import credentials
from mailproof.cli.command import Option
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.proxy import Proxy, ProxyKind
from mailproof.parse.ip_address import is_address
from mailproof.run.targets import is_host_name

_URL = re.compile(
    r"(?P<kind>[A-Za-z][A-Za-z0-9.+-]*)://(?:(?P<user>[^/@]*)@)?"
    r"(?:\[(?P<v6>[^\]/@]*)\]|(?P<host>[^\[\]:/@]*))(?::(?P<port>[0-9]{1,5}))?/?\Z"
)
# IANA gives SOCKS a port of its own; HTTP proxies have none (8080, 3128 …).
_SOCKS_PORT = 1080
_RESOLVES_THERE = "socks5h"
"""curl's name for SOCKS5 where the proxy looks names up."""


def proxy_options() -> list[click.Parameter]:
    """`--proxy` and where its password comes from."""
    words = "socks5://[USER@]HOST[:PORT]|http://[USER@]HOST:PORT"
    return [Option("--proxy", metavar=words, section="connection"), *credentials.proxy_options()]


def proxy_of(given: Mapping[str, Any], terminal: Terminal) -> Proxy | None:
    """What was asked for, with its login; its host is not looked up. Raises Complaint."""
    text = given.get("proxy")
    source = credentials.source(given, "proxy-password", terminal)
    if text is None:
        if source.option:
            raise Complaint(terminal.say("cli.whose-proxy", option=source.option))
        return None
    if ":" in text.partition("://")[2].rpartition("@")[0]:
        raise Complaint(terminal.say("cli.proxy-password"))  # and not a word of it: it may be one
    url = _URL.match(text)
    if url is not None and url["kind"].lower() == _RESOLVES_THERE:
        raise Complaint(terminal.say("cli.proxy-resolves"))
    kind = next((kind for kind in ProxyKind if url is not None and kind == url["kind"].lower()), None)
    host = (url["v6"] or url["host"] or "") if url else ""
    port = int(url["port"]) if url and url["port"] else _SOCKS_PORT if kind is ProxyKind.SOCKS5 else 0
    if kind is None or url is None or not 0 < port < 1 << 16 or not (is_address(host) or is_host_name(host)):
        raise Complaint(terminal.say("cli.no-proxy", value=text.rpartition("@")[2]))
    user = unquote(url["user"] or "", errors="surrogateescape")
    if not user:
        if source.option:
            raise Complaint(terminal.say("cli.whose-proxy", option=source.option))
        return Proxy(kind, host, port)
    if source.option:
        password = credentials.read(source, terminal)
    else:
        question = terminal.say("cli.proxy-password-of", user=user)
        password = credentials.ask(question, terminal, otherwise="cli.no-proxy-password")
    _must_fit(kind, user, password, terminal)
    return Proxy(kind, host, port, user=user, password=password)


def _must_fit(kind: ProxyKind, user: str, password: str, terminal: Terminal) -> None:
    from mailproof.wire.proxies import http_connect, socks5

    try:
        if kind is ProxyKind.HTTP:
            http_connect.basic(user, password)
        else:
            socks5.compose_login(user, password)
    except ValueError:
        raise Complaint(terminal.say(f"cli.proxy-login-{kind}")) from None
