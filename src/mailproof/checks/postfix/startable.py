"""Is what Postfix asks for when it starts there: directories, the file of a value, addresses to listen at?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.readable import KINDS as READABLE
from mailproof.model.configuration import FileState, PostfixFiles
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, FindingKind, Passed
from mailproof.model.machine import MachineSeen
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.vantage import address

NAME = "postfix-startable"
NEEDS = (PostfixFiles,)
KINDS: tuple[FindingKind, ...] = tuple(kind for kind in READABLE if kind.name == "postfix-config-broken")

# postfix(1) goes into the first, and runs what is in both.
_DIRECTORIES = ("daemon_directory", "command_directory")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        if configured.fact.here:
            answers = bounded(NAME, _directories(configured), _origin(configured), _interfaces(configured, record))
            yield from answers or [Passed(NAME, (configured.line("main.cf", 1),))]


def _directories(configured: Configured) -> Iterator[Answer]:
    for name in _DIRECTORIES:
        setting = configured.main.setting(name)
        if setting.line:
            yield from _missing(configured, name, configured.main.value(name).text)


def _origin(configured: Configured) -> Iterator[Answer]:
    """A path in place of a name: the name is the first line of that file (postconf(5) myorigin)."""
    value = configured.main.value("myorigin").text
    if value.startswith("/"):
        yield from _missing(configured, "myorigin", value)


def _missing(configured: Configured, name: str, path: str) -> Iterator[Answer]:
    seen = configured.files.get(path)
    if seen is not None and seen.state is FileState.MISSING:
        shown = (configured.at(configured.main.setting(name)), configured.file(seen))
        yield fault("postfix-config-broken", *shown, text=f"{name} = {path}", problem="missing")


def _interfaces(configured: Configured, record: Record) -> Iterator[Answer]:
    """An address that no interface has ends every program of Postfix (inet_addr_local.c, own_inet_addr.c)."""
    setting = configured.main.setting("inet_interfaces")
    for machine in record.seen(MachineSeen):
        own = set(map(address, machine.fact.addresses)) - {None}
        for item in split_list(configured.main.value("inet_interfaces").text):
            wanted = address(item)
            # Loopback is on every machine, and is not listed among its addresses.
            if not own or wanted is None or wanted.is_loopback or wanted.is_unspecified or wanted in own:
                continue
            there = Evidence(EvidenceKind.SOCKET, "ip -o addr", ", ".join(sorted(map(str, own))))
            shown = (configured.at(setting, item), there)
            yield fault("postfix-config-broken", *shown, text=f"inet_interfaces = {item}", problem="no-such-address")
