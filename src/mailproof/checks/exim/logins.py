"""Can users log in where they hand in mail, and only inside TLS?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import CLEAR, INSIDE, Configured, running
from mailproof.checks.exim.mending import macro_gone, main_set, mend, place_of, written
from mailproof.checks.exim.ports import listening
from mailproof.checks.files import bounded, fault
from mailproof.checks.mending import Changes
from mailproof.checks.postfix.services_complete import KINDS as SERVICES
from mailproof.checks.postfix.tls_settings import IN_CLEAR
from mailproof.checks.survey import surveyed
from mailproof.model.configuration import EximFiles
from mailproof.model.connection import Connection
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, FindingKind, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.configuration import Driver
from mailproof.parse.exim.expand import holds

NAME = "exim-logins-offered"
NEEDS = (EximFiles,)
KINDS: tuple[FindingKind, ...] = (next(kind for kind in SERVICES if kind.name == "sasl-disabled"), IN_CLEAR)

_PORTS = (465, 587)
# What makes an authenticator one for clients of ours (the `server` flag that each driver's init function sets).
_OF_SERVER = {
    "plaintext": ("server_condition",),
    "cram_md5": ("server_secret",),
    "dovecot": ("server_socket",),
    "spa": ("server_password",),
    "cyrus_sasl": (),
    "external": ("server_condition",),
    "gsasl": ("server_condition", "server_password", "server_scram_salt"),
    "heimdal_gssapi": ("server_condition", "server_hostname"),
    "tls": ("server_param1", "server_condition"),
}
_IN_CLEAR = ("plaintext",)
_INSIDE_ALONE = "${if eq{$tls_in_cipher}{}{}{*}}"
# Debian's, which takes its own condition out of the authenticators.
_ALLOWS = "AUTH_SERVER_ALLOW_NOTLS_PASSWORDS"


def servers(configured: Configured) -> list[Driver]:
    """The authenticators by which users log in here; the others are for hosts that mail goes to."""
    return [each for each in configured.configuration.authenticators if _is_of_server(each)]


def _is_of_server(driver: Driver) -> bool:
    options = _OF_SERVER.get(driver.driver)
    if options == ():
        return True
    return any(driver.get(name) for name in options or ())


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        answers = bounded(NAME, _missing(configured, record), _clear(configured))
        offering = servers(configured)
        if answers:
            yield from answers
        elif offering:
            yield Passed(NAME, (configured.at(offering[0]),))


def _missing(configured: Configured, record: Record) -> Iterator[Answer]:
    if not _is_wanted(configured, record):
        return
    offering = servers(configured)
    if not offering:
        others = [configured.at(each) for each in configured.configuration.authenticators[:4]]
        yield fault("sasl-disabled", *(others or [configured.section("authenticator")]), service="Exim")
        return
    hosts = configured.expanded(configured.value("auth_advertise_hosts"), INSIDE)
    if hosts is not None and not hosts.strip(" :"):
        found = fault("sasl-disabled", configured.where("auth_advertise_hosts"), service="Exim")
        yield found.mended_by(mend(configured, main_set(configured, "auth_advertise_hosts", _INSIDE_ALONE)))
        return
    hidden = [_not_advertised(configured, each) for each in offering]
    shown = [each for each in hidden if each is not None]
    if len(shown) == len(offering):
        yield fault("sasl-disabled", *shown, service="Exim").mended_by(_shown_inside(configured, offering))


def _shown_inside(configured: Configured, offering: Iterable[Driver]) -> Remedy | None:
    """Each has a condition that never holds: the usual one, with which it is there inside TLS."""
    parts: list[Changes] = []
    for driver in offering:
        setting = driver.get("server_advertise_condition")
        parts.append(written(configured, place_of(configured, setting), _INSIDE_ALONE) if setting is not None else ())
    return mend(configured, *parts)


def _not_advertised(configured: Configured, driver: Driver) -> Evidence | None:
    """The line that hides it inside TLS too."""
    setting = driver.get("server_advertise_condition")
    if setting is None or holds(setting.value, INSIDE, configured.exists) is not False:
        return None
    return configured.at(setting)


def _is_wanted(configured: Configured, record: Record) -> bool:
    """Users hand in mail at the ports for it, or where somebody tried."""
    ports = listening(configured)
    if ports is not None and set(ports.ports) & set(_PORTS):
        return True
    return any(
        sighting.attempt.endpoint is not None and sighting.attempt.endpoint.scheme.is_submission
        for sighting in surveyed(record, Connection)
        if sighting.fact.trouble is None
    )


def _clear(configured: Configured) -> Iterator[Answer]:
    """Passwords that anybody can read are asked for without TLS."""
    hosts = configured.expanded(configured.value("auth_advertise_hosts"), CLEAR)
    if hosts is None or not hosts.strip(" :") or configured.has_stranger(hosts) is not True:
        return
    for driver in servers(configured):
        setting = driver.get("server_advertise_condition")
        offered = setting is None or holds(setting.value, CLEAR, configured.exists) is True
        if driver.driver in _IN_CLEAR and offered:
            shown = (configured.at(driver), configured.where("auth_advertise_hosts"))
            found = fault("login-in-clear-allowed", *shown, server="Exim", setting="auth_advertise_hosts = *")
            yield found.mended_by(_kept_inside(configured))
            return


def _kept_inside(configured: Configured) -> Remedy | None:
    """For everybody and everything: a list of hosts of one's own has its reasons."""
    if _ALLOWS in configured.configuration.defined:
        return mend(configured, macro_gone(configured, _ALLOWS))
    if configured.value("auth_advertise_hosts").strip() != "*":
        return None
    return mend(configured, main_set(configured, "auth_advertise_hosts", _INSIDE_ALONE))
