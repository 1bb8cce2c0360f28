"""The same rewriting and routing for a private Postfix: tables copied, and every next hop a relay on loopback.

`@etc@` stands for the directory of the configuration, `@relay:N@` for the port of the relay of `keys[N]`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

import msgspec

from mailproof.emulate.postfix.maps import Missing
from mailproof.emulate.postfix.rewrite import Way
from mailproof.emulate.postfix.route import BY_SENDER, RELAY_BY_SENDER, divided
from mailproof.emulate.postfix.server import Postfix
from mailproof.model.postfix import Route
from mailproof.parse.postfix.lines import BLANKS, logical_lines, split_list
from mailproof.parse.postfix.patterns import numbers_of, result_of
from mailproof.parse.postfix.tables import FILES, PATTERNS, read_entries

DIRECT = "MX"
"""The key of mail that goes to the host of the recipient's own domain."""

_PLAIN = (
    "allow_percent_hack", "always_add_missing_headers", "append_at_myorigin", "append_dot_mydomain",
    "canonical_classes", "compatibility_level", "empty_address_default_transport_maps_lookup_key",
    "empty_address_recipient", "empty_address_relayhost_maps_lookup_key", "masquerade_classes", "masquerade_domains",
    "message_drop_headers", "mydomain", "myhostname", "myorigin", "parent_domain_matches_subdomains",
    "propagate_unmatched_extensions", "receive_override_options", "recipient_canonical_classes",
    "recipient_delimiter", "remote_header_rewrite_domain", "sender_canonical_classes", "smtpd_sasl_auth_enable",
    "swap_bangpath", "undisclosed_recipients_header",
)  # fmt: skip
_WITH_TABLES = (
    "canonical_maps", "local_header_rewrite_clients", "masquerade_exceptions", "mydestination", "mynetworks",
    "recipient_canonical_maps", "relay_domains", "relocated_maps", "sender_canonical_maps", "smtp_generic_maps",
    "virtual_alias_domains", "virtual_alias_maps", "virtual_mailbox_domains",
)  # fmt: skip
_TRANSPORTS = ("default_transport", "relay_transport", "local_transport", "virtual_transport", "content_filter")
_HOP_TABLES = ("transport_maps", BY_SENDER, RELAY_BY_SENDER)
_UNDELIVERED = ("error", "retry", "discard")
_INTERNAL = (
    "anvil", "bounce", "cleanup", "defer", "discard", "error", "flush", "pickup", "postlog", "proxymap", "proxywrite",
    "qmgr", "retry", "rewrite", "scache", "showq", "tlsmgr", "trace", "verify",
)  # fmt: skip
_LISTS = ("client", "helo", "sender", "relay", "recipient", "data", "end_of_data")


class Lack(msgspec.Struct, frozen=True):
    """Why something of the configuration cannot be had in private: `name` is `prove-NAME` of the catalogue."""

    name: str
    params: Mapping[str, str] = {}


class Sandbox(msgspec.Struct):
    """Files by name; relays by key; and what is lacking, without which nothing is proved."""

    main: dict[str, str] = {}
    services: list[str] = []
    files: dict[str, str] = {}
    keys: list[str] = []
    lacks: list[Lack] = []
    logins: bool = False
    """Whether users can log in to the service."""


def without_restrictions(postfix: Postfix) -> Postfix:
    """What is proved: FILTER and REDIRECT of access tables, milters and header checks are not part of it."""
    names = {f"smtpd_{each}_restrictions": "" for each in _LISTS}
    services = [
        msgspec.structs.replace(
            each, options={name: text for name, text in each.options.items() if name not in names}
        )
        for each in postfix.master.services
    ]
    master = msgspec.structs.replace(postfix.master, services=services)
    return msgspec.structs.replace(postfix, main=postfix.main.with_options(names, 0, ""), master=master)


def key_of(postfix: Postfix, route: Route) -> str:
    """Of the relay that is to catch the mail of a route; "" for one that delivers nothing."""
    hop = route.filter
    transport, nexthop = (hop.transport, hop.nexthop) if hop else (route.transport, route.nexthop)
    if transport in _UNDELIVERED or not transport:
        return ""
    own = nexthop == route.recipient.rpartition("@")[2]
    if not _is_smtp(postfix, transport):
        return transport if own or nexthop == postfix.value("myhostname") else nexthop
    return DIRECT if own else nexthop


