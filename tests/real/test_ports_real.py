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
    found = {}
    for at_once in (True, False):
        ports = {
            real_lab.ports[scheme]: scheme
            for scheme, (_, tls) in SERVED.items()
            if at_once is (tls is TlsSeen.AT_ONCE)
        }
        # Ports for TLS say nothing in clear text, and are tried in TLS after this; all others do, sooner or later.
        plan = PortsPlan(("127.0.0.1",), tuple(ports), terms=PortTerms(patience=1.0 if at_once else 60.0))
        net = SocketNet()
        (host,) = net.run(scan(net, plan, datetime.now(UTC), address_towards)).hosts
        assert host.is_from_itself
        assert all(seen.state is PortState.OPEN for seen in host.ports)
        found |= {ports[seen.port]: (seen.service, seen.tls) for seen in host.ports}
    assert found == SERVED
