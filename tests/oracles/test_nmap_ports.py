"""`mailproof ports` beside `nmap -sT`, with packet filters of nft in namespaces; and two runs as one answer."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from threenets import CLIENT, LACKS, ROUTER, ROUTER6, SERVER, SERVER6, ThreeNets, three_nets

pytestmark = pytest.mark.skipif(bool(LACKS), reason=f"needs {', '.join(LACKS)}")
needs_nmap = pytest.mark.skipif(shutil.which("nmap") is None, reason="needs nmap")

ESMTP = "220 mail.example.test ESMTP"
GREETINGS = {
    **dict.fromkeys((587, 1001, 1002, 1003, 1004, 1011, 1012, 1013), ESMTP),
    25: "SSH-2.0-OpenSSH_9.2",
    22: "SSH-2.0-OpenSSH_9.2",
    110: "+OK ready",
    143: "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready",
}
BY_ROUTER = (
    "tcp dport 1001 drop",
    "tcp dport 1002 reject with icmpx type admin-prohibited",
    "tcp dport 1003 reject with icmpx type port-unreachable",
    "tcp dport 1004 reject with tcp reset",
)
BY_HOST = (
    "iif lo accept",
    "tcp dport 1011 drop",
    "tcp dport 1012 reject with icmpx type admin-prohibited",
    "tcp dport 1013 reject with icmpx type port-unreachable",
)
PORTS = "22,25,110,143,587,465,1001-1004,1011-1013,4190"


@pytest.fixture(scope="module")
def nets() -> Iterator[ThreeNets]:
    with three_nets() as nets:
        nets.filter("router", "forward", *BY_ROUTER)
        nets.filter("server", "input", *BY_HOST)
        with nets.greeting(GREETINGS):
            yield nets


def seen(nets: ThreeNets, address: str, *more: str, where: str = "client") -> dict[int, dict[str, object]]:
    options = ("-p", PORTS, "--timeout", "3s", "--rate", "1000", "--format", "json", *more)
    done = nets.mailproof(where, "ports", address, *options)
    assert done.stderr == ""
    (host,) = json.loads(done.stdout)["hosts"]
    return {port["port"]: port for port in host["ports"]}


def nmap(nets: ThreeNets, address: str, how: str) -> dict[int, str]:
    version = ("-6",) if ":" in address else ()
    # It learns from the first answers how long one takes here, and on a busy machine the next take longer.
    patience = ("--min-rtt-timeout", "2s", "--initial-rtt-timeout", "2s", "--max-rtt-timeout", "4s")
    done = nets.run("client", "nmap", "-Pn", "-n", *version, *patience, how, "-p", PORTS, address)
    return {int(port): state for port, state in re.findall(r"(?m)^(\d+)/tcp\s+(\w+)", done.stdout)}


@needs_nmap
@pytest.mark.parametrize("address", [SERVER, SERVER6])
def test_states_are_those_of_nmap(nets: ThreeNets, address: str) -> None:
    """But for "port unreachable", which connect(2) gives as "refused": what nmap -sT cannot tell, nmap -sS can."""
    ours = {port: told["state"] for port, told in seen(nets, address).items()}
    by_connect, by_syn = nmap(nets, address, "-sT"), nmap(nets, address, "-sS")
    assert {port for port, state in ours.items() if state != by_connect[port]} == {1003, 1013}
    assert ours == by_syn
    assert sorted(set(ours.values())) == ["closed", "filtered", "open"]


@pytest.mark.parametrize(("address", "router"), [(SERVER, ROUTER), (SERVER6, ROUTER6)])
def test_who_said_so(nets: ThreeNets, address: str, router: str) -> None:
    ports = seen(nets, address)
    told = {port: (each["teller"], each["icmp"] and each["icmp"]["sender"]) for port, each in ports.items()}
    assert told == {
        **dict.fromkeys((22, 25, 110, 143, 587), ("handshake", None)),
        **dict.fromkeys((465, 4190, 1004), ("rst", None)),
        **dict.fromkeys((1001, 1011), ("timeout", None)),
        **dict.fromkeys((1002, 1003), ("icmp", router)),
        **dict.fromkeys((1012, 1013), ("icmp", address)),
    }


def test_what_answers_is_named_and_ssh_on_25_is_no_mail(nets: ThreeNets) -> None:
    done = nets.mailproof("client", "ports", SERVER, "-p", "22,25,110,143,587")
    assert done.returncode == 1
    first, _, title, _, *rows = done.stdout.splitlines()
    assert first == f"{SERVER}: 5 of 5 ports are open"
    assert title == f"{SERVER}, from {CLIENT}"
    assert [row.split()[:3] for row in rows[:5]] == [
        ["22", "open", "SSH"],
        ["25", "open", "SSH"],
        ["110", "open", "POP3,"],
        ["143", "open", "IMAP,"],
        ["587", "open", "SMTP,"],
    ]
    assert "- SSH answers at port 25, where SMTP belongs." in rows
    assert nets.mailproof("client", "ports", SERVER, "-p", "22,587").returncode == 0
    assert nets.mailproof("client", "ports", SERVER, "-p", "465,587").returncode == 1
    assert nets.mailproof("client", "ports", SERVER, "-p", "400-600").returncode == 0


def test_two_runs_are_one_answer(nets: ThreeNets, tmp_path: Path) -> None:
    """The article's: once from outside, once on the server against localhost."""
    inside = tmp_path / "inside.json"
    run = nets.mailproof("server", "ports", "localhost", "-4", "-p", PORTS, "--timeout", "2s", "--format", "json")
    inside.write_text(run.stdout)
    beside = ("-p", PORTS, "--timeout", "2s", "--compare", str(inside))
    done = nets.mailproof("client", "ports", SERVER, *beside, "--format", "json")
    assert done.returncode == 1
    (host,) = json.loads(done.stdout)["compared"]
    assert (host["here"], host["there"]) == (SERVER, "localhost (127.0.0.1)")
    assert {port["port"]: (port["blocks"], port["why"]) for port in host["ports"]} == {
        **dict.fromkeys((22, 25, 110, 143, 587), ("nobody", "open")),
        **dict.fromkeys((465, 4190), ("host", "nothing-listens")),
        1001: ("host-or-network", "dropped"),
        1002: ("network", "router-rejects"),
        1003: ("network", "router-rejects"),
        1004: ("host", "loopback-only"),
        1011: ("host-or-network", "dropped"),
        1012: ("host", "host-rejects"),
        1013: ("host", "host-rejects"),
    }
    told = nets.mailproof("client", "ports", SERVER, *beside).stdout
    assert " ".join(told.split("\n\n")[0].split()) == (
        "Ports 1001, 1011: it listens, and the host's packet filter or the network between blocks; "
        "1002, 1003: the network between blocks; 1004, 1012, 1013: the host blocks"
    )
    assert f"The network between blocks: {ROUTER} rejects the packets" in " ".join(told.split())
    japanese = nets.mailproof("client", "--lang", "ja", "ports", SERVER, *beside).stdout
    assert "途中のネットワークが遮断しています" in japanese


