"""An Exim looked at from its own machine, where its files lie as Debian has them; and one that does not run."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from brandlist import brands
from eximserver import CONFIGURATION, EXIM
from test_exim_inside import report
from unpacked import ACCOUNTS, Brand, Place, serving

from labcheck import ALICE, BOB
from mailproof.lab.real.ports import listening_ports
from mailproof.model.followed import Waiting
from mailproof.model.remedy import Remedy
from mailproof.parse.queue import exim
from remedied import applied

pytestmark = pytest.mark.real

# A loaded machine: a daemon that was told to read its files again does so when it comes to it.
_SECONDS = 90.0
# What Debian's unit does, in a world without systemd; and somebody else who listens, as sshd does on a server.
_SYSTEMCTL = """#!/bin/sh
case $1 in
start) exec /usr/sbin/exim4 -bd ;;
reload) kill -HUP "$(cat /run/exim4/exim.pid)" ;;
restart) kill "$(cat /run/exim4/exim.pid)" 2>/dev/null; exec /usr/sbin/exim4 -bd ;;
esac
"""
_ANOTHER = "import socket; s = socket.create_server(('127.0.0.1', 0)); s.accept()"


def configure(place: Place) -> str:
    user, password = next(iter(ACCOUNTS.items()))
    text = CONFIGURATION.format(d=place.directory, user=user, password=password, **place.ports)
    text = text.replace(f"pid_file_path = {place.directory}/run/exim.pid\n", "")
    # Folders that are Exim's alone, by their names.
    text = text.replace(f"{place.directory}/spool", f"{place.directory}/exim-spool")
    text = text.replace(f"{place.directory}/mail/%slog", f"{place.directory}/exim-log/%slog")
    place.write("etc/exim4/exim4.conf", place.changed(text))
    place.write("bin/systemctl", _SYSTEMCTL, 0o755)
    d = place.directory
    return (
        f"mkdir -p /run/exim4 {d}/exim-spool {d}/exim-log\n"
        f"chown -R mail:mail {d}/exim-spool {d}/exim-log {d}/mail /run/exim4\n"
        f"chgrp mail {d}/key.pem\nchmod 640 {d}/key.pem\n"
        f'/usr/sbin/exim4 -bd\nexec {sys.executable} -c "{_ANOTHER}"\n'
    )


AS_INSTALLED = EXIM._replace(configure=configure, logs=("exim-log/mainlog", "exim-log/rejectlog"))


def seen_here(lab: SimpleNamespace, *more: str) -> dict[str, Any]:
    words = [
        sys.executable, "-m", "mailproof", "check", *lab.urls.values(), "--here", "--name", lab.name,
        "--ca-file", str(lab.ca_file), "--user", ALICE, "--password-env", "PW", "--mailbox", BOB, "--format", "json",
        *more,
    ]  # fmt: skip
    done = lab.inside(" ".join(words), PW=lab.accounts[ALICE])
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def named(told: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: item for item in told["findings"]}


def causes(told: dict[str, Any]) -> list[str]:
    """But that its world has no name server."""
    return [item["name"] for item in told["causes"] if item["name"] != "resolver-down"]


def until(lab: SimpleNamespace, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What is found, when the daemon has read its files again; at the latest what is found then."""
    before = monotonic() + _SECONDS
    while True:
        found = named(seen_here(lab))
        if condition(found) or monotonic() > before:
            return found


def carry_out(lab: SimpleNamespace, item: dict[str, Any]) -> Remedy:
    remedy = msgspec.convert(item["remedy"], Remedy)
    assert remedy.changes == ()
    for command in remedy.then:
        done = lab.inside(f"PATH={lab.directory}/bin:$PATH; {command}")
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    return remedy


@pytest.mark.long
@pytest.mark.parametrize("brand", brands(AS_INSTALLED))
def test_what_it_runs_with_is_found_by_itself(brand: Brand) -> None:
    with serving(brand) as lab:
        told = seen_here(lab)
        assert causes(told) == []
        passed = {item["name"]: item for item in told["passed"]}
        assert {"exim-config-readable", "exim-keys-readable", "exim-writes-its-files", "exim-runs"} <= passed.keys()
        assert "exim4" in passed["exim-runs"]["evidence"][0]["text"]

        # A key that only root may read. Exim has read it when it began; the next start does without.
        key = lab.directory / "key.pem"
        lab.inside(f"chown root:root {key}; chmod 600 {key}; {lab.directory}/bin/systemctl reload exim4")
        found = until(lab, lambda found: "certificate-file-unreadable" in found and len(found) > 3)
        assert found["starttls-refused"]["explained_by"] == ["certificate-file-unreadable"]
        remedy = carry_out(lab, found["certificate-file-unreadable"])
        assert remedy.then[:2] == (f"chgrp mail {lab.directory}/key.pem", f"chmod g+r {lab.directory}/key.pem")
        lab.wait_until(lambda: set(lab.ports.values()) <= listening_ports())
        assert causes(seen_here(lab)) == []


