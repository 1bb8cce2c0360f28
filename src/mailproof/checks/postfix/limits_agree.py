"""Do limits agree with each other?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import main_set, mend
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "limits-agree"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "mailbox-limit-below-message-limit",
        Layer.DELIVERY,
        ("limit", "value", "message_size_limit"),
        tuple(Explains(name, Scope.SERVER) for name in ("not-delivered", "delivery-deferred", "delivery-bounced")),
        ("postconf(5) virtual_mailbox_limit", "postconf(5) mailbox_size_limit", "postconf(5) message_size_limit"),
    ),
    FindingKind(
        "limits-contradict",
        Layer.CONFIGURATION,
        ("smaller", "smaller_value", "larger", "larger_value"),
        (),
        ("postconf(5)", "Postfix TUNING_README"),
    ),
)

# The first must not be above the second.
_ORDERED = (
    ("smtpd_soft_error_limit", "smtpd_hard_error_limit"),
    ("minimal_backoff_time", "maximal_backoff_time"),
    ("bounce_queue_lifetime", "maximal_queue_lifetime"),
    ("delay_warning_time", "maximal_queue_lifetime"),
    ("address_verify_positive_refresh_time", "address_verify_positive_expire_time"),
)
_TIMES = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DEFAULT_UNITS = {"bounce_queue_lifetime": "d", "maximal_queue_lifetime": "d", "delay_warning_time": "h"}
_NUMBER = re.compile(r"(\d{1,19})([smhdw]?)")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _mailboxes(configured), _order(configured), _room(configured))
        yield from answers or [Passed(NAME, (configured.line("main.cf", 1),))]


def _mailboxes(configured: Configured) -> Iterator[Answer]:
    message = _value(configured, "message_size_limit")
    if message is None:
        return
    transport = configured.main.value("virtual_transport").text.partition(":")[0]
    virtual = transport == "virtual" and configured.main.value("virtual_mailbox_domains").text
    for name in ("mailbox_size_limit", *(("virtual_mailbox_limit",) if virtual else ())):
        limit = _value(configured, name)
        if limit and (message == 0 or limit < message):
            shown = [configured.at(configured.main.setting(each)) for each in (name, "message_size_limit")]
            found = fault(
                "mailbox-limit-below-message-limit", *shown, limit=name, value=limit, message_size_limit=message
            )
            yield found.mended_by(mend(main_set(configured, name, "0")))


def _order(configured: Configured) -> Iterator[Answer]:
    for first, second in _ORDERED:
        small, large = _value(configured, first), _value(configured, second)
        if small is not None and large is not None and small > large:
            shown = [configured.at(configured.main.setting(each)) for each in (first, second)]
            yield fault(
                "limits-contradict",
                *shown,
                smaller=first,
                smaller_value=configured.main.value(first).text,
                larger=second,
                larger_value=configured.main.value(second).text,
            )


def _room(configured: Configured) -> Iterator[Answer]:
    """smtpd(8) wants room for one and a half messages, and warns of less."""
    free, message = _value(configured, "queue_minfree"), _value(configured, "message_size_limit")
    if free and message and free * 2 < message * 3:
        shown = [configured.at(configured.main.setting(each)) for each in ("queue_minfree", "message_size_limit")]
        yield fault(
            "limits-contradict",
            *shown,
            smaller="1.5 * message_size_limit",
            smaller_value=str(message * 3 // 2),
            larger="queue_minfree",
            larger_value=str(free),
        )


def _value(configured: Configured, name: str) -> int | None:
    """A number, or seconds; None for what is neither, which another check tells of."""
    found = _NUMBER.fullmatch(configured.main.value(name).text.strip())
    if found is None:
        return None
    unit = found[2] or _DEFAULT_UNITS.get(name, "s")
    return int(found[1]) * _TIMES[unit]
