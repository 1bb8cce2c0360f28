"""How the server's machine looks names up: whom it asks, and what they say to the questions of a mail server."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

import msgspec

from mailproof.host.interface import Host
from mailproof.model.configuration import FileState, PostfixFiles
from mailproof.model.lookups import CopySeen, LookupsSeen, NameserverAsked, SystemAsked
from mailproof.net.interface import Driver
from mailproof.parse.machine.lines_of import lines_of
from mailproof.parse.machine.resolv_conf import hosts_from, read_resolv_conf
from mailproof.parse.postfix.master import read_master
from mailproof.parse.postfix.parameters import read_main

# resolv.conf(5): after so long the system's resolver leaves a server, too.
_PATIENCE = 5.0
# Ours are one of each family; more come of targets on several machines.
_MOST_CLIENTS = 4
# Whoever resolves knows these: the priming query of RFC 8109, and a name out of its answer.
_ROOT = (".", "NS")
_KNOWN = "a.root-servers.net"
# What Debian's and Fedora's scripts copy into the chroot, and Postfix compares (postfix-script, `differ`).
_COPIES = ("resolv.conf", "hosts", "nsswitch.conf", "services", "localtime")


class Questions(msgspec.Struct, frozen=True):
    """What the mail server would ask on behalf of this run."""

    clients: tuple[str, ...] = ()
    """Our addresses as it sees them."""
    domain: str = ""
    """Of the sender."""
    host: str = ""
    """The server's own name: a name server of a network that is closed knows nothing of the root, but this."""

    def asked(self) -> tuple[tuple[str, str], ...]:
        """Names and types."""
        pointers = [(ipaddress.ip_address(each).reverse_pointer, "PTR") for each in self.clients[:_MOST_CLIENTS]]
        names = [(name, rtype) for name, rtype in ((self.domain, "MX"), (self.host, "A")) if name]
        return (_ROOT, *pointers, *names)


async def lookups_seen(
    net: Driver, host: Host, pid_files: Iterable[str], postfix: PostfixFiles | None, questions: Questions
) -> tuple[LookupsSeen, ...]:
    """Of the machine, and of the chroot where daemons of this Postfix run in one. Never raises.

    A mail server with a root directory of its own (a container, a private mount) is looked at there. On this machine
    each name server is asked itself; of another, its own getent(1) is.
    """
    root, elsewhere = _where(host, pid_files)
    views = [_view(host, root)]
    chroot, services = _chroot(postfix)
    if services:
        views.append(_chrooted(host, root, chroot, services))
    if elsewhere:
        return tuple(msgspec.structs.replace(view, unasked=elsewhere) for view in views)
    if host.way is not None:
        return _by_system(host, views, questions)
    return await _by_dns(net, views, questions)


def _where(host: Host, pid_files: Iterable[str]) -> tuple[str, str]:
    """The root directory of the mail server, and why nobody can be asked for it; both empty as a rule."""
    for path in pid_files:
        number = host.read(path).data.decode("ascii", "replace").strip()
        if not number.isdigit() or host.look(f"/proc/{number}").state is not FileState.DIRECTORY:
            continue
        root = "" if _shared(host, number, "mnt") else f"/proc/{number}/root"
        if root and host.look(f"{root}/etc").state is not FileState.DIRECTORY:
            return "", "lookups-elsewhere"
        if not _shared(host, number, "net") or (root and host.way is not None):
            return root, "lookups-elsewhere"
        return root, ""
    return "", ""


def _shared(host: Host, number: str, kind: str) -> bool:
    """Whether a process and ours are in the same namespace; who may not know, takes it for that."""
    theirs, ours = (host.look(f"/proc/{each}/ns/{kind}") for each in (number, "self"))
    return not theirs.inode or not ours.inode or theirs.inode == ours.inode


def _view(host: Host, root: str) -> LookupsSeen:
    nsswitch = host.read(f"{root}/etc/nsswitch.conf")
    return LookupsSeen(host.read(f"{root}/etc/resolv.conf"), hosts_from=tuple(hosts_from(nsswitch.data)))


def _chroot(postfix: PostfixFiles | None) -> tuple[str, tuple[str, ...]]:
    """The queue directory, and which daemons run in it."""
    if postfix is None or not postfix.here:
        return "", ()
    files = {each.name: each.data for each in postfix.files}
    main = read_main(files.get("main.cf", b""), postfix.machine)
    services = [
        f"{each.name}/{each.type}"
        for each in read_master(files.get("master.cf", b"")).services
        if each.chrooted(each.options.get("compatibility_level", main.value("compatibility_level").text))
    ]
    return main.value("queue_directory").text.rstrip("/"), tuple(services)


def _chrooted(host: Host, root: str, chroot: str, services: tuple[str, ...]) -> LookupsSeen:
    view = _view(host, f"{root}{chroot}")
    copies = tuple(_copy(host, f"{root}/etc/{name}", f"{root}{chroot}/etc/{name}") for name in _COPIES)
    return msgspec.structs.replace(view, chroot=chroot, services=services, copies=copies)


def _copy(host: Host, original: str, path: str) -> CopySeen:
    copy, of = host.read(path), host.read(original)
    same = None
    if copy.state is FileState.FILE and of.state is FileState.FILE:
        if original.endswith("/localtime"):
            same = copy.data == of.data
        else:
            same = lines_of(copy.data, "#;") == lines_of(of.data, "#;")
    return CopySeen(path, original, copy.state is FileState.MISSING and of.state is FileState.FILE, same)


async def _by_dns(net: Driver, views: Sequence[LookupsSeen], questions: Questions) -> tuple[LookupsSeen, ...]:
    servers = dict.fromkeys(each for view in views for each in read_resolv_conf(view.resolv_conf.data).servers)
    tasks = [
        (server, net.spawn(_asked(net, server, name, rtype)))
        for server in servers
        for name, rtype in questions.asked()
    ]
    told = [(server, await task.wait()) for server, task in tasks]
    return tuple(
        msgspec.structs.replace(
            view,
            clients=questions.clients,
            asked=tuple(
                answer
                for each in read_resolv_conf(view.resolv_conf.data).servers
                for server, answer in told
                if server == each
            ),
        )
        for view in views
    )


async def _asked(net: Driver, server: str, name: str, rtype: str) -> NameserverAsked:
    began = net.now()
    answer = await net.ask(server, name, rtype, began + _PATIENCE)
    return NameserverAsked(server, name, rtype, answer.status, net.now() - began)


def _by_system(host: Host, views: Sequence[LookupsSeen], questions: Questions) -> tuple[LookupsSeen, ...]:
    """Nothing there asks for a chroot; where that has the same servers, it gets the same answers."""
    commands = [
        ("getent", "ahostsv4", _KNOWN),
        *(("getent", "hosts", each) for each in questions.clients[:_MOST_CLIENTS]),
    ]
    ended = [(command, host.timed(command)) for command in commands]
    told = tuple(SystemAsked(" ".join(command), *each) for command, each in ended if each is not None)
    servers = read_resolv_conf(views[0].resolv_conf.data).servers
    found = []
    for view in views:
        same = read_resolv_conf(view.resolv_conf.data).servers == servers
        unasked = "" if told and same else "lookups-elsewhere" if told else "lookups-without-getent"
        system = told if same else ()
        found.append(msgspec.structs.replace(view, clients=questions.clients, system=system, unasked=unasked))
    return tuple(found)
