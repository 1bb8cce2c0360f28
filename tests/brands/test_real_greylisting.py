"""`greylist probe` at a real Postfix: with Postgrey, with a policy service of ours, and with what is no greylist."""

from __future__ import annotations

import json
import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from milterservers import POSTGREY
from unpacked import serving

from mailproof.lab.articles.greylist import Greylist
from mailproof.lab.embedded.thread import in_thread
from mailproof.lab.real.server import RealLab
from mailproof.net.sockets import SocketNet

pytestmark = pytest.mark.real
ALICE = "alice@example.test"


def probe(lab: RealLab, *words: str) -> tuple[int, dict]:
    command = [sys.executable, "-m", "mailproof", "greylist", "probe", lab.urls["smtp"], "--rcpt", ALICE]
    command += ["--pause", "0.5s", "--every", "1s", "--within", "90s", "--no-verify", "--format", "json", *words]
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=150)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@contextmanager
def asking(port: int, **main: str) -> Iterator[RealLab]:
    """A Postfix that asks a policy service at RCPT."""
    policy = f"reject_unauth_destination, check_policy_service inet:127.0.0.1:{port}"
    with RealLab(main={"smtpd_recipient_restrictions": policy, **main}) as lab:
        yield lab


def test_postgrey_is_proved_and_named():
    if not POSTGREY.runs():
        pytest.skip("Postgrey is not unpacked here (tools/fetch-server-brands.sh)")
    with serving(POSTGREY) as policy, asking(policy.ports["policy"]) as lab:
        code, told = probe(lab)
        assert (code, told["verdict"], told["product"]) == (0, "proved", "Postgrey"), told
        assert told["after"] < 4 <= told["within"] + 1
        assert [each["look"] for each in told["tries"]][:3] == ["first", "again", "other"]
        assert not lab.messages(ALICE)


def test_a_policy_service_in_the_words_of_milter_greylist():
    net = SocketNet()
    server = []

    def start() -> int:
        server.append(net.listen(Greylist(net, 3.0).serve))
        return server[0].port

    with in_thread(net, start, lambda: server[0].close()) as port, asking(port) as lab:
        code, told = probe(lab)
        assert (code, told["verdict"], told["product"], told["stated"]) == (0, "proved", "milter-greylist", 3), told


@pytest.mark.parametrize(
    ("main", "kind"),
    [
        ({"queue_minfree": "900000000000000"}, "queue-disk-full"),
        (
            {"smtpd_client_restrictions": "check_client_access static:{554 5.7.1 blocked using bl.example.org}"},
            "client-blocklisted",
        ),
        ({"virtual_mailbox_maps": "texthash:/nonexistent/table"}, "recipient-lookup-failed"),
    ],
)
def test_what_is_no_greylist_is_named_and_left_alone(main, kind):
    with RealLab(main=main) as lab:
        code, told = probe(lab)
        assert (code, told["verdict"], told["kind"]) == (1, "another-cause", kind), told
        assert len(told["tries"]) == 1


def test_a_rate_limit_is_no_greylist():
    limits = {"smtpd_client_message_rate_limit": "1", "smtpd_client_event_limit_exceptions": ""}
    with RealLab(main=limits) as lab:
        with smtplib.SMTP("127.0.0.1", lab.ports["smtp"], timeout=30) as client:
            client.ehlo("client.test")
            assert client.mail("a@example.com")[0] == 250
        code, told = probe(lab)
        assert (code, told["verdict"], told["kind"]) == (1, "another-cause", "limited"), told


def test_a_server_without_a_greylist(real_lab):
    code, told = probe(real_lab)
    assert (code, told["verdict"]) == (0, "not"), told
