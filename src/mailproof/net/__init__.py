"""Sockets, TLS, DNS, time and recording: with `host`, the only rooms that touch the outside world.

`interface` says what probes may await. `stream` is written once over the three verbs of a transport; the drivers
are `sockets` (selectors, one thread), `memory` (virtual time, for tests) and `aio` (asyncio).
"""
