"""Whether a mail meets one clause of a rule: acl.c of milter-greylist 4.6.2, and its manual where that differs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress

import msgspec

from mailproof.model.greylist import Clause, ClauseMet, GreylistConfig, GreylistMail, ListOf, Met
from mailproof.parse.regex.pattern import Pattern, read_posix
from mailproof.parse.regex.tree import Refused, Unread

_UNKNOWN_COUNTRY = "ZZ"
# Of a longer text no expression is asked; RFC 5321 allows an address 320 octets, milter-greylist keeps 31 fewer.
_LONGEST = 320


Answer = tuple[Met, str, dict[str, str]]
"""Whether it is met, and why: the name of a sentence, `greylist.why-NAME`, with what fills it."""


class Country(msgspec.Struct, frozen=True):
    """What the country database says of the client."""

    code: str | None = None
    """None: its address is not in it."""
    first: str | None = None
    """The country of the first record of an .mmdb: what builds with libmaxminddb take for an address that is not in
    it, for they do not look whether it was found."""
    known: bool = False
    """There is a database that can be read."""
    ends: bool = False
    """Looking it up ends the program: 4.6.2 with libGeoIP, an IPv6 client, a `geoipdb` and no `geoipv6db`."""


class Reading(msgspec.Struct, frozen=True):
    """How the clauses are read."""

    config: GreylistConfig
    mail: GreylistMail
    country: Country
    built: bool
    """As the program does it; else as the manual says."""
    lists: dict[str, ListOf]
    """By their names."""
    settings: frozenset[str]
    """Those that the file has."""
    given: dict[str, bool]
    """What clauses that ask others say, by their text."""
    asked: dict[str, Answer]
    """What each list has said already, for many rules can name the same."""
    patterns: dict[str, Pattern | None]
    """Expressions that were read already."""

    @property
    def country_code(self) -> str | None:
        """As `geoip` sees it; None where there is no database."""
        if not self.country.known:
            return None
        otherwise = self.country.first if self.built else None
        return self.country.code or otherwise or _UNKNOWN_COUNTRY


def readings(config: GreylistConfig, mail: GreylistMail, country: Country) -> tuple[Reading, Reading]:
    """As built, and as documented. Of two lists of one name the first, for milter-greylist starts with one alone."""
    lists = {each.name: each for each in reversed(config.lists)}
    settings = frozenset(each.name for each in config.settings)
    shared: dict[str, Pattern | None] = {}
    built, documented = (
        Reading(config, mail, country, built, lists, settings, dict(mail.answers), {}, shared)
        for built in (True, False)
    )
    return built, documented


_YES: Answer = (Met.YES, "", {})
_NO: Answer = (Met.NO, "", {})


def clause_met(clause: Clause, reading: Reading) -> ClauseMet:
    """Asked, with its `not`."""
    met, why, params = _asked(clause, reading)
    if clause.negated:
        met = {Met.YES: Met.NO, Met.NO: Met.YES}.get(met, met)
    return ClauseMet(clause, met, why, params)


def _asked(clause: Clause, reading: Reading) -> Answer:
    bare = bare_text(clause)
    if bare in reading.given:
        return (Met.YES if reading.given[bare] else Met.NO), "given", {}
    if clause.kind == "list":
        return _list(clause, reading)
    ask = _ASK.get(clause.kind)
    return ask(clause, reading) if ask is not None else (Met.UNTOLD, "asks-others", {"clause": clause.kind})


def bare_text(clause: Clause) -> str:
    """By which an answer to it is known: as it stands in the file, without its `not`."""
    return clause.text.removeprefix("not ")


def _list(clause: Clause, reading: Reading) -> Answer:
    if clause.value not in reading.lists:
        return Met.UNTOLD, "no-such-list", {"list": clause.value}
    if clause.value not in reading.asked:
        reading.asked[clause.value] = _of_items(reading.lists[clause.value], reading)
    return reading.asked[clause.value]


def _of_items(found: ListOf, reading: Reading) -> Answer:
    untold: Answer | None = None
    for item in found.items:
        answer = _asked(item, reading)
        if answer[0] is Met.YES:
            return Met.YES, "in-list", {"item": item.text}
        if answer[0] is Met.UNTOLD:
            untold = answer
    return untold or _NO


def _addr(clause: Clause, reading: Reading) -> Answer:
    address = ipaddress.ip_address(reading.mail.client)
    network = ipaddress.ip_network(clause.value.partition("%")[0], strict=False)
    if network.version != address.version:
        return Met.NO, "other-ip-version", {}
    return _YES if address in network else _NO


def _domain(clause: Clause, reading: Reading) -> Answer:
    host = reading.mail.host
    if host is None:
        return Met.UNTOLD, "not-given", {"option": "--host"}
    if clause.regex:
        return _matched(clause, host, reading)
    name, domain = host.lower(), clause.value.lower()
    if not name.endswith(domain):
        return _NO
    inside = len(name) == len(domain) or domain.startswith(".") or name[-len(domain) - 1] == "."
    if "domainexact" in reading.settings and not inside:
        return Met.NO, "domainexact", {}
    return (Met.YES, "" if inside else "suffix", {"host": host})


def stripped_sender(sender: str) -> str:
    """As it is compared and remembered: what stands up to the last `=` is cut off, for the lists that give each
    message a sender of its own (real_envfrom)."""
    shown = graphic(f"<{sender}>")
    return f"<{shown.rpartition('=')[2]}" if "=" in shown else shown


def graphic(text: str) -> str:
    """With `_` for every character that is not printed (strncpy_rmsp)."""
    return re.sub(r"[^!-~]", "_", text)


def _from(clause: Clause, reading: Reading) -> Answer:
    sender = stripped_sender(reading.mail.sender)
    return _address(clause, sender, reading)


def _rcpt(clause: Clause, reading: Reading) -> Answer:
    return _address(clause, graphic(f"<{reading.mail.recipient}>"), reading)


def _address(clause: Clause, address: str, reading: Reading) -> Answer:
    if clause.regex:
        return _matched(clause, address, reading)
    bare, wanted = address.strip("<> \t").lower(), clause.value.strip("<> \t").lower()
    if bare == wanted:
        return _YES
    if wanted in bare:
        # The manual promises a substring match.
        return (Met.NO, "whole-address", {"address": bare}) if reading.built else (Met.YES, "part-of-address", {})
    return _NO


def _helo(clause: Clause, reading: Reading) -> Answer:
    helo = reading.mail.helo
    if helo is None:
        return Met.UNTOLD, "not-given", {"option": "--helo"}
    if clause.regex:
        return _matched(clause, helo, reading)
    if "%" in clause.value:
        return Met.UNTOLD, "asks-others", {"clause": "helo"}
    return _YES if helo.lower() == clause.value.lower() else _NO


def _geoip(clause: Clause, reading: Reading) -> Answer:
    code = reading.country_code
    if code is None:
        return Met.UNTOLD, "no-database", {}
    if reading.country.code is None and reading.built and reading.country.first:
        why, params = "country-of-first", {"country": code, "client": reading.mail.client}
    elif reading.country.code is None:
        why, params = "country-unknown", {"client": reading.mail.client}
    else:
        why, params = "country", {"country": code, "client": reading.mail.client}
    return (Met.YES if clause.value == code else Met.NO), why, params


def _auth(clause: Clause, reading: Reading) -> Answer:
    return _said(clause, reading.mail.auth, "--auth", reading)


def _tls(clause: Clause, reading: Reading) -> Answer:
    return _said(clause, reading.mail.tls, "--tls-subject", reading)


def _said(clause: Clause, said: str | None, option: str, reading: Reading) -> Answer:
    if said is None:
        return Met.UNTOLD, "not-given", {"option": option}
    if not said:
        return _NO
    if clause.regex:
        return _matched(clause, said, reading)
    return _YES if said == clause.value else _NO


def _spf(clause: Clause, reading: Reading) -> Answer:
    if reading.mail.spf is None or clause.value == "self":
        return Met.UNTOLD, "not-given", {"option": "--spf"}
    return _YES if reading.mail.spf == clause.value else _NO


def _rcptcount(clause: Clause, reading: Reading) -> Answer:
    if not clause.value.isdigit():
        return Met.UNTOLD, "asks-others", {"clause": "rcptcount"}
    count, number = reading.mail.recipients, int(clause.value)
    compared = {
        "==": count == number,
        "!=": count != number,
        "<": count < number,
        ">": count > number,
        "<=": count <= number,
        ">=": count >= number,
    }
    return _YES if compared.get(clause.operator, False) else _NO


def _time(clause: Clause, reading: Reading) -> Answer:
    fields = clause.value.split()
    if len(fields) != 5 or not all(re.fullmatch(r"\*|\d+(-\d+)?(,\d+(-\d+)?)*", field) for field in fields):
        return Met.UNTOLD, "asks-others", {"clause": "time"}
    return _YES if all(map(_within, fields, reading.mail.at)) else _NO


def _within(field: str, value: int) -> bool:
    if field == "*":
        return True
    spans = (part.partition("-")[::2] for part in field.split(","))
    return any(int(low) <= value <= int(high or low) for low, high in spans)


def _always(clause: Clause, reading: Reading) -> Answer:
    """Those that do something, and are met by that (`set`, `log`, `nsupdate`, `tarpit`)."""
    return _YES


def _matched(clause: Clause, text: str, reading: Reading) -> Answer:
    if clause.value not in reading.patterns:
        reading.patterns[clause.value] = compiled_of(clause.value, "extendedregex" in reading.settings)
    compiled = reading.patterns[clause.value]
    if compiled is not None and len(text) <= _LONGEST:
        with suppress(Unread):
            return _YES if compiled.found(text) else _NO
    return Met.UNTOLD, "regex-not-read", {"pattern": clause.value}


def compiled_of(pattern: str, is_extended: bool) -> Pattern | None:
    """None for one that is not evaluated here. Case is ignored, always (acl_add_regex)."""
    try:
        return read_posix(pattern, is_extended=is_extended)
    except (Refused, Unread):
        return None


_ASK: dict[str, Callable[[Clause, Reading], Answer]] = {
    "addr": _addr,
    "domain": _domain,
    "from": _from,
    "rcpt": _rcpt,
    "helo": _helo,
    "geoip": _geoip,
    "auth": _auth,
    "tls": _tls,
    "spf": _spf,
    "rcptcount": _rcptcount,
    "time": _time,
    **dict.fromkeys(("set", "rset", "log", "nsupdate", "tarpit"), _always),
}
