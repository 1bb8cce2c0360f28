"""The broken servers of the corpus whose fault lies in their files, linted: each is named; the sound are sound."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from broken_servers import CORPUS

from configurations import linted
from mailproof.diagnose.judge import Judgement
from mailproof.host.here import Here
from mailproof.model.finding import Severity
from mailproof.run.lint import read_configurations

LAB = CORPUS / "lab"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not LAB.is_dir(), reason="the corpus of broken servers is not beside the project"),
    # The corpus' own program leaves the closing of files to Python.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(os.geteuid() != 0, reason="the corpus gives its files to the users of the servers"),
]

NAMED = {
    "alias-loop": "alias-loop",
    "domain-in-two-classes": "domain-in-two-classes",
    "dov-config-error": "dovecot-config-broken",
    "dov-protocols-no-pop3": "dovecot-protocol-disabled",
    "header-canonical-not-local": "header-not-rewritten",
    "header-checks-file-missing": "header-checks-file-missing",
    # The socket is missing because LMTP is not among the protocols, and that is said.
    "lmtp-down-deferred": "dovecot-protocol-disabled",
    "master-chroot-y": "sasl-outside-chroot",
    "net-mute": "service-disabled",
    "net-never-accepts": "service-disabled",
    "net-postfix-not-running": "postfix-config-broken",
    "net-refused-service-disabled": "service-disabled",
    "pcre-missing": "lookup-table-type-missing",
    "rcpt-map-not-postmapped": "lookup-table-not-built",
    "relay-bare-permit-fatal": "relay-restrictions-missing",
    "relay-open-mynetworks": "open-relay-by-mynetworks",
    "sasl-cram-hashed": "password-store-incompatible",
    "sasl-not-enabled": "sasl-disabled",
    "sasl-socket-path-wrong": "sasl-socket-missing",
    "sasl-users-file-unreadable": "credentials-lookup-failed",
    "sdr-overridden-by-default-transport": "sender-route-overridden",
    "size-virtual-mailbox-limit": "mailbox-limit-below-message-limit",
    "tls-1.0-only": "tls-version-obsolete",
    "tls-1.3-only": "tls-version-too-new-only",
    "tls-465-no-wrappermode": "tls-wrappermode-missing",
    "tls-cert-expired": "certificate-expired",
    "tls-cert-file-missing": "certificate-file-missing",
    "tls-data-dir-perm": "data-directory-not-writable",
    "tls-key-perm-dovecot": "dovecot-key-not-a-file",
    "tls-missing-intermediate": "certificate-chain-incomplete",
    "tls-no-cert": "tls-no-certificate",
    "tls-selfsigned": "certificate-self-signed",
    "tls-sha1-signature": "certificate-signature-weak",
    "tls-starttls-not-offered": "tls-disabled",
    "tls-tlsmgr-cache-path": "tlsmgr-cache-missing",
    "tls-weak-key-dovecot": "certificate-key-weak",
    "tls-wrappermode-global": "tls-wrappermode-misplaced",
    "tls-wrong-host": "certificate-name-mismatch",
}
"""By case. Of all others the fault is in a client, a network, a message, or in what a daemon does."""
_AFTER_THE_START = ("sasl-users-file-unreadable",)
"""Cases that change their files only then; of the others that is what a daemon or a client does."""
SOUND = ("base", "dov-ssl-required", "header-canonical-envelope", "sdr-relayhost-ok", "greylist", "quota-full",
         "rcpt-unknown", "relay-defer-unauth", "sasl-auth-only-after-tls", "sieve-syntax-error")  # fmt: skip


@pytest.fixture(scope="module")
def lab() -> Iterator[tuple[ModuleType, dict[str, Any]]]:
    """The corpus' own program, and its cases; certificates are made once."""
    cache = tempfile.mkdtemp(prefix="mailproof-lab-")
    os.environ["LAB_CACHE"] = cache
    sys.path.insert(0, str(LAB))
    try:
        loaded = [_load(name) for name in ("lab", "cases")]
        yield loaded[0], loaded[1].CASES
    finally:
        sys.path.remove(str(LAB))
        del os.environ["LAB_CACHE"]
        shutil.rmtree(cache, ignore_errors=True)


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, LAB / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def written(lab: tuple[ModuleType, dict[str, Any]], case: str) -> Iterator[tuple[str, str]]:
    """Its files alone: directory of Postfix, file of Dovecot."""
    program, cases = lab
    directory = Path(tempfile.mkdtemp(prefix="mailproof-linted-"))
    directory.chmod(0o755)
    try:
        server = program.Lab(str(directory), 21000, cases[case])
        server.write_config()
        for moment in ("pre", *(("post",) if case in _AFTER_THE_START else ())):
            if change := cases[case].get(moment):
                change(server)
        yield server.etc, f"{server.dc}/dovecot.conf"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def lint_of(lab: tuple[ModuleType, dict[str, Any]], case: str) -> Judgement:
    with written(lab, case) as (postfix, dovecot):
        now = datetime.now(UTC)
        return linted(read_configurations(Here(), now, {"myhostname": "vm.test"}, postfix, dovecot))


@pytest.mark.parametrize("case", NAMED)
def test_the_fault_in_its_files_is_named(lab: tuple[ModuleType, dict[str, Any]], case: str) -> None:
    found = lint_of(lab, case).findings
    assert NAMED[case] in {finding.name for finding in found}
    assert {finding.name for finding in found if finding.severity is Severity.FAIL} <= {NAMED[case]}


@pytest.mark.parametrize("case", SOUND)
def test_what_is_sound_has_no_fault(lab: tuple[ModuleType, dict[str, Any]], case: str) -> None:
    assert [each.name for each in lint_of(lab, case).findings if each.severity is not Severity.INFO] == []
