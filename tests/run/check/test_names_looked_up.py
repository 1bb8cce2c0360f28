"""Whom a mail server asks, in memory: on the machine, in a chroot, with a root directory of its own, elsewhere."""

from __future__ import annotations

import pytest

from configurations import MemoryHost, a_file
from mailproof.host.interface import Host
from mailproof.model.attempt import Job
from mailproof.model.configuration import FileSeen, FileState, PostfixFiles
from mailproof.model.connection import Connection
from mailproof.model.dns import DnsStatus
from mailproof.model.endpoint import Endpoint, Scheme
from mailproof.model.lookups import CopySeen, LookupsSeen, NameserverAsked, SystemAsked
from mailproof.model.machine import MachineSeen, Way
from mailproof.model.record import Attempt
from mailproof.net.memory import MemoryNet, Nameserver
from mailproof.run.check.lookups import lookups

ONE, OTHER = "192.0.2.53", "192.0.2.54"
TEXTS = {
    "/etc/resolv.conf": f"nameserver {ONE}\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
    "/etc/hosts": "127.0.0.1 localhost\n",
}
QUEUE = "/var/spool/postfix"
MAIN = PostfixFiles(
    (
        a_file("main.cf", b"compatibility_level = 3.6\n"),
        a_file("master.cf", b"smtp inet n - y - - smtpd\nsmtp unix - - n - - smtp\nlmtp unix - - y - - lmtp\n"),
    )
)
PLACE = Endpoint(Scheme("smtp"), "mx.test", "192.0.2.25", 25, "mx.test")


def host(texts: dict[str, str], *others: FileSeen, **told: object) -> MemoryHost:
    files = {path: a_file(path, text.encode()) for path, text in texts.items()}
    return MemoryHost(files | {each.path: each for each in others}, **told)  # type: ignore[arg-type]


def well(name: str, rtype: str) -> tuple[DnsStatus, float]:
    return DnsStatus.NO_SUCH_NAME if rtype == "PTR" else DnsStatus.OK, 0.25


def seen(machine: Host, *configuration: PostfixFiles, **servers: Nameserver) -> tuple[LookupsSeen, ...]:
    net = MemoryNet(nameservers={ONE: servers.get("one", well), OTHER: servers.get("other", well)})
    found = Attempt(Job.MACHINE, observations=(MachineSeen(("192.0.2.25",), (), "", way=machine.way),))
    dialled = Connection("192.0.2.25:25", 0.1, local="198.51.100.7:40000")
    elsewhere = Endpoint(Scheme("smtp"), "mx2.test", "192.0.2.26", 25, "mx2.test")
    attempts = [
        Attempt(Job.SURVEY, PLACE, observations=(dialled,)),
        Attempt(Job.SURVEY, elsewhere, observations=(Connection("192.0.2.26:25", 0.1, local="198.51.100.8:40000"),)),
        found,
        *(Attempt(Job.CONFIGURATION, observations=(each,)) for each in configuration),
    ]
    return net.run(lookups(net, machine, attempts, "alice@example.test"))


def test_each_name_server_is_asked_what_the_mail_server_would_ask() -> None:
    (view,) = seen(host(TEXTS))
    assert [(each.server, each.name, each.rtype, each.status.value, each.seconds) for each in view.asked] == [
        (ONE, ".", "NS", "ok", 0.25),
        (ONE, "7.100.51.198.in-addr.arpa", "PTR", "no-such-name", 0.25),
        (ONE, "example.test", "MX", "ok", 0.25),
        (ONE, "localhost.localdomain", "A", "ok", 0.25),
    ]
    assert (view.clients, view.hosts_from, view.chroot, view.unasked) == (("198.51.100.7",), ("files", "dns"), "", "")


def test_a_postfix_that_looks_up_no_clients_is_not_asked_for_ours() -> None:
    files = (a_file("main.cf", b"smtpd_peername_lookup = no\nmyhostname = mx.test\n"), a_file("master.cf", b""))
    (view,) = seen(host(TEXTS), PostfixFiles(files))
    assert (view.clients, [each.rtype for each in view.asked]) == ((), ["NS", "MX", "A"])


def test_who_is_silent_is_waited_for_five_seconds_at_the_side_of_the_others() -> None:
    def silent(name: str, rtype: str) -> tuple[DnsStatus, float]:
        return DnsStatus.OK, 60.0

    (view,) = seen(host(TEXTS | {"/etc/resolv.conf": f"nameserver {ONE}\nnameserver {OTHER}"}), one=silent)
    assert {(each.server, each.status.value, each.seconds) for each in view.asked} == {
        (ONE, "timeout", 5.0),
        (OTHER, "ok", 0.25),
        (OTHER, "no-such-name", 0.25),
    }


