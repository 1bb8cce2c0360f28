"""`mailproof ports` as users start it: the first line, JSON that reads back, exit codes, bad input."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from running import CLEAN, Peer, mailproof, sentence_of, serving, smtp

from loopback import closed_port
from mailproof.lab.real.ports import listening_ports
from mailproof.model.port import HostSeen, PortSeen, PortsResult, PortState, Teller
from mailproof.report.ports import render_ports


@pytest.fixture
def closed() -> Iterator[int]:
    with closed_port() as number:
        yield number


def chunks(terminal: int) -> Iterator[str]:
    """What was written to it, until nobody has its other end."""
    with os.fdopen(terminal, "rb", 0) as file:
        try:
            while data := file.read(1 << 16):
                yield data.decode()
        except OSError:  # EIO
            return


def test_open_and_closed_ports_of_two_addresses(closed: int) -> None:
    with serving(partial(smtp, offers=("STARTTLS",))) as server:
        done = mailproof("ports", "127.0.0.1", "127.0.0.2", "-p", f"{server.port},{closed}")
        assert done.returncode == 1
        assert done.stdout.splitlines()[0] == "2 hosts: 1 of 4 ports is open"
        assert f"{server.port}  " in done.stdout
        assert "SMTP, STARTTLS offered" in done.stdout
        assert "RST: nothing listens" in done.stdout
        alone = mailproof("ports", "127.0.0.1", "-p", str(server.port))
        assert (alone.returncode, alone.stdout.splitlines()[0]) == (0, f"127.0.0.1: port {server.port} is open")
        alone = mailproof("ports", "127.0.0.1", "-p", str(closed))
        assert (alone.returncode, alone.stdout.splitlines()[0]) == (1, f"127.0.0.1: port {closed} is not open")
    assert b"QUIT" in server.heard()


def test_what_it_says_cannot_reach_the_terminal() -> None:
    def hostile(peer: Peer) -> None:
        peer.say("220 \x1b]0;owned\x07 ESMTP\r\n")
        peer.hear()

    with serving(hostile) as server:
        done = mailproof("ports", "127.0.0.1", "-p", str(server.port), "--color", "always", "--timeout", "60s")
    assert "\x1b]" not in done.stdout
    assert r"\x1b]0;owned\x07" in done.stdout


def test_the_json_is_the_same_in_both_languages_and_reads_back(closed: int, tmp_path: Path) -> None:
    kept = tmp_path / "there.json"
    results = []
    for lang in ("en", "ja"):
        done = mailproof("--lang", lang, "ports", "127.0.0.1", "-p", str(closed), "--format", "json")
        assert done.returncode == 1
        result = json.loads(done.stdout)
        assert result.keys() == {"mailproof", "started", "seconds", "hosts", "schema"}
        for varying in ("started", "seconds"):
            del result[varying]
        del result["hosts"][0]["ports"][0]["seconds"]
        results.append(result)
        kept.write_text(done.stdout)
    assert results[0] == results[1]
    compared = mailproof("ports", "127.0.0.1", "-p", str(closed), "--compare", str(kept))
    assert compared.returncode == 0
    assert "nothing listens there" in compared.stdout


def test_a_closed_port_of_tls_is_told_from_one_of_clear_text() -> None:
    ports = tuple(PortSeen(port, PortState.CLOSED, Teller.RST, 0.0) for port in (25, 465, 993, 8443))
    host = HostSeen("127.0.0.1", "127.0.0.1", "loopback", "127.0.0.1", ports)
    result = PortsResult("0", datetime(2026, 11, 29, tzinfo=UTC), 0.0, (host,))
    rows = {line.split()[0]: line for line in render_ports(result, None, "en", False, 100).splitlines() if line}
    assert "(SMTP, TLS at once)" in rows["465"] and "(IMAP, TLS at once)" in rows["993"]
    assert "(SMTP) " in rows["25"] and "(" not in rows["8443"].partition("RST")[0]


@pytest.mark.usefixtures("own_resolver")
def test_a_name_without_an_address_could_not_be_told() -> None:
    done = mailproof("ports", "no-such-host.invalid")
    assert done.returncode == 3
    assert done.stdout.startswith("No address was found for no-such-host.invalid\n")


def test_a_long_list_counts_what_is_not_open() -> None:
    with serving(smtp, host="127.0.0.41") as server:  # where no other test has a server that it would ask
        low = server.port - 40
        done = mailproof("ports", "127.0.0.41", "-p", f"{low}-{low + 60}", "--rate", "1000", "--timeout", "20s")
    assert "not listed: " in done.stdout
    assert f"\n{server.port}" in done.stdout
    everything = mailproof("ports", "127.0.0.1", "-p", "1-60", "--rate", "1000", "-v")
    rows = [(int(port), rest) for port, rest in re.findall(r"^([0-9]+) +(.*)", everything.stdout, re.MULTILINE)]
    assert [port for port, _ in rows] == list(range(1, 61))
    # Who listens at another address of the machine, as a resolver does at 127.0.0.53, does not listen here.
    assert {port for port, rest in rows if "RST" in rest} >= set(range(1, 61)) - listening_ports()


def test_progress_is_for_a_terminal_only() -> None:
    outside, inside = pty.openpty()
    command = [sys.executable, "-m", "mailproof", "ports", "127.0.0.1", "-p", "1-30", "--rate", "100"]
    env = {**CLEAN, "TERM": "xterm", "COLUMNS": "80"}
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=inside, timeout=60, check=False)
    os.close(inside)
    shown = "".join(chunks(outside))
    assert "[########################] 30 of 30 ports" in shown
    assert shown.endswith("\r\x1b[K")
    assert b"of 30 ports\x1b" not in done.stdout
    assert mailproof("ports", "127.0.0.1", "-p", "1-3").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "name a HOST"),
        (("smtp://mail.example.test",), "ports takes names and addresses of hosts"),
        (("mail.example.test:25",), "ports takes names and addresses of hosts"),
        (("a b",), "ports takes names and addresses of hosts"),
        (("127.0.0.1", "-p", "smtp"), "-p takes ports from 1 to 65535"),
        (("127.0.0.1", "-p", "0-5"), "-p takes ports from 1 to 65535"),
        (("127.0.0.1", "--compare", "@/none"), "cannot read @/none: No such file"),
        (("127.0.0.1", "--compare", "@/text"), "@/text is no result of mailproof ports"),
        (("127.0.0.1", "--timeout", "soon"), "--timeout: soon is no time"),
        (("127.0.0.1", "--source", "x"), "--source takes an IP address"),
        (("127.0.0.1", "--user", "alice"), "there is no option --user"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence(arguments: tuple[str, ...], complaint: str, tmp_path: Path) -> None:
    (tmp_path / "text").write_text('{"some": "JSON"}')
    done = mailproof("ports", *(word.replace("@/", f"{tmp_path}/") for word in arguments))
    assert done.returncode == 2
    assert complaint.replace("@/", f"{tmp_path}/") in sentence_of(done)


def test_a_masked_result_names_nobody() -> None:
    with serving(smtp) as server:
        arguments = ("ports", "localhost", "-4", "-p", str(server.port), "--mask")
        text, data = mailproof(*arguments).stdout, mailproof(*arguments, "--format", "json").stdout
    assert "mail.example.test" not in text + data
    assert "ESMTP" in text and "ESMTP" in data
