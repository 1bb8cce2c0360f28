"""A greylist as a policy service of Postfix (SMTPD_POLICY_README, RFC 6647)."""

from __future__ import annotations

from collections import OrderedDict
from math import ceil

from mailproof.model.failure import NetFailure
from mailproof.net.interface import Net, ServerStream

# Postfix's smtpd_policy_service_timeout, seconds; and more than all attributes of a request take (line_length_limit).
_PATIENCE = 100.0
_LONGEST = 64 * 1024
# Triplets that are remembered.
_MOST = 10_000


class Greylist:
    """Serves `check_policy_service inet:HOST:PORT`: who comes for the first time is put off."""

    def __init__(self, net: Net, delay: float) -> None:
        self._net = net
        self._delay = delay
        self._first: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    async def serve(self, stream: ServerStream) -> None:
        """One connection, on which Postfix asks again and again. It ends it, or is silent too long."""
        held = b""
        try:
            while data := await stream.read(self._net.now() + _PATIENCE, keep=False):
                held += data
                while (end := held.find(b"\n\n")) >= 0:
                    request, held = held[:end], held[end + 2 :]
                    answer = f"action={self.action(request)}\n\n"
                    await stream.write(answer.encode(), self._net.now() + _PATIENCE, keep=False)
                if len(held) > _LONGEST:
                    return
        except NetFailure:
            pass

    def action(self, request: bytes) -> str:
        """What is said to a request, which is lines of `name=value`."""
        pairs = (line.partition("=") for line in request.decode("utf-8", "replace").splitlines())
        asked = {name: value.lower() for name, _, value in pairs}
        triplet = (asked.get("client_address", ""), asked.get("sender", ""), asked.get("recipient", ""))
        now = self._net.now()
        first = self._first.setdefault(triplet, now)
        while len(self._first) > _MOST:
            self._first.popitem(last=False)
        left = self._delay - (now - first)
        if left <= 0:
            return "DUNNO"
        return f"451 4.7.1 {come_back(left)}"


def come_back(seconds: float) -> str:
    """In the words of milter-greylist, as in the article."""
    minutes, rest = divmod(max(1, ceil(seconds)), 60)
    return f"Greylisting in action, please come back in {minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"
