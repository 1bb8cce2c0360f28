"""`--mask`: who it is about is replaced by stand-ins, so that a report or a record can be posted.

Replaced: host names and domains, local parts and user names, IP addresses, queue ids, serial numbers and fingerprints
of certificates (a public log finds the domain by them). The same name is the same stand-in everywhere, and what
judgement rests on stays: a name below a domain is still below it, a private address is still private.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from mailproof.model.machine import MachineSeen
from mailproof.model.record import Record
from mailproof.report.stand_ins import StandIns

Masked = TypeVar("Masked", bound=msgspec.Struct)

_LABEL = r"_?[^\W_](?:[\w-]*[^\W_])?"
_DOMAIN = rf"(?:{_LABEL}\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{{2,}})"
_LOCAL = r"""[^\s<>@:"\\,;()\[\]']"""

# Each alternative begins only where its run of characters does, so that no text, however made, is walked twice.
_PATTERN = re.compile(
    rf"""
      (?P<address> (?<! {_LOCAL} ) (?P<local> {_LOCAL}+ ) @ (?P<domain> {_DOMAIN} | (?=\[) | {_LABEL} ) )
    | (?P<v6> (?: (?<=IPv6:) | (?<![\w:.]) )
              (?: [0-9a-f]{{0,4}} : ){{2,7}} (?: [0-9a-f]{{1,4}} | (?:\d{{1,3}}\.){{3}}\d{{1,3}} )? (?![\w:]) )
    | (?P<v4> (?<![\w.]) \d{{1,3}} (?: \.\d{{1,3}} ){{3}} (?! \w | \.\d ) )
    | (?P<host> (?<!\w) (?<!\w\.) (?:\*\.)? {_DOMAIN} (?!\w) )
    | (?P<base64> (?<![\w+/=.-]) [A-Za-z0-9+/]{{8,}} ={{0,2}} (?![\w+/=.-]) )
    | (?P<word> (?<!\w) \w[\w.+-]* )
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Between two lines of a recorded text stands an escape, and before a line of a reply its code: `\r\n250-mx1`.
_BETWEEN_LINES = re.compile(r"((?:\A|\n|(?:\\[rnt\\]|\\x[0-9a-f]{2})+)(?:[SC]: )?(?:[2-5][0-9]{2}-)?)")
_UNESCAPED_KEYS = frozenset({"user", "mailbox_user"})

# Before an `=` in what looks like a local part: keys of log lines and of XOAUTH2, which name nobody.
_KEYS = frozenset({"user", "from", "to", "orig_to", "sasl_username", "sasl_sender", "a", "login"})

_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PARTS = re.compile(r"\w+")

# Dotted words that are files, not hosts.
_FILE = re.compile(r"(?:main|master)\.cf\Z|.*\.(?:conf|pem|crt|key|log|sock|toml|json|db|lmdb)\Z", re.IGNORECASE)

_QUEUED = re.compile(r"\bqueued as ([A-Za-z0-9]{4,})|\bid=([A-Za-z0-9]+-[A-Za-z0-9]+-[A-Za-z0-9]+)")
# As Postfix, Exim and sendmail begin the text of a line with them.
_LOGGED = re.compile(
    r"(?:\]|^[\w/-]+): "
    r"([0-9A-F]{8,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}|\w{6}-\w{6,11}-\w{2,4}|\w{14}\d{6}): "
)
_HELLO = re.compile(r"(?:EHLO|HELO|LHLO) ([\w-]+)(?:\\r|\Z)", re.IGNORECASE)
# A host without a dot in its name begins both the greeting and the answer to EHLO, where keywords follow.
_GREETS = re.compile(r"220[ -]([\w-]+)(?: |\\r)")
_SAYS_HELLO = re.compile(r"250[ -]([\w-]+)(?: |\\r)")

# The legs of a message, and its places in the queue: what stands in them is from the log.
_OF_SERVER = frozenset({"legs", "waiting"})

# Values under these keys are closed words of ours, or prose of none: they hold no names and stay as they are.
_KEPT_KEYS = frozenset(
    {"fact", "what", "reason", "job", "step", "status", "verdict", "severity", "kind", "purpose", "trouble"}
    | {"explained_by", "scheme", "cipher", "version", "started", "mailproof", "profile", "rtype", "not_after"}
    | {"pasted", "side", "action", "format", "provider", "page", "reference", "method", "result", "time", "date"}
    | {"can_be", "end", "not_before", "key_type", "signature_hash", "stage", "protection", "maximum"}
)


class Mask:
    """The stand-ins of one run; learns from its record which single words are names."""

    def __init__(self, record: Record, users: Iterable[str] = (), report: msgspec.Struct | None = None) -> None:
        """`users` are names that logged in beside the one the record was asked about; a report of the same run can
        name hosts and queue ids that stand in messages only."""
        self._names = StandIns()
        plain = msgspec.to_builtins(record)
        for user in (record.asked.user, record.asked.mailbox_user, *users):
            for part in user.split("\\"):
                self._names.learn_user(part.partition("@")[0])
        for endpoint in (attempt.endpoint for attempt in record.attempts):
            if endpoint is not None:
                self._names.learn_host(endpoint.host)
                self._names.learn_host(endpoint.name)
        if record.asked.proxy:
            self._names.learn_host(urlsplit(record.asked.proxy).hostname or "")
        for target in record.targets:
            self._names.learn_host(target.host)
        for name in _reached_by_ssh(record):
            user, _, host = name.partition(", ")[0].rpartition("@")
            self._names.learn_user(user)
            self._names.learn_host(host)
        for key, text in _strings(plain):
            self._learn(key, text)
        for key, text in _strings(msgspec.to_builtins(report)):
            self._learn(key, text)
            if key in ("by", "source") and _HOST.fullmatch(text):
                self._names.learn_host(text)

    def apply(self, thing: Masked) -> Masked:
        """The record, or a report made of it, with every name replaced."""
        masked: Masked = msgspec.convert(self._walk(msgspec.to_builtins(thing)), type(thing))
        return masked

    def text(self, text: str) -> str:
        """Any other output of the same run, in the escapes of transcripts where it has any."""
        pieces = _BETWEEN_LINES.split(text)
        pieces[::2] = [_PATTERN.sub(self._replacement, piece) for piece in pieces[::2]]
        return "".join(pieces)

    def learn_log_line(self, text: str) -> None:
        """A line that was pasted: its queue ids are names from now on."""
        for match in _LOGGED.finditer(text):
            self._names.learn_queue_id(match[1])
        self._learn("", text)

    def _learn(self, key: str, text: str) -> None:
        if key in ("queue_id", "queue_ids") and text:
            self._names.learn_queue_id(text)
        elif key in ("serial", "sha256") and len(text) >= 6:
            self._names.learn_fingerprint(text)
        for match in _QUEUED.finditer(text):
            self._names.learn_queue_id(match[1] or match[2])
        for match in _HELLO.finditer(text):
            self._names.learn_host(match[1])
        for place, pattern in enumerate((_GREETS, _SAYS_HELLO)):
            if begins := pattern.match(text):
                self._names.suspect_host(begins[1], place)

    def _walk(self, value: Any, key: str = "", said: bool = False) -> Any:
        """`said`: below here, a reason is what a server wrote, and no word of ours."""
        if isinstance(value, str):
            if key in _KEPT_KEYS and not (said and key == "reason"):
                return value
            return _PATTERN.sub(self._replacement, value) if key in _UNESCAPED_KEYS else self.text(value)
        if isinstance(value, (list, tuple)):
            return [self._walk(item, key, said or key in _OF_SERVER) for item in value]
        if isinstance(value, dict):
            return {name: self._walk(item, name, said) for name, item in value.items()}
        return value

    def _replacement(self, match: re.Match[str]) -> str:
        names = self._names
        kind = match.lastgroup
        whole = match[0]
        if match["address"] is not None:
            *keys, last = match["local"].split("=")
            local = "=".join([*(key if key in _KEYS else names.user(key) for key in keys), names.user(last)])
            return f"{local}@{names.host(match['domain'])}"
        if kind in ("v4", "v6"):
            return names.ip(whole)
        if kind == "host" and (known := names.word(whole)) != whole:
            return known  # a user name with a dot in it
        if kind == "host":
            return whole if _FILE.match(whole) else names.host(whole)
        if kind == "base64" and (inside := self._inside(whole)) is not None:
            return inside
        if (known := names.word(whole)) != whole or whole == match.string:
            return known
        return _PARTS.sub(lambda part: names.word(part[0]), whole)  # `alice.` at the end of a sentence, `alice+lists`

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


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, name)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item, key)
