"""A name server on loopback, over UDP and TCP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset

from loopback import on_one_port

Zone = dict[tuple[str, str], list[str]]
"""By name, with the dot at its end, and type: the records as in a zone file."""
Change = Callable[[dns.message.Message], list[bytes]]


def answered(query: dns.message.Message, zone: Zone, *, tcp: bool) -> dns.message.Message:
    answer = dns.message.make_response(query)
    question = query.question[0]
    records = zone.get((question.name.to_text().lower(), question.rdtype.name))
    if records is None:
        if not any(name == question.name.to_text().lower() for name, _ in zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
    elif len(records) > 100 and not tcp:
        answer.flags |= dns.flags.TC
    else:
        answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", question.rdtype, records))
    return answer


@contextmanager
def name_server(
    zone: Zone, change: Change | None = None, asked: list[str] | None = None
) -> Iterator[tuple[str, int]]:
    """Answers over UDP and TCP on one port until the end of the block; `change` makes what UDP sends instead.

    `asked` is filled with the questions over UDP: `TXT example.com.`.
    """
    udp, tcp = on_one_port()
    tcp.listen()

    def serve_udp() -> None:
        while True:
            data, peer = udp.recvfrom(4096)
            if not data:
                return
            query = dns.message.from_wire(data)
            if asked is not None:
                asked.append(f"{query.question[0].rdtype.name} {query.question[0].name}")
            for packet in change(query) if change else [answered(query, zone, tcp=False).to_wire()]:
                udp.sendto(packet, peer)

    def serve_tcp() -> None:
        while True:
            connection, _ = tcp.accept()
            with connection:
                head = connection.recv(2)
                if not head:
                    return
                query = dns.message.from_wire(connection.recv(int.from_bytes(head, "big")))
                wire = answered(query, zone, tcp=True).to_wire(max_size=65535)
                connection.sendall(len(wire).to_bytes(2, "big") + wire)

    threads = [threading.Thread(target=serve) for serve in (serve_udp, serve_tcp)]
    for thread in threads:
        thread.start()
    try:
        yield udp.getsockname()
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"", udp.getsockname())
        socket.create_connection(tcp.getsockname()).close()
        for thread in threads:
            thread.join()
        udp.close()
        tcp.close()
