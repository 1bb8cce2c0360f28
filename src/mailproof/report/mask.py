"""`--mask`: who it is about is replaced by stand-ins, so that a report or a record can be posted.

Replaced: host names and domains, local parts and user names, IP addresses, queue ids, serial numbers and fingerprints
of certificates (a public log finds the domain by them). The same name is the same stand-in everywhere, and what
judgement rests on stays: a name below a domain is still below it, a private address is still private.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.machine import MachineSeen
from mailproof.model.outcome import MASKED
from mailproof.model.postfix import Step
from mailproof.model.record import Record
from mailproof.report.names_said import hosts_in, hosts_of_settings, queue_ids_in, users_in
from mailproof.report.stand_ins import PUBLIC, StandIns

Masked = TypeVar("Masked")

_LABEL = r"_?[^\W_](?:[\w-]*[^\W_])?"
# In a regular expression a backslash stands before the dot.
_DOMAIN = rf"(?:{_LABEL}\\?\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{{2,}})"
_LOCAL = r"""[^\s<>@:"\\,;()\[\]']"""
# No longer than a local part can be (RFC 5321 section 4.5.3.1.1).
_QUOTED = r'''"(?:[^"\\\r\n]|\\.){1,64}"'''
# Of a distinguished name (RFC 4514); with blanks only where the next of its parts follows.
_VALUE = r"[^\W\d_][\w.+-]*(?:(?:\ [\w.+-]+){1,4}(?=,\s?\w+=)|(?![\w.+@-]))"

# Each alternative begins only where its run of characters does, so that no text, however made, is walked twice.
_PATTERN = re.compile(
    rf"""
      (?P<socket> \b inet6?: \d{{1,5}} @ )
    | (?P<url> :// (?P<login> [^\s:@/"'<>]{{1,80}} ) (?P<password> : [^\s@/]{{0,200}} )? @
               (?P<server> {_DOMAIN} | (?=[\d\[]) | {_LABEL} ) )
    | (?P<remark> (?<![\w-]) (?P<option> --comment [ =]+ | comment [ ]+ (?=") )
                  (?: "(?:[^"\\\n]|\\.)*"? | \S+ ) )
    | (?P<address> (?P<local> {_QUOTED} | (?<! {_LOCAL} ) {_LOCAL}+ ) @ (?P<domain> {_DOMAIN} | (?=\[) | {_LABEL} ) )
    | (?P<dcs> (?<![\w-]) dc=[\w-]+ (?: ,\s?dc=[\w-]+ )* )
    | (?P<rdn> (?<![\w-]) (?P<rdn_key> (?: uid | (?-i:cn|ou) | (?:cn|ou) (?=[^\n]{{0,200}},\s?dc=) ) = )
               (?! [\w.-]{{1,64}}\ gid= ) (?P<rdn_value> {_VALUE} ) )
    | (?P<v6> (?: (?<=IPv6:) | (?<![\w:.]) ) (?: [0-9a-f]{{0,4}} : ){{2,7}}
              (?: (?:\d{{1,3}}\.){{3}}\d{{1,3}} (?!\w) | [0-9a-f]{{1,4}} (?! [\w:] | \.\d{{1,3}}\.\d ) | (?![\w:]) ) )
    | (?P<v4> (?<![\w.]) \d{{1,3}} (?: \.\d{{1,3}} ){{3}} (?! \w | \.\d ) )
    | (?P<host> (?<!\w) (?<!\w\.) (?<![^\W_]\\\.) (?:\*\.)? {_DOMAIN} (?!\w) )
    | (?P<base64> (?<![\w+/=.-]) [A-Za-z0-9+/]{{8,}} ={{0,2}} (?![\w+/=.-]) )
    | (?P<word> (?<!\w) \w[\w.+-]* )
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Between two lines of a recorded text stands an escape, and before a line of a reply its code: `\r\n250-mx1`.
_BETWEEN_LINES = re.compile(r"((?:\A|\n|(?:\\[rnt\\]|\\x[0-9a-f]{2})+)(?:[SC]: )?(?:[2-5][0-9]{2}-)?)")
_UNESCAPED_KEYS = frozenset({"user", "mailbox_user"})

# Before an `=` in what looks like a local part: keys of log lines and of XOAUTH2, which name nobody.
_KEYS = frozenset({"user", "from", "to", "orig_to", "sasl_username", "sasl_sender", "a", "login", "uid", "cn"})

_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ALONE = re.compile(r"[^\W\d][\w.+-]*")
_PARTS = re.compile(r"\w+")
_DC = re.compile(r"(?<=dc=)[\w-]+", re.IGNORECASE)

# Dotted words that are files, not hosts.
_FILE = re.compile(r"(?:main|master)\.cf\Z|.*\.(?:conf|pem|crt|key|log|sock|toml|json|db|lmdb)\Z", re.IGNORECASE)

# A host without a dot in its name begins both the greeting and the answer to EHLO, where keywords follow.
_GREETS = re.compile(r"220[ -]([\w-]+)(?: |\\r)")
_SAYS_HELLO = re.compile(r"250[ -]([\w-]+)(?: |\\r)")

# A reason of the catalogue; what servers say is a sentence.
_WORD_OF_OURS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# Values under these keys are closed words of ours, or prose of none: they hold no names and stay as they are.
_KEPT_KEYS = frozenset(
    {"fact", "what", "job", "step", "status", "verdict", "severity", "kind", "purpose", "trouble", "type"}
    | {"explained_by", "scheme", "cipher", "version", "started", "mailproof", "profile", "rtype", "not_after"}
    | {"pasted", "side", "action", "format", "provider", "page", "reference", "method", "time", "date"}
    | {"can_be", "end", "not_before", "key_type", "signature_hash", "stage", "protection", "maximum"}
)

# Of facts of logs and configurations: what stands below these keys is a name, alone or with its domain.
_USERS = frozenset({"user", "auth", "authzid", "sasl_user", "sender", "recipient", "recipients", "envelope"})
_HOSTS = frozenset({"host", "helo", "domain", "by", "source", "client", "relay", "nexthop", "server"})
_HOST_ALONE = re.compile(r"\[?([\w-]{1,63})\]?(?::\w+)?")
# Whole lines of a log.
_LINES = frozenset({"example", "samples", "unread", "text"})
# What an entry of a table has beside names: its line begins with neither.
_SETTINGS_FILE = re.compile(r"\.(?:cf|conf|pem|crt|key|ext)(?::\d+)?\Z")
_OF_ENTRY = re.compile(r"(?<![\w.@/\\$-])(?!(?:permit|reject|check|defer|warn)_)[A-Za-z][\w.+-]*(?![\w.@/\\(])")
_ASKED = re.compile(r"(?!(?:permit|reject|check|defer|warn|sleep)_)[A-Za-z][\w+-]*")
_QUESTION = frozenset({"key", "value", "item", "address", "before", "after", "winner", "first", "user"})


class Mask:
    """The stand-ins of one run; learns from what it is about which single words are names."""

    def __init__(
        self, record: Record | None = None, users: Iterable[str] = (), *told: Any, hosts: Iterable[str] = ()
    ) -> None:
        """`users` are names that logged in, or that the user typed, beside those that the record was asked about, and
        `hosts` likewise; `told` are reports and results of the same run, which can name what no record has."""
        self._names = StandIns()
        for user in (*(_users_of(record) if record is not None else ()), *users):
            for part in user.split("\\"):
                self._names.learn_user(part.partition("@")[0])
        for host in (*(_hosts_of(record) if record is not None else ()), *hosts):
            self._names.learn_host(host)
        if record is not None:
            for name in _reached_by_ssh(record):
                user, _, host = name.partition(", ")[0].rpartition("@")
                self._names.learn_user(user)
                self._names.learn_host(host)
            for key, text in _strings(record):
                self._learn(key, text)
        self.learn(*told)

    def learn(self, *told: Any) -> None:
        """What else is about the same: from now on its names are masked where they stand alone, too."""
        for key, text in _strings(told):
            self._learn(key, text)
            if key in _USERS and _ALONE.fullmatch(text):
                self._names.learn_user(text)
            elif key in _HOSTS and (alone := _HOST_ALONE.fullmatch(text)):
                self._names.learn_host(alone[1])
        for text in _entries(told):
            for name in _OF_ENTRY.findall(text):
                self._names.learn_user(name)

    def apply(self, thing: Masked) -> Masked:
        """The record, or a report made of it, or several, with every name replaced."""
        masked: Masked = self._walk(thing)
        return masked

    def text(self, text: str) -> str:
        """Any other output of the same run, in the escapes of transcripts where it has any."""
        pieces = _BETWEEN_LINES.split(text)
        pieces[::2] = [_PATTERN.sub(self._replacement, piece) for piece in pieces[::2]]
        return "".join(pieces)

    def _learn(self, key: str, text: str) -> None:
        if key in ("queue_id", "queue_ids", "child", "original") and text:
            self._names.learn_queue_id(text)
        elif key in ("serial", "sha256") and len(text) >= 6:
            self._names.learn_fingerprint(text)
        for queue_id in queue_ids_in(text, logged=key in _LINES):
            self._names.learn_queue_id(queue_id)
        for user in users_in(text):
            self._names.learn_user(user)
        for host in (*hosts_in(text), *hosts_of_settings(text)):
            self._names.learn_host(host)
        for place, pattern in enumerate((_GREETS, _SAYS_HELLO)):
            if begins := pattern.match(text):
                self._names.suspect_host(begins[1], place)

    def _walk(self, value: Any, key: str = "") -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            if key in _KEPT_KEYS or (key == "reason" and _WORD_OF_OURS.fullmatch(value)):
                return value
            return _PATTERN.sub(self._replacement, value) if key in _UNESCAPED_KEYS else self.text(value)
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        if isinstance(value, msgspec.Struct):
            fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
            return msgspec.structs.replace(value, **{name: self._walk(field, name) for name, field in fields})
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*(self._walk(item, name) for name, item in zip(value._fields, value, strict=True)))
        if isinstance(value, (list, tuple, frozenset)):
            return type(value)(self._walk(item, key) for item in value)
        if isinstance(value, Mapping):
            return {name: self._walk(item, str(name)) for name, item in value.items()}
        return value

    def _replacement(self, match: re.Match[str]) -> str:
        names = self._names
        kind = match.lastgroup
        whole = match[0]
        if kind == "socket":
            return whole
        if match["address"] is not None and {match["local"].lower(), (match["domain"] or "").lower()} <= PUBLIC:
            return whole  # `root@localhost`, and what stands for an address in our own words
        if match["remark"] is not None:
            return f'{match["option"]}"{MASKED}"'
        if match["url"] is not None:
            password = f":{MASKED}" if match["password"] else ""
            return f"://{names.user(match['login'])}{password}@{self._host(match['server'])}"
        if match["dcs"] is not None:
            labels = iter(self._host(".".join(_DC.findall(whole))).split("."))
            return _DC.sub(lambda _: next(labels), whole)
        if match["rdn"] is not None:
            return match["rdn_key"] + self._named(match["rdn_value"])
        if match["address"] is not None and match["local"].startswith('"'):
            return f'"{names.user(match["local"][1:-1])}"@{self._host(match["domain"])}'
        if match["address"] is not None:
            *keys, last = match["local"].split("=")
            named = [key if key in _KEYS else names.user(key) for key in keys]
            # `/.*@` of an expression is nobody.
            local = "=".join([*named, names.user(last) if re.search(r"\w", last) else last])
            return f"{local}@{self._host(match['domain'])}"
        if kind == "v6" and names.ip(whole) == whole:
            before, colon, last = whole.rpartition(":")
            return f"{before}{colon}{names.ip(last)}"  # no address, but one can be the end of it
        if kind in ("v4", "v6"):
            return names.ip(whole)
        if kind == "host" and (known := names.word(whole)) != whole:
            return known  # a user name with a dot in it
        if kind == "host":
            return whole if _FILE.match(whole) else self._host(whole)
        if kind == "base64" and (inside := self._inside(whole)) is not None:
            return inside
        if (known := names.word(whole)) != whole or whole == match.string:
            return known
        return _PARTS.sub(lambda part: names.word(part[0]), whole)  # `alice.` at the end of a sentence, `alice+lists`

    def _named(self, value: str) -> str:
        """In a directory: a person, a group, or a host by its full name."""
        if (known := self._names.word(value)) != value:
            return known
        return self._host(value) if "." in value and _HOST.fullmatch(value) else self._names.user(value)

    def _host(self, name: str) -> str:
        """As it stands, in a regular expression too."""
        masked = self._names.host(name.replace("\\", ""))
        return masked.replace(".", "\\.") if "\\" in name else masked

    def _inside(self, encoded: str) -> str | None:
        """Base64 with names in it (a user name of AUTH LOGIN, a challenge), masked; None for any other word."""
        try:
            clear = base64.b64decode(encoded, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return None
        masked = self.text(clear)
        return None if masked == clear else base64.b64encode(masked.encode("utf-8")).decode("ascii")


def _reached_by_ssh(record: Record) -> Iterator[str]:
    """What `--ssh` named, and what ssh made of it: an alias is a plain word."""
    for attempt in record.attempts:
        yield from (each.params["host"] for each in attempt.skipped if each.what == "server-evidence")
    for machine in record.seen(MachineSeen):
        yield from machine.fact.way.dialled if machine.fact.way is not None else ()


def _entries(value: Any) -> Iterator[str]:
    """Lines of lookup tables, and what was asked of them."""
    if isinstance(value, Evidence) and value.kind is EvidenceKind.CONFIG:
        if not _SETTINGS_FILE.search(value.where):
            yield value.text
    elif isinstance(value, Step):
        yield from (text for key, text in value.params.items() if key in _QUESTION and _ASKED.fullmatch(text))
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _entries(getattr(value, name))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _entries(item)


def _users_of(record: Record) -> Iterator[str]:
    yield from (record.asked.user, record.asked.mailbox_user)


def _hosts_of(record: Record) -> Iterator[str]:
    for endpoint in (attempt.endpoint for attempt in record.attempts):
        if endpoint is not None:
            yield from (endpoint.host, endpoint.name)
    if record.asked.proxy:
        yield urlsplit(record.asked.proxy).hostname or ""
    yield from (target.host for target in record.targets)


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Enum):
        return
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, bytes):
        yield key, value.decode("utf-8", "replace")
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _strings(getattr(value, name), name)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _strings(item, str(name))
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for name, item in zip(value._fields, value, strict=True):
            yield from _strings(item, name)
    elif isinstance(value, (list, tuple, frozenset)):
        for item in value:
            yield from _strings(item, key)
