"""What would have Exim listen where it should, and begin with TLS where that is expected."""

from __future__ import annotations

from collections.abc import Collection

from mailproof.checks.exim.configured import Configured
from mailproof.checks.exim.listed import listed
from mailproof.checks.exim.mending import (
    main_set,
    mend,
    place_of,
    settings_place,
    written,
)
from mailproof.checks.exim.ports import command_line, tls_at_once
from mailproof.checks.mending import Changes
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.debian import STARTED

_AT_ONCE = 465
_LOOPBACK = ("127.0.0.1", "::1")


def ports_opened(configured: Configured, port: int) -> Remedy | None:
    """One more port, where the others are told: `daemon_smtp_ports`, or -oX of the command line."""
    begun = tls_at_once(configured)
    tls: Changes = ()
    if port == _AT_ONCE and begun is not None and port not in begun:
        tls = tls_begun(configured, {*begun, port})
    given = command_line(configured)
    if given is None:
        there = listed(configured.value("daemon_smtp_ports"))
        return mend(configured, main_set(configured, "daemon_smtp_ports", there.text([*there.items, str(port)])), tls)
    place = settings_place(configured, given.variable, STARTED)
    if place is None or place.value.count(given.value) != 1:
        return None
    there = listed(given.value)
    # A blank would end the option where no quotes hold it together.
    ports = there.text([*there.items, str(port)]).replace(" ", "")
    value = place.value.replace(given.value, ports)
    return mend(configured, written(configured, place, value), tls, restart=True)


def tls_begun(configured: Configured, ports: Collection[int]) -> Changes:
    """TLS begins at once at these ports, and at no other."""
    return main_set(configured, "tls_on_connect_ports", " : ".join(str(port) for port in sorted(ports)))


def everywhere(configured: Configured, own: Collection[str]) -> Remedy | None:
    """At all addresses, of an Exim that is kept to loopback; of another it is not known which are meant."""
    setting = configured.main.get("local_interfaces")
    if setting is None or not set(own) <= set(_LOOPBACK):
        return None
    place = place_of(configured, setting)
    # An empty dc_local_interfaces sets nothing; an empty list would be no address at all.
    of_settings = place is not None and place.tail
    return mend(configured, written(configured, place, "" if of_settings else "<; ::0 ; 0.0.0.0"))
