"""Looks at the machine of a server: who listens, what its packet filter says, whether its daemons run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.host.interface import Host
from mailproof.model.configuration import FileState
from mailproof.model.machine import Daemon, MachineSeen
from mailproof.parse.machine.addresses import addresses as addresses_in
from mailproof.parse.machine.iptables import IPV6
from mailproof.parse.machine.keepers import is_firewalld
from mailproof.parse.machine.listeners import listeners

_NFT = ("nft", "list", "ruleset")
_IPTABLES = (("iptables-save",), ("ip6tables-save",))
_IPSET = ("ipset", "save")
_FIREWALLD = ("firewall-cmd", "--list-all-zones")
_ADDRESSES = (("ip", "-o", "addr"), ("ifconfig", "-a"))
# What nft cannot put in its own words it names, and no more.
_LEFT_OUT = " xt match "
_SOCKETS = ("ss", "-H", "-ltnp")
PID_FILES = {
    "postfix": "/var/spool/postfix/pid/master.pid",
    "dovecot": "/run/dovecot/master.pid",
    "exim": "/run/exim4/exim.pid",
}
"""Where Debian's packages, and those of most others, have them."""


def machine_seen(host: Host, addresses: Iterable[str], pid_files: dict[str, str] | None = None) -> MachineSeen:
    """`addresses` lead to the machine; those that it tells are added. A few commands, and nothing is changed."""
    unread: list[str] = []
    printed = host.answer(_SOCKETS)
    if printed is None:
        unread.append("ss -ltnp")
    rules = _packet_filter(host)
    if rules is None:
        unread.append("nft list ruleset")
    daemons = tuple(_daemon(host, name, path) for name, path in (pid_files or PID_FILES).items())
    found = tuple(listeners(printed)) if printed is not None else None
    known = tuple(dict.fromkeys((*addresses, *_addresses(host))))
    zones = host.answer(_FIREWALLD) if is_firewalld(rules or "") else None
    return MachineSeen(known, found, rules, daemons, tuple(unread), host.way, zones=zones or "")


def _addresses(host: Host) -> Iterator[str]:
    for command in _ADDRESSES:
        if printed := host.answer(command):
            yield from addresses_in(printed)
            return


def _packet_filter(host: Host) -> str | None:
    """All the rules there are; iptables of today keeps its own in nftables, where nft shows most of them in full."""
    rules = host.answer(_NFT)
    if rules is not None and _LEFT_OUT not in rules:
        return rules
    saved = [host.answer(command) for command in _IPTABLES]
    if saved[0] is None:
        return rules
    told = f"\n{IPV6}\n".join(each or "" for each in saved)
    sets = host.answer(_IPSET) if "--match-set" in told else None
    return "\n".join(filter(None, (rules, told, sets)))


def _daemon(host: Host, name: str, pid_file: str) -> Daemon:
    seen = host.read(pid_file)
    if seen.state is FileState.MISSING:
        return Daemon(name, pid_file, running=False, known=False)
    number = seen.data.decode("ascii", "replace").strip()
    if seen.state is not FileState.FILE or not number.isdigit():
        return Daemon(name, pid_file, running=None)
    running = host.look(f"/proc/{number}").state is FileState.DIRECTORY
    if not running and host.look("/proc/1").state is not FileState.DIRECTORY:
        return Daemon(
            name, pid_file, running=None
        )  # a system without such a /proc, or one that hides others' processes
    return Daemon(name, pid_file, running=running)
