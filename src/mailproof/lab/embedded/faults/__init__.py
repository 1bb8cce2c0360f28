"""What can be broken, by the name of the finding that a check must then make."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import msgspec

from mailproof.lab.embedded.behaviour import Behaviour, healthy
from mailproof.lab.embedded.faults.login import LOGIN
from mailproof.lab.embedded.faults.mail import MAIL
from mailproof.lab.embedded.faults.reach import REACH
from mailproof.lab.embedded.faults.spec import FaultSpec
from mailproof.lab.embedded.faults.tls import TLS
from mailproof.model.endpoint import Scheme
from mailproof.model.failure import UsageError

__all__ = ["FAULTS", "Fault", "FaultSpec", "behaviour_of", "parse_fault"]

FAULTS: dict[str, FaultSpec] = {spec.name: spec for spec in (*REACH, *TLS, *LOGIN, *MAIL)}
"""In the order of the path. The catalogue's page of the same name says what each is."""


class Fault(msgspec.Struct, frozen=True):
    """One fault, at the endpoints where it is wanted."""

    spec: FaultSpec
    schemes: tuple[Scheme, ...]


def parse_fault(text: str) -> Fault:
    """`NAME`, or `NAME@SCHEME,SCHEME` for these endpoints only.

    Raises UsageError for a name or scheme there is not, or where the fault cannot show.
    """
    name, at, where = text.partition("@")
    spec = FAULTS.get(name)
    if spec is None:
        if near := tuple(difflib.get_close_matches(name, FAULTS, n=4, cutoff=0.4)):
            raise UsageError("no-such-fault-but-near", name=name, near=near)
        raise UsageError("no-such-fault", name=name)
    if not at:
        return Fault(spec, spec.schemes)
    wanted = tuple(dict.fromkeys(word.strip().lower() for word in where.split(",")))
    can = tuple(str(scheme) for scheme in spec.schemes)
    if wrong := tuple(word for word in wanted if word not in can):
        raise UsageError("fault-not-there", name=name, wrong=wrong, can=can)
    return Fault(spec, tuple(Scheme(word) for word in wanted))


def behaviour_of(scheme: Scheme, faults: Iterable[Fault]) -> Behaviour:
    """Of the endpoint with this scheme, with all these faults. Lists add up; of anything else the last one counts."""
    made = healthy(scheme)
    for fault in faults:
        if scheme not in fault.schemes:
            continue
        for field, value in fault.spec.changes.items():
            before = getattr(made, field)
            made = msgspec.structs.replace(made, **{field: (*before, *value) if isinstance(before, tuple) else value})
    return made
