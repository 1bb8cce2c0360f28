"""The dial: a connection to the endpoint itself or through a proxy, with a PROXY header before anything else."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.model.attempt import Job, Step, Trouble
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Endpoint
from mailproof.model.failure import NetFailure
from mailproof.model.proxy import Proxy
from mailproof.model.transcript import Transcript, Turn, TurnKind
from mailproof.net.interface import Net
from mailproof.probes.speech import Ended, Event, Speech
from mailproof.probes.terms import Terms
from mailproof.wire.proxy_protocol import Proxied, compose


class Dialled(Speech[Event]):
    """Methods raise Ended once the connection is of no use any more."""

    def __init__(self, net: Net, endpoint: Endpoint, terms: Terms, job: Job, secrets: Sequence[str] = ()) -> None:
        super().__init__(net, endpoint, terms, job)
        self.client = ""
        """The address that the server takes us for: our own, a proxy's, or that of a PROXY header or XCLIENT; empty
        for a Unix socket, and where only the proxy knows."""
        self._secrets = (*terms.secrets, *secrets)
        self._began = 0
        """Bytes received before the protocol: a proxy's answers."""

    async def connect_plainly(self) -> None:
        """Dial, through the proxy if there is one, and nothing more."""
        started = self.net.now()
        self._ends = started + self.terms.session_timeout
        where = self.endpoint.path or _place(self.endpoint)
        if self.terms.proxy is None or self.endpoint.path is not None:
            await self._dial(where, started)
        else:
            await self._dig(self.terms.proxy, where, started)
        self.took(Step.CONNECT, started)
        if self.terms.proxy_protocol:
            await self._introduce(self.net.now() + self.terms.connect_timeout)

    async def _dial(self, where: str, started: float) -> None:
        deadline = started + self.terms.connect_timeout
        try:
            self.stream = await self.net.connect(
                self.endpoint, deadline, purpose=self.job, secrets=self._secrets, source=self.terms.source
            )
        except NetFailure as failure:
            words = failure.detail or {Trouble.TIMEOUT: "no answer"}.get(failure.trouble, str(failure.trouble))
            self._not_connected(f"connect to {where}: {words}", started)
            seconds = self.net.now() - started
            self.saw(Connection(where, seconds, trouble=failure.trouble, detail=failure.detail, turns=(0,)))
            self.took(Step.CONNECT, started, failure)
            raise Ended from failure
        event = self.stream.event(
            f"connected to {where}" + (f" from {self.stream.local}" if self.stream.local else "")
        )
        self.client = self.stream.local.rpartition(":")[0].strip("[]")
        self.saw(Connection(where, self.net.now() - started, self.stream.local, turns=(event,)))

    async def _dig(self, proxy: Proxy, where: str, started: float) -> None:
        """The same through a proxy. Only where it says so there is a connection, or the server's refusal of one."""
        from mailproof.probes.tunnel import dig  # few need it, and all would wait for it

        tunnel = await dig(self.net, self.endpoint, proxy, self.terms, self.job, self._secrets, where)
        asked, failure, self.stream = tunnel.asked, tunnel.failure, tunnel.stream
        if self.stream is None:
            self._not_connected(f"connect to the proxy {proxy.url}: {asked.words}", started)
            asked = msgspec.structs.replace(asked, turns=(0,))
        self.saw(asked)
        made = Connection(
            where,
            self.net.now() - started,
            self.stream.local if self.stream else "",
            failure.trouble if failure else None,
            failure.detail if failure else "",
            asked.turns[-1:],
            proxy.url,
            tunnel.asked.outer,
        )
        self.saw(made)
        if failure is not None:
            self.took(Step.CONNECT, started, failure)
            self.close()
            raise Ended from failure
        self.client = made.client
        self._reader = self.new_reader(tunnel.size)
        self._began = tunnel.size

    def _not_connected(self, sentence: str, started: float) -> None:
        turn = Turn(TurnKind.EVENT, started, f"{sentence} (after {self.net.now() - started:.1f} s)")
        self.unconnected = Transcript(self.endpoint.url, self.endpoint.address, self.job, (turn,))

    async def _introduce(self, deadline: float) -> None:
        """The PROXY header, before anything else. It is never answered: what becomes of it shows in what follows."""
        host, _, port = self.the_stream.local.rpartition(":")
        proxied = None
        if self.endpoint.path is None:
            source = self.terms.proxied_source or host.strip("[]")
            self.client = self.terms.proxied_source or self.client
            proxied = Proxied(source, int(port), self.endpoint.address, self.endpoint.port)
        try:
            await self.the_stream.write(compose(self.terms.proxy_protocol, proxied), deadline)
        except NetFailure as failure:
            self.lost(Step.CONNECT, "PROXY", failure, self.net.now())
            raise Ended from failure


def _place(endpoint: Endpoint) -> str:
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return f"{host}:{endpoint.port}"
