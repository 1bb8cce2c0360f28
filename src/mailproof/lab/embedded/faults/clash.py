"""Faults that cannot both be: two ways to be at once, or one that nobody would get to see behind the other."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, permutations

from mailproof.lab.embedded.behaviour import (
    Client,
    LoginReply,
    OnHello,
    Passwords,
    Port,
    Refusal,
    Stage,
    Upgrade,
    Welcome,
    Whom,
)
from mailproof.lab.embedded.faults.order import Fault
from mailproof.model.endpoint import Scheme, TlsMode
from mailproof.model.failure import UsageError

_TLS = frozenset({"certificate", "tls_minimum", "tls_maximum", "ciphers", "tls_alert"})
_LOGIN = frozenset({"without_mechanisms", "legacy_auth", "login_replies", "tokens_expired", "penalty"})
_MAIL = frozenset({"login_needed", "relays", "verifies_users", "knows_everybody", "refusals", "message_limit"})
_AFTER_HELLO = frozenset({"upgrade", "mail_needs_tls", "passwords"}) | _LOGIN | _MAIL
_AFTER_WELCOME = frozenset({"on_hello", "reveals_version"}) | _AFTER_HELLO

_STAGES = tuple(Stage)


def refuse_contradictions(faults: Iterable[Fault]) -> None:
    """Raises UsageError for the first two that do not go together."""
    known = tuple(faults)
    for one, other in combinations(known, 2):
        if _is_certain(one) and _is_certain(other) and (shared := _shared(one, other)) and _are_two_ways(one, other):
            raise UsageError("faults-contradict", one=one.text, other=other.text, at=_names(shared))
    for (place, first), (behind, second) in permutations(enumerate(known), 2):
        hidden = [
            scheme in first.schemes
            and (_hides(first, second, scheme) or _answers_before(first, second, is_first=place < behind))
            for scheme in second.schemes
        ]
        if _is_certain(first) and all(hidden):
            raise UsageError("fault-hidden", first=first.text, second=second.text)


def _shared(one: Fault, other: Fault) -> tuple[Scheme, ...]:
    return tuple(scheme for scheme in one.schemes if scheme in other.schemes)


def _names(schemes: tuple[Scheme, ...]) -> tuple[str, ...]:
    return tuple(map(str, schemes))


def _is_certain(fault: Fault) -> bool:
    return fault.occasion.is_always


def _are_two_ways(one: Fault, other: Fault) -> bool:
    """The same thing is to be two things; what is a list has room for both."""
    mine, yours = one.spec.changes, other.spec.changes
    return any(mine[name] != yours[name] and not isinstance(mine[name], tuple) for name in mine.keys() & yours.keys())


def _hides(first: Fault, second: Fault, scheme: Scheme) -> bool:
    """Whether nothing of the second can show at this endpoint behind the first."""
    early, late = first.spec.changes, second.spec.changes
    hidden: frozenset[str] = frozenset()
    before_tls = scheme.tls_mode is not TlsMode.IMPLICIT
    if early.get("port", Port.OPEN) is not Port.OPEN:
        hidden = frozenset(late)
    elif early.get("welcome") in (Welcome.SILENCE, Welcome.FOREIGN, Welcome.REFUSAL):
        hidden = _AFTER_WELCOME | (_TLS if before_tls else frozenset())
    elif early.get("on_hello") in (OnHello.SILENCE, OnHello.HANG_UP):
        hidden = _AFTER_HELLO | (_TLS if before_tls else frozenset())
    elif early.get("upgrade", Upgrade.OFFERED) is not Upgrade.OFFERED:
        hidden = _TLS
    elif early.get("tls_alert") is not None:
        hidden = _TLS if before_tls else _TLS | _AFTER_WELCOME
    elif early.get("passwords") is Passwords.NEVER:
        hidden = _LOGIN
    return late.keys() <= hidden


def _answers_before(first: Fault, second: Fault, *, is_first: bool) -> bool:
    """Whether all that the second is, is replies that the first gives in its place, every time.

    Of two that are about the same, the one now and then is tried first, else the one that was named first.
    """
    early, late = first.spec.changes, second.spec.changes
    if set(late) == {"refusals"}:
        mine, yours = _of(early, "refusals", Refusal), _of(late, "refusals", Refusal)
        return all(any(_covers_refusal(one, other, is_first) for one in mine) for other in yours)
    if set(late) == {"login_replies"}:
        given, wanted = _of(early, "login_replies", LoginReply), _of(late, "login_replies", LoginReply)
        return is_first and all(any(_covers_login(one, other) for one in given) for other in wanted)
    return False


def _of(changes: dict[str, object], field: str, kind: type) -> tuple:  # type: ignore[type-arg]
    value = changes.get(field, ())
    return tuple(item for item in value if isinstance(item, kind)) if isinstance(value, tuple) else ()


def _covers_refusal(one: Refusal, other: Refusal, is_first: bool) -> bool:
    earlier = _STAGES.index(one.stage) < _STAGES.index(other.stage)
    tried_first = one.stage is other.stage and is_first and other.occasion.is_always
    return (
        one.occasion.is_always
        and (earlier or tried_first)
        and one.whom in (Whom.ANY, other.whom)
        and one.client in (Client.ANY, other.client)
    )


def _covers_login(one: LoginReply, other: LoginReply) -> bool:
    mine, yours = set(one.mechanisms), set(other.mechanisms)
    return one.occasion.is_always and other.occasion.is_always and (not mine or (bool(yours) and yours <= mine))
