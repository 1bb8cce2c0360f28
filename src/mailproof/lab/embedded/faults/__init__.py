"""What can be broken, by the name of the finding that a check must then make."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mailproof.lab.embedded.behaviour import Behaviour, LoginReply, Refusal, healthy
from mailproof.lab.embedded.chaos import Disturbance
from mailproof.lab.embedded.faults import order
from mailproof.lab.embedded.faults.clash import refuse_contradictions
from mailproof.lab.embedded.faults.login import LOGIN
from mailproof.lab.embedded.faults.mail import MAIL
from mailproof.lab.embedded.faults.order import Fault
from mailproof.lab.embedded.faults.protocol import PROTOCOL
from mailproof.lab.embedded.faults.reach import REACH
from mailproof.lab.embedded.faults.spec import FaultSpec
from mailproof.lab.embedded.faults.tls import TLS
from mailproof.model.endpoint import Scheme

GROUPS: dict[str, tuple[FaultSpec, ...]] = {
    "reach": REACH,
    "protocol": PROTOCOL,
    "tls": TLS,
    "login": LOGIN,
    "mail": MAIL,
}
"""By subject, which has a string `lab.faults-NAME`."""

FAULTS: dict[str, FaultSpec] = {spec.name: spec for group in GROUPS.values() for spec in group}
"""In the order of the path. The catalogue's page of the same name says what each is."""


def parse_fault(text: str) -> Fault:
    """One fault, as `order` describes it. Raises UsageError for what cannot be had."""
    return order.parse_fault(text, FAULTS)


def parse_faults(texts: Iterable[str]) -> tuple[Fault, ...]:
    """Several at once; those that always strike come first, and so one now and then wins over them.

    Raises UsageError for one that cannot be had, and for two that cannot both be.
    """
    faults = tuple(parse_fault(text) for text in dict.fromkeys(texts))
    refuse_contradictions(faults)
    return tuple(sorted(faults, key=lambda fault: not fault.occasion.is_always))


def behaviour_of(scheme: Scheme, faults: Iterable[Fault], start: Behaviour | None = None) -> Behaviour:
    """Of the endpoint with this scheme, with all these faults. Lists add up; of anything else the last one counts.
    What is only now and then stands first in the lists, for the first that is meant is what is met.

    `start` is how it behaves without them, if not as a healthy one.
    """
    made = start or healthy(scheme)
    for fault in faults:
        if scheme not in fault.schemes:
            continue
        for field, value in fault.spec.changes.items():
            before = getattr(made, field)
            if isinstance(before, tuple):
                value = sorted((*before, *value), key=_is_always)
                made = msgspec.structs.replace(made, **{field: tuple(value)})
            else:
                made = msgspec.structs.replace(made, **{field: value})
    return made


def _is_always(item: object) -> bool:
    return not isinstance(item, Refusal | LoginReply | Disturbance) or item.occasion.is_always
