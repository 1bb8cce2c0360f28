"""The embedded lab on real loopback sockets, for clients that are not ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from mailproof.lab.embedded.server import EmbeddedLab, LabSettings
from mailproof.net.sockets import SocketNet
from mailproof.script.authority import Authority


@contextmanager
def live(authority: Authority, settings: LabSettings) -> Iterator[EmbeddedLab]:
    """A lab that runs in a thread, as a driver belongs to one; ended when the block is left."""
    net = SocketNet()
    lab = EmbeddedLab(net, settings, authority, datetime.now(UTC))
    started, leave = threading.Event(), threading.Event()

    async def main() -> None:
        lab.start()
        started.set()
        while not leave.is_set():
            await net.sleep(0.02)
        lab.stop()

    thread = threading.Thread(target=net.run, args=(main(),), daemon=True)
    thread.start()
    try:
        assert started.wait(10)
        yield lab
    finally:
        leave.set()
        thread.join(10)
        assert not thread.is_alive()
