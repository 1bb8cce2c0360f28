"""Does Exim offer TLS, and with a certificate of its own?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import main_added, main_set, mend
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.tls_settings import DISABLED, NO_CERTIFICATE
from mailproof.model.configuration import EximFiles, FileState
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.debian import CERTIFICATE, GENERATED, PRIVATE_KEY

NAME = "exim-tls-set-up"
NEEDS = (EximFiles,)
KINDS = (DISABLED, NO_CERTIFICATE)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        answers = bounded(NAME, _off(configured), _certificate(configured))
        yield from answers or [Passed(NAME, (configured.where("tls_certificate"),))]


def _off(configured: Configured) -> Iterator[Answer]:
    """An empty list offers STARTTLS to nobody; without one Exim offers it to all."""
    hosts = configured.expanded(configured.value("tls_advertise_hosts"))
    if hosts is not None and not hosts.strip(" :"):
        shown = configured.where("tls_advertise_hosts")
        found = fault("tls-disabled", shown, server="Exim", setting="tls_advertise_hosts =")
        has_own = bool(configured.value("tls_certificate"))
        yield found.mended_by(mend(configured, main_set(configured, "tls_advertise_hosts", "*")) if has_own else None)


def _certificate(configured: Configured) -> Iterator[Answer]:
    """Exim makes a self-signed one when it starts, for want of another (tls-gnu.c, tls-openssl.c)."""
    if not configured.value("tls_certificate") and configured.value("tls_advertise_hosts").strip(" :"):
        shown = configured.where("tls_certificate")
        yield fault("tls-no-certificate", shown, level="tls_advertise_hosts").mended_by(_of_debian(configured))


def _of_debian(configured: Configured) -> Remedy | None:
    """Debian's files lie where its README says, and only the macro that takes them is missing."""
    seen = [configured.files.get(path) for path in (CERTIFICATE, PRIVATE_KEY)]
    there = all(each is not None and each.state is FileState.FILE for each in seen)
    asked = any(line.text.split() == [".ifdef", "MAIN_TLS_ENABLE"] for line in configured.made_of or ())
    if configured.fact.path != GENERATED or not there or not asked:
        return None
    return mend(configured, main_added(configured, "MAIN_TLS_ENABLE = yes"))
