"""Answers each line of standard input with whether a connection to the address and port in it is made."""

from __future__ import annotations

import socket
import sys

for line in sys.stdin:
    address, port = line.split()
    with socket.socket() as client:
        client.settimeout(0.3)
        print(int(client.connect_ex((address, int(port))) == 0), flush=True)
