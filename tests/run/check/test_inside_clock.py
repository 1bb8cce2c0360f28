"""Whose clock a log was written by is asked only of the machine that the targets are on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from configurations import MemoryHost, a_file
from mailproof.model.machine import Clock, MachineSeen
from mailproof.model.record import Asked
from mailproof.model.server_log import LogRead
from mailproof.net.sockets import SocketNet
from mailproof.probes.terms import Terms
from mailproof.run.check.examine import Plan
from mailproof.run.check.inside import Inside, examine_inside
from mailproof.run.endpoints import Wanted
from mailproof.run.targets import parse_target

LOG = "/var/log/mail.log"


class Asking(MemoryHost):
    def __init__(self) -> None:
        super().__init__({LOG: a_file(LOG, b"")})
        self.asked = 0

    def clock(self) -> Clock | None:
        self.asked += 1
        return Clock(210.0, 0)


@pytest.mark.parametrize("machine", [False, True])
def test_a_log_that_was_named_alone_can_be_of_any_machine(machine: bool) -> None:
    plan = Plan((parse_target("smtp://127.0.0.1:1"),), Wanted(), Terms(timeout=10.0), Asked())
    host, net = Asking(), SocketNet()
    record = net.run(examine_inside(net, host, plan, datetime.now(UTC), Inside(logs=(LOG,), machine=machine)))
    assert host.asked == machine
    assert [each.fact.files for each in record.seen(LogRead)] == [(LOG,)]
    assert [each.fact.clock for each in record.seen(MachineSeen)] == ([Clock(210.0, 0)] if machine else [])
