"""A real Exim, broken in one way: what its configuration says is the cause of what is seen from outside."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from brandlist import brands
from eximserver import EXIM
from unpacked import Brand, serving

from labcheck import ALICE, BOB

pytestmark = pytest.mark.real

_USED = "tls_advertise_hosts = *"
_AUTH = "auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}"
BROKEN = (
    ({_USED: "tls_advertise_hosts ="}, "tls-disabled", {"starttls-not-offered"}),
    ({"begin authenticators": "begin authenticators\n.ifdef NEVER", "  server_set_id = $auth2\n": "  x\n.endif\n"},
     "sasl-disabled", {"auth-not-offered"}),
    ({_AUTH: "auth_advertise_hosts ="}, "sasl-disabled", {"auth-not-offered"}),
    ({_AUTH: ""}, "login-in-clear-allowed", {"auth-offered-in-clear"}),
    ({"tls_certificate =": "#"}, "tls-no-certificate", {"certificate-self-signed"}),
    ({"/key.pem": "/none.pem"}, "certificate-file-missing", {"starttls-refused", "tls-handshake-failed"}),
    ({"domainlist local_domains = example.test": "domainlist local_domains = mail.example.test"},
     "domain-not-configured", {"own-domain-rejected", "recipient-rejected"}),
    ({"acl_smtp_rcpt = acl_rcpt": "acl_smtp_rcpt = acl_rcp"}, "exim-name-undefined",
     {"temporary-reject", "server-config-problem", "recipient-lookup-failed"}),
    ({"domains = +local_domains\n  require": "domains = +local_domain\n  require"}, "exim-name-undefined",
     {"temporary-reject", "server-config-problem", "recipient-lookup-failed"}),
)  # fmt: skip
"""What is changed, the cause that is named, and what of it is seen from outside: at least one."""


def report(lab: SimpleNamespace, *more: str) -> dict[str, Any]:
    arguments = [
        *more, *lab.urls.values(), "--name", lab.name, "--ca-file", str(lab.ca_file), "--user", ALICE,
        "--password-env", "PW", "--mailbox", BOB, "--exim-conf", str(lab.directory / "exim.conf"), "--format", "json",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "mailproof", "check", *arguments],
        env={"PATH": os.environ["PATH"], "PW": lab.accounts[ALICE]},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("brand", brands(EXIM))
def test_no_password_of_its_configuration_is_in_the_record(brand: Brand, tmp_path: Path) -> None:
    kept = tmp_path / "record.json"
    with serving(brand) as lab:
        conf = lab.directory / "exim.conf"
        assert lab.accounts[ALICE] in conf.read_text("utf-8")
        told = report(lab, "--record", str(kept), "-v")
    text = kept.read_text("utf-8")
    texts = b"".join(base64.b64decode(data) for data in re.findall(r'"data": "([^"]+)"', text)).decode()
    assert "server_condition" in texts
    assert lab.accounts[ALICE] not in texts + text + json.dumps(told)


@pytest.mark.parametrize("brand", brands(EXIM))
def test_a_sound_one_has_no_fault_inside_either(brand: Brand) -> None:
    with serving(brand) as lab:
        told = report(lab)
    assert (told["verdict"], told["causes"]) == ("pass", [])
    assert {"exim-config-readable", "exim-relay-protected", "exim-logins-offered"} <= {
        item["name"] for item in told["passed"]
    }


@pytest.mark.parametrize(
    ("changes", "cause", "seen"), BROKEN, ids=[f"{n}-{cause}" for n, (_, cause, _) in enumerate(BROKEN)]
)
@pytest.mark.parametrize("brand", brands(EXIM))
def test_the_cause_is_named(brand: Brand, changes: dict[str, str], cause: str, seen: set[str]) -> None:
    with serving(brand, changes=changes) as lab:
        told = report(lab)
        path = str(lab.directory / "exim.conf")
    named = {item["name"]: item for item in told["findings"]}
    assert cause in {item["name"] for item in told["causes"]}, [item["name"] for item in told["causes"]]
    assert any(piece["where"].startswith(path) for piece in named[cause]["evidence"])
    found = seen & named.keys()
    assert found, sorted(named)
    assert all(cause in named[name]["explained_by"] for name in found)
    others = {item["name"] for item in told["causes"] if item["severity"] == "fail"}
    assert others <= {cause}, others
