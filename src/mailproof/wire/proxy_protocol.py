"""The PROXY protocol, versions 1 and 2: what a proxy says first, of whom it connects for.

The specification is HAProxy's `doc/proxy-protocol.txt`; Postfix reads it with
`smtpd_upstream_proxy_protocol = haproxy` (postconf(5)), Dovecot with `haproxy = yes` in an `inet_listener`.
"""

from __future__ import annotations

import ipaddress
import re

import msgspec

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
"""Of version 2 (section 2.2): no mail protocol takes it for a command."""
_LONGEST_LINE = 107
"""Of version 1, line end included (section 2.1)."""
_LONGEST_BLOCK = 2048
"""Bytes after the head of version 2 that are waited for: addresses take 36, the rest are TLVs; the field could say
64 kB."""
_TCP4, _TCP6 = 0x11, 0x21
_LINE = re.compile(rb"PROXY (?:(UNKNOWN)[^\r\n]*|TCP([46]) (\S+) (\S+) ([0-9]{1,5}) ([0-9]{1,5}))\r\n\Z")


class Proxied(msgspec.Struct, frozen=True):
    """One connection as the proxy saw it."""

    source: str
    source_port: int
    destination: str
    destination_port: int


class Header(msgspec.Struct, frozen=True):
    """What was read."""

    length: int
    """Bytes that belong to it; the protocol begins after them."""
    proxied: Proxied | None = None
    """None for UNKNOWN and LOCAL: the proxy speaks for itself."""
    problem: str = ""
    """Why it is no header; empty if it is one."""


def compose(version: int, proxied: Proxied | None) -> bytes:
    """The header of a connection; without one `PROXY UNKNOWN`, and LOCAL in version 2.

    Addresses of different families go as IPv6, the other one mapped (RFC 4291 section 2.5.5.2). Raises ValueError
    for what is no address, no port, or no version.
    """
    if version not in (1, 2):
        raise ValueError(f"there is no version {version} of the PROXY protocol")
    if proxied is None:
        return b"PROXY UNKNOWN\r\n" if version == 1 else SIGNATURE + b"\x20\0\0\0"
    source, destination = ipaddress.ip_address(proxied.source), ipaddress.ip_address(proxied.destination)
    ports = (proxied.source_port, proxied.destination_port)
    if not all(0 <= port < 1 << 16 for port in ports):
        raise ValueError(f"no ports: {ports}")
    if source.version != destination.version:
        source, destination = _mapped(source), _mapped(destination)
    if version == 1:
        return f"PROXY TCP{source.version} {source} {destination} {ports[0]} {ports[1]}\r\n"[:_LONGEST_LINE].encode()
    block = source.packed + destination.packed + b"".join(port.to_bytes(2, "big") for port in ports)
    family = _TCP4 if source.version == 4 else _TCP6
    return SIGNATURE + bytes([0x21, family]) + len(block).to_bytes(2, "big") + block


def read(data: bytes) -> Header | None:
    """The header that `data` begins with; None as long as more bytes may make it one."""
    if data.startswith((SIGNATURE, SIGNATURE[: len(data)])):
        return _read_block(data)
    if data.startswith((b"PROXY", b"PROXY"[: len(data)])):
        return _read_line(data)
    return Header(0, problem="no PROXY header")


def _read_line(data: bytes) -> Header | None:
    end = data.find(b"\n", 0, _LONGEST_LINE)
    if end < 0:
        return Header(0, problem="a line without end") if len(data) >= _LONGEST_LINE else None
    match = _LINE.match(data[: end + 1])
    if match is None:
        return Header(end + 1, problem="a line that is none of version 1")
    if match[1]:
        return Header(end + 1)
    try:
        kind = ipaddress.IPv4Address if match[2] == b"4" else ipaddress.IPv6Address
        source, destination = (str(kind(text.decode("ascii"))) for text in (match[3], match[4]))
    except ValueError:
        return Header(end + 1, problem="no addresses")
    ports = int(match[5]), int(match[6])
    if max(ports) >= 1 << 16:
        return Header(end + 1, problem="no ports")
    return Header(end + 1, Proxied(source, ports[0], destination, ports[1]))


def _read_block(data: bytes) -> Header | None:
    start = len(SIGNATURE) + 4
    if len(data) < start:
        return None
    command, family = data[len(SIGNATURE)], data[len(SIGNATURE) + 1]
    end = start + int.from_bytes(data[start - 2 : start], "big")
    if command not in (0x20, 0x21):
        return Header(0, problem="no command of version 2")
    if end - start > _LONGEST_BLOCK:
        return Header(0, problem=f"{end - start} bytes announced")
    if len(data) < end:
        return None
    width = {_TCP4: 4, _TCP6: 16}.get(family, 0)
    if command == 0x20 or not width:
        return Header(end)
    if end - start < 2 * width + 4:
        return Header(end, problem="too short for its addresses")
    block = data[start:]
    source, destination = (str(ipaddress.ip_address(block[at : at + width])) for at in (0, width))
    ports = [int.from_bytes(block[at : at + 2], "big") for at in (2 * width, 2 * width + 2)]
    return Header(end, Proxied(source, ports[0], destination, ports[1]))


def _mapped(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv6Address:
    return ipaddress.IPv6Address(f"::ffff:{address}") if address.version == 4 else ipaddress.IPv6Address(address)
