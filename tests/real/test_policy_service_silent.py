"""A real Postfix whose policy service takes the connection and never answers: the log has no line of it yet."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from insidecheck import checked, postfix_of
from labcheck import BOB
from mailproof.lab.real.server import RealLab

pytestmark = [pytest.mark.real, pytest.mark.long]


def reading(listener: socket.socket, taken: ExitStack) -> None:
    """Takes and reads what comes, until the listener is closed."""
    while True:
        try:
            connection = taken.enter_context(listener.accept()[0])
        except OSError:
            return
        Thread(target=connection.recv, args=(4096,), daemon=True).start()


def answering(listener: socket.socket, taken: ExitStack) -> None:
    """Has nothing against anybody."""

    def answer(connection: socket.socket) -> None:
        while connection.recv(4096).endswith(b"\n\n"):
            connection.sendall(b"action=DUNNO\n\n")

    while True:
        try:
            connection = taken.enter_context(listener.accept()[0])
        except OSError:
            return
        Thread(target=answer, args=(connection,), daemon=True).start()


def rcpt_tried(lab: RealLab) -> dict[str, Any]:
    return checked(lab, lab.urls["smtp"], "--mailbox", BOB, "--here", "--timeout", "12s", *postfix_of(lab))


def test_a_service_that_was_started_after_postfix_is_no_finding(real_lab_with: Callable[..., RealLab]) -> None:
    with ExitStack() as open_:
        listener = open_.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        service = f"inet:127.0.0.1:{listener.getsockname()[1]}"
        lab = real_lab_with(main={"smtpd_recipient_restrictions": f"check_policy_service {service}"})
        told = rcpt_tried(lab)  # nobody listens there yet
        assert [cause["name"] for cause in told["causes"]] == ["policy-service-down"]
        listener.listen()
        Thread(target=answering, args=(listener, open_), daemon=True).start()
        told = rcpt_tried(lab)
        listener.shutdown(socket.SHUT_RDWR)
    assert "problem talking to server" in lab.mail_log.read_text("utf-8")
    assert "policy-service-down" not in {finding["name"] for finding in told["findings"]}
    assert told["causes"] == []


@pytest.mark.parametrize("kind", ["read", "not taken", "not taken, at a path"])
def test_who_keeps_rcpt_without_an_answer(real_lab_with: Callable[..., RealLab], tmp_path: Path, kind: str) -> None:
    at_path = kind.endswith("path")
    with ExitStack() as open_:
        listener = open_.enter_context(socket.socket(socket.AF_UNIX if at_path else socket.AF_INET))
        if at_path:
            # Postfix's own user has to come to it.
            for each in (tmp_path, *tmp_path.parents):
                if each.stat().st_mode & 0o001 == 0:
                    each.chmod(each.stat().st_mode | 0o011)
            listener.bind(str(tmp_path / "policy"))
            (tmp_path / "policy").chmod(0o666)
            service = f"unix:{tmp_path / 'policy'}"
        else:
            listener.bind(("127.0.0.1", 0))
            service = f"inet:127.0.0.1:{listener.getsockname()[1]}"
        listener.listen()
        if kind == "read":
            Thread(target=reading, args=(listener, open_), daemon=True).start()
        lab = real_lab_with(main={"smtpd_recipient_restrictions": f"check_policy_service {service}"})
        told = rcpt_tried(lab)
        listener.shutdown(socket.SHUT_RDWR)
    (cause,) = told["causes"]
    assert (cause["name"], cause["params"]["service"]) == ("policy-service-down", service.partition(":")[2])
    assert {piece["kind"] for piece in cause["evidence"]} == {"config", "socket", "turn"}
    (silent,) = (finding for finding in told["findings"] if finding["name"] == "no-reply")
    assert silent["explained_by"] == ["policy-service-down"]
