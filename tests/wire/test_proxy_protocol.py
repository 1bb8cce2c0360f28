from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.wire.proxy_protocol import SIGNATURE, Header, Proxied, compose, read

FOUR = Proxied("203.0.113.7", 40000, "192.0.2.25", 25)
SIX = Proxied("2001:db8::7", 40000, "2001:db8::25", 993)


@pytest.mark.parametrize(
    ("version", "proxied", "data"),
    [
        (1, FOUR, b"PROXY TCP4 203.0.113.7 192.0.2.25 40000 25\r\n"),
        (1, SIX, b"PROXY TCP6 2001:db8::7 2001:db8::25 40000 993\r\n"),
        (1, None, b"PROXY UNKNOWN\r\n"),
        (2, FOUR, SIGNATURE + b"\x21\x11\0\x0c" + bytes([203, 0, 113, 7, 192, 0, 2, 25, 0x9C, 0x40, 0, 25])),
        (2, None, SIGNATURE + b"\x20\0\0\0"),
    ],
)
def test_a_header(version, proxied, data):
    assert compose(version, proxied) == data
    assert read(data) == Header(len(data), proxied)
    assert read(data + b"220 mx") == Header(len(data), proxied)
    assert all(read(data[:length]) is None for length in range(len(data)))


def test_addresses_of_two_families_go_as_ipv6():
    header = read(compose(2, Proxied("203.0.113.7", 1, "2001:db8::25", 2)))
    assert ip_address(header.proxied.source) == ip_address("::ffff:203.0.113.7")
    assert header.proxied.destination == "2001:db8::25"


@pytest.mark.parametrize(
    "data",
    [
        b"EHLO me\r\n",
        b"\x16\x03\x01\0",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 70000 25\r\n",
        b"PROXY TCP4 ::1 ::1 1 2\r\n",
        b"PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n",
        b"PROXY " + b"x" * 200,
        SIGNATURE + b"\x31\x11\0\x0c",
        SIGNATURE + b"\x21\x11\xff\xff",
        SIGNATURE + b"\x21\x21\0\x04abcd",
    ],
)
def test_what_is_no_header_says_why(data):
    assert read(data).problem


@pytest.mark.parametrize("proxied", [Proxied("mx.test", 1, "192.0.2.1", 2), Proxied("192.0.2.1", 70000, "::1", 2)])
def test_what_is_no_address_is_not_composed(proxied):
    with pytest.raises(ValueError):
        compose(1, proxied)


addresses = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)
ports = st.integers(0, 65535)


@given(st.sampled_from([1, 2]), addresses, ports, addresses, ports)
def test_what_a_proxy_composes_a_server_reads(version, source, source_port, destination, destination_port):
    data = compose(version, Proxied(source, source_port, destination, destination_port))
    header = read(data)
    assert (header.problem, header.length) == ("", len(data))
    assert header.proxied.source_port == source_port


@given(st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11"]), st.binary(max_size=300))
def test_any_bytes_give_a_header_or_a_reason(start, rest):
    data = start + rest
    header = read(data)
    assert header is None or header.length <= len(data)
    for length in range(len(data)):  # what was decided stays decided, whatever comes after
        if (early := read(data[:length])) is not None:
            assert early == header
            break
