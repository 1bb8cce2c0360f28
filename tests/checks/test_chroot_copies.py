"""Copies in a chroot that are those of today, and that are not."""

from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record

from configurations import a_file
from mailproof.catalog.profiles import load_profile
from mailproof.checks.machine.chroot_copies import check
from mailproof.diagnose.judge import judge
from mailproof.model.dns import DnsStatus
from mailproof.model.lookups import CopySeen, LookupsSeen, NameserverAsked

QUEUE = "/var/spool/postfix"


def copy(name: str, same: bool | None, *, missing: bool = False) -> CopySeen:
    return CopySeen(f"{QUEUE}/etc/{name}", f"/etc/{name}", missing, same)


def view(*copies: CopySeen, server: str = "192.0.2.53", answers_it: bool = True, chroot: str = QUEUE) -> LookupsSeen:
    status = DnsStatus.OK if answers_it else DnsStatus.TIMEOUT
    return LookupsSeen(
        a_file(f"{chroot}/etc/resolv.conf", f"nameserver {server}\n".encode()),
        chroot,
        ("smtp/inet",) if chroot else (),
        asked=(NameserverAsked(server, ".", "NS", status, 0.1 if answers_it else 5.0),),
        copies=copies,
    )


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        ((copy("resolv.conf", True), copy("hosts", True)), ["+chroot-copies-current"]),
        ((copy("resolv.conf", True), copy("hosts", False)), ["chroot-copy-stale"]),
        ((copy("resolv.conf", None, missing=True), copy("hosts", True)), ["chroot-copy-stale"]),
        # Names are found without these, and what cannot be read is no verdict.
        ((copy("resolv.conf", True), copy("localtime", None, missing=True)), ["+chroot-copies-current"]),
        ((copy("resolv.conf", None),), []),
    ],
)
def test_copies_are_held_beside_their_originals(copies: tuple[CopySeen, ...], said: list[str]) -> None:
    assert answers(check, record(attempt(view(*copies), job="machine"))) == said


def test_a_stale_copy_is_why_the_resolver_of_the_chroot_is_down() -> None:
    machine = view(chroot="", server="127.0.0.1")
    chroot = view(copy("resolv.conf", False), answers_it=False)
    judged = judge(record(attempt(machine, chroot, job="machine")), load_profile("default"))
    assert [cause.name for cause in judged.causes] == ["chroot-copy-stale"]
    assert {finding.name for finding in judged.findings} == {"chroot-copy-stale", "resolver-down"}


def test_it_is_not_why_that_of_the_machine_is() -> None:
    machine = view(chroot="", answers_it=False)
    chroot = view(copy("hosts", False), answers_it=False)
    judged = judge(record(attempt(machine, chroot, job="machine")), load_profile("default"))
    assert {cause.name for cause in judged.causes} == {"chroot-copy-stale", "resolver-down"}
