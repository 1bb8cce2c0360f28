"""The private Postfix and Dovecot: they serve, they can be broken in one way, and they leave no trace."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest

from mailproof.catalog.words import LANGUAGES, words
from mailproof.lab.real.ports import ClaimedPorts, listening_ports
from mailproof.lab.real.private import Lack, RealLabError
from mailproof.lab.real.processes import Daemon, end, session_members
from mailproof.lab.real.server import RealLab
from mailproof.script.authority import CertificateKind

GREETINGS = {
    "smtp": b"220 mail.example.test ",
    "submission": b"220 mail.example.test ",
    "submissions": b"220 mail.example.test ",
    "pop3": b"+OK ",
    "pop3s": b"+OK ",
    "imap": b"* OK ",
    "imaps": b"* OK ",
    "sieve": b'"IMPLEMENTATION" ',
    "lmtp": b"220 mail.example.test ",
}


def processes_below(directory: Path) -> list[str]:
    """Commands of all processes that name the directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes()
        except OSError:
            continue
        if bytes(directory) in command:
            found.append(command.decode())
    return found


def greeting(lab: RealLab, scheme: str) -> bytes:
    """The first bytes that a client is sent, through verified TLS where the scheme begins with it."""
    if scheme == "lmtp":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(60)
        connection.connect(str(lab.lmtp_socket))
    else:
        connection = socket.create_connection(("127.0.0.1", lab.ports[scheme]), timeout=60)
    if scheme in ("submissions", "pop3s", "imaps"):
        context = ssl.create_default_context(cafile=str(lab.ca_file))
        connection = context.wrap_socket(connection, server_hostname=lab.name)
    with connection:
        return connection.recv(1000)


def said(lab: RealLab, *commands: str, source: str = "127.0.0.1", scheme: str = "smtp") -> list[str]:
    """First lines of the answers to commands that are sent one by one after the greeting."""
    answers = []
    address = ("127.0.0.1", lab.ports[scheme])
    with socket.create_connection(address, timeout=60, source_address=(source, 0)) as connection:
        file = connection.makefile("rwb")
        with file:
            file.readline()
            for command in commands:
                file.write(command.encode() + b"\r\n")
                file.flush()
                line = first = file.readline()
                while line[3:4] == b"-":
                    line = file.readline()
                answers.append(first.decode().strip())
    return answers


@pytest.mark.real
@pytest.mark.parametrize("scheme", GREETINGS)
def test_every_service_answers(real_lab: RealLab, scheme: str) -> None:
    assert scheme in real_lab.urls
    assert greeting(real_lab, scheme).startswith(GREETINGS[scheme])


