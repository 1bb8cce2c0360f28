"""Ports of the private server that other programs have: a web server, and smtp-sink of Postfix."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from labcheck import check, reported
from mailproof.lab.real.ports import listening_ports
from mailproof.lab.real.server import RealLab

pytestmark = pytest.mark.real

Lab = Callable[..., RealLab]
SINK = Path("/usr/sbin/smtp-sink")


def test_a_web_server_on_port_25(real_lab_with: Lab) -> None:
    lab = real_lab_with(master={"smtp": None}, wait_for=("submission",))
    with ThreadingHTTPServer(("127.0.0.1", lab.ports["smtp"]), BaseHTTPRequestHandler) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        try:
            report = reported(check(lab, "smtp", "submission", timeout=10.0))
        finally:
            web.shutdown()
            thread.join()
    for t in report.transcripts:
        print(t)
    assert [(cause.name, cause.params["program"]) for cause in report.causes] == [
        ("port-taken-by-another-program", "HTTP")
    ]


@pytest.mark.skipif(not SINK.exists(), reason="needs smtp-sink of Postfix")
def test_another_smtp_daemon_beside_postfix(real_lab_with: Lab) -> None:
    lab = real_lab_with(master={"smtp": None}, wait_for=("submission", "submissions"))
    port = lab.ports["smtp"]
    with subprocess.Popen([SINK, "-u", "nobody", "-h", "other-daemon", f"inet:127.0.0.1:{port}", "10"]) as sink:
        try:
            lab.wait_until(lambda: port in listening_ports(), "smtp-sink")
            report = reported(check(lab, "smtp", "submission", "submissions"))
        finally:
            sink.terminate()
    found = {item.name: item for item in report.findings}["port-taken-by-another-program"]
    assert (found.endpoints, found.params["seen"]) == ((lab.urls["smtp"],), "beside")
    assert "other-daemon" in str(found.params["greeting"])
