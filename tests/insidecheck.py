"""`mailproof check` of a private real server, as a command, with the server's own evidence: its report in JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from labcheck import ALICE, BOB
from mailproof.lab.real.server import RealLab


def postfix_of(lab: RealLab) -> tuple[str, ...]:
    return ("--log", str(lab.mail_log), "--postfix-dir", str(lab.postfix_dir))


def dovecot_of(lab: RealLab) -> tuple[str, ...]:
    return ("--log", str(lab.dovecot_log), "--dovecot-conf", str(lab.dovecot_conf))


def checked(lab: RealLab, *arguments: str, password: str = "") -> dict[str, Any]:
    """URLs and options; `--password-env PW` is alice's own password or the one given, `PW2` is bob's."""
    command = (sys.executable, "-m", "mailproof", "check", *arguments, "--name", lab.name, "--format", "json")
    passwords = {"PW": password or lab.accounts[ALICE], "PW2": lab.accounts[BOB]}
    done = subprocess.run(
        (*command, "--ca-file", str(lab.ca_file)),
        env={"PATH": os.environ["PATH"], **passwords},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told