def _is_smtp(postfix: Postfix, transport: str) -> bool:
    service = postfix.master.service(transport)
    return service is not None and PurePosixPath(service.command).name in ("smtp", "lmtp")


def sandbox_of(postfix: Postfix, way: Way) -> Sandbox:
    """For the mail that one service takes. Never raises."""
    return _Builder(postfix, way).built()


class _Builder:
    def __init__(self, postfix: Postfix, way: Way) -> None:
        self.postfix, self.way = postfix, way
        self.sandbox = Sandbox(logins=way.smtpd.yes("smtpd_sasl_auth_enable"))
        self._moved: dict[tuple[str, bool], str] = {}

    def built(self) -> Sandbox:
        self.sandbox.main = {name: self._value(self.postfix, name) for name in self._names()}
        if not self.sandbox.main["mynetworks"]:
            del self.sandbox.main["mynetworks"]
            self.sandbox.main["mynetworks_style"] = self.postfix.value("mynetworks_style")
        daemons = {
            "smtpd": self.way.smtpd,
            "cleanup": self.way.services.mapper,
            "rewrite": self.way.services.rewriter,
            "qmgr": self.postfix.of_service("qmgr"),
        }
        commands = {"smtpd": "inet n - n - - smtpd", "cleanup": "unix n - n - 0 cleanup",
                    "rewrite": "unix - - n - - trivial-rewrite", "qmgr": "unix n - n 300 1 qmgr"}  # fmt: skip
        for name, seen in daemons.items():
            self._service(f"@{name}@" if name == "smtpd" else name, commands[name], seen)
        names = {each.name for each in self.postfix.master.services if each.type == "unix"}
        for name in sorted({*names, "smtp", "relay", "local", "virtual"} - {*_INTERNAL}):
            # Every transport speaks SMTP to its relay, from an address that reaches nobody else.
            self._service(name, "unix - - n - - smtp", self.postfix.of_service(name))
        return self.sandbox

    def _names(self) -> list[str]:
        return [*_PLAIN, *_WITH_TABLES, *_TRANSPORTS, *_HOP_TABLES, "relayhost"]

    def _service(self, name: str, command: str, seen: Postfix) -> None:
        values = {each: self._value(seen, each) for each in self._names()}
        changed = {each: value for each, value in values.items() if value != self.sandbox.main.get(each, "")}
        self.sandbox.services += [
            f"{name} {command}",
            *(f"  -o {{ {each} = {text} }}" for each, text in changed.items()),
        ]

    def _value(self, seen: Postfix, name: str) -> str:
        value = seen.value(name)
        if name == "myorigin":
            origin = seen.origin
            if isinstance(origin, Missing):
                self._lack("unreadable", table=origin.table)
            return value if isinstance(origin, Missing) else origin
        if name in _PLAIN:
            return value
        if name == "relayhost":
            return self._relay(value or DIRECT)
        if name in _TRANSPORTS:
            # Of these three a transport alone is one of the domain, so the domain's relay is not in it.
            general = name in ("default_transport", "relay_transport")
            return self._hop(value, with_nexthop=not general) if value else value
        return self._with_tables(seen, value, _CHANGES.get(name))

    def _relay(self, key: str) -> str:
        keys = self.sandbox.keys
        if key not in keys:
            keys.append(key)
        return f"[127.0.0.1]:@relay:{keys.index(key)}@"

    def _hop(self, value: str, *, with_nexthop: bool = False) -> str:
        """`transport:nexthop` with the relay of the next hop; a transport that delivers here has one of its own."""
        transport, nexthop = divided(value)
        if transport in _UNDELIVERED:
            return value
        if transport and not _is_smtp(self.postfix, transport):
            here = not nexthop or nexthop == self.postfix.value("myhostname")
            return f"{transport}:{self._relay(transport if here else nexthop)}"
        if nexthop or (transport and with_nexthop):
            return f"{transport}:{self._relay(nexthop or DIRECT)}"
        return value

    def _with_tables(self, seen: Postfix, value: str, change: _Change | None) -> str:
        items = []
        for item in split_list(value):
            bare = item.lstrip("!")
            sign = item[: len(item) - len(bare)]
            if bare.startswith("/"):
                items.append(sign + self._file(bare, "list"))
            elif ":" in bare and not bare.startswith("["):
                items.append(sign + self._table(seen, bare, change))
            else:
                items.append(item)
        return ", ".join(items)

    def _file(self, path: str, kind: str) -> str:
        data = self.postfix.tables.text(path)
        if data is None:
            self._lack("unreadable", table=path)
            return path
        name = f"{kind}-{len(self.sandbox.files)}"
        self.sandbox.files[name] = data.decode("utf-8", "surrogateescape")
        return f"@etc@/{name}"

    def _lack(self, name: str, **params: str) -> None:
        lack = Lack(name, params)
        if lack not in self.sandbox.lacks:
            self.sandbox.lacks.append(lack)

    def _table(self, seen: Postfix, spec: str, change: _Change | None) -> str:
        known = (spec, change is not None)
        if known not in self._moved:
            self._moved[known] = self._copied(seen, spec, change)
        return self._moved[known]

    def _copied(self, seen: Postfix, spec: str, change: _Change | None) -> str:
        kind, _, name = spec.removeprefix("proxy:").partition(":")
        if kind in FILES:
            return self._entries(spec, name, change)
        if kind in PATTERNS and change is None:
            return f"{kind}:{self._file(name, kind)}"
        if kind in PATTERNS and kind != "cidr" and change is not None:
            return self._rules(spec, kind, name, change)
        if kind == "static":
            value = name[1:-1].strip(BLANKS) if name.startswith("{") and name.endswith("}") else name
            return f"static:{{{change(self, value)}}}" if change else f"{kind}:{name}"
        if kind == "inline":
            if change is None:
                return f"{kind}:{name}"
            entries = [part.strip("{}").partition("=") for part in split_list(name.strip(BLANKS)[1:-1])]
            rows = (f"{{{key.strip(BLANKS)} = {change(self, value.strip(BLANKS))}}}" for key, _, value in entries)
            return f"inline:{{{', '.join(rows)}}}"
        if kind in ("unionmap", "pipemap") and change is None and name.startswith("{"):
            return f"{kind}:{{{', '.join(self._table(seen, each, None) for each in split_list(name[1:-1]))}}}"
        self._lack("other-table", table=spec)
        return spec

    def _entries(self, spec: str, path: str, change: _Change | None) -> str:
        data = self.postfix.tables.text(path)
        if data is None:
            self._lack("unreadable", table=spec)
            return spec
        entries, _ = read_entries(data)
        name = f"table-{len(self.sandbox.files)}"
        rows = (f"{key} {change(self, each.value) if change else each.value}\n" for key, each in entries.items())
        self.sandbox.files[name] = "".join(rows)
        return f"texthash:@etc@/{name}"

    def _rules(self, spec: str, kind: str, path: str, change: _Change) -> str:
        data = self.postfix.tables.text(path)
        if data is None:
            self._lack("unreadable", table=spec)
            return spec
        lines = []
        for line in logical_lines(data)[0]:
            result = result_of(line.text)
            # A rule with a $1 is skipped in these tables, and must be in the private ones.
            lines.append(
                line.text
                if not result or numbers_of(result) != []
                else line.text[: -len(result)] + change(self, result)
            )
        name = f"table-{len(self.sandbox.files)}"
        self.sandbox.files[name] = "".join(f"{line}\n" for line in lines)
        return f"{kind}:@etc@/{name}"


_Change = Callable[[_Builder, str], str]


def _changed_route(builder: _Builder, value: str) -> str:
    # Here a transport alone goes to the recipient's own domain, past every relayhost.
    return builder._hop(value, with_nexthop=True)


def _changed_hop(builder: _Builder, value: str) -> str:
    return value if value.upper() == "DUNNO" else builder._hop(value)


def _changed_relay(builder: _Builder, value: str) -> str:
    return value if value.upper() == "DUNNO" else builder._relay(value)


_CHANGES: Mapping[str, _Change] = {
    "transport_maps": _changed_route, BY_SENDER: _changed_hop, RELAY_BY_SENDER: _changed_relay,
}  # fmt: skip