@pytest.mark.long
@pytest.mark.parametrize("brand", brands(AS_INSTALLED))
def test_one_that_does_not_run_is_named_and_started(brand: Brand) -> None:
    with serving(brand) as lab:
        lab.inside('kill "$(cat /run/exim4/exim.pid)"')
        lab.wait_until(lambda: not set(lab.ports.values()) & listening_ports())
        told = seen_here(lab)
        assert causes(told) == ["exim-not-running"]
        found = named(told)
        assert found["port-closed"]["explained_by"] == ["exim-not-running"]
        assert carry_out(lab, found["exim-not-running"]).then == ("systemctl start exim4",)
        lab.wait_until(lambda: set(lab.ports.values()) <= listening_ports())
        told = seen_here(lab)
    assert causes(told) == []
    assert "exim-runs" in {item["name"] for item in told["passed"]}


@pytest.mark.long
@pytest.mark.parametrize("brand", brands(AS_INSTALLED))
def test_one_that_ended_for_want_of_a_log_is_named_by_that(brand: Brand) -> None:
    with serving(brand) as lab:
        folder = lab.directory / "exim-log"
        closed = f"chown root:root {folder}; rm -f {folder}/mainlog {folder}/paniclog"
        lab.inside(f"{closed}; {lab.directory}/bin/systemctl reload exim4")
        lab.wait_until(lambda: not set(lab.ports.values()) & listening_ports())
        told = seen_here(lab)
        assert causes(told) == ["exim-log-not-writable"]
        found = named(told)
        assert found["exim-not-running"]["explained_by"] == ["exim-log-not-writable"]
        remedy = carry_out(lab, found["exim-log-not-writable"])
        assert remedy.then == (f"chown mail {folder}", "exim4 -bV", "systemctl restart exim4")
        lab.wait_until(lambda: set(lab.ports.values()) <= listening_ports())
        assert causes(seen_here(lab)) == []


@pytest.mark.long
@pytest.mark.parametrize("brand", brands(AS_INSTALLED))
def test_a_queue_that_it_may_not_write_is_given_to_it(brand: Brand) -> None:
    with serving(brand) as lab:
        spool = lab.directory / "exim-spool"
        lab.inside(f"chown root:root {spool}")
        found = named(seen_here(lab))
        assert carry_out(lab, found["queue-permission"]).then[0] == f"chown -R mail:mail {spool}"
        lab.wait_until(lambda: set(lab.ports.values()) <= listening_ports())
        assert causes(seen_here(lab)) == []


@pytest.mark.long
@pytest.mark.parametrize("brand", brands(EXIM))
def test_one_that_is_kept_to_loopback_listens_everywhere(brand: Brand) -> None:
    """Asked at another address of this machine than the one that it listens at."""
    other = "127.113.0.79"
    with serving(brand) as lab:
        lab.urls = {scheme: url.replace("127.0.0.1", other) for scheme, url in lab.urls.items()}
        found = named(report(lab))
        assert found["port-closed"]["explained_by"] == ["listening-elsewhere"]
        remedy = msgspec.convert(found["listening-elsewhere"]["remedy"], Remedy)
        (change,) = remedy.changes
        assert (change.old, change.new) == (
            ("local_interfaces = 127.0.0.1",),
            ("local_interfaces = <; ::0 ; 0.0.0.0",),
        )
        conf = lab.directory / "exim.conf"
        conf.write_bytes(applied(conf.read_bytes(), [change]))
        for command in remedy.then:
            assert lab.inside(command).returncode == 0, command
        before = monotonic() + _SECONDS
        while "port-closed" in (found := named(report(lab))) and monotonic() < before:
            pass
    assert not {"port-closed", "listening-elsewhere"} & found.keys()


_VERIFY = {
    "host_lookup =": "host_lookup_order = byaddr",
    "acl_rcpt:\n": "acl_rcpt:\n  require verify = reverse_host_lookup\n",
}


