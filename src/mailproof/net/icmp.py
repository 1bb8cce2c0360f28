"""Who ended a connection that was not made: the kernel keeps the ICMP error, and the address it came from.

`connect` alone says no more than an errno: ECONNREFUSED is a RST, but also a REJECT of iptables, which answers with
"port unreachable" (nmap -sT takes it for closed). Linux 5.9 and later put the message itself into the error queue of
a TCP socket for anybody who asks (ip(7), IP_RECVERR; no privilege is needed); elsewhere the errno is all there is.
"""

from __future__ import annotations

import socket
import struct
import sys

from mailproof.model.icmp import Icmp

# Linux numbers (linux/in.h, linux/in6.h, linux/errqueue.h); Python's socket module has no names for them.
_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
_MSG_ERRQUEUE = 0x2000
_ORIGIN_ICMP, _ORIGIN_ICMP6 = 2, 3
# struct sock_extended_err: errno, origin, type, code, padding, information, data; the sender's sockaddr follows.
_EXTENDED = struct.Struct("=IBBBBII")


def keep_icmp(connection: socket.socket, wanted: bool = True) -> None:
    """Ask for the ICMP error, before dialling; give it up once the connection stands, for then it would end it."""
    if sys.platform != "linux" or connection.family not in _RECVERR:
        return
    try:
        connection.setsockopt(*_RECVERR[connection.family], int(wanted))
    except OSError:
        pass  # then the errno has to do


def icmp_of(connection: socket.socket) -> Icmp | None:
    """The error that ended the attempt; None where it was a RST, or where the kernel does not tell."""
    if sys.platform != "linux" or connection.family not in _RECVERR:
        return None
    try:
        _, notes, _, _ = connection.recvmsg(512, 512, _MSG_ERRQUEUE)
    except OSError:
        return None
    for level, kind, data in notes:
        if (level, kind) != _RECVERR[connection.family] or len(data) < _EXTENDED.size + 8:
            continue
        _, origin, type_, code, *_ = _EXTENDED.unpack_from(data)
        sockaddr = data[_EXTENDED.size :]
        if origin == _ORIGIN_ICMP:
            return Icmp(socket.inet_ntop(socket.AF_INET, sockaddr[4:8]), type_, code)
        if origin == _ORIGIN_ICMP6 and len(sockaddr) >= 24:
            return Icmp(socket.inet_ntop(socket.AF_INET6, sockaddr[8:24]), type_, code)
    return None
