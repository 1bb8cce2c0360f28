"""What stands behind `--fault`: which fault, at which endpoints, and when.

NAME[@SCHEME,SCHEME][:chance=20%,after=2,count=1,delay=2s,code=451]
STEP[@SCHEME,SCHEME]:451|hang-up|delay=2s[,chance=20% …]
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from mailproof.lab.embedded.behaviour import LoginReply, Refusal, Welcome
from mailproof.lab.embedded.chaos import STEP_OF, Disturbance, Step
from mailproof.lab.embedded.faults.spec import ANY_SMTP, EVERYWHERE, LOGINS, RETRIEVAL, UPGRADED, FaultSpec
from mailproof.lab.embedded.occasion import ALWAYS, Occasion
from mailproof.model.endpoint import Scheme
from mailproof.model.failure import UsageError

OPTIONS = {
    "chance": "chance=20%",
    "after": "after=2",
    "count": "count=1",
    "delay": "delay=2s",
    "code": "code=451",
    "hang-up": "hang-up",
}
"""Each with an example."""

_TAKES_MAIL = (*ANY_SMTP, Scheme.LMTP)
_AT: dict[Step, tuple[Scheme, ...]] = {
    Step.STARTTLS: UPGRADED,
    Step.AUTH: LOGINS,
    **dict.fromkeys((Step.MAIL, Step.RCPT, Step.DATA, Step.MESSAGE), _TAKES_MAIL),
    **dict.fromkeys((Step.LIST, Step.FETCH), RETRIEVAL),
}
_EVERY_STEP = (*EVERYWHERE, Scheme.LMTP)

_NUMBER = re.compile(r"[0-9]{1,9}")
_CODE = re.compile(r"[45][0-9]{2}")
_CHANCE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?|\.[0-9]{1,6})(%?)")
_DELAY = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(ms|s|m|)")
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0}


class Fault(msgspec.Struct, frozen=True):
    """One fault, at the endpoints where it is wanted."""

    spec: FaultSpec
    """With the occasion in its refusals and disturbances."""
    schemes: tuple[Scheme, ...]
    occasion: Occasion = ALWAYS
    """Of the connection, where the fault is of whole connections; else it is drawn at each step that it is about."""
    text: str = ""
    """As it was asked for."""


class _Wish(msgspec.Struct):
    """The options, read."""

    chance: float = 1.0
    after: int = 0
    count: int = 0
    delay: float = 0.0
    code: int = 0
    hang_up: bool = False


def parse_fault(text: str, known: Mapping[str, FaultSpec]) -> Fault:
    """Raises UsageError for a name, scheme or option there is not, or where the fault cannot show."""
    head, *options = text.split(":")
    name, at, where = head.partition("@")
    wish = _wish(text, ",".join(options).split(",") if options else ())
    occasion = Occasion(text, wish.chance, wish.after, wish.count, wish.delay)
    spec = known.get(name)
    if spec is not None:
        made = _ordered(spec, text, wish, occasion)
    elif name.upper() in STEP_OF or name in set(Step):
        made = _step(STEP_OF.get(name.upper()) or Step(name), text, wish, occasion)
    elif near := tuple(difflib.get_close_matches(name.lower(), (*known, *Step), n=4, cutoff=0.4)):
        raise UsageError("no-such-fault-but-near", name=name, near=tuple(map(str, near)))
    else:
        raise UsageError("no-such-fault", name=name)
    return msgspec.structs.replace(made, schemes=_places(name, where, made.spec.schemes) if at else made.spec.schemes)


def schemes_of(step: Step) -> tuple[Scheme, ...]:
    """Where there is such a step."""
    return _AT.get(step, _EVERY_STEP)


def _places(name: str, where: str, can: tuple[Scheme, ...]) -> tuple[Scheme, ...]:
    wanted = tuple(dict.fromkeys(word.strip().lower() for word in where.split(",")))
    known = tuple(map(str, can))
    if wrong := tuple(word for word in wanted if word not in known):
        raise UsageError("fault-not-there", name=name, wrong=wrong, can=known)
    return tuple(Scheme(word) for word in wanted)


def _wish(fault: str, options: Iterable[str]) -> _Wish:
    wish = _Wish()
    for option in options:
        name, equals, value = (part.strip() for part in option.partition("="))
        if not equals and _CODE.fullmatch(name):
            name, value = "code", name
        match name:
            case "hang-up" if not equals:
                wish.hang_up = True
            case "code" if _CODE.fullmatch(value):
                wish.code = int(value)
            case "after" | "count" if _NUMBER.fullmatch(value):
                setattr(wish, name, int(value))
            case "chance" if (found := _CHANCE.fullmatch(value)) and float(found[1]) <= (100 if found[2] else 1):
                wish.chance = float(found[1]) / (100 if found[2] else 1)
            case "delay" if found := _DELAY.fullmatch(value):
                wish.delay = float(found[1]) * _SECONDS[found[2]]
            case _ if name in OPTIONS:
                raise UsageError("fault-option", fault=fault, option=option.strip(), example=OPTIONS[name])
            case _:
                raise UsageError("fault-no-such-option", fault=fault, option=option.strip(), known=tuple(OPTIONS))
    return wish


def _step(step: Step, text: str, wish: _Wish, occasion: Occasion) -> Fault:
    if not (wish.code or wish.hang_up or wish.delay) or (wish.code and wish.hang_up):
        raise UsageError("fault-does-nothing", fault=text, step=str(step))
    disturbance = Disturbance(step, wish.code, wish.hang_up, occasion)
    spec = FaultSpec(str(step), {"disturbances": (disturbance,)}, schemes_of(step))
    return Fault(spec, spec.schemes, text=text)


def _ordered(spec: FaultSpec, text: str, wish: _Wish, occasion: Occasion) -> Fault:
    """One of the catalogue's, with what was wished of it."""
    if wish.hang_up:
        raise UsageError("fault-no-hang-up", fault=text, name=spec.name)
    items = [item for value in spec.changes.values() if isinstance(value, tuple) for item in value]
    replies = [item for item in items if isinstance(item, Refusal | LoginReply)]
    if wish.code and not replies:
        raise UsageError("fault-no-code", fault=text, name=spec.name)
    if replies and len(replies) == len(items) == sum(map(_size, spec.changes.values())):
        changes: dict[str, Any] = {
            field: tuple(_reply(item, wish.code, occasion) for item in value) for field, value in spec.changes.items()
        }
        return Fault(msgspec.structs.replace(spec, changes=changes), spec.schemes, text=text)
    changes = dict(spec.changes)
    if "port" in changes and occasion != Occasion(text):
        raise UsageError("fault-of-port", fault=text, name=spec.name)
    if wish.delay:
        if changes.get("welcome") in (Welcome.SILENCE, Welcome.FOREIGN):
            raise UsageError("fault-no-delay", fault=text, name=spec.name)
        changes["welcome_delay"] = wish.delay
    return Fault(msgspec.structs.replace(spec, changes=changes), spec.schemes, occasion, text)


def _size(value: object) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _reply(item: Refusal | LoginReply, code: int, occasion: Occasion) -> Refusal | LoginReply:
    """With another code, of which the first digit is that of the enhanced one too (RFC 3463 section 2)."""
    if not code:
        return msgspec.structs.replace(item, occasion=occasion)
    if isinstance(item, Refusal):
        enhanced = f"{code // 100}{item.enhanced[1:]}"
        return msgspec.structs.replace(item, code=code, enhanced=enhanced, occasion=occasion)
    _, enhanced, words = item.smtp
    return msgspec.structs.replace(item, smtp=(code, f"{code // 100}{enhanced[1:]}", words), occasion=occasion)
