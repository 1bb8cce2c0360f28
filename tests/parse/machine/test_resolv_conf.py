"""resolv.conf and nsswitch.conf as the system's resolver takes them."""

from __future__ import annotations

import pytest

from mailproof.parse.machine.resolv_conf import ResolvConf, hosts_from, read_resolv_conf

LOCAL = ("127.0.0.1",)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (b"", ResolvConf(LOCAL, False)),
        (b"# nameserver 192.0.2.1\n; nameserver 192.0.2.2\nnameserver mx.test\n", ResolvConf(LOCAL, False)),
        (b"nameserver 192.0.2.1\r\nnameserver\t2001:db8::1 # x\n", ResolvConf(("192.0.2.1", "2001:db8::1"), True)),
        (b"nameserver fe80::1%eth0\n", ResolvConf(("fe80::1%eth0",), True)),
        # The fourth is never asked.
        (
            b"".join(b"nameserver 192.0.2.%d\n" % number for number in range(1, 6)),
            ResolvConf(("192.0.2.1", "192.0.2.2", "192.0.2.3"), True),
        ),
        (
            b"domain a.test\nsearch b.test c.test\noptions timeout:1 attempts:4 rotate\n",
            ResolvConf(LOCAL, False, 1, 4, True, ("b.test", "c.test")),
        ),
        (b"options timeout:99999999999 attempts:0\noptions timeout:x", ResolvConf(LOCAL, False, 30, 1)),
        (b"\xff\x00nameserver\nnameserver \xff\noptions\n", ResolvConf(LOCAL, False)),
    ],
)
def test_it_is_read_as_the_system_does(text: bytes, read: ResolvConf) -> None:
    assert read_resolv_conf(text) == read


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        (b"passwd: files\nhosts:  files mymachines resolve [!UNAVAIL=return] dns\n", "files mymachines resolve dns"),
        (b"hosts: files # dns\n", "files"),
        (b"hosts: files [NOTFOUND=return", "files"),
        (b"\xff\n", "dns files"),
    ],
)
def test_the_sources_of_host_names(text: bytes, sources: str) -> None:
    assert list(hosts_from(text)) == sources.split()
