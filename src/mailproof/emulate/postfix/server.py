"""A configuration as its daemons see it, and the steps that are written down while it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mailproof.emulate.postfix.lists import listed
from mailproof.emulate.postfix.maps import Delimiter, Hit, Maps, Missing, Read, Result, Tables, address_keys
from mailproof.emulate.postfix.refused import untold_of
from mailproof.model.postfix import Outcome, Step
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.master import MasterFile, read_master
from mailproof.parse.postfix.parameters import MainFile, read_main
from mailproof.parse.postfix.tables import LITERAL, SKIPPED


class Postfix(msgspec.Struct, frozen=True):
    """main.cf, master.cf and the tables."""

    main: MainFile
    master: MasterFile
    tables: Tables
    untold: tuple[Step, ...] = ()
    """What Postfix refuses of it, or could not be read: while there is any, no answer is sure."""

    def of_service(self, name: str, kind: str = "unix") -> Postfix:
        """With the `-o` options of this service of master.cf, which only its own daemon sees."""
        service = self.master.service(name, kind)
        if service is None or not service.options:
            return self
        main = self.main.with_options(service.options, service.line, lines=service.option_lines)
        return msgspec.structs.replace(self, main=main)

    def value(self, name: str) -> str:
        """Expanded; empty where Postfix would fail on it."""
        return self.main.value(name).text

    def maps(self, parameter: str) -> Maps:
        """The tables of a parameter."""
        specs = split_list(self.value(parameter))
        literal = parameter in LITERAL
        return Maps(self.main.setting(parameter), [self.tables.table(spec, literal=literal) for spec in specs])

    def one_table(self, parameter: str, spec: str) -> Maps:
        """One table that a parameter names among other things."""
        return Maps(self.main.setting(parameter), [self.tables.table(spec)])

    def drawing(self, draws: Mapping[str, int]) -> Postfix:
        """With a chosen answer of each randmap; `tables.drawn` has those that were asked."""
        return msgspec.structs.replace(self, tables=self.tables.drawing(draws))

    def is_local(self, domain: str) -> bool | Missing:
        """Whether mydestination has it (src/global/resolve_local.c), or it is a literal of an own interface."""
        name = "mydestination"
        found = listed(domain, self.value(name), self.tables)
        if isinstance(found, Missing):
            return msgspec.structs.replace(found, parameter=name)
        if found is not None and found.inside:
            return True
        literal = domain.startswith("[") and domain.endswith("]")
        return literal and self._is_own(domain[1:-1].lower().removeprefix("ipv6:"))

    def _is_own(self, address: str) -> bool:
        """Whether it is of an interface (src/global/own_inet_addr.c) that the files name, or a loopback in use."""
        own = [each.strip("[]") for each in split_list(self.value("inet_interfaces").lower())]
        if address in (*own, *(each.strip("[]") for each in split_list(self.value("proxy_interfaces").lower()))):
            return True
        if address == "127.0.0.1" and "localhost" in own:
            return True
        family = {"127.0.0.1": "ipv4", "::1": "ipv6"}.get(address, "none")
        spoken = split_list(self.value("inet_protocols").lower())
        return bool({"all", "loopback-only"} & set(own)) and bool({"all", family} & set(spoken)) and family != "none"

    def yes(self, name: str) -> bool:
        """Of a parameter that is yes or no."""
        return self.value(name).lower() == "yes"

    @property
    def origin(self) -> str | Missing:
        """The domain that completes addresses: `$myorigin`, which for Debian's Postfix may be a file that has it."""
        value = self.value("myorigin")
        if not value.startswith("/"):
            return value
        first = (self.tables.text(value) or b"").partition(b"\n")[0].decode("utf-8", "surrogateescape").split()
        return first[0] if len(first) == 1 else Missing(value, "unreadable", parameter="myorigin")

    @property
    def delimiter(self) -> Delimiter:
        """What divides the name of a user from an extension."""
        return Delimiter(self.value("recipient_delimiter"), self.yes("owner_request_special"))

    def takes_parents(self, parameter: str) -> bool:
        """Whether `example.com` in this list stands for what is below it too."""
        return parameter in split_list(self.value("parent_domain_matches_subdomains"))

    def by_address(self, maps: Maps, address: str, *, unquoted_too: bool = True) -> Result:
        """As most tables are asked for an address, which is without quotes (mail_addr_find.c)."""
        domain = address.rpartition("@")[2]
        delimiter = self.delimiter
        origin = self.origin
        local = self.is_local(domain)
        if isinstance(origin, Missing):
            local = local or origin
        elif domain.lower() == origin.lower():
            local = True
        if not isinstance(local, Missing):
            return maps.first(address_keys(address, delimiter, local=local, unquoted_too=unquoted_too))
        # Names of users are asked of local domains alone: where that makes no difference, it need not be known.
        far, near = (
            maps.first(address_keys(address, delimiter, local=each, unquoted_too=unquoted_too))
            for each in (False, True)
        )
        return far if _place(far) == _place(near) else local


def read_postfix(read: Read, directory: str, machine: Mapping[str, str]) -> Postfix:
    """The configuration below a directory. `read` gives the bytes of a path, or None."""
    main = read_main(read(f"{directory}/main.cf") or b"", {"config_directory": directory, **machine})
    master = read_master(read(f"{directory}/master.cf"))
    return Postfix(main, master, Tables(read, main.value("default_database_type").text), untold_of(main, master))


def _place(result: Result) -> object:
    """What an answer is known by: the entry, or that there is none."""
    return (result.value, result.file, result.line, result.extension) if isinstance(result, Hit) else result


def from_table(name: str, outcome: Outcome, parameter: str, hit: Hit, **params: str) -> Step:
    """The step of an answer, with the file and line of the entry."""
    given = {"parameter": parameter, "table": hit.table.spec, "key": hit.key, "value": hit.value, **params}
    return Step(name, outcome, given, hit.file, hit.line)


def untold(parameter: str, missing: Missing) -> Step:
    """The step of a table or a list that could not be read."""
    params = {"parameter": missing.parameter or parameter, "table": missing.table}
    return Step(f"untold-{missing.why}", Outcome.UNTOLD, params, "", missing.line)


def skipped(parameter: str, maps: Maps) -> Sequence[Step]:
    """The step of each table whose rules with a $1 do not count here, with the first of them."""
    firsts = [(table, each) for table in maps.tables for each in table.troubles if each.name == SKIPPED]
    found = {table.spec: (table, each.line) for table, each in reversed(firsts)}
    return [
        Step("note-substitution", Outcome.NOTE, {"parameter": parameter, "table": spec}, table.file, line)
        for spec, (table, line) in found.items()
    ]


def nothing(maps: Maps, address: str) -> Step:
    """The step of a table that has no entry for an address."""
    setting = maps.setting
    params = {"parameter": setting.name, "address": address or "<>"}
    return Step("map-none", Outcome.NOTHING, params, setting.file, setting.line)
