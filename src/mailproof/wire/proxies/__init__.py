"""Proxies that carry any TCP connection: SOCKS5 and HTTP's CONNECT, both roles."""
