"""The ports of a broken server are its own: of two runs beside each other neither spoils the other."""

from __future__ import annotations

import socket

from broken_servers import PORTS, claimed_base


def test_two_runs_have_no_port_in_common() -> None:
    with claimed_base() as one, claimed_base() as other:
        assert not {one + port for port in PORTS.values()} & {other + port for port in PORTS.values()}


def test_a_base_with_a_port_that_is_taken_is_passed_by() -> None:
    with claimed_base() as base:
        pass
    with socket.create_server(("127.0.0.1", base + PORTS["imaps"])), claimed_base() as other:
        assert other != base


def test_a_server_may_listen_where_it_is_claimed() -> None:
    with claimed_base() as base, socket.create_server(("127.0.0.1", base + PORTS["smtp"])) as server:
        assert server.getsockname()[1] == base + PORTS["smtp"]
