"""`run.hand.ports` on the private Postfix and Dovecot: what answers at each port, and that nobody is left hanging."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailproof.lab.real.server import RealLab
from mailproof.model.port import PortState, Service, TlsSeen
from mailproof.net.route import address_towards
from mailproof.net.sockets import SocketNet
from mailproof.probes.port import PortTerms
from mailproof.run.hand.ports import PortsPlan, scan

pytestmark = pytest.mark.real

SERVED = {
    "smtp": (Service.SMTP, TlsSeen.UPGRADE),
    "submission": (Service.SMTP, TlsSeen.UPGRADE),
    "submissions": (Service.SMTP, TlsSeen.AT_ONCE),
    "pop3": (Service.POP3, TlsSeen.UPGRADE),
    "pop3s": (Service.POP3, TlsSeen.AT_ONCE),
    "imap": (Service.IMAP, TlsSeen.UPGRADE),
    "imaps": (Service.IMAP, TlsSeen.AT_ONCE),
    "sieve": (Service.SIEVE, TlsSeen.UPGRADE),
}


def test_every_service_is_known_at_a_port_that_says_nothing_of_it(real_lab: RealLab) -> None:
    ports = {real_lab.ports[scheme]: scheme for scheme in SERVED}
    # Ports for TLS say nothing in clear text; they are tried in TLS after this.
    plan = PortsPlan(("127.0.0.1",), tuple(ports), terms=PortTerms(patience=1.0))
    net = SocketNet()
    result = net.run(scan(net, plan, datetime.now(UTC), address_towards))
    (host,) = result.hosts
    assert host.is_from_itself
    assert {ports[seen.port]: (seen.service, seen.tls) for seen in host.ports} == SERVED
    assert all(seen.state is PortState.OPEN for seen in host.ports)
