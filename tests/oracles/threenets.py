"""A client, a router and a server in network namespaces of their own, with packet filters of nft; for tests as root.

client 192.0.2.2 -- 192.0.2.1 router 198.51.100.1 -- 198.51.100.2 server      (and the same in 2001:db8::/32)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CLIENT, ROUTER, SERVER = "192.0.2.2", "192.0.2.1", "198.51.100.2"
SERVER6, ROUTER6 = "2001:db8:2::2", "2001:db8:1::1"
LACKS = [tool for tool in ("ip", "nft", "sysctl") if shutil.which(tool) is None] + (["root"] if os.geteuid() else [])

_GREETER = Path(__file__).parent / "greeter.py"


class ThreeNets:
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def run(self, where: str, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """In one of `client`, `router`, `server`; does not raise for an exit code."""
        whole = ["ip", "netns", "exec", self._names[where], *command]
        return subprocess.run(whole, capture_output=True, text=True, input=given, check=False, timeout=120)

    def mailproof(self, where: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(where, sys.executable, "-m", "mailproof", *arguments)

    def filter(self, where: str, hook: str, *rules: str) -> None:
        """nft rules of one chain, in place of those before."""
        body = "\n".join(rules)
        table = f"table inet f {{\n chain c {{\n type filter hook {hook} priority 0\n {body}\n }}\n}}\n"
        done = self.run(where, "nft", "-f", "-", given=f"table inet f\ndelete table inet f\n{table}")
        assert done.returncode == 0, done.stderr

    @contextmanager
    def greeting(self, greetings: Mapping[int, str], address: str = "::") -> Iterator[None]:
        """Servers in the namespace `server`, which say a line to whoever comes, and listen."""
        words = [f"{port}={text}" for port, text in greetings.items()]
        command = ["ip", "netns", "exec", self._names["server"], sys.executable, str(_GREETER), address, *words]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            try:
                yield
            finally:
                assert process.stdin is not None
                process.stdin.close()  # which ends it
                process.wait(30)

    @contextmanager
    def asking(self, where: str, script: Path) -> Iterator[Callable[[str], str]]:
        """A script that answers each line with a line, while the block runs."""
        command = ["ip", "netns", "exec", self._names[where], sys.executable, str(script)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            given, said = process.stdin, process.stdout
            assert given is not None
            assert said is not None

            def ask(line: str) -> str:
                given.write(f"{line}\n")
                given.flush()
                return said.readline().strip()

            try:
                yield ask
            finally:
                given.close()  # which ends it
                process.wait(30)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def three_nets() -> Iterator[ThreeNets]:
    names = {each: f"mailproof-{each}-{os.getpid()}" for each in ("client", "router", "server")}
    for name in names.values():
        _ip("netns", "add", name)
    try:
        for number, end in ((1, "client"), (2, "server")):
            router = names["router"]
            _ip(
                "-n",
                router,
                "link",
                "add",
                "name",
                f"to{end}",
                "type",
                "veth",
                "peer",
                "name",
                "e0",
                "netns",
                names[end],
            )
            net4, net6 = ("192.0.2", "2001:db8:1:") if number == 1 else ("198.51.100", "2001:db8:2:")
            for where, device, last in ((router, f"to{end}", 1), (names[end], "e0", 2)):
                _ip("-n", where, "addr", "add", f"{net4}.{last}/24", "dev", device)
                _ip("-n", where, "addr", "add", f"{net6}:{last}/64", "dev", device, "nodad")
                _ip("-n", where, "link", "set", "dev", device, "up")
                _ip("-n", where, "link", "set", "dev", "lo", "up")
            _ip("-n", names[end], "route", "add", "default", "via", f"{net4}.1")
            _ip("-n", names[end], "-6", "route", "add", "default", "via", f"{net6}:1")
        nets = ThreeNets(names)
        nets.run("router", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        for where in ("router", "server"):  # else some ICMP errors are left out, and what a scanner sees is chance
            nets.run(where, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
        yield nets
    finally:
        for name in names.values():
            _ip("netns", "del", name)
