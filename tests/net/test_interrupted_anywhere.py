"""Ctrl-C comes between any two lines of the loop: it is raised, and every task still gets its `finally`."""

from __future__ import annotations

import gc
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from mailproof.net import loop, sockets
from mailproof.net.sockets import SocketNet

_WHERE = {loop.__file__, sockets.__file__}


class Place:
    """Implements `interface.Address`."""

    address, path, url = "127.0.0.1", None, "smtp://a.test"

    def __init__(self, port: int) -> None:
        self.port = port


class InterruptAt:
    """Raises KeyboardInterrupt, as the handler of SIGINT does, before the line that is the `number`-th to be run."""

    def __init__(self, number: int) -> None:
        self.number, self.seen, self.line = number, 0, ""

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in _WHERE or frame.f_code.co_name == "_cancel_all":
            return None
        if event == "line":
            self.seen += 1
            if self.seen == self.number:
                self.line = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                signal.raise_signal(signal.SIGINT)
        return self


@pytest.fixture
def peer() -> Iterator[int]:
    """Greets whoever comes, and says no more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    with listener.accept()[0] as connection:
                        connection.sendall(b"220 a\r\n")
                except ConnectionError:
                    pass
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def interrupted(number: int, port: int) -> tuple[InterruptAt, bool, dict[str, str]]:
    """Three tasks: one waits for a server, one for the time, one for the other two. What became of each."""
    net, ends = SocketNet(), {}

    async def talk() -> None:
        ends["talk"] = "begun"
        try:
            stream = await net.connect(Place(port), 60.0, purpose="test")
            await stream.read(60.0)
            await net.sleep(0)
            stream.close()
        finally:
            ends["talk"] = "ended"

    async def wait() -> None:
        ends["wait"] = "begun"
        try:
            await net.sleep(0.001)
            other.cancel()
        finally:
            ends["wait"] = "ended"

    async def cancelled() -> None:
        await net.sleep(60.0)

    async def both() -> None:
        ends["both"] = "begun"
        try:
            for task in (net.spawn(talk()), net.spawn(wait())):
                await task.wait()
        finally:
            ends["both"] = "ended"

    other = net.spawn(cancelled())
    at = InterruptAt(number)
    main = both()
    sys.settrace(at)
    try:
        net.run(main)
    except KeyboardInterrupt:
        return at, True, ends
    finally:
        sys.settrace(None)
    return at, False, ends


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore::ResourceWarning")
def test_ctrl_c_between_any_two_lines(peer: int) -> None:
    number, wrong = 0, []
    while True:
        number += 1
        at, raised, ends = interrupted(number, peer)
        if not at.line:
            break
        if not raised or "begun" in ends.values():
            wrong.append((at.line, raised, ends))
    # One between `socket()` and the line that would close it leaves that to the end of the process: here, to now.
    gc.collect()
    assert wrong == []
    assert number > 100
