"""How ssh is called: with the user's configuration, and what it makes of a destination."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mailproof.host.ssh.destination import read_destination
from mailproof.host.ssh.program import Dialled, dialled, environment_for, ssh_program
from mailproof.model.secret import Secrets

pytestmark = pytest.mark.skipif(shutil.which("ssh") is None, reason="needs ssh")

CONFIG = """
Host mx
  HostName mail.example.com
Host inner
  HostName 10.0.0.5
  ProxyJump gate.example.com
Host tunnel
  ProxyCommand none
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mx", Dialled("mail.example.com", through=False)),
        ("ssh://alice@mx:2222", Dialled("mail.example.com", through=False)),
        ("inner", Dialled("10.0.0.5", through=True)),
        ("tunnel", Dialled("tunnel", through=False)),
        ("192.0.2.25", Dialled("192.0.2.25", through=False)),
    ],
)
def test_what_ssh_makes_of_a_destination(tmp_path: Path, text: str, found: Dialled) -> None:
    (tmp_path / "config").write_text(CONFIG)
    program = ssh_program(5.0, asks=False)
    assert program is not None
    assert dialled((*program, "-F", str(tmp_path / "config")), read_destination(text), os.environ) == found


def test_where_ssh_does_not_tell(tmp_path: Path) -> None:
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\nprintf '\\377\\000 x\\nhostname\\n'; exit 1\n")
    program.chmod(0o755)
    assert dialled((str(program),), read_destination("mx"), os.environ) == Dialled("", through=False)
    assert dialled((str(tmp_path / "none"),), read_destination("mx"), os.environ) == Dialled("", through=False)


def test_host_keys_are_checked_as_the_user_has_it() -> None:
    for asks in (False, True):
        program = ssh_program(0.2, asks=asks)
        assert program is not None
        assert "StrictHostKeyChecking" not in " ".join(program)
        assert ("BatchMode=yes" in program, "BatchMode=no" in program) == (not asks, asks)
        assert {"-a", "-x", "-T", "ClearAllForwardings=yes", "ControlMaster=no", "ConnectTimeout=1"} <= set(program)


def test_no_variable_with_a_password_goes_to_ssh() -> None:
    environ = {"HOME": "/root", "PW": "looking-glass-1871", "URL": "x:looking-glass-1871@y", "SSH_AUTH_SOCK": "/s"}
    assert set(environment_for(environ, Secrets(["looking-glass-1871"]))) == {"HOME", "SSH_AUTH_SOCK"}