def test_the_daemons_of_a_chroot_have_files_of_their_own() -> None:
    copies = {
        f"{QUEUE}/etc/resolv.conf": f"nameserver {OTHER}\n",
        f"{QUEUE}/etc/hosts": "# a comment\n127.0.0.1\tlocalhost\n",
    }
    _, view = seen(host(TEXTS | copies), MAIN)
    assert (view.chroot, view.services) == (QUEUE, ("smtp/inet", "lmtp/unix"))
    assert {each.server for each in view.asked} == {OTHER}
    assert view.copies[:3] == (
        CopySeen(f"{QUEUE}/etc/resolv.conf", "/etc/resolv.conf", False, False),
        CopySeen(f"{QUEUE}/etc/hosts", "/etc/hosts", False, True),
        CopySeen(f"{QUEUE}/etc/nsswitch.conf", "/etc/nsswitch.conf", True, None),
    )


def test_a_server_with_a_root_directory_of_its_own_is_looked_at_there() -> None:
    inside = "/proc/25/root"
    resolv_conf = f"{inside}/etc/resolv.conf"
    namespaces = [
        FileSeen(f"/proc/{number}/ns/{kind}", "", FileState.FILE, inode=inode)
        for number, kind, inode in (("self", "mnt", 1), ("25", "mnt", 2), ("self", "net", 3), ("25", "net", 3))
    ]
    folders = [FileSeen(path, "", FileState.DIRECTORY) for path in ("/proc/25", f"{inside}/etc")]
    own = TEXTS | {f"{QUEUE}/pid/master.pid": "25\n", resolv_conf: f"nameserver {OTHER}\n"}
    placed = [FileSeen(each.name, each.name, each.state, inode=each.inode) for each in (*namespaces, *folders)]
    (view,) = seen(host(own, *placed))
    assert (view.resolv_conf.path, {each.server for each in view.asked}) == (resolv_conf, {OTHER})
    # A container has a network of its own, too, and its name server is none of ours.
    moved = [FileSeen("/proc/25/ns/net", "/proc/25/ns/net", FileState.FILE, inode=4)]
    (view,) = seen(host(own, *placed, *moved))
    assert (view.unasked, view.asked) == ("lookups-elsewhere", ())
    # And where its root may not be looked at, nobody is asked in its place.
    (view,) = seen(host(own, *placed[:-1]))
    assert (view.unasked, view.asked) == ("lookups-elsewhere", ())


class Distant(MemoryHost):
    @property
    def way(self) -> Way:
        return Way(ours="203.0.113.9")


def test_of_another_machine_its_own_getent_is_asked() -> None:
    files = {path: a_file(path, text.encode()) for path, text in TEXTS.items()}
    times = {"getent ahostsv4 a.root-servers.net": (0, 0.3), "getent hosts 203.0.113.9": (2, 0.2)}
    (view,) = seen(Distant(files, times=times))
    assert view.system == (
        SystemAsked("getent ahostsv4 a.root-servers.net", 0, 0.3),
        SystemAsked("getent hosts 203.0.113.9", 2, 0.2),  # behind a NAT it knows us by that address
    )
    assert (view.asked, view.clients) == ((), ("203.0.113.9",))
    (view,) = seen(Distant(files))
    assert (view.unasked, view.system) == ("lookups-without-getent", ())


def test_for_a_chroot_of_another_machine_nobody_answers_but_where_it_has_the_same_servers() -> None:
    texts = TEXTS | {f"{QUEUE}/etc/resolv.conf": f"nameserver {OTHER}\n"}
    times = {"getent ahostsv4 a.root-servers.net": (0, 0.3)}
    machine, chroot = seen(Distant({p: a_file(p, t.encode()) for p, t in texts.items()}, times=times), MAIN)
    assert (machine.unasked, chroot.unasked, chroot.system) == ("", "lookups-elsewhere", ())
    texts |= {f"{QUEUE}/etc/resolv.conf": TEXTS["/etc/resolv.conf"]}
    machine, chroot = seen(Distant({p: a_file(p, t.encode()) for p, t in texts.items()}, times=times), MAIN)
    assert chroot.system == machine.system != ()


def test_a_question_counts_as_answered_whatever_is_said_of_the_name() -> None:
    said = {status for status in DnsStatus if NameserverAsked(ONE, ".", "NS", status, 0.1).answered}
    assert said == {DnsStatus.OK, DnsStatus.NO_DATA, DnsStatus.NO_SUCH_NAME}


@pytest.mark.parametrize("data", [b"", b"\xff\x00\n" * 1000, b"nameserver \n" * 1000])
def test_a_file_of_any_bytes_is_no_trouble(data: bytes) -> None:
    (view,) = seen(MemoryHost({"/etc/resolv.conf": a_file("/etc/resolv.conf", data)}))
    assert {each.server for each in view.asked} == {"127.0.0.1"}
