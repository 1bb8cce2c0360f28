"""A relay on loopback that makes a server as far away as one in another town: what goes in comes out so much later.

    python tools/distance.py PORT MILLISECONDS

prints the port that it listens on, and relays until it is ended. The handshake of TCP itself is not delayed: no relay
can do that.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Each piece after its time; two pieces on the way do not wait for one another."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def arrive(data: bytes) -> None:
        if data:
            writer.write(data)
        elif not ended.done():
            ended.set_result(None)

    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            loop.call_later(seconds, arrive, data)
    loop.call_later(seconds, arrive, b"")
    await ended
    with contextlib.suppress(OSError):
        writer.close()


async def relay(port: int, seconds: float) -> None:
    """Relay to `port` of 127.0.0.1, `seconds` each way. Runs until it is cancelled."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_carry(reader, there[1], seconds), _carry(there[0], writer, seconds))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(relay(int(sys.argv[1]), float(sys.argv[2]) / 1000))