def test_an_address_that_nobody_has_is_no_firewall(nets: ThreeNets) -> None:
    done = nets.mailproof("client", "ports", "192.0.2.77", "-p", "25", "--timeout", "10s")
    assert done.returncode == 1
    assert "ICMP host unreachable, from 192.0.2.2" in done.stdout
    assert "no machine answers for 192.0.2.77 in its network" in " ".join(done.stdout.split())


DIALLED_BY = """
import sys
from mailproof.model.failure import NetFailure
from mailproof.net.aio import AsyncioNet
from mailproof.net.sockets import SocketNet
from mailproof.probes.port import Place

async def dialled(net):
    try:
        await net.connect(Place(sys.argv[1], sys.argv[1], int(sys.argv[2])), net.now() + 5, purpose="test")
    except NetFailure as failure:
        return failure.trouble, failure.detail, failure.icmp

told = [net.run(dialled(net)) for net in (SocketNet(), AsyncioNet())]
assert told[0] == told[1], told
print(told[0][1])
"""


@pytest.mark.parametrize(("port", "words"), [(1002, "administratively prohibited"), (1003, "port unreachable")])
def test_both_drivers_say_who_it_was(nets: ThreeNets, port: int, words: str) -> None:
    done = nets.run("client", sys.executable, "-c", DIALLED_BY, SERVER, str(port))
    assert done.returncode == 0, done.stderr
    assert f"(ICMP from {ROUTER}: {words})" in done.stdout
