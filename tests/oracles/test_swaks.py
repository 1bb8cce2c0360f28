"""`swaks --quit-after AUTH` is let in with the mechanisms and passwords with which a check is, and with no others."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

from labcheck import ALICE, check, facts
from mailproof.lab.real.server import RealLab
from mailproof.model.authentication import LoginTried

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("swaks") is None, reason="needs swaks"),
]

LOGIN_REFUSED = 28
"""swaks(1), EXIT CODES."""


def perl_has(module: str) -> bool:
    return subprocess.run(["perl", f"-M{module}", "-e1"], capture_output=True, check=False).returncode == 0


needs_digest = pytest.mark.skipif(
    shutil.which("perl") is None or not perl_has("Authen::SASL::Perl::DIGEST_MD5"), reason="needs libdigest-hmac-perl"
)
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", pytest.param("DIGEST-MD5", marks=needs_digest))
"""Those of the lab that swaks knows."""


def swaks(lab: RealLab, scheme: str, user: str, password: str, *auth: str) -> tuple[int, str]:
    """Exit code and transcript of a session that ends after the login."""
    command = [
        *("swaks", "--server", f"127.0.0.1:{lab.ports[scheme]}", "--quit-after", "AUTH", "--timeout", "60"),
        *(("--tls-on-connect",) if scheme == "submissions" else ("--tls",)),
        *("--tls-verify", "--tls-ca-path", str(lab.ca_file), "--tls-sni", lab.name),
        *("--auth", *auth, "--auth-user", user, "--auth-password", password, "--from", ALICE, "--to", ALICE),
    ]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    return run.returncode, run.stdout + run.stderr


@pytest.mark.parametrize("right", [True, False], ids=["right password", "wrong password"])
@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("scheme", ["submission", "submissions"])
def test_each_mechanism(real_lab: RealLab, scheme: str, mechanism: str, right: bool) -> None:
    password = real_lab.accounts[ALICE] if right else "not-the-password"
    ours, *_ = facts(check(real_lab, scheme, password=password, mechanism=mechanism), LoginTried)
    code, said = swaks(real_lab, scheme, ALICE, password, mechanism)
    assert ours.mechanism == mechanism
    assert ours.accepted is right
    assert code == (0 if right else LOGIN_REFUSED), said
    assert ours.reply is not None
    assert f"{ours.reply.code} {ours.reply.enhanced} " in said


def test_an_account_that_does_not_exist(real_lab: RealLab) -> None:
    (ours,) = facts(check(real_lab, "submission", user="nobody@example.test", password="any-at-all"), LoginTried)
    assert not ours.accepted
    assert swaks(real_lab, "submission", "nobody@example.test", "any-at-all", "PLAIN")[0] == LOGIN_REFUSED


def test_a_server_without_login(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(master={"submission": {"smtpd_sasl_auth_enable": None}})
    assert facts(check(lab, "submission"), LoginTried) == []
    code, said = swaks(lab, "submission", ALICE, lab.accounts[ALICE], "PLAIN")
    assert code == LOGIN_REFUSED, said
