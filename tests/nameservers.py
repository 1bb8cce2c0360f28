"""Name servers on loopback at port 53, where resolv.conf leads, and a resolv.conf of the tests' own."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset

Answering = Callable[[dns.message.Message], dns.message.Message | None]
"""What a name server says; None for nothing."""
_CLONE_NEWNS = 0x00020000


def sound(query: dns.message.Message) -> dns.message.Message:
    """As a resolver without any way out would, if it knew the root: other names do not exist."""
    answer = dns.message.make_response(query)
    question = query.question[0]
    known = {
        (".", "NS"): "a.root-servers.net.",
        ("a.root-servers.net.", "A"): "127.0.0.1",
        ("1.0.0.127.in-addr.arpa.", "PTR"): "localhost.",
    }
    found = known.get((question.name.to_text().lower(), question.rdtype.name))
    if found is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    else:
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", question.rdtype, found))
    return answer


def failing(query: dns.message.Message) -> dns.message.Message:
    answer = dns.message.make_response(query)
    answer.set_rcode(dns.rcode.SERVFAIL)
    return answer


def dead(query: dns.message.Message) -> None:
    """It hears and says nothing."""


@contextmanager
def name_server(answering: Answering, port: int = 53) -> Iterator[str]:
    """Its address, which nobody else has; UDP alone. A port below 1024 is for root."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((_free_address(udp, port), port))

        def serve() -> None:
            while (heard := udp.recvfrom(4096))[0]:
                said = answering(dns.message.from_wire(heard[0]))
                if said is not None:
                    udp.sendto(said.to_wire(), heard[1])

        thread = threading.Thread(target=serve)
        thread.start()
        address, port = udp.getsockname()
        try:
            yield address
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
                stop.sendto(b"", (address, port))
            thread.join()


def _free_address(udp: socket.socket, port: int) -> str:
    """One of 127.54.0.0/16, by the number of this process, so that several runs do not meet."""
    for number in range(os.getpid(), os.getpid() + 1000):
        address = f"127.54.{number >> 8 & 255}.{number & 255}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
            try:
                tried.bind((address, port))
            except OSError as error:
                if isinstance(error, PermissionError):
                    raise
                continue
        return address
    raise OSError("every address is taken")


class OwnResolver:
    """What /etc/resolv.conf says to this process, and to those that it starts from now on."""

    def __init__(self, file: Path, server: str) -> None:
        self._file, self._server = file, server
        self.sound()

    def sound(self) -> None:
        self.says(f"nameserver {self._server}\n")

    def says(self, text: str) -> None:
        self._file.write_text(text, "utf-8")

    @contextmanager
    def saying(self, text: str) -> Iterator[None]:
        """Until the end of the block."""
        self.says(text)
        try:
            yield
        finally:
            self.sound()


@contextmanager
def own_resolv_conf(file: Path) -> Iterator[OwnResolver | None]:
    """A sound name server, and a view of the file system in which resolv.conf names it; None where there can be none.

    The view lasts as long as the process, and nobody else has it.
    """
    if os.getuid() != 0 or ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS) != 0:
        yield None
        return
    file.write_text("", "utf-8")
    file.chmod(0o644)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "--bind", file, "/etc/resolv.conf"], check=True)
    with name_server(sound) as server:
        yield OwnResolver(file, server)
    subprocess.run(["umount", "/etc/resolv.conf"], check=True)