@pytest.mark.real
@pytest.mark.skipif(shutil.which("swaks") is None, reason="needs swaks")
def test_a_message_that_swaks_submits_with_a_login_lands_in_the_mailbox(
    real_lab_with: Callable[..., RealLab],
) -> None:
    lab = real_lab_with()
    swaks = [
        *("swaks", "--server", "127.0.0.1", "--port", str(lab.ports["submission"]), "--tls", "--auth", "PLAIN"),
        *("--auth-user", "alice@example.test", "--auth-password", lab.accounts["alice@example.test"]),
        *("--from", "alice@example.test", "--to", "bob@example.test", "--body", "hello bob", "--timeout", "60"),
    ]
    run = subprocess.run(swaks, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout
    (message,) = lab.wait_until(lambda: lab.messages("bob@example.test"), "message for bob")
    assert "hello bob" in message.read_text()
    lab.wait_until(lambda: "status=sent" in lab.mail_log.read_text(), "delivery in the log")


@pytest.mark.real
def test_this_machine_is_an_outsider_that_may_not_relay(real_lab: RealLab) -> None:
    refused, own = said(
        real_lab, "EHLO a.test", "MAIL FROM:<>", "RCPT TO:<x@example.com>", "RCPT TO:<bob@example.test>"
    )[2:]
    assert refused.startswith("554 5.7.1 ") and "Relay access denied" in refused
    assert own.startswith("250 ")


@pytest.mark.real
def test_submission_wants_tls_first(real_lab: RealLab) -> None:
    assert said(real_lab, "EHLO a.test", "MAIL FROM:<>", scheme="submission")[1].startswith("530 5.7.0 ")


@pytest.mark.real
def test_xclient_is_for_the_address_that_may(real_lab: RealLab) -> None:
    assert said(real_lab, "EHLO a.test", "XCLIENT ADDR=203.0.113.7", source="127.0.0.200")[1].startswith("220 ")
    assert said(real_lab, "EHLO a.test", "XCLIENT ADDR=203.0.113.7")[1].startswith("550 ")


@pytest.mark.real
def test_all_mechanisms_are_offered_inside_tls(real_lab: RealLab) -> None:
    context = ssl.create_default_context(cafile=str(real_lab.ca_file))
    address = ("127.0.0.1", real_lab.ports["imaps"])
    with (
        socket.create_connection(address, timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=real_lab.name) as connection,
    ):
        capability = connection.recv(2000).decode()
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"):
        assert f"AUTH={mechanism}" in capability


@pytest.mark.real
def test_nothing_is_left_of_it() -> None:
    with RealLab() as lab:
        directory, ports = lab.directory, set(lab.ports.values())
        assert ports <= listening_ports()
        assert processes_below(directory)
        sessions = [daemon.pid for daemon in lab._daemons]
        greeting(lab, "smtp")
    assert not directory.exists()
    assert not processes_below(directory)
    assert not any(session_members(leader) for leader in sessions)
    assert not ports & listening_ports()
    lab.stop()


@pytest.mark.real
def test_stopping_twice_leaves_other_labs_alone(real_lab: RealLab) -> None:
    with RealLab() as lab:
        pass
    lab.stop()
    assert greeting(real_lab, "smtp").startswith(GREETINGS["smtp"])


@pytest.mark.real
def test_nothing_is_left_when_the_start_fails_half_way() -> None:
    lab = RealLab(dovecot="service broken {\n")
    with pytest.raises(RealLabError, match=r"real-lab-daemon-ended: (?s:.*)dovecot\.conf"):
        lab.start()
    with pytest.raises(RuntimeError, match="not started"):
        _ = lab.directory
    lab = RealLab(dovecot_replace={"no such text": ""})
    with pytest.raises(ValueError, match="no such text"):
        lab.start()


@pytest.mark.real
def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import os, signal\n"
        "from mailproof.lab.real.server import RealLab\n"
        "with RealLab() as lab:\n"
        "    print(lab.directory, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    signal.pause()\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert "KeyboardInterrupt" in run.stderr
    directory = Path(run.stdout.strip())
    assert directory.name.startswith("mailproof-")
    assert not directory.exists()
    assert not processes_below(directory)


@pytest.mark.real
def test_one_parameter_of_main_cf_can_be_broken(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(main={"smtpd_tls_security_level": "none"})
    assert said(lab, "EHLO a.test", "STARTTLS")[1].startswith("502 5.5.1 ")


@pytest.mark.real
def test_one_option_of_master_cf_can_be_broken(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(master={"submissions": {"smtpd_tls_wrappermode": None}})
    with socket.create_connection(("127.0.0.1", lab.ports["submissions"]), timeout=60) as connection:
        assert connection.recv(1000).startswith(b"220 ")


@pytest.mark.real
def test_a_service_can_be_taken_away_and_is_then_not_waited_for(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(master={"submission": None})
    assert lab.ports["submission"] not in listening_ports()
    assert greeting(lab, "smtp").startswith(b"220 ")


@pytest.mark.real
def test_all_lines_of_master_cf_are_in_the_hands_of_the_caller(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(
        master=lambda lines: [msgspec.structs.replace(s, chroot="y") for s in lines], wait_for=("smtp",)
    )
    assert "smtpd" in (lab.postfix_dir / "master.cf").read_text()


@pytest.mark.real
def test_a_server_that_is_not_meant_to_start_may_fail(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(master=lambda lines: [*lines, "submissions inet n - y"], wait_for=("imap",))
    assert "bad field count" in lab.check_postfix()
    assert greeting(lab, "imap").startswith(b"* OK ")
    assert lab.ports["smtp"] not in listening_ports()


@pytest.mark.real
def test_each_server_can_present_a_broken_certificate(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(dovecot_certificate=CertificateKind.EXPIRED)
    assert greeting(lab, "submissions").startswith(b"220 ")
    with pytest.raises(ssl.SSLCertVerificationError, match="has expired"):
        greeting(lab, "imaps")


def test_a_claimed_port_can_be_listened_on_but_not_chosen_again() -> None:
    with ClaimedPorts(("first", "second")) as claimed:
        port = claimed.numbers["first"]
        assert port != claimed.numbers["second"]
        assert port not in listening_ports()
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        with socket.create_server(("127.0.0.1", port)):
            assert port in listening_ports()


def test_what_a_daemon_leaves_in_its_session_ends_with_it(tmp_path: Path) -> None:
    # The leader ends at once and leaves a child that does not listen to SIGTERM.
    daemon = Daemon(
        ["/bin/sh", "-c", "trap '' TERM; sleep 600 & exit 3"], {"PATH": os.environ["PATH"]}, tmp_path / "out"
    )
    end([daemon], str(tmp_path))
    assert not session_members(daemon.pid)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(get_type_hints(Lack)["kind"]))
def test_what_is_missing_has_words(kind: str, lang: str) -> None:
    assert "postfix" in words(lang)(f"lacks.{kind}", name="postfix") or kind in ("linux", "root")
