"""The addresses of a machine out of what ip and ifconfig print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.parse.machine.addresses import addresses

IP = """\
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever
2: eth0    inet 192.0.2.25/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet 192.0.2.25/24 scope global secondary eth0:1\\       valid_lft forever preferred_lft forever
2: eth0    inet6 2001:DB8::25/64 scope global \\       valid_lft forever preferred_lft forever
3: tun0    inet 10.8.0.2 peer 10.8.0.1/32 scope global tun0
"""
LINUX = """\
eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 192.0.2.25  netmask 255.255.255.0  broadcast 192.0.2.255
        inet6 2001:db8::25  prefixlen 64  scopeid 0x0<global>
        inet 10.8.0.2  netmask 255.255.255.255  destination 10.8.0.1
"""
OLD = """\
eth0      Link encap:Ethernet  HWaddr 00:00:5e:00:53:01
          inet addr:192.0.2.25  Bcast:192.0.2.255  Mask:255.255.255.0
          inet6 addr: 2001:db8::25/64 Scope:Global
          inet addr:10.8.0.2  P-t-P:10.8.0.1  Mask:255.255.255.255
"""
BSD = """\
em0: flags=8863<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> metric 0 mtu 1500
\tinet 192.0.2.25 netmask 0xffffff00 broadcast 192.0.2.255
\tinet6 2001:db8::25 prefixlen 64
\tinet 10.8.0.2 --> 10.8.0.1 netmask 0xffffffff
lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> metric 0 mtu 16384
\tinet6 ::1 prefixlen 128
\tinet 127.0.0.1 netmask 0xff000000
"""


@pytest.mark.parametrize("printed", [IP, LINUX, OLD, BSD])
def test_every_way_to_print_them(printed: str) -> None:
    assert list(addresses(printed)) == ["192.0.2.25", "2001:db8::25", "10.8.0.2"]


def test_of_a_scope_the_address_stays() -> None:
    assert list(addresses("inet6 fe80::1%lo0 prefixlen 64 scopeid 0x1")) == ["fe80::1"]


@given(st.text() | st.from_regex(r"(inet6? (addr:)?[0-9a-f.:/%]{0,60}\n){0,5}"))
def test_any_text_has_addresses_or_none(text: str) -> None:
    assert len(list(addresses(text))) == len(set(addresses(text)))