@pytest.mark.long
@pytest.mark.parametrize("brand", brands(EXIM))
def test_a_client_without_a_name_is_refused_for_that(brand: Brand) -> None:
    with serving(brand, changes=_VERIFY) as lab:
        found = named(report(lab, "--source", "127.113.0.78"))
    assert found["client-verification-refuses"]["params"]["rule"] == "verify = reverse_host_lookup"
    assert "remedy" not in found["client-verification-refuses"]


_CONNECT = {
    "acl_smtp_rcpt = acl_rcpt": "acl_smtp_rcpt = acl_rcpt\nacl_smtp_connect = acl_connect",
    "begin acl\n": "begin acl\nacl_connect:\n  accept delay = 1s\n",
}


@pytest.mark.long
@pytest.mark.parametrize("brand", brands(EXIM))
def test_a_wait_before_the_greeting_is_its_own(brand: Brand) -> None:
    with serving(brand, changes=_CONNECT) as lab:
        found = named(report(lab))
    assert found["tarpit"]["params"]["setting"] == "delay = 1s"
    assert any(piece["text"].startswith("accept delay = 1s") for piece in found["tarpit"]["evidence"])
    assert "remedy" not in found["tarpit"]


@contextmanager
def silent_ident(address: str) -> Iterator[None]:
    """An ident service that takes connections and says nothing, as a filter before a client does."""
    with socket.create_server((address, 113)):
        yield


@pytest.mark.long
@pytest.mark.parametrize("brand", brands(EXIM))
def test_an_ident_service_that_is_silent_is_waited_for(brand: Brand) -> None:
    changes = {"rfc1413_query_timeout = 0s": "rfc1413_hosts = *\nrfc1413_query_timeout = 1s"}
    client = "127.113.0.77"
    with serving(brand, changes=changes) as lab, silent_ident(client):
        found = named(report(lab, "--source", client))
        assert found["tarpit"]["params"]["setting"] == "rfc1413_query_timeout = 1s"
        remedy = msgspec.convert(found["tarpit"]["remedy"], Remedy)
        assert [change.new for change in remedy.changes] == [("rfc1413_query_timeout = 0s",)]


_TO_A_CLOSED_PORT = {
    "r_out:\n": (
        "r_later:\n  driver = redirect\n  allow_defer\n  domains = later.example.test\n"
        "  data = :defer: come again\nr_out:\n"
    ),
    "  driver = appendfile\n  file = /dev/null\n  user = mail\n":
        "  driver = smtp\n  hosts = 127.0.0.1\n  hosts_override\n  port = 9\n  allow_localhost\n",
}  # fmt: skip


@pytest.mark.parametrize("brand", brands(EXIM))
def test_its_queue_is_read_as_it_prints_it(brand: Brand) -> None:
    """One message of which one recipient has his copy, and one that is frozen."""
    with serving(brand, changes=_TO_A_CLOSED_PORT) as lab:
        run = f"exim4 -C {lab.directory}/exim.conf"
        mail = "printf 'Subject: x\\n\\nx\\n'"
        for recipients in ("bob@example.test carol@elsewhere.example dan@later.example.test", "erin@elsewhere.net"):
            done = lab.inside(f"{mail} | {run} -odi -f alice@example.test {recipients}")
            assert done.returncode == 0, done.stderr
        queue = lab.inside(f"{run} -bp").stdout
        first, second = [line.split()[2] for line in queue.splitlines() if "<" in line]
        assert lab.inside(f"{run} -Mf {second}").returncode == 0
        queue = lab.inside(f"{run} -bp").stdout
        logs = [lab.inside(f"{run} -Mvl {each}").stdout for each in (first, second)]
        # Each leaves a line in the log, and `serving` sees that none of them is unknown.
        for words in (
            f"-Mt {second}", f"-Mar {second} fay@elsewhere.net", f"-Mes {second} bob@example.test",
            f"-Mmd {second} fay@elsewhere.net", f"-Mmad {second}", f"-Mrm {first}",
        ):  # fmt: skip
            done = lab.inside(f"{run} {words}")
            assert done.returncode == 0, (words, done.stdout, done.stderr)
    assert list(exim.waiting_in(queue, logs[0], first)) == [
        Waiting("deferred", "carol@elsewhere.example", "Connection refused", "exim -bp"),
        Waiting("deferred", "dan@later.example.test", "come again", "exim -bp"),
    ]
    (frozen,) = exim.waiting_in(queue, logs[1], second)
    assert (frozen.queue, frozen.recipient) == ("frozen", "erin@elsewhere.net")
    # Which of the two depends on who was tried first: it knows the host from the other message.
    assert frozen.reason in ("Connection refused", "retry time not reached for any host for 'elsewhere.net'")
