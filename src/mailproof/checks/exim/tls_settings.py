"""Does Exim offer TLS, and with a certificate of its own?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.tls_settings import DISABLED, NO_CERTIFICATE
from mailproof.model.configuration import EximFiles
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

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
        yield fault("tls-disabled", shown, server="Exim", setting="tls_advertise_hosts =")


def _certificate(configured: Configured) -> Iterator[Answer]:
    """Exim makes a self-signed one when it starts, for want of another (tls-gnu.c, tls-openssl.c)."""
    if not configured.value("tls_certificate") and configured.value("tls_advertise_hosts").strip(" :"):
        shown = configured.where("tls_certificate")
        yield fault("tls-no-certificate", shown, level="tls_advertise_hosts")
