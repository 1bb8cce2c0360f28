"""Run in a namespace by `threenets`: `greeter.py ADDRESS PORT=GREETING…`; ends when its standard input does."""

from __future__ import annotations

import selectors
import socket
import sys


def main() -> None:
    address, *words = sys.argv[1:]
    selector = selectors.DefaultSelector()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for word in words:
        port, _, greeting = word.partition("=")
        dual = family == socket.AF_INET6 and address == "::"
        listener = socket.create_server((address, int(port)), family=family, dualstack_ipv6=dual)
        selector.register(listener, selectors.EVENT_READ, greeting.encode())
    selector.register(sys.stdin, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                return
            if isinstance(key.data, bytes) and isinstance(key.fileobj, socket.socket):
                try:
                    connection, _ = key.fileobj.accept()
                    connection.sendall(key.data + b"\r\n")
                except OSError:  # a scanner that resets what it has opened is gone before the line is out
                    continue
                selector.register(connection, selectors.EVENT_READ, connection)
            elif isinstance(key.data, socket.socket):
                try:
                    going_on = key.data.recv(4096)
                except OSError:
                    going_on = b""
                if not going_on:
                    selector.unregister(key.data)
                    key.data.close()


if __name__ == "__main__":
    main()
